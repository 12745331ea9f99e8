"""Public holidays of countries and regions: taken into calendars as rows, beside their own, and followed up."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import holidays as library
import pytest
import time_machine
from django.utils import translation

from accounts import public_holidays
from accounts.calendars import work_calendar
from accounts.countries import COUNTRIES
from accounts.events import CalendarChanged
from accounts.models import Agent, BusinessCalendar, CalendarWindow, Holiday
from accounts.public_holidays import edition, regions_of
from accounts.services import save_calendar, take_due_public_holidays
from core import timers
from core.errors import Invalid
from core.worktime import Why, is_open, stretches
from tests.accounts.test_calendars import admin, told, window

__all__ = ["admin", "told"]

pytestmark = pytest.mark.django_db

JUNE = datetime(2026, 6, 1, 9, tzinfo=UTC)
BAVARIA = {"country": "DE", "region": "BY", "holiday_language": "de"}


@pytest.fixture(autouse=True)
def in_june() -> Any:
    with time_machine.travel(JUNE, tick=False):
        yield


def made(admin: Agent, *own: Holiday, **values: Any) -> BusinessCalendar:
    week = [window(weekday, 8, 18) for weekday in range(5)]
    wanted = {"name": "Munich", "timezone": "Europe/Berlin"} | BAVARIA | values
    return save_calendar(None, by=admin, windows=week, holidays=own, **wanted)


def days(calendar: BusinessCalendar, year: int) -> list[tuple[str, str]]:
    rows = calendar.holidays.filter(on__year=year, is_public=True)
    return [(f"{row.on:%m-%d}", row.name) for row in rows]


def ids(calendar: BusinessCalendar) -> dict[date, UUID]:
    return dict(calendar.holidays.values_list("on", "pk"))


def test_public_holidays_of_a_region_are_rows_of_this_year_and_two_more(admin: Agent) -> None:
    calendar = made(admin)
    assert days(calendar, 2026) == [
        ("01-01", "Neujahr"), ("01-06", "Heilige Drei Könige"), ("04-03", "Karfreitag"), ("04-06", "Ostermontag"),
        ("05-01", "Erster Mai"), ("05-14", "Christi Himmelfahrt"), ("05-25", "Pfingstmontag"),
        ("06-04", "Fronleichnam"),
        ("10-03", "Tag der Deutschen Einheit"), ("11-01", "Allerheiligen"), ("12-25", "Erster Weihnachtstag"),
        ("12-26", "Zweiter Weihnachtstag"),
    ]  # fmt: skip
    assert [len(days(calendar, year)) for year in (2025, 2027, 2028, 2029)] == [0, 12, 12, 0]
    assert not is_open(work_calendar(calendar), datetime(2026, 6, 4, 9, tzinfo=UTC))
    assert calendar.holidays.filter(is_public=True).first().history.get().actor_name == admin.name


def test_due_date_is_explained_with_the_holidays_name(admin: Agent) -> None:
    value = work_calendar(made(admin, holiday_language="en"))
    found = stretches(value, datetime(2026, 6, 4, 6, tzinfo=UTC), datetime(2026, 6, 4, 18, tzinfo=UTC))
    assert [(stretch.why, stretch.name) for stretch in found] == [(Why.HOLIDAY, "Corpus Christi")]


@pytest.mark.parametrize(
    ("country", "region", "language", "names"),
    [
        ("DE", "", "en", {"New Year's Day", "Good Friday", "German Unity Day", "Second Day of Christmas"}),
        ("AT", "9", "de", {"Staatsfeiertag", "Mariä Empfängnis", "Christtag", "Stephanstag"}),
        ("GB", "ENG", "en", {"Good Friday", "Late Summer Bank Holiday", "Boxing Day", "Boxing Day (observed)"}),
        ("GB", "SCT", "de", {"Neujahr", "Karfreitag", "Erster Weihnachtstag", "Boxing Day"}),
        ("FR", "", "de", {"Ostermontag", "Christi Himmelfahrt", "Allerheiligen"}),
    ],
)
def test_names_are_german_or_english_as_far_as_there_are_such(
    admin: Agent, country: str, region: str, language: str, names: set[str]
) -> None:
    calendar = made(admin, country=country, region=region, holiday_language=language)
    assert names <= {name for _on, name in days(calendar, 2026)}


def test_holiday_that_does_not_count_here_is_left_out_in_all_years_and_stays_so(admin: Agent) -> None:
    calendar = made(admin, left_out=["Epiphany"])
    save_calendar(calendar.pk, by=admin, name="Munich, open on Epiphany")
    with time_machine.travel(datetime(2027, 1, 1, 9, tzinfo=UTC)):
        timers.run_all()
    named = {year: "Heilige Drei Könige" in dict(map(reversed, days(calendar, year))) for year in range(2026, 2030)}
    assert (named, len(days(calendar, 2029))) == ({2026: False, 2027: False, 2028: False, 2029: False}, 11)
    save_calendar(calendar.pk, by=admin, reason="As agreed", left_out=["Labor Day"], holiday_language="en")
    assert ("01-06", "Epiphany") in days(calendar, 2026)
    assert "Labor Day" not in {name for _on, name in days(calendar, 2027)}


def test_own_holiday_has_the_say_on_its_date_and_the_public_one_comes_back_after_it(admin: Agent) -> None:
    half = Holiday(
        on=date(2020, 6, 4), name="Half day", is_recurring=True, is_half_day=True, start_minute=480, end_minute=720
    )
    single = Holiday(on=date(2026, 12, 25), name="Works party")
    calendar = made(admin, half, single)
    assert {"06-04", "12-25"}.isdisjoint(dict(days(calendar, 2026)))
    assert "12-25" in dict(days(calendar, 2027))
    assert is_open(work_calendar(calendar), datetime(2026, 6, 4, 9, tzinfo=UTC))
    save_calendar(calendar.pk, by=admin, reason="As agreed", holidays=[])
    assert {"06-04", "12-25"} <= set(dict(days(calendar, 2026)))
    assert calendar.holidays.filter(is_public=False).count() == 0


def test_new_year_is_taken_once_and_told(admin: Agent, told: list[Any]) -> None:
    calendar = made(admin)
    before = ids(calendar)
    told.clear()
    now = datetime(2027, 1, 1, 0, 1, tzinfo=UTC)
    assert [take_due_public_holidays(now=JUNE)] == [0]
    assert [take_due_public_holidays(now=now), take_due_public_holidays(now=now)] == [1, 0]
    assert len(days(calendar, 2029)) == 12
    assert before.items() <= ids(calendar).items()
    assert [(type(event), event.calendar_id) for event in told] == [(CalendarChanged, calendar.pk)]
    newest = calendar.holidays.order_by("on").last()
    assert [row.actor_name for row in newest.history.all()] == ["Public holidays"]


def test_another_edition_of_the_library_corrects_what_is_to_come_and_leaves_what_was(
    admin: Agent, told: list[Any]
) -> None:
    """As if the edition before had not known some days, had known another, and named one otherwise."""
    calendar = made(admin)
    gone = {"2026-01-06", "2026-10-03"}
    Holiday.objects.filter(calendar=calendar, on__in=gone).delete()
    for on in ("2026-03-02", "2026-09-07"):
        Holiday.objects.create(calendar=calendar, on=on, name="Estimated", is_public=True)
    Holiday.objects.filter(calendar=calendar, on="2026-11-01").update(name="Allerheiligentag")
    BusinessCalendar.objects.filter(pk=calendar.pk).update(taken_from="0.1")
    told.clear()
    assert take_due_public_holidays(now=JUNE) == 1
    found = dict(days(calendar, 2026))
    assert "01-06" not in found
    assert (found["03-02"], found["10-03"]) == ("Estimated", "Tag der Deutschen Einheit")
    assert ("09-07" in found, found["11-01"]) == (False, "Allerheiligen")
    assert BusinessCalendar.objects.get(pk=calendar.pk).taken_from == edition()
    assert len(told) == 1


def test_another_edition_that_knows_the_same_is_no_change_of_the_hours(admin: Agent, told: list[Any]) -> None:
    calendar = made(admin)
    rows = Holiday.history.count()
    BusinessCalendar.objects.filter(pk=calendar.pk).update(taken_from="0.1")
    told.clear()
    assert take_due_public_holidays(now=JUNE) == 1
    assert (told, Holiday.history.count()) == ([], rows)


def test_another_country_replaces_this_year_and_keeps_the_years_before(admin: Agent) -> None:
    with time_machine.travel(datetime(2025, 6, 1, tzinfo=UTC)):
        calendar = made(admin)
    before = days(calendar, 2025)
    save_calendar(calendar.pk, by=admin, reason="As agreed", country="AT", region="")
    assert (len(before), days(calendar, 2025)) == (12, before)
    assert ("10-26", "Nationalfeiertag") in days(calendar, 2026)
    assert "10-03" not in dict(days(calendar, 2026))
    save_calendar(calendar.pk, by=admin, reason="As agreed", country="")
    assert (days(calendar, 2025), days(calendar, 2026)) == (before, [])
    assert take_due_public_holidays(now=JUNE) == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"country": "ZZ", "region": ""}, "country"),
        ({"region": "TX"}, "region"),
        ({"country": "", "region": "BY"}, "region"),
        ({"holiday_language": "xx"}, "holiday_language"),
    ],
)
def test_country_or_region_that_is_not_known_is_refused(admin: Agent, values: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(admin, **values)
    assert list(refused.value.fields) == [field]
    assert not BusinessCalendar.objects.filter(name="Munich").exists()


def test_every_country_that_is_offered_is_known_by_the_library_and_has_a_german_name() -> None:
    known = library.list_supported_countries(include_aliases=False)
    assert set(COUNTRIES) <= set(known)
    with translation.override("de"):
        assert [str(COUNTRIES[code]) for code in ("DE", "GB", "CI", "PL")] == [
            "Deutschland",
            "Vereinigtes Königreich",
            "Elfenbeinküste",
            "Polen",
        ]


def test_regions_have_their_names_and_an_unknown_country_none() -> None:
    assert ("BY", "Bayern") in regions_of("DE")
    assert ("9", "Wien") in regions_of("AT")
    assert (regions_of("ZZ"), regions_of("os"), regions_of("")) == ((), (), ())


def test_two_holidays_on_one_date_are_named_both_and_may_be_left_out_one_by_one() -> None:
    ascension = next(day for day in public_holidays.public_holidays("DE", "", 2008) if day.on == date(2008, 5, 1))
    assert set(ascension.keys) == {"Labor Day", "Ascension Day"}
    assert ascension.names_without(["Labor Day"]) == ["Ascension Day"]
    assert ascension.names_without(["Labor Day", "Ascension Day"]) == []


def test_substitute_day_goes_with_the_day_it_stands_for(admin: Agent) -> None:
    calendar = made(admin, country="GB", region="ENG", holiday_language="en", left_out=["Boxing Day"])
    assert {"12-26", "12-28"}.isdisjoint(dict(days(calendar, 2026)))


def test_windows_of_nobody_elses_calendar_are_touched(admin: Agent) -> None:
    calendar = made(admin)
    assert CalendarWindow.objects.filter(calendar=calendar).count() == 5
