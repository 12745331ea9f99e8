from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from core.worktime import (
    Holiday,
    InvalidCalendar,
    NoOpenTime,
    Window,
    WorkCalendar,
    add_business_days,
    add_worked,
    is_open,
    next_open,
    open_intervals,
    subtract_worked,
    worked,
)

BERLIN = ZoneInfo("Europe/Berlin")
SHUT: tuple[Window, ...] = ()
OFFICE = (Window(time(8), time(18)),)
OFFICE_HOURS = WorkCalendar("Europe/Berlin", (*[OFFICE] * 5, SHUT, SHUT))
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def berlin(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN, fold=fold)


def utc(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def every_day(*windows: Window, zone: str = "Europe/Berlin", holidays: tuple[Holiday, ...] = ()) -> WorkCalendar:
    return WorkCalendar(zone, (windows,) * 7, holidays)


def on_weekday(weekday: int, *windows: Window, holidays: tuple[Holiday, ...] = ()) -> WorkCalendar:
    return WorkCalendar("Europe/Berlin", tuple(windows if day == weekday else SHUT for day in range(7)), holidays)


ALWAYS = {zone: WorkCalendar(zone, is_24x7=True) for zone in ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu")}


@pytest.mark.parametrize(
    ("zone", "on", "length"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23 * HOUR),
        ("Europe/Berlin", date(2026, 10, 25), 25 * HOUR),
        ("Europe/Berlin", date(2026, 6, 1), 24 * HOUR),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5 * HOUR),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5 * HOUR),
        ("Asia/Kathmandu", date(2026, 3, 29), 24 * HOUR),
    ],
)
def test_day_of_a_24x7_calendar_has_the_hours_of_its_date(zone: str, on: date, length: timedelta) -> None:
    start, end = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (on, on + DAY))
    assert worked(ALWAYS[zone], start, end) == length
    assert worked(every_day(Window(0, 1440), zone=zone), start, end) == length


def test_24x7_calendar_knows_no_holidays() -> None:
    calendar = WorkCalendar("Europe/Berlin", holidays=(Holiday(date(2026, 1, 1)),), is_24x7=True)
    assert worked(calendar, berlin(1, 1), berlin(1, 2)) == 24 * HOUR


def test_amount_used_up_at_the_end_of_a_window_is_due_there() -> None:
    friday = berlin(6, 5, 17)
    assert add_worked(OFFICE_HOURS, friday, HOUR) == berlin(6, 5, 18)
    assert add_worked(OFFICE_HOURS, friday, HOUR + timedelta(microseconds=1)) == berlin(6, 8, 8) + timedelta(
        microseconds=1
    )
    assert add_worked(OFFICE_HOURS, berlin(6, 6, 12), 10 * HOUR) == berlin(6, 8, 18)


def test_amount_that_reaches_back_to_an_opening_begins_there() -> None:
    assert subtract_worked(OFFICE_HOURS, berlin(6, 8, 9), HOUR) == berlin(6, 8, 8)
    assert subtract_worked(OFFICE_HOURS, berlin(6, 8, 9), 2 * HOUR) == berlin(6, 5, 17)
    assert subtract_worked(OFFICE_HOURS, berlin(1, 1, 9), 2 * HOUR) == berlin(12, 31, 17, year=2025)


def test_amount_may_begin_or_end_with_the_first_opening_of_a_year() -> None:
    assert subtract_worked(OFFICE_HOURS, berlin(1, 1, 9), HOUR) == berlin(1, 1, 8)
    assert add_worked(OFFICE_HOURS, berlin(12, 31, 17, year=2025), HOUR) == berlin(12, 31, 18, year=2025)


def test_local_year_counts_not_the_year_in_utc() -> None:
    calendar = every_day(Window(time(20), time(0)), zone="America/New_York")
    assert worked(calendar, utc(1, 1, 2), utc(1, 1, 12)) == 3 * HOUR  # from 21:00 on New Year's Eve
    assert is_open(calendar, utc(1, 1, 2))
    assert add_worked(calendar, utc(1, 1, 2), HOUR) == utc(1, 1, 3)


