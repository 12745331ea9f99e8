"""Business calendars: saved whole or not at all, told of when their hours change, windows past midnight among them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.calendars import work_calendar
from accounts.enums import Role
from accounts.errors import CalendarsNotEditable
from accounts.events import CalendarChanged, DefaultCalendarChanged
from accounts.models import Agent, BusinessCalendar, CalendarWindow, Holiday
from accounts.services import make_default_calendar, save_calendar
from core import events
from core.errors import Invalid, StaleVersion
from core.worktime import add_worked, open_intervals, worked
from tests.factories import AgentFactory, TeamFactory, default_calendar

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def utc(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def window(weekday: int, opens: int, closes: int) -> CalendarWindow:
    """In whole hours."""
    return CalendarWindow(weekday=weekday, start_minute=opens * 60, end_minute=closes * 60)


@pytest.fixture
def admin(db: None) -> Agent:
    agent: Agent = AgentFactory(roles=[Role.ADMIN])
    return agent


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What receivers hear of calendars."""
    heard: list[Any] = []
    for event in (CalendarChanged, DefaultCalendarChanged):
        monkeypatch.setitem(events._at_once, event, [*events._at_once.get(event, ()), heard.append])
    return heard


def made(admin: Agent, *windows: CalendarWindow, holidays: tuple[Holiday, ...] = (), **values: Any) -> BusinessCalendar:
    wanted = {"name": "Nights", "timezone": "Europe/Berlin"} | values
    return save_calendar(None, by=admin, windows=windows, holidays=holidays, **wanted)


def test_new_calendar_has_its_parts_with_history_and_is_told_of(admin: Agent, told: list[Any]) -> None:
    eve = Holiday(on=date(2026, 12, 24), name="Eve", is_half_day=True, start_minute=480, end_minute=720)
    calendar = made(admin, window(0, 8, 12), window(0, 13, 24), holidays=(eve,))
    assert [str(part) for part in calendar.windows.all()] == ["Monday 08:00–12:00", "Monday 13:00–24:00"]
    assert [str(part) for part in calendar.holidays.all()] == ["Eve (2026-12-24)"]
    parts = [calendar, *calendar.windows.all(), *calendar.holidays.all()]
    assert [part.history.get().actor_name for part in parts] == [admin.name] * 4
    assert [event.calendar_id for event in told] == [calendar.pk]


def test_window_past_midnight_works_until_the_morning_and_over_the_end_of_the_week(admin: Agent) -> None:
    calendar = made(admin, window(6, 22, 6))
    value = work_calendar(BusinessCalendar.objects.get(pk=calendar.pk))
    assert list(open_intervals(value, utc(6, 6), utc(6, 10))) == [(utc(6, 7, 20), utc(6, 8, 4))]
    assert add_worked(value, utc(6, 7, 12), 8 * HOUR) == utc(6, 8, 4)


def test_night_loses_to_a_holiday_only_the_part_on_its_date(admin: Agent) -> None:
    monday = Holiday(on=date(2026, 6, 8), name="Closed")
    value = work_calendar(made(admin, window(6, 22, 6), holidays=(monday,)))
    assert worked(value, utc(6, 7), utc(6, 10)) == 2 * HOUR


def test_083_holiday_counts_nothing_and_a_half_day_its_window_only(admin: Agent) -> None:
    holidays = (
        Holiday(on=date(2026, 12, 24), name="Eve", is_half_day=True, start_minute=480, end_minute=720),
        Holiday(on=date(2020, 12, 25), name="Christmas Day", is_recurring=True),
    )
    value = work_calendar(made(admin, *(window(weekday, 8, 18) for weekday in range(5)), holidays=holidays))
    assert worked(value, utc(12, 23, 17), utc(12, 29, 7)) == 4 * HOUR + 10 * HOUR
    assert add_worked(value, utc(12, 23, 16), 2 * HOUR + 4 * HOUR) == utc(12, 28, 8)


def test_079_critical_ticket_of_friday_evening_is_due_on_monday(admin: Agent) -> None:
    value = work_calendar(default_calendar())
    friday = utc(6, 5, 15, 30)  # 17:30 in Berlin
    assert add_worked(value, friday, HOUR) == utc(6, 8, 6, 30)


