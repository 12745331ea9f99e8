"""Outlook's Thread-Index: 22 bytes that name the conversation, then five for each answer in it (MS-OXOMSG 2.2.1.3)."""

from base64 import b64decode

NAME_BYTES = 22
MAX_TEXT = 4096
"""Characters that are looked at; real ones are some hundred at most."""


def conversation_of(thread_index: str) -> str:
    """The conversation's name in hexadecimal digits; empty if the header holds none."""
    content = _decoded(thread_index)
    return content[:NAME_BYTES].hex() if len(content) >= NAME_BYTES else ""


def begins_conversation(thread_index: str) -> bool:
    """Whether this is a first mail: nothing can be there yet that it goes on with."""
    return len(_decoded(thread_index)) <= NAME_BYTES


def _decoded(thread_index: str) -> bytes:
    text = "".join(thread_index.split())[:MAX_TEXT].rstrip("=")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:  # not Base64, or beyond ASCII
        return b""
