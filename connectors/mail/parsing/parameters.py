"""Values with parameters (Content-Type, Content-Disposition): RFC 2231, and what else senders make of it."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from connectors.mail.parsing.charsets import decode
from connectors.mail.parsing.words import decode_words

PARAMETER = re.compile(
    r"""([^\s=;:"]{1,60}?)(\*\d{1,5})?(\*)?\s{0,20}=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))""",
    re.DOTALL,
)
UNCLOSED = re.compile(r'"([^"]*)$')
MAX_PARAMETERS = 200
MAX_LENGTH = 16 * 1024  # the patterns above take quadratic time on hostile text


@dataclass(slots=True)
class Valued:
    """A value, lower-cased, with its decoded parameters (names lower-cased)."""

    value: str = ""
    params: dict[str, str] = field(default_factory=dict)


def parse_valued(raw: bytes | None, *, hint: str = "") -> Valued:
    """Split a structured value; `hint` is the charset to suppose for raw 8-bit parameters."""
    if not raw:
        return Valued()
    wire = raw[:MAX_LENGTH].decode("latin-1")
    head, _, rest = wire.partition(";")
    value = re.sub(r"\([^()]*\)", "", head).strip().strip("\"'").lower()
    if "=" in value and "/" not in value:
        value, rest = "", wire  # "boundary=..." with no type before it
    elif " " in value:
        value, _, more = value.partition(" ")
        rest = f"{head.strip()[len(value) :]};{rest}" if "=" in more else rest
    return Valued(value, _parameters(rest, hint))


def _parameters(text: str, hint: str) -> dict[str, str]:
    plain: dict[str, str] = {}
    extended: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, found in enumerate(PARAMETER.finditer(text)):
        if count >= MAX_PARAMETERS:
            break
        name = found[1].lower()
        content = _unescaped(found[4]) if found[4] is not None else _unquoted(found[5])
        if found[2] or found[3]:
            index = int(found[2][1:]) if found[2] else 0
            extended.setdefault(name, {}).setdefault(index, (content, bool(found[3])))
        else:
            plain.setdefault(name, content)
    values = {name: decode_words(content.encode("latin-1"), hint=hint) for name, content in plain.items()}
    for name, sections in extended.items():
        values[name] = _joined(sections, hint)  # `filename*` is preferred to `filename`
    return values


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _unquoted(text: str) -> str:
    text = text.strip()
    if found := UNCLOSED.match(text):
        return found[1]
    return re.sub(r"\s+\([^()]*\)$", "", text).strip("\"'")


def _joined(sections: dict[int, tuple[str, bool]], hint: str) -> str:
    """RFC 2231: sections in the order of their numbers, percent-decoded where marked, then one charset for all."""
    charset = ""
    raw = b""
    for position, index in enumerate(sorted(sections)):
        content, is_encoded = sections[index]
        if is_encoded and position == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        raw += unquote_to_bytes(content.encode("latin-1")) if is_encoded else content.encode("latin-1")
    if charset or any(is_encoded for _, is_encoded in sections.values()):
        return decode(raw, charset, hint=hint)
    return decode_words(raw, hint=hint)