def test_window_of_new_years_eve_lasts_through_a_repeated_midnight() -> None:
    phoenix = every_day(Window(time(23), time(0)), zone="America/Phoenix")  # the clock went back at 00:01 in 1944
    assert worked(phoenix, utc(12, 31, 19, year=1943), utc(1, 1, 19, year=1944)) == 2 * HOUR


def test_nothing_to_add_stays_at_the_moment_even_when_shut() -> None:
    sunday = berlin(6, 7, 3)
    assert add_worked(OFFICE_HOURS, sunday, timedelta()) == sunday
    assert subtract_worked(OFFICE_HOURS, sunday, timedelta()) == sunday
    assert add_business_days(OFFICE_HOURS, sunday, 0) == sunday


def test_calendar_is_shut_at_the_moment_a_window_ends() -> None:
    assert [is_open(OFFICE_HOURS, berlin(6, 5, hour)) for hour in (7, 8, 17, 18)] == [False, True, True, False]
    assert next_open(OFFICE_HOURS, berlin(6, 5, 17)) == berlin(6, 5, 17)
    assert next_open(OFFICE_HOURS, berlin(6, 5, 18)) == berlin(6, 8, 8)


def test_results_are_utc_whatever_the_zone_of_the_moment() -> None:
    in_tokyo = berlin(6, 5, 17).astimezone(ZoneInfo("Asia/Tokyo"))
    moments = [add_worked(OFFICE_HOURS, in_tokyo, HOUR), subtract_worked(OFFICE_HOURS, in_tokyo, HOUR)]
    moments += [next_open(OFFICE_HOURS, in_tokyo), add_worked(OFFICE_HOURS, in_tokyo, timedelta())]
    moments += [add_business_days(OFFICE_HOURS, in_tokyo, days) for days in (0, 1)]
    moments += next(open_intervals(OFFICE_HOURS, in_tokyo, in_tokyo + HOUR))
    assert [moment.tzinfo for moment in moments] == [UTC] * 8
    assert moments[0] == utc(6, 5, 16)


def test_skipped_start_opens_when_the_clock_has_changed() -> None:
    calendar = every_day(Window(time(2, 30), time(4)))
    assert next_open(calendar, berlin(3, 29)) == utc(3, 29, 1)  # 03:00 of summer time
    assert worked(calendar, berlin(3, 29), berlin(3, 30)) == HOUR


def test_skipped_end_closes_when_the_clock_changes() -> None:
    calendar = every_day(Window(time(1), time(2, 30)))
    assert list(open_intervals(calendar, berlin(3, 29), berlin(3, 30))) == [(utc(3, 29, 0), utc(3, 29, 1))]


def test_window_that_is_skipped_whole_does_not_open() -> None:
    calendar = on_weekday(6, Window(time(2), time(3)))
    assert next_open(calendar, berlin(3, 29)) == berlin(4, 5, 2)
    assert add_business_days(calendar, berlin(3, 22, 2), 1) == berlin(4, 5, 2)


def test_repeated_start_takes_the_first_and_repeated_end_the_second_occurrence() -> None:
    day = berlin(10, 25), berlin(10, 26)
    assert list(open_intervals(every_day(Window(time(2, 30), time(4))), *day)) == [(utc(10, 25, 0, 30), utc(10, 25, 3))]
    assert list(open_intervals(every_day(Window(time(1), time(2, 30))), *day)) == [
        (utc(10, 24, 23), utc(10, 25, 1, 30))
    ]
    assert list(open_intervals(every_day(Window(time(2), time(2, 30))), *day)) == [(utc(10, 25, 0), utc(10, 25, 1, 30))]


def test_windows_that_overlap_in_the_repeated_hour_count_once() -> None:
    calendar = every_day(Window(time(2), time(2, 30)), Window(time(2, 30), time(3)))
    assert worked(calendar, berlin(10, 25), berlin(10, 26)) == 2 * HOUR


def test_repeated_moments_of_one_zone_are_ordered_by_elapsed_time() -> None:
    first, second = berlin(10, 25, 2, 45), berlin(10, 25, 2, 15, fold=1)
    assert worked(ALWAYS["Europe/Berlin"], first, second) == 30 * MINUTE
    with pytest.raises(ValueError, match="before the start"):
        worked(ALWAYS["Europe/Berlin"], second, first)


