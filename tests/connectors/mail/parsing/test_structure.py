"""The MIME tree: bodies chosen, files found, attached messages kept apart, damage survived."""

import base64
import hashlib

import pytest

from connectors.mail.parsing import Limits, parse
from tests.connectors.mail.parsing.build import mail, multipart, text_part

NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(6)) + b"\r\nx"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def file_part(name: bytes, content: bytes, kind: bytes = b"application/octet-stream", extra: bytes = b"") -> bytes:
    return (
        b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n" + extra
        + b"Content-Disposition: attachment; filename=" + name + b"\r\n\r\n" + base64.encodebytes(content)
    )  # fmt: skip


def test_of_alternatives_the_text_is_read_and_the_html_shown() -> None:
    found = parse(
        multipart(text_part("plain words"), text_part("<p>html words</p>", b"text/html"), kind=b"alternative")
    )
    assert (found.body_text, found.html_sanitised) == ("plain words", "<p>html words</p>")


def test_a_text_that_only_points_at_the_html_gives_way_to_it() -> None:
    html = "<p>" + "All that matters is said here. " * 10 + "</p>"
    found = parse(multipart(text_part("See HTML"), text_part(html, b"text/html"), kind=b"alternative"))
    assert found.body_text.startswith("All that matters")


def test_texts_between_attachments_are_all_read() -> None:
    found = parse(
        multipart(text_part("first"), file_part(b"a.bin", b"a"), text_part("second"), file_part(b"b.bin", b"b"))
    )
    assert found.body_text == "first\n\nsecond"
    assert [file.filename for file in found.attachments] == ["a.bin", "b.bin"]


def test_a_file_is_returned_as_its_bytes() -> None:
    (file,) = parse(multipart(text_part("x"), file_part(b"logo.png", PNG, b"image/png"))).attachments
    assert (file.content, file.size, file.content_type, file.detected_type) == (PNG, 48, "image/png", "image/png")
    assert file.sha256 == hashlib.sha256(PNG).hexdigest()


def test_an_attached_message_is_one_file_and_its_parts_are_not_ours() -> None:
    inner = multipart(text_part("inner words"), file_part(b"inner.bin", b"x"))
    found = parse(
        multipart(
            text_part("outer words"), b"Content-Type: message/rfc822\r\n\r\n" + inner.replace(b"frontier", b"inner")
        )
    )
    assert found.body_text == "outer words"
    assert [(file.filename, file.content_type) for file in found.attachments] == [("Printer.eml", "message/rfc822")]


def test_a_part_is_inline_if_the_html_refers_to_it_whatever_its_disposition() -> None:
    page = text_part('<img src="cid:logo%40x"><p>words</p>', b"text/html")
    found = parse(
        multipart(
            page,
            file_part(b"a.png", PNG, b"image/png", b"Content-ID: <logo@x>\r\n"),
            file_part(b"b.png", PNG, b"image/png", b"Content-ID: <other@x>\r\n"),
            kind=b"related",
        )
    )
    assert [(file.filename, file.inline, file.content_id) for file in found.attachments] == [
        ("a.png", True, "logo@x"), ("b.png", False, "other@x")]  # fmt: skip


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b"filename*=UTF-8''R%C3%A9sum%C3%A9.pdf", "Résumé.pdf"),
        (b"filename*1*=%C3%A9.pdf; filename*0*=UTF-8''R%C3%A9sum", "Résumé.pdf"),
        (b'filename*0="long "; filename*1="name.pdf"', "long name.pdf"),
        (b'filename="=?utf-8?Q?R=C3=A9sum=C3=A9.pdf?="', "Résumé.pdf"),
        ('filename="Résumé.pdf"'.encode(), "Résumé.pdf"),
        ('filename="Résumé.pdf"'.encode("latin-1"), "Résumé.pdf"),
        (b"filename=two words.pdf", "two words.pdf"),
        (b'filename="../../etc/passwd"', "passwd"),
        (b'filename="C:\\\\Users\\\\ann\\\\report.pdf"', "report.pdf"),
        (b'filename="con.txt"', "_con.txt"),
        (b'filename=" . "', "attachment-1.pdf"),
        ('filename="photo\u202egpj.exe"'.encode(), "photogpj.exe"),
        (b'filename="' + b"a" * 300 + b'.pdf"', "a" * 196 + ".pdf"),
        (b"filename=\"plain.pdf\"; filename*=utf-8''better.pdf", "better.pdf"),
    ],
)
def test_file_names_are_decoded_and_made_safe(disposition: bytes, name: str) -> None:
    part = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; " + disposition + b"\r\n\r\n%PDF-1.4"
    assert [file.filename for file in parse(multipart(text_part("x"), part)).attachments] == [name]