def test_102_five_business_minutes_before_the_weekend_are_used_up_on_friday(admin: Agent) -> None:
    assert add_worked(work_calendar(default_calendar()), utc(6, 5, 15, 55), timedelta(minutes=5)) == utc(6, 5, 16)


@pytest.mark.parametrize("day", [(3, 28), (10, 24)], ids=["spring", "autumn"])
def test_084_day_and_night_of_a_24x7_calendar_are_elapsed_time(admin: Agent, day: tuple[int, int]) -> None:
    value = work_calendar(made(admin, is_24x7=True))
    start = utc(*day, 12)
    assert (add_worked(value, start, 24 * HOUR) - start).total_seconds() == 86_400


def test_changed_parts_keep_their_history_and_missing_ones_go(admin: Agent, told: list[Any]) -> None:
    calendar = made(admin, window(0, 8, 12), window(1, 8, 12))
    monday, tuesday = calendar.windows.all()
    monday.start_minute = 540
    told.clear()
    save_calendar(calendar.pk, by=admin, reason="We open later", windows=[monday, window(2, 8, 12)])
    assert [str(part) for part in calendar.windows.all()] == ["Monday 09:00–12:00", "Wednesday 08:00–12:00"]
    assert [row.history_type for row in monday.history.all()] == ["~", "+"]
    reasons = [calendar.history.first(), calendar.history.last()]
    assert [row.history_change_reason for row in reasons] == ["We open later", None]
    assert [row.actor_name for row in tuesday.history.filter(history_type="-")] == [admin.name]
    assert len(told) == 1


def test_new_name_is_no_change_of_the_hours(admin: Agent, told: list[Any]) -> None:
    calendar = made(admin, window(0, 8, 12))
    told.clear()
    save_calendar(calendar.pk, by=admin, name="Mornings", windows=list(calendar.windows.all()))
    assert (BusinessCalendar.objects.get(pk=calendar.pk).name, told) == ("Mornings", [])


def test_two_holidays_may_change_places(admin: Agent) -> None:
    days = (Holiday(on=date(2026, 6, 1), name="First"), Holiday(on=date(2026, 6, 2), name="Second"))
    calendar = made(admin, window(0, 8, 12), holidays=days)
    first, second = calendar.holidays.all()
    first.on, second.on = second.on, first.on
    with transaction.atomic():
        save_calendar(calendar.pk, by=admin, reason="They swapped", holidays=[first, second])
    assert [holiday.name for holiday in calendar.holidays.all()] == ["Second", "First"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no window": ({"windows": []}, "no window in the week"),
    "24x7 no more": ({"is_24x7": False, "windows": []}, "no window in the week"),
    "overlap": (
        {"windows": [window(0, 8, 12), window(0, 11, 14)]},
        "on Monday the windows 08:00–12:00 and 11:00–14:00",
    ),
    "overlap after midnight": (
        {"windows": [window(1, 22, 6), window(2, 5, 9)]},
        "on Wednesday the windows 00:00–06:00 and 05:00–09:00 overlap",
    ),
    "overlap at the end of the week": (
        {"windows": [window(0, 0, 9), window(6, 22, 6)]},
        "on Monday the windows 00:00–06:00 and 00:00–09:00 overlap",
    ),
    "no length": ({"windows": [window(0, 8, 8)]}, "A window needs a length"),
    "beyond the day": ({"windows": [window(0, 8, 25)]}, "less than or equal to 1440"),
    "no such zone": ({"timezone": "Europe/Bielefeld"}, "Write the IANA name of a time zone"),
    "half day without window": (
        {"holidays": [Holiday(on=date(2026, 6, 1), name="Eve", is_half_day=True)]},
        "A half day needs the window in which work is done",
    ),
    "half day past midnight": (
        {"holidays": [Holiday(on=date(2026, 6, 1), name="Eve", is_half_day=True, start_minute=1320, end_minute=60)]},
        "A half day needs the window in which work is done",
    ),
    "one day twice": (
        {"holidays": [Holiday(on=date(2026, 6, 1), name=name, is_recurring=name == "a") for name in "ab"]},
        "There are two holidays on 1 Jun 2026.",
    ),
    "never again": (
        {
            "holidays": [
                Holiday(on=date(2024, 1, 1) + timedelta(days=day), name="Shut", is_recurring=True) for day in range(366)
            ]
        },
        "With these holidays the calendar would never open again.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nonsense_is_refused_in_one_sentence_and_nothing_is_saved(admin: Agent, case: str, told: list[Any]) -> None:
    """Also of a calendar in use: a team's hours never become empty."""
    calendar = made(admin, window(0, 8, 12))
    TeamFactory(calendar=calendar)
    changes, sentence = REFUSED[case]
    told.clear()
    with pytest.raises(Invalid) as refused:
        save_calendar(calendar.pk, by=admin, **changes)
    assert sentence in str(refused.value)
    assert len(refused.value.fields) == 1
    assert [str(part) for part in calendar.windows.all()] == ["Monday 08:00–12:00"]
    assert (calendar.holidays.count(), calendar.history.count(), told) == (0, 1, [])


def test_calendar_seen_before_somebodys_change_is_refused(admin: Agent) -> None:
    calendar = made(admin, window(0, 8, 12))
    save_calendar(calendar.pk, by=admin, version=calendar.version, name="Theirs")
    with pytest.raises(StaleVersion):
        save_calendar(calendar.pk, by=admin, version=calendar.version, name="Mine")


def test_part_of_another_calendar_is_not_taken_away(admin: Agent) -> None:
    mine, other = made(admin, window(0, 8, 12)), made(admin, window(1, 8, 12), name="Other")
    with pytest.raises(ValueError, match="another calendar"):
        save_calendar(mine.pk, by=admin, reason="Theirs, too", windows=list(other.windows.all()))
    assert other.windows.count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "ok"])