def test_window_may_end_at_midnight_and_goes_on_into_the_next_day() -> None:
    evening = every_day(Window(time(22), time(0)))
    assert evening == every_day(Window(1320, 1440))
    assert list(open_intervals(evening, berlin(6, 1), berlin(6, 2))) == [(berlin(6, 1, 22), berlin(6, 2))]
    assert add_worked(evening, berlin(6, 1, 22), 2 * HOUR) == berlin(6, 2)
    night = every_day(Window(time(0), time(6)), Window(time(22), time(0)))
    assert list(open_intervals(night, berlin(12, 31, 12), berlin(1, 1, 12, year=2027))) == [
        (berlin(12, 31, 22), berlin(1, 1, 6, year=2027))
    ]


def test_window_past_midnight_belongs_to_the_next_day_after_it() -> None:
    night_shift = on_weekday(6, Window(time(22), time(6)))  # Sunday to Monday
    assert list(open_intervals(night_shift, berlin(6, 7), berlin(6, 9))) == [(berlin(6, 7, 22), berlin(6, 8, 6))]


@pytest.mark.parametrize(
    ("holiday_on", "opens", "closes"), [(7, berlin(6, 8, 0), berlin(6, 8, 6)), (8, berlin(6, 7, 22), berlin(6, 8, 0))]
)
def test_holiday_takes_only_its_own_part_of_a_night(holiday_on: int, opens: datetime, closes: datetime) -> None:
    night_shift = on_weekday(6, Window(time(22), time(6)), holidays=(Holiday(date(2026, 6, holiday_on)),))
    assert list(open_intervals(night_shift, berlin(6, 7), berlin(6, 9))) == [(opens, closes)]


def test_half_day_holiday_replaces_the_windows_of_its_weekday() -> None:
    eve = Holiday(date(2026, 12, 24), window=Window(time(9), time(12)), name="Christmas Eve")
    calendar = every_day(Window(time(8), time(11)), Window(time(13), time(18)), holidays=(eve,))
    assert list(open_intervals(calendar, berlin(12, 24), berlin(12, 25))) == [(berlin(12, 24, 9), berlin(12, 24, 12))]
    assert worked(calendar, berlin(12, 25), berlin(12, 26)) == 8 * HOUR


def test_half_day_holiday_opens_a_weekday_that_is_otherwise_shut() -> None:
    stocktaking = Holiday(date(2026, 6, 6), window=Window(time(9), time(12)))
    calendar = on_weekday(0, *OFFICE, holidays=(stocktaking,))
    assert worked(calendar, berlin(6, 6), berlin(6, 7)) == 3 * HOUR


def test_recurring_holiday_holds_in_every_year_and_a_single_one_only_in_its_own() -> None:
    calendar = every_day(*OFFICE, holidays=(Holiday(date(2026, 5, 1), is_recurring=True), Holiday(date(2026, 5, 4))))
    for year in (2020, 2026, 2031):
        assert not is_open(calendar, berlin(5, 1, 12, year=year))
    assert [is_open(calendar, berlin(5, 4, 12, year=year)) for year in (2025, 2026, 2027)] == [True, False, True]


def test_single_holiday_has_the_say_over_a_recurring_one() -> None:
    eve = Holiday(date(2020, 12, 24), is_recurring=True)
    calendar = every_day(*OFFICE, holidays=(eve, Holiday(date(2026, 12, 24), window=Window(time(8), time(12)))))
    assert worked(calendar, berlin(12, 24), berlin(12, 25)) == 4 * HOUR
    assert worked(calendar, berlin(12, 24, year=2027), berlin(12, 25, year=2027)) == timedelta()


def test_recurring_holiday_with_the_latest_date_has_the_say() -> None:
    shut, half = Holiday(date(2025, 12, 24), True), Holiday(date(2026, 12, 24), True, Window(time(8), time(12)))
    for holidays in ((shut, half), (half, shut)):
        assert worked(every_day(*OFFICE, holidays=holidays), berlin(12, 24), berlin(12, 25)) == 4 * HOUR


