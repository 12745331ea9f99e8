"""Bytes to text, whatever the label says."""

import pytest

from connectors.mail.parsing import parse
from connectors.mail.parsing.charsets import decode

RUSSIAN = "Здравствуйте, у нас не работает принтер в бухгалтерии, помогите пожалуйста."


@pytest.mark.parametrize(
    ("label", "raw", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Preis 5 €".encode("cp1252"), "Preis 5 €"),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("cp1252"), "Grüße"),
        ("", "Grüße".encode("cp1252"), "Grüße"),
        ("gb2312", "镕基".encode("gb18030"), "镕基"),
        ("ks_c_5601-1987", "안녕하세요 뷁".encode("cp949"), "안녕하세요 뷁"),
        ("shift_jis", "①テスト".encode("cp932"), "①テスト"),
        ("iso-2022-jp", "日本語".encode("iso2022_jp"), "日本語"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B", "①"),
        ("iso-2022-jp", b"\x1b(I1\x1b(B", "ｱ"),
        ("us-ascii", "日本語".encode("iso2022_jp"), "日本語"),
        ("iso-2022-jp", "日本語".encode("cp932"), "日本語"),
        ("koi8-r", RUSSIAN.encode("koi8-r"), RUSSIAN),
        ("x-unknown", RUSSIAN.encode("koi8-r"), RUSSIAN),
        ("x-unknown", RUSSIAN.encode("cp1251"), RUSSIAN),
        ("utf-8", RUSSIAN.encode("cp1251"), RUSSIAN),
        ("iso-8859-8-i", "שלום".encode("iso-8859-8"), "שלום"),
        ("cp-850", "Grüße".encode("cp850"), "Grüße"),
        ("unicode-1-1-utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("rot_13", b"plain", "plain"),
        ("utf-8", b"a\0b", "ab"),
        ("utf-8", b"\xef\xbb\xbfa", "a"),
        ("cp1252", b"a\x81b", "ab"),
    ],
)
def test_text_is_read_as_it_was_meant(label: str, raw: bytes, text: str) -> None:
    assert decode(raw, label) == text


def test_a_stray_byte_does_not_spoil_the_rest() -> None:
    assert decode("äöüÄÖÜß und so weiter".encode() + b"\xff", "utf-8") == "äöüÄÖÜß und so weiter\ufffd"


def test_html_says_its_own_charset_when_the_header_is_silent() -> None:
    html = '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>Привет</p>'.encode("koi8-r")
    assert parse(b"Content-Type: text/html\r\n\r\n" + html).body_text == "Привет"