def test_other_hours_need_a_reason(admin: Agent, reason: str, told: list[Any]) -> None:
    default, calendar = default_calendar(), made(admin, window(0, 8, 12))
    told.clear()
    for act in (
        lambda: save_calendar(calendar.pk, by=admin, reason=reason, windows=[window(0, 9, 12)]),
        lambda: save_calendar(calendar.pk, by=admin, reason=reason, country="DE"),
        lambda: make_default_calendar(calendar.pk, by=admin, reason=reason),
    ):
        with pytest.raises(Invalid) as refused:
            act()
        assert list(refused.value.fields) == ["reason"]
    assert [str(part) for part in calendar.windows.all()] == ["Monday 08:00–12:00"]
    assert (BusinessCalendar.objects.get(is_default=True), told) == (default, [])


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_only_admins_change_calendars(role: Role) -> None:
    calendar = default_calendar()
    for act in (
        lambda by: save_calendar(calendar.pk, by=by, name="Mine"),
        lambda by: make_default_calendar(calendar.pk, by=by, reason="We moved"),
    ):
        with pytest.raises(CalendarsNotEditable):
            act(AgentFactory(roles=[role]))
    assert BusinessCalendar.objects.get(pk=calendar.pk).name == "Standard"


def test_new_default_is_told_once(admin: Agent, told: list[Any]) -> None:
    default_calendar()
    calendar = made(admin, window(0, 8, 12))
    told.clear()
    make_default_calendar(calendar.pk, by=admin, reason="We moved")
    make_default_calendar(calendar.pk, by=admin, reason="We moved")
    assert [(type(event), event.calendar_id) for event in told] == [(DefaultCalendarChanged, calendar.pk)]


@pytest.mark.parametrize(("start", "end"), [(480, 480), (1440, 60), (480, 0), (480, 1441)])
def test_database_refuses_windows_without_length_or_beyond_the_day(start: int, end: int) -> None:
    calendar = default_calendar()
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarWindow.objects.create(calendar=calendar, weekday=5, start_minute=start, end_minute=end)


def test_database_refuses_a_half_day_without_its_window() -> None:
    """A comparison with nothing is no refusal in SQL, so the constraint has to ask for the window itself."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Holiday.objects.create(calendar=default_calendar(), on=date(2026, 12, 24), name="Eve", is_half_day=True)