def test_recurring_holiday_of_29_february_holds_in_leap_years() -> None:
    calendar = every_day(*OFFICE, holidays=(Holiday(date(2024, 2, 29), is_recurring=True),))
    assert worked(calendar, berlin(2, 29, year=2028), berlin(3, 1, year=2028)) == timedelta()
    assert worked(calendar, berlin(2, 28, year=2027), berlin(3, 2, year=2027)) == 20 * HOUR


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (berlin(6, 5, 17), berlin(6, 12, 17)),  # Friday
        (berlin(6, 5, 7), berlin(6, 12, 7)),  # before the opening
        (berlin(6, 5, 23), berlin(6, 12, 23)),  # after the end
        (berlin(6, 6, 7), berlin(6, 15, 8)),  # Saturday counts from Monday's opening
        (berlin(3, 27, 17), berlin(4, 3, 17)),  # over a clock change
        (berlin(12, 30, 17), berlin(1, 6, 17, year=2027)),  # over a turn of the year
    ],
)
def test_five_business_days_end_at_the_same_local_time(start: datetime, due: datetime) -> None:
    assert add_business_days(OFFICE_HOURS, start, 5) == due
    assert worked(OFFICE_HOURS, start, due) == 50 * HOUR


def test_holidays_are_no_business_days_but_half_days_are() -> None:
    holidays = (Holiday(date(2026, 12, 24), window=Window(time(8), time(12))), Holiday(date(2026, 12, 25)))
    calendar = WorkCalendar("Europe/Berlin", OFFICE_HOURS.weekly, holidays)
    assert add_business_days(calendar, berlin(12, 23, 15), 1) == berlin(12, 24, 15)
    assert add_business_days(calendar, berlin(12, 23, 15), 2) == berlin(12, 28, 15)


def test_business_day_moves_a_skipped_local_time_on_and_takes_the_second_of_two() -> None:
    calendar = every_day(Window(0, 1440))
    assert add_business_days(calendar, berlin(3, 28, 2, 30), 1) == utc(3, 29, 1)
    assert add_business_days(calendar, berlin(10, 24, 2, 30), 1) == utc(10, 25, 1, 30)


def test_touching_windows_are_one() -> None:
    calendar = every_day(Window(time(8), time(12)), Window(time(12), time(18)))
    assert list(open_intervals(calendar, berlin(6, 1), berlin(6, 2))) == [(berlin(6, 1, 8), berlin(6, 1, 18))]


def test_no_interval_is_open_between_equal_moments() -> None:
    noon = berlin(6, 5, 12)
    assert list(open_intervals(OFFICE_HOURS, noon, noon)) == []
    assert worked(OFFICE_HOURS, noon, noon) == timedelta()


def test_calendar_with_nothing_but_holidays_is_told_apart_from_a_late_opening() -> None:
    every_date = [date(2024, 1, 1) + DAY * number for number in range(366)]
    closed = WorkCalendar("UTC", (OFFICE,) * 7, tuple(Holiday(on, is_recurring=True) for on in every_date))
    searches: list[Callable[[], object]] = [
        lambda: add_worked(closed, utc(6, 1), MINUTE),
        lambda: subtract_worked(closed, utc(6, 1), MINUTE),
        lambda: next_open(closed, utc(6, 1)),
        lambda: add_business_days(closed, utc(6, 1), 1),
    ]
    for search in searches:
        with pytest.raises(NoOpenTime, match="shut for 10 years"):
            search()
    leap_days = WorkCalendar(
        "UTC", (OFFICE,) * 7, tuple(Holiday(on, True) for on in every_date if (on.month, on.day) != (2, 29))
    )
    assert add_worked(leap_days, utc(6, 1, year=2096), HOUR) == utc(2, 29, 9, year=2104)
    assert add_worked(leap_days, utc(6, 1), 50 * HOUR) == utc(2, 29, 18, year=2044)


def test_moments_beyond_the_reach_of_calendars_are_refused() -> None:
    with pytest.raises(NoOpenTime, match="1900 to 2200, not to 2201"):
        next_open(OFFICE_HOURS, utc(6, 1, year=2201))
    with pytest.raises(NoOpenTime, match="not to 2201"):
        add_worked(OFFICE_HOURS, utc(6, 1, year=2199), 10_000 * HOUR)


