"""Whatever the bytes, a mail comes out that can be stored, shown and hashed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mail.parsing import ParsedMail, parse, sanitise
from connectors.mail.parsing.attachments import safe_filename
from connectors.mail.parsing.charsets import decode
from connectors.mail.parsing.output import as_json
from connectors.mail.parsing.replies import trimmed_reply
from connectors.mail.parsing.rtf import decompress, rtf_to_text
from connectors.mail.parsing.tnef import parse_tnef
from tests.connectors.mail.parsing.test_sanitiser import assert_harmless

PIECES = [
    b"From: ", b"To: ", b"Subject: ", b"Content-Type: ", b"Content-Transfer-Encoding: ", b"Message-ID: ", b"Date: ",
    b"Content-Disposition: attachment; filename=", b"multipart/mixed; boundary=b", b"text/plain; charset=",
    b"text/html",     b"message/rfc822", b"application/ms-tnef", b"application/pkcs7-mime",
    b"multipart/report", b"text/calendar",
    b"message/delivery-status", b"base64", b"quoted-printable", b"utf-8", b"iso-2022-jp", b"utf-7", b"idna", b"utf-16",
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b"\0", b"--b", b"--b--", b"\r\n--b\r\n", b"=?utf-8?B?", b"=?x?Q?",
    b"?=", b"<", b">", b'"', b"(", b")", b"@", b",", b";", b":", b"=", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b$B", b"\x80",
    b"<p>", b"<![x", b"<blockquote>", b"On 1 Jan 2020 a wrote:", b"> ", b"begin 644 x\n", b"end\n", b"\x78\x9f\x3e\x22",
    b"Action: failed", b"Final-Recipient: rfc822;", b"filename*0*=utf-8''%ff", b"From x\n", b"name*=x'y'z",
]  # fmt: skip
broken_mails = st.one_of(
    st.binary(max_size=400),
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)), max_size=60).map(b"".join),
)


def assert_storable(mail: ParsedMail) -> None:
    stored = json.dumps(as_json(mail), ensure_ascii=False)
    stored.encode()
    assert "\\u0000" not in stored
    for line in (
        mail.subject,
        mail.message_id,
        *mail.references,
        *(who.name for who in mail.to),
        *(v for _, v in mail.headers),
    ):
        assert not set(line) & set("\r\n\0")
    for file in mail.attachments:
        assert not set(file.filename) & set("/\\\r\n\0")
        assert 0 < len(file.filename.encode()) <= 200
    assert len(mail.content_hash) == 64


@given(broken_mails)
@settings(max_examples=400, deadline=5000)
def test_any_bytes_become_a_mail(raw: bytes) -> None:
    assert_storable(parse(raw))


@given(broken_mails)
@settings(max_examples=100, deadline=5000)
def test_parsing_twice_gives_the_same(raw: bytes) -> None:
    assert parse(raw) == parse(raw)


@given(st.text(max_size=300))
def test_no_html_survives_as_active_content(text: str) -> None:
    assert_harmless(sanitise(text).html)


@given(st.text(max_size=300))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_filename(name)
    assert 0 < len(safe.encode()) <= 200
    assert not set(safe) & set('/\\\r\n\0:*?"<>|\u202e')
    assert safe == safe.strip(" .")


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "iso-2022-jp", "gb2312", "utf-7", "x-nonsense", "idna", "hz"]),
)
def test_any_bytes_become_text(raw: bytes, label: str) -> None:
    text = decode(raw, label)
    text.encode()
    assert "\0" not in text


@given(st.text(alphabet="> \n-_OnAm12:@<>wrote.ab|", max_size=400))
def test_a_reply_adds_no_words_and_is_never_empty(text: str) -> None:
    found = trimmed_reply(text, is_reply=True, limit=65536).text
    assert set(found.split()) <= set(text.split())
    assert bool(found) == bool(text.strip())


@given(st.binary(max_size=300))
def test_broken_containers_raise_nothing(data: bytes) -> None:
    parse_tnef(b"\x78\x9f\x3e\x22\0\0" + data)
    rtf_to_text(decompress(data[:8] + b"LZFu" + data[8:]))
    rtf_to_text(data)


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: " + b"=?a?q?" * 20_000,
        b"From: " + b'"\\' * 30_000,
        b"Content-Type: text/plain; " + b"a" * 60_000,
        b"In-Reply-To: <a@b>\r\n\r\n" + b">" * 2_000_000,
        b"In-Reply-To: <a@b>\r\n\r\n" + b"On 1 " * 100_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 50_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bx" * 500_000,
        b"Content-Type: text/html\r\n\r\n" + b"&" * 1_000_000,
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
        b"".join(b"X-%d: y\r\n" % number for number in range(50_000)),
    ],
    ids=["words", "escapes", "parameter", "quotes", "introductions", "parts", "false delimiters", "entities", "nesting",
         "headers"],
)  # fmt: skip
@pytest.mark.timeout(15)
def test_hostile_mails_take_no_long_time(raw: bytes) -> None:
    assert_storable(parse(raw))
