"""`{% component %}`: an include with only the values given, whose markup is kept while they are plain."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Engine, TemplateSyntaxError
from django.utils import timezone, translation
from django.utils.functional import lazystr
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.templatetags import components
from tickets.enums import TicketStatus

PARTS = {
    "components/test_label.html": '<b class="{{ tone|default:"plain" }}">{{ label }}{{ outside }}</b>',
    "components/test_word.html": "{% load i18n %}{% translate 'Close' %} {{ label }}",
    "components/test_list.html": "{% for item in items %}{{ item.name }}={{ item.value }};{% endfor %}",
    "components/test_names.html": "{% for name, value in pairs.items %}{{ name }}={{ value }};{% endfor %}",
    "components/test_empty.html": "{% if value.items is None %}a list{% else %}a mapping{% endif %}",
    "components/test_cut.html": "{{ label|truncatechars:5 }}",
    "components/test_kind.html": "{{ value.label }}|{{ value }}",
    "components/test_time.html": "{{ at|date:'H:i' }}",
    "components/test_form.html": "{% csrf_token %}{{ form.name }}",
    "components/test_long.html": "{{ label }}{% for n in '123456789' %}" + "x" * 1_000 + "{% endfor %}",
}
ENGINE = Engine(
    loaders=[("django.template.loaders.locmem.Loader", PARTS)],
    builtins=["core.templatetags.components"],
    libraries={"i18n": "django.templatetags.i18n"},
)


class NameForm(forms.Form):
    name = forms.CharField()


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> dict[Any, SafeString]:
    """The markup kept, empty at first."""
    kept: dict[Any, SafeString] = {}
    monkeypatch.setattr(components, "_kept", kept)
    monkeypatch.setattr(components, "_older", {})
    return kept


def rendered(template: str, **values: Any) -> str:
    return ENGINE.from_string(template).render(Context(values))


def label(value: Any) -> str:
    return rendered('{% component "test_label" label=value %}', value=value)


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ('label="Open"', {}),
        ('label=text tone="warn"', {"text": "A & B"}),
        ("label=text|upper tone=tone", {"text": "open", "tone": "ok"}),
        ("label=missing", {}),
        ("label=number tone=nothing", {"number": 1234.5, "nothing": None}),
    ],
)
def test_renders_as_an_include_with_only_these_values(arguments: str, values: dict[str, Any]) -> None:
    values |= {"outside": "must not be seen"}
    included = rendered('{% include "components/test_label.html" with ' + arguments + " only %}", **values)
    for _time in range(2):
        assert rendered('{% component "test_label" ' + arguments + " %}", **values) == included
    assert "must not be seen" not in included


def test_without_values_it_renders_all_the_same(store: dict[Any, SafeString]) -> None:
    assert rendered('{% component "test_label" %}', label="outside") == '<b class="plain"></b>'


@pytest.mark.parametrize("is_text_first", [True, False])
def test_text_is_escaped_and_markup_is_not_whichever_comes_first(is_text_first: bool) -> None:
    text, markup = ("<i>", '<b class="plain">&lt;i&gt;</b>'), (mark_safe("<i>"), '<b class="plain"><i></b>')
    for value, expected in [text, markup, text] if is_text_first else [markup, text, markup]:
        assert label(value) == expected


@pytest.mark.parametrize("is_text_first", [True, False])
def test_markup_put_together_late_is_told_from_text(is_text_first: bool) -> None:
    late = lazystr(mark_safe("<i>"))
    pairs = [("<i>", "&lt;i&gt;"), (late, "<i>")]
    for value, expected in pairs if is_text_first else pairs[::-1]:
        assert label(value) == f'<b class="plain">{expected}</b>'


def test_escaping_switched_off_is_another_markup() -> None:
    off = '{% autoescape off %}{% component "test_label" label=value %}{% endautoescape %}'
    on = '{% component "test_label" label=value %}'
    assert [rendered(text, value="<i>") for text in (on, off, on)] == [
        '<b class="plain">&lt;i&gt;</b>',
        '<b class="plain"><i></b>',
        '<b class="plain">&lt;i&gt;</b>',
    ]


def test_each_language_has_its_own_words(store: dict[Any, SafeString]) -> None:
    said = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            said.append(rendered('{% component "test_word" label="x" %}'))
    assert said == ["Close x", "Schließen x", "Close x"]
    assert len(store) == 2


def test_late_translated_values_are_those_of_the_language_in_force() -> None:
    close, change = gettext_lazy("Close"), pgettext_lazy("noun", "Change")
    said = []
    for language in ("en", "de"):
        with translation.override(language):
            said += [label(close), label(change)]
    assert said == [f'<b class="plain">{word}</b>' for word in ("Close", "Change", "Schließen", "Änderung")]


def test_plain_values_are_kept_and_rendered_once(store: dict[Any, SafeString]) -> None:
    items = [{"name": "a", "value": 1}, {"name": "b", "value": True}]
    for _time in range(3):
        assert rendered('{% component "test_list" items=items %}', items=items) == "a=1;b=True;"
    assert len(store) == 1
    items[0]["value"] = 2  # the same list, changed
    assert rendered('{% component "test_list" items=items %}', items=items) == "a=2;b=True;"


@pytest.mark.parametrize("values", [(True, 1, 1.0, "1", "True"), ("True", "1", 1.0, 1, True)])
def test_equal_values_of_other_types_are_told_apart(values: tuple[Any, ...]) -> None:
    assert [label(value) for value in values] == [f'<b class="plain">{value}</b>' for value in values]
    lists = [rendered('{% component "test_list" items=items %}', items=[{"name": "n", "value": v}]) for v in values]
    assert lists == [f"n={value};" for value in values]


@pytest.mark.parametrize("names", [("<b>", mark_safe("<b>")), (mark_safe("<b>"), "<b>")])
def test_names_of_mappings_are_text_or_markup_too(names: tuple[str, str]) -> None:
    said = {type(name): rendered('{% component "test_names" pairs=pairs %}', pairs={name: 1}) for name in names}
    assert said == {str: "&lt;b&gt;=1;", SafeString: "<b>=1;"}


def test_an_empty_list_is_no_empty_mapping() -> None:
    text = '{% component "test_empty" value=value %}'
    assert [rendered(text, value=value) for value in ([], {}, ())] == ["a list", "a mapping", "a list"]


def test_long_texts_are_not_kept_even_if_their_markup_is_short(store: dict[Any, SafeString]) -> None:
    text = '{% component "test_cut" label=label %}'
    assert rendered(text, label="y" * 20_000) == "yyyy…"
    assert store == {}
    assert rendered(text, label="y" * 20) == "yyyy…"
    assert len(store) == 1


USED = re.compile(r"""{%\s*component\s+["']([^"']+)["']""")
ELSEWHERE = re.compile(r"{%\s*(?:now|get_current_timezone|lorem|debug|cache)\b|\brandom\b")
"""Tags that answer something else the next time; names of the page are out of a component's reach anyway."""
TEMPLATES = Path(settings.BASE_DIR) / "templates"
COMPONENTS = sorted({name for path in TEMPLATES.rglob("*.html") for name in USED.findall(path.read_text("utf-8"))})


@pytest.mark.parametrize("name", COMPONENTS)
def test_components_look_at_nothing_but_their_values(name: str) -> None:
    """What they kept would else be shown to the next reader (ADR 5)."""
    assert ELSEWHERE.findall((TEMPLATES / "components" / f"{name}.html").read_text("utf-8")) == []


def test_a_choice_is_told_from_its_mere_value() -> None:
    kind = '{% component "test_kind" value=value %}'
    choices = [TicketStatus.NEW, "new", TicketStatus.NEW]
    assert [rendered(kind, value=value) for value in choices] == ["New|new", "|new", "New|new"]


def test_moments_are_never_kept(store: dict[Any, SafeString]) -> None:
    at = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    said = []
    for zone in ("UTC", "Europe/Berlin"):
        with timezone.override(zone):
            said.append(rendered('{% component "test_time" at=at %}', at=at))
            said.append(rendered('{% component "test_list" items=items %}', items=[{"name": "at", "value": at.date()}]))
    assert (said[0], said[2], store) == ("10:00", "12:00", {})


def test_forms_and_the_token_against_forgery_are_never_kept(store: dict[Any, SafeString]) -> None:
    text = '{% component "test_form" form=form csrf_token=csrf_token %}'
    first = rendered(text, form=NameForm({"name": "Ann"}), csrf_token="token-of-ann")
    second = rendered(text, form=NameForm({"name": "Bob"}), csrf_token="token-of-bob")
    assert ("token-of-ann" in first, "Ann" in first, "Bob" in second) == (True, True, True)
    assert ("token-of-ann" in second, "token-of-bob" in second) == (False, True)
    token_alone = '{% component "test_form" csrf_token=csrf_token %}'
    assert "token-of-cy" in rendered(token_alone, csrf_token="token-of-cy")
    assert "token-of-di" in rendered(token_alone, csrf_token="token-of-di")
    assert store == {}


def test_the_store_stays_bounded(store: dict[Any, SafeString], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "KEPT_AT_MOST", 10)
    sizes = []
    for number in range(35):
        assert label(number) == f'<b class="plain">{number}</b>'
        sizes.append(len(store))
    assert (max(sizes), sizes[-1]) == (10, 5)


def test_what_is_asked_for_again_and_again_outlives_what_is_not(
    store: dict[Any, SafeString], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "KEPT_AT_MOST", 10)
    older: dict[Any, SafeString] = {}
    monkeypatch.setattr(components, "_older", older)
    for number in range(1, 35):
        label(0)
        label(number)
    held = {*store.values(), *older.values()}
    assert '<b class="plain">0</b>' in held
    assert '<b class="plain">1</b>' not in held


def test_long_markup_is_not_kept(store: dict[Any, SafeString]) -> None:
    assert len(rendered('{% component "test_long" label="x" %}')) == 9_001
    assert store == {}


@pytest.mark.parametrize(
    "text",
    [
        "{% component %}",
        "{% component test_label %}",
        '{% component "" %}',
        "{% component \"test_label' %}",
        '{% component "test_label" "Open" %}',
        '{% component "test_label" label="Open" tone %}',
        '{% component "test_label" with label="Open" %}',
        '{% component "test_label" label="Open" only %}',
    ],
)
def test_wrong_syntax_is_refused(text: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=r"^Write \{% component"):
        ENGINE.from_string(text)
