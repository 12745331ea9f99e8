"""How figures went, by day, ISO week and month (metrics.md section 1), by hand: days have the edges of Berlin's clocks,
and the 29th of March has 23 hours.
"""

from datetime import date
from itertools import pairwise

import pytest
import time_machine
from django.utils.timezone import localtime
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import DjangoAssertNumQueries

from reports.charts import line_chart
from reports.enums import Step
from reports.measures.asked import bounds
from reports.measures.course import course_of, figure_at, has_course, number_of_steps, steps_between
from reports.measures.customers import reopen_rate
from tests.api.conftest import signed_in
from tests.reports.conftest import BERLIN, Desk, at, fresh, march
from tests.reports.test_pages import MARCH, browser_of, html_of

MARCH_DAYS = (date(2026, 3, 1), date(2026, 3, 31))


def test_163_weeks_begin_on_mondays_and_months_on_the_first_and_the_period_cuts_both_ends() -> None:
    weeks = list(steps_between(*MARCH_DAYS, Step.WEEK))
    assert [(first.day, last.day) for first, last in weeks] == [(1, 1), (2, 8), (9, 15), (16, 22), (23, 29), (30, 31)]
    months = list(steps_between(date(2025, 12, 15), date(2026, 3, 3), Step.MONTH))
    assert [(first.isoformat(), last.isoformat()) for first, last in months] == [
        ("2025-12-15", "2025-12-31"),
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-28"),
        ("2026-03-01", "2026-03-03"),
    ]


@given(first=st.dates(date(1990, 1, 1), date(2090, 1, 1)), days=st.integers(0, 800), step=st.sampled_from(Step))
def test_steps_follow_each_other_without_gap_and_make_up_the_period(first: date, days: int, step: Step) -> None:
    last = date.fromordinal(first.toordinal() + days)
    steps = list(steps_between(first, last, step))
    assert (steps[0][0], steps[-1][1]) == (first, last)
    edges = [bounds(*each, BERLIN) for each in steps]
    assert all(end == start for (_start, end), (start, _end) in pairwise(edges))
    assert all(localtime(start, BERLIN).hour == 0 for start, _end in edges)


@pytest.mark.django_db
def test_163_m6_by_day_week_and_month_counts_each_ticket_where_it_was_resolved(desk: Desk) -> None:
    """Resolved at the last minute of Saturday the 28th, at the first one of Sunday, at the last one of that short day,
    and at the first one of Monday; the first one is reopened.
    """
    moments = ("28 23:59", "29 00:00", "29 23:59", "30 00:00")
    tickets = [desk.resolved("27 09:00", "27 09:10", moment) for moment in moments]
    desk.reopens(tickets[0], "30 09:00")
    asked = march(desk.team)

    def counted(step: Step) -> dict[int, tuple[int, int]]:
        course = course_of("M6", asked, *MARCH_DAYS, step)
        found = {each.first.day: figure_at(each, "M6") for each in course}
        return {day: (m6.numerator, m6.denominator) for day, m6 in found.items() if m6 and m6.denominator}

    assert counted(Step.DAY) == {28: (1, 1), 29: (0, 2), 30: (0, 1)}
    assert counted(Step.WEEK) == {23: (1, 3), 30: (0, 1)}
    assert counted(Step.MONTH) == {1: (1, 4)}
    [month] = course_of("M6", asked, *MARCH_DAYS, Step.MONTH)
    assert [figure.value for figure in month.figures] == [figure.value for figure in reopen_rate(asked)]
    assert figure_at(month, "M6b") == month.figures[1]


@pytest.mark.django_db
def test_a_course_looks_at_business_hours_once(desk: Desk, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    asked = march(desk.team)
    with django_assert_num_queries(4 + 2 * 31):
        course_of("M5", asked, *MARCH_DAYS, Step.DAY)


def test_figures_about_this_moment_have_no_course() -> None:
    assert all(has_course(code) for code in ("M5", "M5_business", "M6b", "M9b", "M12b", "M15_answered", "M20"))
    assert not any(has_course(code) for code in ("M16", "M22_envelopes", "M20_unowned", "M18_backlog", "M99", ""))


@pytest.mark.django_db
def test_163_the_page_behind_a_figure_tells_its_course(desk: Desk) -> None:
    """Two hours in the first whole week, one hour in the last; nothing in between, which is n/a and no line."""
    desk.resolved("2 09:00", "2 09:10", "2 11:00")
    desk.resolved("30 09:00", "30 09:10", "30 10:00")
    address = f"/reports/rows/?figure=M5&part=base&{MARCH}"
    with time_machine.travel(at("31 12:00"), tick=False):
        plain, weeks = html_of(desk.lead, address), html_of(desk.lead, f"{address}&by=week")
        long = html_of(desk.lead, f"{address}&by=month&first=2025-01-01")
        wrong = [f"{address}&by=hour", f"{address}&by=day&first=2025-01-01", f"{address}&by="]
        statuses = [browser_of(desk.lead).get(each).status_code for each in wrong]
        of_now = html_of(desk.lead, f"/reports/rows/?figure=M16&part=base&{MARCH}")
    assert ("by=week" in plain, "course-chart" in plain, "course-chart" in weeks) == (True, False, True)
    assert ("2 h 0 min" in weeks, "1 h 0 min" in weeks, "n/a" in weeks) == (True, True, True)
    assert "first=2026-03-02&amp;last=2026-03-08&amp;figure=M5&amp;part=base" in weeks, "each step leads to its rows"
    assert ("by=month" in long, "by=day" in long) == (True, False), "no way to more steps than one looks at"
    assert (statuses, "&amp;by=" in of_now) == ([404, 404, 200], False)


@pytest.mark.django_db
def test_163_course_at_the_api_and_as_csv(desk: Desk) -> None:
    desk.resolved("2 09:00", "2 09:10", "2 11:00")
    with time_machine.travel(at("31 12:00"), tick=False):
        api = signed_in(fresh(desk.lead))
        answer = api.get(f"/api/v1/reports/metrics/M5/?{MARCH}&by=month").json()
        refused = [api.get(f"/api/v1/reports/metrics/{code}") for code in ("M16/?by=month", f"M5/?{MARCH}&by=year")]
        refused.append(api.get("/api/v1/reports/metrics/M5/?first=2025-01-01&last=2026-03-31&by=day"))
        csv = browser_of(desk.lead).get(f"/reports/export.csv?{MARCH}&figure=M5&by=week").whole.decode()
        missing = browser_of(desk.lead).get(f"/reports/export.csv?{MARCH}&figure=M16&by=week")
    [step] = answer["course"]
    assert (step["first"], step["last"], step["figures"][0]["value"]) == ("2026-03-01", "2026-03-31", "7200.00")
    assert step["figures"] == answer["figures"]
    assert [response.status_code for response in refused] == [400, 400, 400]
    assert len(csv.splitlines()) == 1 + 6 * 2, "heads, and both figures of M5 in six weeks"
    assert "2026-03-02,2026-03-08,M5,Time to value,,seconds,7200,7200,1,7200,7200,1" in csv
    assert missing.status_code == 404


def test_a_line_stops_where_there_is_no_value() -> None:
    chart = line_chart([1, None, 2, 2], most="2 h")
    assert (chart.path, chart.most) == ("M0.0 58.0 h1 M213.3 16.0 L320.0 16.0", "2 h")
    assert chart.area.count("Z") == 2
    assert line_chart([None, None]).path == ""


def test_two_months_are_as_many_days_as_one_looks_at() -> None:
    assert number_of_steps(date(2026, 1, 1), date(2026, 3, 3), Step.DAY) == 62
