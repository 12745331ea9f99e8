"""Signed and encrypted mail, told by structure alone: no key is needed, nothing is verified (email.md section 12)."""

import re
from collections.abc import Iterator

from connectors.mail.parsing.structure import Part

PKCS7_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
PGP_BLOCK = re.compile(r"^([> \t]*)-----BEGIN PGP (MESSAGE|SIGNED MESSAGE|SIGNATURE)-----", re.MULTILINE)
"""A quoted one says nothing of the mail itself: who answers an encrypted mail in plain words can be read."""
ARMOUR = re.compile(rb"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)
OID_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
OID_ENVELOPED_DATA = bytes.fromhex("2a864886f70d010703")
OID_AUTH_ENVELOPED_DATA = bytes.fromhex("2a864886f70d0109100117")
SEQUENCE, OCTET_STRING, OBJECT_ID, EXPLICIT_0 = 0x30, 0x04, 0x06, 0xA0
MAX_DEPTH = 16
MAX_CHUNKS = 100_000


def is_pkcs7(part: Part) -> bool:
    """Is this part an S/MIME container, by its type or, for octet streams, by its name?"""
    if part.content_type in PKCS7_TYPES:
        return True
    return part.content_type == "application/octet-stream" and part.filename.lower().endswith((".p7m", ".p7z"))


def pkcs7_kind(part: Part) -> str:
    """`signed-data`, `enveloped-data` or "": the bytes are believed before the label."""
    head = part.content[:64]
    if OID_SIGNED_DATA in head:
        return "signed-data"
    if OID_ENVELOPED_DATA in head or OID_AUTH_ENVELOPED_DATA in head:
        return "enveloped-data"
    label = part.params.get("smime-type", "").lower()
    if "signed" in label or "certs" in label:
        return "signed-data"
    return "enveloped-data" if is_pkcs7(part) else ""


def is_signed(root: Part, text: str, *, by_quoted: bool) -> bool:
    """Whether it carries a signature; `by_quoted`: that of a mail it quotes counts, too."""
    if any(part.content_type == "multipart/signed" for part in root.walk()):
        return True
    if any(is_pkcs7(part) and pkcs7_kind(part) == "signed-data" for part in root.leaves()):
        return True
    return any(kind != "MESSAGE" and (by_quoted or ">" not in mark) for mark, kind in PGP_BLOCK.findall(text))


def is_encrypted(root: Part, text: str) -> bool:
    for part in root.walk():
        if part.content_type in ("multipart/encrypted", "application/pgp-encrypted"):
            return True
        if part.is_multipart:
            continue
        if is_pkcs7(part) and pkcs7_kind(part) == "enveloped-data":
            return True
        if part.filename.lower() == "encrypted.asc" and ARMOUR.search(part.content[:4096]):
            return True
    return any(kind == "MESSAGE" and ">" not in mark for mark, kind in PGP_BLOCK.findall(text))


def signed_content(der: bytes) -> bytes:
    """The mail inside opaque S/MIME signed data; b"" if it cannot be found. DER and BER (indefinite lengths)."""
    try:
        content_info = _inside(der, SEQUENCE)
        kind, _, rest = _element(content_info)
        if kind != OBJECT_ID:
            return b""
        signed_data = _inside(_inside(rest, EXPLICIT_0), SEQUENCE)
        for kind, value in _elements(signed_data):
            if kind == SEQUENCE:
                _, _, rest = _element(value)
                return _octets(_inside(rest, EXPLICIT_0), 0)
    except (IndexError, ValueError):
        pass
    return b""


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """(tag, content, rest) of the first element. Raises IndexError or ValueError if there is none."""
    tag = data[0]
    length = data[1]
    start = 2
    if length == 0x80:
        end = _end_of_indefinite(data, start)
        return tag, data[start:end], data[end + 2 :]
    if length > 0x80:
        count = length & 0x7F
        if count > 8:
            raise ValueError("length of more than 8 bytes")
        start += count
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise ValueError("element beyond the end")
    return tag, data[start : start + length], data[start + length :]


def _end_of_indefinite(data: bytes, start: int) -> int:
    """Where the two zero bytes stand that end content of indefinite length; nested ones are counted."""
    position, depth = start, 1
    for _ in range(MAX_CHUNKS):
        if data[position : position + 2] == b"\x00\x00":
            depth -= 1
            if not depth:
                return position
            position += 2
            continue
        length = data[position + 1]
        if length == 0x80:
            depth += 1
            position += 2
        elif length > 0x80:
            count = length & 0x7F
            position += 2 + count + int.from_bytes(data[position + 2 : position + 2 + count], "big")
        else:
            position += 2 + length
        if position >= len(data):
            break
    raise ValueError("no end of content")


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        tag, content, data = _element(data)
        yield tag, content


def _inside(data: bytes, expected: int) -> bytes:
    tag, content, _ = _element(data)
    if tag != expected:
        raise ValueError(f"tag {tag:#x} instead of {expected:#x}")
    return content


def _octets(data: bytes, depth: int) -> bytes:
    """The bytes of an octet string, whole or in chunks."""
    if depth > MAX_DEPTH:
        raise ValueError("octet string too deep")
    tag, content, _ = _element(data)
    if tag == OCTET_STRING:
        return content
    chunks: list[bytes] = []
    while content and len(chunks) < MAX_CHUNKS:
        inner, value, content = _element(content)
        chunks.append(value if inner == OCTET_STRING else _octets(value, depth + 1))
    return b"".join(chunks)
