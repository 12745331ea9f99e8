"""What the content security policy and htmx without eval forbid in our templates and scripts."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template import Context, Template

from core.templatetags import ui

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
TAG = re.compile(r"<[a-zA-Z][^<>]*(?:{[%{].*?[%}]}[^<>]*)*>", re.DOTALL)
COMMENTS = re.compile(r"{#.*?#}|{%\s*comment\s*%}.*?{%\s*endcomment\s*%}", re.DOTALL)

FORBIDDEN = {
    "inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "inline handler": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\s(?:data-)?hx-on\b", re.IGNORECASE),
    "hx-vars": re.compile(r"\s(?:data-)?hx-vars\b", re.IGNORECASE),
    "evaluated value": re.compile(r"""\shx-(?:vals|headers|request)\s*=\s*["'](?:js|javascript):""", re.IGNORECASE),
    "trigger filter": re.compile(r"""\shx-trigger\s*=\s*(?:"[^"]*\[|'[^']*\[)""", re.IGNORECASE),
    "evaluated morph": re.compile(r"""\shx-swap\s*=\s*["'][^"']*morph:\s*{""", re.IGNORECASE),
    "script address": re.compile(r"""=\s*["']?\s*javascript:""", re.IGNORECASE),
    "foreign host": re.compile(r"""\s(?:src|srcset|href)\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE),
}
# The original layout of a mail: a page of its own in a sandboxed frame, under its own policy (ux.md section 11).
ALLOWED = {"desk/original.html": {"inline style"}}
INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE)


def markup(path: Path) -> str:
    return COMMENTS.sub("", path.read_text("utf-8"))


def offences(text: str) -> set[str]:
    tags = " ".join(TAG.findall(text))
    found = {name for name, pattern in FORBIDDEN.items() if pattern.search(tags)}
    return found | ({"inline script"} if INLINE_SCRIPT.search(text) else set())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_holds_nothing_inline_and_nothing_evaluated(path: Path) -> None:
    allowed = ALLOWED.get(path.relative_to(ROOT / "templates").as_posix(), set())
    assert offences(markup(path)) - allowed == set()


@pytest.mark.parametrize(
    ("offence", "text"),
    [
        ("inline style", '<p class="a" style="color: red">'),
        ("inline style", "<style>p {}</style>"),
        ("inline handler", "<button onclick='go()'>"),
        ("hx-on", '<a hx-on:click="go()">'),
        ("hx-on", '<a hx-on::after-request="go()">'),
        ("hx-vars", '<a hx-vars="a:b">'),
        ("evaluated value", '<a hx-vals="js:{a: 1}">'),
        ("trigger filter", '<input hx-get="/x/" hx-trigger="keyup[key==\'Enter\'] from:body">'),
        ("trigger filter", '<input hx-get="{% url \'x\' %}"\n hx-trigger="load, click[ctrlKey]">'),
        ("evaluated morph", '<p hx-swap="morph:{ignoreActiveValue:true}">'),
        ("script address", '<a href="javascript:go()">'),
        ("foreign host", '<img src="https://cdn.example/x.png">'),
        ("foreign host", '<script src="//cdn.example/x.js"></script>'),
        ("inline script", "<script>go()</script>"),
    ],
)
def test_the_patterns_see_what_they_are_for(offence: str, text: str) -> None:
    assert offences(text) == {offence}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_comment_in_short_form_stays_on_its_line(path: Path) -> None:
    """Django prints a `{# #}` that spans lines."""
    assert re.findall(r"{#(?:(?!#}).)*\n", path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_requests_of_htmx_sit_on_a_link_or_a_form_that_works_without_it(path: Path) -> None:
    for tag in TAG.findall(markup(path)):
        if re.search(r"\shx-post\b", tag):
            assert tag.startswith(("<form", "<button")), tag
            assert ("formaction=" if tag.startswith("<button") else "action=") in tag, tag
        elif re.search(r"\shx-get\b", tag) and not re.search(
            r'hx-trigger="[^"]*(load|every|countdownDone|revealed|sse:)', tag
        ):
            assert tag.startswith(("<a ", "<form")), tag


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_module_is_small_and_evaluates_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    assert not re.search(
        r"\beval\(|new Function|\.innerHTML|insertAdjacentHTML|document\.write|setAttribute\(.style", text
    )
    assert not re.search(r"""import\((?!"\./[a-z]+\.js"\))""", text), "imports are literal and relative"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_module_holds_no_text_for_people(path: Path) -> None:
    """Words come from data attributes and templates, since only those are translated."""
    code = re.sub(r"//.*", "", path.read_text("utf-8"))
    literals = re.findall(r'"([^"\n]*)"', code)
    assert [text for text in literals if re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", text)] == []


def test_joined_style_sheet_is_up_to_date() -> None:
    call_command("join_css", check=True)


def test_htmx_is_set_up_without_eval_and_swaps_refusals() -> None:
    head = (ROOT / "templates" / "components" / "_head.html").read_text("utf-8")
    for setting in (
        '"allowEval":false', '"includeIndicatorStyles":false', '"selfRequestsOnly":true', '"historyCacheSize":0',
        '{"code":"400|403|409|422","swap":true,"error":false}', '{"code":"[45]..","swap":false,"error":true}',
    ):  # fmt: skip
        assert setting in head


@pytest.mark.parametrize("name", ["onclick", "hx-on:click", "style", "hx-vars"])
def test_attributes_that_hold_code_are_refused_by_the_tag(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(name)):
        ui.html_attrs({name: "x"})


def test_attributes_are_escaped() -> None:
    rendered = Template("{% load ui %}<a{% html_attrs attrs %}>").render(
        Context({"attrs": {"data-x": '"><b>', "hidden": True, "title": None}})
    )
    assert rendered == '<a data-x="&quot;&gt;&lt;b&gt;" hidden>'
