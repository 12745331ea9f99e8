"""What a file is and whether it may be served: sniffing and a block list (ruling 22). Pure functions over bytes and
names.
"""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

BLOCKED = frozenset(
    [
        "ade",
        "adp",
        "app",
        "appx",
        "bat",
        "chm",
        "cmd",
        "com",
        "cpl",
        "dll",
        "docm",
        "dotm",
        "exe",
        "gadget",
        "hta",
        "img",
        "inf",
        "ins",
        "iso",
        "isp",
        "jar",
        "jnlp",
        "js",
        "jse",
        "lnk",
        "mde",
        "msc",
        "msi",
        "msp",
        "mst",
        "pif",
        "potm",
        "ppam",
        "ppsm",
        "pptm",
        "ps1",
        "ps1xml",
        "reg",
        "scf",
        "scr",
        "sct",
        "shb",
        "sys",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vhd",
        "vhdx",
        "vxd",
        "wsc",
        "wsf",
        "wsh",
        "wim",
        "xlam",
        "xlsb",
        "xlsm",
        "xltm",
        "xll",
    ]
)
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"MZ", "application/x-dosexec"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
ACTIVE = re.compile(rb"<\s*(?:!doctype\s+html|html|svg|script|\?xml)", re.IGNORECASE)
MAX_NAME_BYTES = 200
MAX_ZIP_ENTRIES = 10_000
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:\"|?*]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


BLOCKED_TYPE = gettext_noop("file type .%(type)s is blocked")
BLOCKED_PROGRAM = gettext_noop("programs are blocked")
BLOCKED_INSIDE = gettext_noop("the archive holds a blocked file type .%(type)s")
TOO_MANY_INSIDE = gettext_noop("the archive holds too many files")
REDACTED = gettext_noop("redacted")
NOT_THERE = gettext_noop("the file is not there any more")
TOO_LARGE_TO_SCAN = gettext_noop("too large for the virus scanner")
_NOTES = {
    re.compile(re.escape(note).replace(re.escape("%(type)s"), r"(?P<type>\w+)")): note
    for note in (BLOCKED_TYPE, BLOCKED_PROGRAM, BLOCKED_INSIDE, TOO_MANY_INSIDE, REDACTED, NOT_THERE, TOO_LARGE_TO_SCAN)
}


def scan_note_in_words(note: str) -> str:
    """A stored reason why a file is not served, in the reader's language; what a scanner said stays as it is."""
    for pattern, template in _NOTES.items():
        if found := pattern.fullmatch(note):
            return gettext(template) % found.groupdict()
    return note


@dataclass(frozen=True)
class Verdict:
    content_type: str
    block_reason: str = ""


def safe_filename(name: str) -> str:
    """Base name without control or bidirectional characters, at most 200 bytes, the extension kept (email.md section
    10).
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = _UNSAFE.sub("", name.encode("utf-8", "replace").decode()).strip(" .")
    if not name:
        name = "attachment"
    if _RESERVED.match(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = name, "", ""
    room = MAX_NAME_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + extension


def inspect(filename: str, content: bytes, *, claimed_type: str = "") -> Verdict:
    """Type by its first bytes, and why the file must not be served, if so."""
    content_type = sniff(content, claimed_type)
    if blocked := _blocked_extension(filename):
        return Verdict(content_type, BLOCKED_TYPE % {"type": blocked})
    if content_type in ("application/x-dosexec", "application/x-executable"):
        return Verdict(content_type, BLOCKED_PROGRAM)
    if content_type == "application/zip" and (inner := _blocked_in_zip(content)):
        return Verdict(content_type, inner)
    return Verdict(content_type)


def sniff(content: bytes, claimed_type: str = "") -> str:
    """Content type by magic bytes; what could run in a browser is never called by its claimed name."""
    for magic, content_type in MAGIC:
        if content.startswith(magic):
            return content_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    claimed = claimed_type.split(";", maxsplit=1)[0].strip().lower()
    if ACTIVE.search(content[:1024]):
        return "text/plain" if claimed.startswith("text/") else "application/octet-stream"
    is_plain_claim = claimed.startswith("text/") and "html" not in claimed and "xml" not in claimed
    if is_plain_claim or claimed in ("message/rfc822", "application/json", "text/calendar"):
        return claimed
    return "text/plain" if _is_text(content) else "application/octet-stream"


def _is_text(content: bytes) -> bool:
    sample = content[:4096]
    if b"\0" in sample:
        return False
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(sample) - 4
    return True


def _blocked_extension(filename: str) -> str:
    """The blocked extension of a name, also of a double one: invoice.pdf.exe."""
    extension = safe_filename(filename).rpartition(".")[2].lower()
    return extension if extension in BLOCKED else ""


def _blocked_in_zip(content: bytes) -> str:
    """Only the directory is read: nothing is unpacked, so no archive can blow up."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ""
    if len(names) > MAX_ZIP_ENTRIES:
        return TOO_MANY_INSIDE
    blocked = next((found for name in names if (found := _blocked_extension(name))), "")
    return BLOCKED_INSIDE % {"type": blocked} if blocked else ""
