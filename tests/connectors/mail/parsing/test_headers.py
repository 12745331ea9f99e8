"""Header fields: decoded, unfolded, repaired."""

import pytest

from connectors.mail.parsing import Address, parse


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?B?R3I=?= =?utf-8?B?w7zDn2U=?=", "Grüße"),
        (b"=?utf-8?B?R3LD?=\r\n =?utf-8?B?vMOfZQ==?=", "Grüße"),
        (b"=?iso-8859-1?Q?Gr=FC=DFe?= an alle", "Grüße an alle"),
        (b"=?utf-8?Q?with blanks inside?=", "with blanks inside"),
        (b"=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        (b"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b"Gr\xfc\xdfe", "Grüße"),
        (b"=?gb2312?B?zajWqg==?=", "通知"),
        (b"=?ISO-2022-JP?B?GyRCLSEbKEI=?=", "①"),
        (b"=?utf-8?Q?a=0D=0ABcc=3A_x?=", "a Bcc: x"),
        (b"=?utf-8?Q?exe=E2=80=AEfdp?=", "exefdp"),
        (b"folded\r\n over\r\n\tlines", "folded over lines"),
        (b"=?nonsense?Q?abc?=", "abc"),
        (b"", ""),
    ],
)
def test_subjects_are_decoded(raw: bytes, subject: str) -> None:
    assert parse(b"Subject: " + raw + b"\r\n\r\nx").subject == subject


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Ann <ann@a.example>", [Address("Ann", "ann@a.example")]),
        (b'"Doe, Ann" <ann@a.example>', [Address("Doe, Ann", "ann@a.example")]),
        (b"Doe, Ann <ann@a.example>", [Address("Doe, Ann", "ann@a.example")]),
        (b"ann@a.example (Ann Doe)", [Address("Ann Doe", "ann@a.example")]),
        (b"=?utf-8?Q?Doe=2C_Ann?= <ann@a.example>, bob@b.example", [
            Address("Doe, Ann", "ann@a.example"), Address("", "bob@b.example")]),
        (b"team: ann@a.example, Bob <bob@b.example>;", [Address("", "ann@a.example"), Address("Bob", "bob@b.example")]),
        (b"undisclosed-recipients:;", []),
        (b"ann@a.example; bob@b.example", [Address("", "ann@a.example"), Address("", "bob@b.example")]),
        (b'"ann@a.example" <ann@a.example>', [Address("ann@a.example", "ann@a.example")]),
        (b"<@relay.example:ann@a.example>", [Address("", "ann@a.example")]),
        (b"Ann <mailto:ann@a.example>", [Address("Ann", "ann@a.example")]),
        ("Jürgen <jürgen@münchen.example>".encode(), [Address("Jürgen", "jürgen@münchen.example")]),
        (b"Ann <ann@a.example", [Address("Ann", "ann@a.example")]),
    ],
)  # fmt: skip
def test_address_lists_are_read(raw: bytes, expected: list[Address]) -> None:
    assert list(parse(b"To: " + raw + b"\r\n\r\nx").to) == expected


def test_sender_without_address_keeps_the_name() -> None:
    assert parse(b"From: The Printer\r\n\r\nx").from_ == Address("The Printer", "")


@pytest.mark.parametrize(
    ("head", "defect"),
    [
        (b"Subject : Printer\r\nFrom: ann@a.example\r\n\r\nbody", None),
        (b"\xef\xbb\xbfSubject: Printer\r\nFrom: ann@a.example\r\n\r\nbody", "byte order mark"),
        (b"From ann@a.example Mon Jan  1 00:00:00 2024\r\nSubject: Printer\r\nFrom: ann@a.example\r\n\r\nbody",
         "stray From line"),
        (b"\r\n\r\nSubject: Printer\r\nFrom: ann@a.example\r\n\r\nbody", "leading blank lines"),
        (b"X-A: b\r\nno colon here\r\nSubject: Printer\r\nFrom: ann@a.example\r\n\r\nbody",
         "header line without colon"),
        (b"Subject: Printer\rFrom: ann@a.example\r\rbody", "lone CR line ends"),
        (b"Subject: Printer\n \nFrom: ann@a.example\n\nbody", None),
        (b"Subject: Printer\r\nSubject: Other\r\nFrom: ann@a.example\r\n\r\nbody", "duplicate subject"),
        (b"Sub\0ject: x\r\nSubject: Prin\0ter\r\nFrom: ann@a.example\r\n\r\nbody", None),
    ],
)  # fmt: skip
def test_broken_header_blocks_are_repaired(head: bytes, defect: str | None) -> None:
    found = parse(head)
    assert (found.subject, found.from_, found.body_text) == ("Printer", Address("", "ann@a.example"), "body")
    assert defect is None or defect in found.defects


def test_text_without_any_header_is_the_body() -> None:
    assert parse(b"just words\r\nand more").body_text == "just words\nand more"


def test_ids_lose_their_brackets_and_keep_their_order() -> None:
    raw = b"Message-ID: <a@x>\r\nIn-Reply-To: Your mail of <b@x> (today)\r\nReferences: <1@x><2@x>,\r\n <3@x>\r\n\r\n"
    found = parse(raw)
    assert (found.message_id, found.in_reply_to, found.references) == ("a@x", "b@x", ("1@x", "2@x", "3@x"))


@pytest.mark.parametrize(("raw", "expected"), [(b"a@x", "a@x"), (b"<a@x@y>", "a@x@y"), (b"<a b@x>", "ab@x"), (b"", "")])
def test_malformed_message_ids_are_still_ids(raw: bytes, expected: str) -> None:
    assert parse(b"Message-ID: " + raw + b"\r\n\r\n").message_id == expected


def test_an_unreadable_date_is_none_and_noted() -> None:
    found = parse(b"Date: the day before\r\n\r\n")
    assert found.date is None
    assert "unreadable date" in found.defects


def test_the_empty_mail_is_a_mail() -> None:
    found = parse(b"")
    assert (found.subject, found.from_, found.body_text, found.attachments) == ("", None, "", ())


def test_copies_share_a_content_hash_and_other_mails_do_not() -> None:
    first = parse(b"Received: from a\r\nFrom: a@b.c\r\nSubject: x\r\n\r\nbody\r\n")
    copy = parse(b"Received: from z\r\nX-Spam: no\r\nFrom: a@b.c\nSubject: x\n\nbody\n")
    other = parse(b"From: a@b.c\r\nSubject: x\r\n\r\nother body\r\n")
    assert first.content_hash == copy.content_hash
    assert first.raw_sha256 != copy.raw_sha256
    assert first.content_hash != other.content_hash