def test_damaged_multiparts_yield_what_is_there() -> None:
    whole = multipart(text_part("first"), text_part("second"))
    cut = whole[: whole.rindex(b"--frontier--")]
    wrong = whole.replace(b"boundary=frontier", b"boundary=other")
    unnamed = whole.replace(b"; boundary=frontier", b"")
    for damaged in (cut, wrong, unnamed):
        assert parse(damaged).body_text == "first\n\nsecond"
    assert "missing end boundary" in parse(cut).defects
    assert "wrong boundary" in parse(wrong).defects


def test_a_multipart_without_parts_shows_its_text() -> None:
    assert parse(mail(kind=b"multipart/mixed; boundary=x", body=b"only words\r\n")).body_text == "only words"


def test_an_inner_multipart_without_end_does_not_swallow_the_outer_one() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain\r\n\r\nwords\r\n"
    found = parse(multipart(inner, file_part(b"a.bin", b"a")))
    assert found.body_text == "words"
    assert [file.filename for file in found.attachments] == ["a.bin"]


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        (b"base64", b"SGVsbG8", "Hello"),
        (b"base64", b"SGVs\r\n!bG8=", "Hello"),
        (b"base64", b"SGVs\r\nbG8gdGhlcmU=\r\n\r\n", "Hello there"),
        (b"Quoted-Printable", b"Gr=C3=BC=C3=9Fe =\r\nan=ZZ alle", "Grüße an=ZZ alle"),
        (b"8-bit", "Grüße".encode(), "Grüße"),
        (b"no-such-encoding", b"Hello", "Hello"),
    ],
)
def test_transfer_encodings_are_resolved_leniently(encoding: bytes, body: bytes, text: str) -> None:
    raw = mail(headers=b"Content-Transfer-Encoding: " + encoding + b"\r\n", body=body)
    assert parse(raw).body_text == text


def test_flowed_text_is_unwrapped() -> None:
    body = b"This is one \r\nparagraph.\r\n> quoted \r\n> too\r\n-- \r\nAnn\r\n"
    found = parse(mail(kind=b"text/plain; format=flowed", body=body))
    assert found.body_text == "This is one paragraph.\n> quoted too\n-- \nAnn"


def test_uuencoded_files_leave_the_text() -> None:
    found = parse(mail(body=b"See:\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\nbye\r\n"))
    assert [(file.filename, file.content) for file in found.attachments] == [("a.txt", b"abc")]
    assert "begin" not in found.body_text
    assert found.body_text.split() == ["See:", "bye"]


def test_an_invitation_names_its_method_and_says_what_it_is() -> None:
    ics = (
        b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Move of\r\n  the server\r\n"
        b"DTSTART;TZID=Europe/Berlin:20260301T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    found = parse(mail(kind=b"text/calendar; charset=utf-8", body=ics))
    assert found.calendar_method == "REQUEST"
    assert found.body_text == "Summary: Move of the server\nStart: 20260301T100000 (Europe/Berlin)"
    assert [file.content_type for file in found.attachments] == ["text/calendar"]


def test_an_external_body_is_told_and_not_fetched() -> None:
    part = b'Content-Type: message/external-body; access-type=URL; URL="https://x.example/f"\r\n\r\n'
    found = parse(multipart(text_part("x"), part))
    assert found.attachments == ()
    assert "https://x.example/f" in found.body_text


@pytest.mark.parametrize(
    ("limits", "raw", "reason"),
    [
        (Limits(raw_size=100), mail(body=b"x" * 200), "raw size"),
        (Limits(headers=3), mail(), "headers"),
        (Limits(depth=3), NESTED, "depth"),
        (Limits(parts=3), multipart(*[text_part("x")] * 5), "parts"),
        (Limits(addresses=2), b"To: a@x, b@x, c@x\r\n\r\n", "addresses"),
        (Limits(attachments_size=10), multipart(text_part("x"), file_part(b"a", b"x" * 20)), "attachments"),
    ],
)
def test_beyond_a_limit_the_reason_is_named_and_nothing_raised(limits: Limits, raw: bytes, reason: str) -> None:
    assert parse(raw, limits).over_limit == reason
    assert parse(raw).over_limit == ""


def test_very_deep_nesting_is_over_a_limit_and_no_error() -> None:
    raw = b"Subject: deep\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(3000)
    )
    found = parse(raw + b"\r\nbottom")
    assert (found.subject, found.over_limit) == ("deep", "depth")


def test_a_header_that_is_too_long_is_cut_and_the_mail_kept() -> None:
    found = parse(b"Subject: " + b"x" * 100_000 + b"\r\nFrom: a@b.c\r\n\r\nbody")
    assert len(found.subject) == 64 * 1024
    assert (found.body_text, found.over_limit) == ("body", "")


def test_a_text_too_long_to_show_is_kept_whole_as_a_file() -> None:
    found = parse(mail(body=b"a line of words\r\n" * 100), Limits(body_size=500))
    assert len(found.body_text) <= 500
    assert [file.size for file in found.attachments] == [1700]