def test_naive_moments_are_refused() -> None:
    naive, aware = datetime(2026, 6, 1), utc(6, 1)
    calls: list[Callable[[], object]] = [
        lambda: worked(OFFICE_HOURS, naive, aware),
        lambda: worked(OFFICE_HOURS, aware, naive),
        lambda: add_worked(OFFICE_HOURS, naive, HOUR),
        lambda: subtract_worked(OFFICE_HOURS, naive, HOUR),
        lambda: is_open(OFFICE_HOURS, naive),
        lambda: next_open(OFFICE_HOURS, naive),
        lambda: open_intervals(OFFICE_HOURS, naive, aware),
        lambda: add_business_days(OFFICE_HOURS, naive, 1),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="needs a time zone"):
            call()


def test_turned_periods_and_negative_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="before the start"):
        worked(OFFICE_HOURS, utc(6, 2), utc(6, 1))
    with pytest.raises(ValueError, match="before the start"):
        open_intervals(OFFICE_HOURS, utc(6, 2), utc(6, 1))
    for function in (add_worked, subtract_worked):
        with pytest.raises(ValueError, match="negative"):
            function(OFFICE_HOURS, utc(6, 1), -MINUTE)
    with pytest.raises(ValueError, match="negative"):
        add_business_days(OFFICE_HOURS, utc(6, 1), -1)


def test_empty_calendar_is_refused() -> None:
    with pytest.raises(InvalidCalendar, match="would never open"):
        WorkCalendar("Europe/Berlin", (SHUT,) * 7)


@pytest.mark.parametrize("zone", ["Europe/Bielefeld", "Europe", "../etc/passwd", ""])
def test_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidCalendar, match="no IANA time zone"):
        WorkCalendar(zone, (OFFICE,) * 7)


def test_week_of_other_than_seven_days_is_refused() -> None:
    with pytest.raises(InvalidCalendar, match="7 days"):
        WorkCalendar("UTC", (OFFICE,) * 5)


def test_overlapping_windows_are_refused_also_those_past_midnight() -> None:
    with pytest.raises(InvalidCalendar, match="on Monday the windows 08:00–12:00 and 11:00–18:00 overlap"):
        on_weekday(0, Window(time(8), time(12)), Window(time(11), time(18)))
    with pytest.raises(InvalidCalendar, match="on Monday the windows 00:00–06:00 and 05:00–09:00 overlap"):
        WorkCalendar("UTC", ((Window(time(5), time(9)),), SHUT, SHUT, SHUT, SHUT, SHUT, (Window(time(22), time(6)),)))


@pytest.mark.parametrize(("start", "end"), [(480, 480), (1440, 0), (-1, 480), (0, 1441), (time(8, 0, 1), time(9))])
def test_window_without_length_or_beyond_its_day_is_refused(start: time | int, end: time | int) -> None:
    with pytest.raises(InvalidCalendar):
        Window(start, end)


def test_contradicting_holidays_are_refused() -> None:
    with pytest.raises(InvalidCalendar, match="two single holidays on 2026-05-01"):
        every_day(*OFFICE, holidays=(Holiday(date(2026, 5, 1)), Holiday(date(2026, 5, 1), window=Window(480, 720))))
    with pytest.raises(InvalidCalendar, match="passes midnight"):
        Holiday(date(2026, 5, 1), window=Window(time(22), time(6)))


def test_equal_calendars_share_what_has_been_computed() -> None:
    again = WorkCalendar("Europe/Berlin", (*[(Window(480, 1080),)] * 5, SHUT, SHUT))
    assert again == OFFICE_HOURS
    assert hash(again) == hash(OFFICE_HOURS)
    assert again.timeline is OFFICE_HOURS.timeline


def test_thousand_minutes_across_a_year_of_holidays_are_added_in_under_20_microseconds() -> None:
    holidays = tuple(Holiday(date(2026, month, day), is_recurring=True) for month in range(1, 13) for day in (1, 15))
    calendar = WorkCalendar("Europe/Berlin", OFFICE_HOURS.weekly, holidays)
    start = berlin(1, 1, 9)
    add_worked(calendar, start, 1000 * MINUTE)
    took = []
    for _ in range(200):
        begun = perf_counter()
        add_worked(calendar, start, 1000 * MINUTE)
        took.append(perf_counter() - begun)
    assert min(took) < 20e-6
