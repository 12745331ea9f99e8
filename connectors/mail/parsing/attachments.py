"""Attached files: names that are safe to show and store, types by what the bytes are."""

import hashlib
import mimetypes
import re
import unicodedata
from dataclasses import replace

from connectors.mail.parsing.charsets import ANY_CONTROL, clean_line
from connectors.mail.parsing.datatypes import DEFAULT_LIMITS, Attachment
from connectors.mail.parsing.fields import split_headers
from connectors.mail.parsing.structure import MESSAGE_TYPES, Part
from connectors.mail.parsing.words import decode_text

MAX_NAME = 200
MAX_EXTENSION = 20
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u061c]")
RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.IGNORECASE)
EXTENSIONS = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "application/pgp-encrypted": ".pgp", "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
    "application/ms-tnef": ".dat", "image/jpeg": ".jpg", "image/jpg": ".jpg", "application/pdf": ".pdf",
}  # fmt: skip
SIGNATURE_TYPES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
SIGNATURE_NAMES = {"smime.p7s", "signature.asc"}  # under which gateways pass them on as application/octet-stream
MAX_SIGNATURE_BYTES = 16 * 1024
"""Of what only its name makes a signature; those of S/MIME bring certificates along."""
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"), (b"%PDF-", "application/pdf"), (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"), (b"\x1f\x8b", "application/gzip"), (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"), (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"MZ", "application/vnd.microsoft.portable-executable"), (b"\x7fELF", "application/x-executable"),
    (b"II*\x00", "image/tiff"), (b"MM\x00*", "image/tiff"), (b"BM", "image/bmp"), (b"{\\rtf", "text/rtf"),
    (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"), (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"), (b"#!", "text/x-script"),
    (b"-----BEGIN PGP", "application/pgp-encrypted"),
)  # fmt: skip
MARKUP = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(!doctype html|html|head|body|script|svg|\?xml|iframe|img)", re.IGNORECASE | re.DOTALL
)


def safe_filename(name: str, *, fallback: str = "attachment") -> str:
    """A base name without path, control or bidirectional characters, at most 200 bytes, its extension kept."""
    name = unicodedata.normalize("NFC", INVISIBLE.sub("", clean_line(name)))
    name = re.split(r"[/\\]", name)[-1]
    name = re.sub(r'[:*?"<>|]', "_", ANY_CONTROL.sub(" ", name)).strip(" .")
    if not name.strip("_ ."):
        name = fallback
    if RESERVED.match(name):
        name = f"_{name}"
    return _shortened(name)


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = f"{dot}{extension}" if stem and len(extension.encode()) <= MAX_EXTENSION else ""
    head = (stem if tail else name).encode()[: MAX_NAME - len(tail.encode())].decode("utf-8", "ignore")
    return f"{head.rstrip(' .')}{tail}"


def detected_type(content: bytes) -> str:
    """Media type that the bytes themselves show; "" if they show none."""
    head = content[:1024]
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return "image/heic" if head[8:11] in (b"hei", b"mif", b"avi") else "video/mp4"
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return kind
    if markup := MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        word = markup[1].lower()
        if word == b"svg" or (word == b"?xml" and b"<svg" in head.lower()):
            return "image/svg+xml"
        return "text/xml" if word == b"?xml" else "text/html"
    if head and b"\x00" not in head:
        try:
            content[:4096].decode("utf-8")
        except UnicodeDecodeError as error:
            return "" if error.start < 4090 else "text/plain"
        return "text/plain"
    return ""


def attachment(
    *, name: str, content_type: str, content: bytes, number: int, content_id: str = "", is_signature: bool = False
) -> Attachment:
    """An attachment; `number` names it in the mail if its sender did not. `is_signature`: by its place in the mail."""
    extension = EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type) or ".bin"
    filename = safe_filename(name, fallback=f"attachment-{number}{extension}")
    return Attachment(
        filename=filename,
        content_type=content_type,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        detected_type=detected_type(content),
        content_id=content_id,
        is_signature=(is_signature and content_type in SIGNATURE_TYPES)
        or (filename.lower() in SIGNATURE_NAMES and len(content) <= MAX_SIGNATURE_BYTES),
    )


def attachment_from(part: Part, number: int) -> Attachment:
    """The attachment that a leaf of the tree is. An attached message is named by its subject."""
    name = part.filename
    if part.content_type in MESSAGE_TYPES and not name:
        subject = message_subject(part.content)
        stem = re.sub(r"[/\\]", "_", subject)[:120] or f"attachment-{number}"
        name = f"{stem}.eml"
    return attachment(
        name=name,
        content_type=part.content_type,
        content=part.content,
        number=number,
        content_id=part.content_id,
        is_signature=part.is_signature,
    )


def message_subject(raw: bytes) -> str:
    """The subject of an attached message."""
    headers, _ = split_headers(raw, 0, len(raw), DEFAULT_LIMITS)
    return decode_text(headers.get("subject") or b"")


def marked_inline(found: Attachment) -> Attachment:
    return replace(found, inline=True)
