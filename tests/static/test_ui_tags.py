"""Template tags of the user interface."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from core.templatetags import ui

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(hours=-3), "in 3 h"),
    ],
)
def test_distance_in_words_up_to_a_day(distance: timedelta, words: str) -> None:
    assert ui.in_words(NOW - distance, NOW) == words


def test_beyond_a_day_the_local_moment_is_shown() -> None:
    with timezone.override("Europe/Berlin"):
        assert ui.in_words(NOW - timedelta(hours=24), NOW) == "20 Nov, 13:00"
        assert ui.in_words(datetime(2025, 11, 20, 12, tzinfo=UTC), NOW) == "20 Nov 2025"


def test_time_element_carries_the_exact_moment() -> None:
    with timezone.override("Europe/Berlin"):
        rendered = ui.relative_time(datetime(2025, 3, 1, 8, 30, tzinfo=UTC))
    assert rendered == (
        '<time datetime="2025-03-01T08:30:00+00:00" title="Sat 1 Mar 2025, 09:30" data-relative>1 Mar 2025</time>'
    )


def test_no_moment_renders_nothing() -> None:
    assert ui.relative_time(None) == ""
    assert ui.clock_time(None) == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Dana Maria Roth", "DR"),
        ("mara", "M"),
        ("Anne-Kathrin Öz", "AÖ"),
        ("", "?"),
        ("(ohne) Namen", "N"),
        ("李 雯", "李雯"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert ui.initials(name) == letters


def test_same_person_has_the_same_colour_and_the_name_is_escaped() -> None:
    assert ui.avatar("Dana Roth") == ui.avatar("Dana Roth")
    assert "<script" not in ui.avatar("<script> x")


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_as_many_bars_are_filled_as_the_level_says(level: int) -> None:
    filled, _path, empty = ui.level_bars(level).partition("bars__off")
    assert (filled.count("h3v"), empty.count("h3v")) == (level, 4 - level)


def test_icon_is_decoration_unless_it_is_named() -> None:
    assert 'aria-hidden="true"' in ui.icon("mail")
    named = Template('{% load ui %}{% icon "mail" 20 label %}').render(Context({"label": '"E-Mail"'}))
    assert 'role="img" aria-label="&quot;E-Mail&quot;"' in named
    assert "aria-hidden" not in named


@pytest.mark.parametrize(
    ("reader", "code", "name"),
    [
        ("en", "de", "German"),
        ("de", "de", "Deutsch"),
        ("en", "pt-BR", "Brazilian Portuguese"),
        ("en", "pt-BR", "Brazilian Portuguese"),
        ("en", "x-klingon", "x-klingon"),
    ],
)
def test_a_language_is_named_in_the_readers(reader: str, code: str, name: str) -> None:
    with translation.override(reader):
        assert ui.language_name(code) == name
