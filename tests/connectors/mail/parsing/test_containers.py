"""Signed, encrypted and wrapped mail: told by structure, read where no key is needed."""

import base64
import struct

import pytest

from connectors.mail.parsing import parse
from connectors.mail.parsing.rtf import decompress, rtf_to_text
from tests.connectors.mail.parsing.build import mail, multipart, text_part


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def opaque(inner: bytes) -> bytes:
    data_oid = bytes.fromhex("06092a864886f70d010701")
    signed = der(
        0x30, b"\x02\x01\x01" + der(0x31, b"") + der(0x30, data_oid + der(0xA0, der(0x04, inner))) + der(0x31, b"")
    )
    return der(0x30, bytes.fromhex("06092a864886f70d010702") + der(0xA0, signed))


def test_opaque_signed_mail_shows_what_is_inside_and_keeps_the_container() -> None:
    container = opaque(b"Content-Type: text/plain\r\n\r\nsigned words\r\n")
    raw = mail(
        headers=b"Content-Transfer-Encoding: base64\r\n",
        kind=b"application/pkcs7-mime; name=smime.p7m",
        body=base64.encodebytes(container),
    )
    found = parse(raw)
    assert (found.body_text, found.is_signed, found.is_encrypted) == ("signed words", True, False)
    assert [file.filename for file in found.attachments] == ["smime.p7m"]


def test_enveloped_mail_is_encrypted_and_listed() -> None:
    content = der(0x30, bytes.fromhex("06092a864886f70d010703") + der(0xA0, b"secret"))
    raw = mail(
        headers=b"Content-Transfer-Encoding: base64\r\n",
        kind=b"application/octet-stream; name=smime.p7m",
        body=base64.encodebytes(content),
    )
    found = parse(raw)
    assert (found.is_signed, found.is_encrypted) == (False, True)
    assert [file.filename for file in found.attachments] == ["smime.p7m"]


def test_a_signature_is_listed_and_marked() -> None:
    signature = b"Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n"
    found = parse(multipart(text_part("words"), signature, kind=b"signed"))
    assert (found.body_text, found.is_signed) == ("words", True)
    assert [(file.filename, file.is_signature) for file in found.attachments] == [("signature.asc", True)]


@pytest.mark.parametrize("kind", ["pkcs7-signature", "x-pkcs7-signature", "pgp-signature"])
def test_a_file_is_no_signature_by_its_senders_word_alone(kind: str) -> None:
    invoice = f"Content-Type: application/{kind}; name=invoice.pdf\r\n\r\n%PDF-1.4\r\n".encode()
    (file,) = parse(multipart(text_part("words"), invoice)).attachments
    assert (file.filename, file.is_signature) == ("invoice.pdf", False)
    third = parse(multipart(text_part("words"), text_part("more"), invoice, kind=b"signed")).attachments
    assert [file.is_signature for file in third] == [False]


@pytest.mark.parametrize(("size", "is_folded"), [(9_000, True), (40_000, False)])
def test_a_file_of_a_signatures_name_is_one_if_it_is_small(size: int, is_folded: bool) -> None:
    named = b"Content-Type: application/octet-stream; name=smime.p7s\r\n\r\n" + b"x" * size
    (file,) = parse(multipart(text_part("words"), named)).attachments
    assert file.is_signature is is_folded


@pytest.mark.parametrize("block", ["MESSAGE", "SIGNED MESSAGE", "SIGNATURE"])
def test_a_readable_answer_that_quotes_a_pgp_block_is_neither_signed_itself_nor_encrypted(block: str) -> None:
    body = f"I cannot open this.\r\n\r\n> -----BEGIN PGP {block}-----\r\n> hQ\r\n".encode()
    found = parse(mail(body=body))
    assert (found.is_signed_itself, found.is_encrypted, found.is_signed) == (False, False, block != "MESSAGE")
    found = parse(mail(body=body.replace(b"> ", b"")))
    assert (found.is_signed_itself, found.is_encrypted) == (block != "MESSAGE", block == "MESSAGE")


def test_inline_pgp_is_seen_in_the_text() -> None:
    assert parse(mail(body=b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc")).is_encrypted
    assert parse(mail(body=b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nabc")).is_signed
    ordinary = parse(mail(body=b"The line -----BEGIN PGP MESSAGE----- starts it.\r\n"))
    assert not ordinary.is_encrypted


def tnef(*objects: tuple[int, int, bytes]) -> bytes:
    stream = struct.pack("<IH", 0x223E9F78, 1)
    for level, name, value in objects:
        stream += struct.pack("<BII", level, name, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    return stream


def properties(*values: tuple[int, int, bytes]) -> bytes:
    data = struct.pack("<I", len(values))
    for kind, identifier, value in values:
        data += struct.pack("<HHII", kind, identifier, 1, len(value)) + value + bytes(-len(value) % 4)
    return data


def test_files_and_text_come_out_of_winmail_dat() -> None:
    name = "Übersicht.pdf".encode("utf-16-le") + b"\0\0"
    stream = tnef(
        (1, 0x800C, b"words from Outlook\0"),
        (2, 0x9002, bytes(14)),
        (2, 0x8010, b"BERSIC~1.PDF\0"),
        (2, 0x800F, b"%PDF-1.4"),
        (2, 0x9005, properties((0x001F, 0x3707, name))),
    )
    found = parse(mail(kind=b"application/ms-tnef; name=winmail.dat", body=stream))
    assert [(file.filename, file.content_type) for file in found.attachments] == [
        ("winmail.dat", "application/ms-tnef"), ("Übersicht.pdf", "application/octet-stream")]  # fmt: skip
    assert found.attachments[1].content == b"%PDF-1.4"
    assert found.body_text == "words from Outlook"


def test_of_a_damaged_winmail_dat_what_came_before_is_kept() -> None:
    stream = tnef((2, 0x9002, bytes(14)), (2, 0x8010, b"a.txt\0"), (2, 0x800F, b"abc")) + b"\x07rubbish of no level"
    found = parse(mail(kind=b"application/ms-tnef; name=winmail.dat", body=stream))
    assert [file.filename for file in found.attachments] == ["winmail.dat", "a.txt"]


def test_compressed_rtf_is_read() -> None:
    # The example of MS-OXRTFCP 3.1.1.
    data = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0".replace(
            " ", ""
        )
    )
    assert decompress(data) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rtf_to_text(decompress(data)) == "hello world"
    assert rtf_to_text(rb"{\rtf1{\fonttbl{\f0 Arial;}}Gr\'fc\'dfe\par \u8364? 5}") == "Grüße\n€ 5"
