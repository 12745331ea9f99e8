"""Figures against such as were worked out by hand (acceptance 163, metrics.md). Times are told in hours; the arithmetic
stands beside each.
"""

from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accounts.models import Agent, Team
from envelopes.services import cancel_envelope
from reports.enums import Band, Part
from reports.measures.customers import business_time_to_value, reopen_rate, time_to_value
from reports.measures.figures import Figure, Spread
from reports.measures.flow import backlog_age, open_by_team, ownership_clarity, workload
from reports.measures.helping import envelope_rate
from sla.alerts.models import AlertRule
from tests.factories import AbsenceFactory, EnvelopeFactory
from tests.reports.conftest import Desk, at, fresh, march, moment
from tickets import services
from tickets.enums import Priority
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
HOUR = 3600


def is_true(figure: Figure) -> None:
    """A share and the rows behind it say the same."""
    counted, base = figure.ids(Part.COUNTED), figure.ids(Part.BASE)
    assert (len(counted), len(base), counted <= base) == (figure.numerator, figure.denominator, True)


def test_163_m5_time_to_value(desk: Desk) -> None:
    """By the wall 2 h, 29 h and 65 h: the second of three is the median (ceil 1.5), the third the 90th percentile
    (ceil 2.7), the mean (2 + 29 + 65) / 3 = 32. In hours of work 2 h; 8 h of Tuesday and 7 h of Wednesday, the resolved
    night included; 1 h of Friday and 2 h of Monday: median 3, p90 15, mean 20 / 3 h = 24,000 s.
    """
    quick = desk.resolved("2 09:00", "2 09:10", "2 11:00")
    desk.closes(quick, "3 09:00")
    again = desk.resolved("3 10:00", "3 10:20", "3 12:00")
    desk.reopens(again, "4 09:00")
    desk.resolves(again, "4 15:00")
    weekend = desk.resolved("6 17:00", "9 08:10", "9 10:00")
    desk.resolved("31 09:00", "31 09:05", "4-1 00:00")  # the first moment that is April's
    desk.accepted("5 09:00", "5 09:05")  # open
    desk.resolved("5 09:00", "5 09:05", "5 10:00", team=desk.other, by=desk.nina)
    wall, work = time_to_value(march(desk.team)), business_time_to_value(march(desk.team))
    assert wall.spread == Spread(p50=29 * HOUR, p90=65 * HOUR, mean=32 * HOUR)
    assert work.spread == Spread(p50=3 * HOUR, p90=15 * HOUR, mean=24_000)
    assert (wall.value, wall.numerator, wall.denominator, wall.provisional) == (29 * HOUR, 96 * HOUR, 3, 2)
    assert (work.value, work.numerator, work.denominator, work.provisional) == (3 * HOUR, 20 * HOUR, 3, 2)
    assert wall.ids(Part.BASE) == work.ids(Part.BASE) == {quick.pk, again.pk, weekend.pk}


def test_163_nothing_to_measure_is_no_figure(desk: Desk) -> None:
    found = [time_to_value(march(desk.team)), business_time_to_value(march(desk.team)), envelope_rate(march(desk.team))]
    assert [(figure.value, figure.denominator) for figure in found] == [(None, 0)] * 3
    assert found[0].spread == found[1].spread == Spread(None, None, None)


def test_163_m6_reopen_rate(desk: Desk) -> None:
    """Four were first resolved in March. One was reopened a day later, and once more, which counts once: 1 of 4 =
    25.0 %. One was reopened after 31 days. To one that was closed the customer came back by a follow-up: 2 of 4 with
    it.
    """
    twice = desk.resolved("3 10:00", "3 10:20", "3 12:00")
    for reopened, resolved in (("4 09:00", "4 15:00"), ("5 09:00", "4-2 10:00")):
        desk.reopens(twice, reopened)
        desk.resolves(twice, resolved)
    late = desk.resolved("3 10:00", "3 10:20", "3 12:00")
    desk.reopens(late, "4-3 12:01")
    followed = desk.resolved("10 10:00", "10 10:20", "10 12:00")
    desk.closes(followed, "17 12:00")
    follow_up = desk.opened("24 11:00")
    Ticket.objects.filter(pk=follow_up.pk).update(follow_up_of=followed.pk)
    held = desk.resolved("11 10:00", "11 10:20", "11 12:00")
    earlier = desk.resolved("2-27 10:00", "2-27 10:20", "2-27 12:00")
    desk.reopens(earlier, "2 09:00")
    desk.resolves(earlier, "2 15:00")  # first resolved in February
    m6, m6b = reopen_rate(march(desk.team))
    assert (m6.value, m6.numerator, m6.denominator) == (Decimal("25.0"), 1, 4)
    assert (m6b.value, m6b.numerator, m6b.denominator) == (Decimal("50.0"), 2, 4)
    assert m6.ids(Part.COUNTED) == {twice.pk}
    assert m6b.ids(Part.COUNTED) == {twice.pk, followed.pk}
    assert m6.ids(Part.BASE) == {twice.pk, late.pk, followed.pk, held.pk}
    assert m6.provisional == 0


def test_163_m6_is_provisional_until_thirty_days_are_over(desk: Desk) -> None:
    """Days of 24 hours, so an hour later by the clock that has changed meanwhile."""
    desk.resolved("3 10:00", "3 10:20", "3 12:00")
    asked = [march(desk.team, now=now) for now in ("4-2 12:59", "4-2 13:00")]
    assert [reopen_rate(each)[0].provisional for each in asked] == [1, 0]


def test_163_m6_a_follow_up_after_fourteen_days_is_another_matter(desk: Desk) -> None:
    followed = desk.resolved("10 10:00", "10 10:20", "10 12:00")
    desk.closes(followed, "17 12:00")
    Ticket.objects.filter(pk=desk.opened("24 12:01").pk).update(follow_up_of=followed.pk)
    assert [figure.numerator for figure in reopen_rate(march(desk.team))] == [0, 0]


def test_163_m11_envelope_rate(desk: Desk) -> None:
    """Two of three that were resolved had help, one of them twice: 66.7 %."""
    helped = [desk.accepted("2 09:00", "2 09:10") for _each in range(2)]
    for ticket, when in zip([*helped, helped[0]], ("2 10:00", "2 10:30", "2 11:00"), strict=True):
        envelope = desk.asks(ticket, when)
        with moment("2 12:00"):
            cancel_envelope(envelope.pk, by=fresh(desk.mara), reason="It works.")
    for ticket in helped:
        desk.resolves(ticket, "2 16:00")
    desk.resolved("3 10:00", "3 10:20", "3 12:00")
    desk.asks(desk.accepted("4 09:00", "4 09:10"), "4 10:00")  # not resolved
    rate = envelope_rate(march(desk.team))
    assert (rate.value, rate.numerator, rate.denominator) == (Decimal("66.7"), 2, 3)
    assert rate.ids(Part.COUNTED) == {ticket.pk for ticket in helped}
    is_true(rate)


def test_163_m16_backlog_age(desk: Desk) -> None:
    """On the 31st at noon: 1 h, exactly 1 day, 1 day and 1 h, 10 days, 29 days old, and one of 4 days that waits for
    the customer, a band of its own. Of six the third is the median (ceil 3.0) and the sixth the 90th percentile
    (ceil 5.4).
    """
    ages = ("31 11:00", "30 12:00", "30 11:00", "21 12:00", "2 12:00")
    made = [desk.opened(created) for created in ages]
    waiting = desk.accepted("27 12:00", "27 13:00")
    with moment("27 14:00"):
        services.reply_to_customer(waiting.pk, by=waiting.owner, body_text="Does it work?", then="wait_for_customer")
    with moment("27 15:00"):
        services.release_due_messages(now=at("27 15:00"))
    desk.resolved("3 10:00", "3 10:20", "3 12:00")
    whole, *bands = backlog_age(march(desk.team, now="31 12:00"))
    day = 24 * HOUR
    assert whole.denominator == 6
    assert whole.spread is not None
    # from the 2nd to the 31st an hour was lost with the change of the clock
    assert (whole.spread.p50, whole.spread.p90) == (25 * HOUR, 29 * day - HOUR)
    assert {band.group.key: band.numerator for band in bands if band.group} == {
        Band.UNDER_1: 2,
        Band.UNDER_3: 1,
        Band.UNDER_7: 0,
        Band.UNDER_14: 1,
        Band.UNDER_30: 1,
        Band.OVER_30: 0,
        Band.WAITING: 1,
    }
    assert bands[0].ids(Part.COUNTED) == {made[0].pk, made[1].pk}
    assert bands[0].value == Decimal("33.3")
    for band in bands:
        is_true(band)


def test_m20_goes_by_the_matrix_as_it_is_now(desk: Desk) -> None:
    """Two were accepted after 10 minutes; in time are 5 for the medium one, and nothing is asked of low ones."""
    desk.accepted("2 09:00", "2 09:10")
    high = desk.accepted("2 09:00", "2 09:10", priority=Priority.HIGH)
    desk.accepted("2 09:00", "2 09:10", priority=Priority.LOW)
    first = AlertRule.objects.filter(condition="not_assigned", level=1)
    first.filter(priority="medium").update(threshold_minutes=5)
    AlertRule.objects.filter(condition="not_assigned", priority="low").update(is_active=False)
    clear, _unowned = ownership_clarity(march(desk.team))
    assert (clear.value, clear.numerator, clear.denominator) == (Decimal("50.0"), 1, 2)
    assert clear.ids(Part.COUNTED) == {high.pk}


def test_163_m20_ownership_clarity(desk: Desk) -> None:
    """Medium: 30 minutes of work. Accepted after 10 minutes; after exactly 30; on Monday 08:20 what came on Saturday,
    20 minutes; on Monday 08:10 what came on Friday 17:00, 70 minutes: late; a critical one after 6 minutes: late.
    One has no owner yet and came 20 minutes ago: provisional. 3 of 6 = 50.0 %.
    """
    in_time = [
        desk.accepted("2 09:00", "2 09:10"),
        desk.accepted("3 09:00", "3 09:30"),
        desk.accepted("7 12:00", "9 08:20"),
    ]
    desk.accepted("6 17:00", "9 08:10")
    desk.accepted("4 09:00", "4 09:06", priority=Priority.CRITICAL)
    unowned = desk.opened("31 09:00")
    spam = desk.opened("5 09:00")
    with moment("5 10:00"):
        services.cancel_ticket(spam.pk, by=fresh(desk.mara), code="spam")
    clear, open_unowned = ownership_clarity(march(desk.team, now="31 09:20"))
    assert (clear.value, clear.numerator, clear.denominator, clear.provisional) == (Decimal("50.0"), 3, 6, 1)
    assert clear.ids(Part.COUNTED) == {ticket.pk for ticket in in_time}
    assert (open_unowned.value, open_unowned.ids(Part.BASE)) == (1, {unowned.pk})
    is_true(clear)
    assert ownership_clarity(march(desk.team, now="31 09:31"))[0].provisional == 0


def test_163_open_tickets_by_team(desk: Desk) -> None:
    desk.accepted("2 09:00", "2 09:10")
    desk.opened("3 09:00")
    desk.opened("3 09:00", team=desk.other)
    desk.resolved("3 10:00", "3 10:20", "3 12:00")
    found = [
        (figure.code, figure.group.name, figure.value)
        for figure in open_by_team(march(desk.team, desk.other))
        if figure.group
    ]
    assert found == [
        ("open", "Network", 1),
        ("open_unowned", "Network", 1),
        ("open", "Service Desk", 2),
        ("open_unowned", "Service Desk", 1),
    ]
    for figure in open_by_team(march(desk.team, desk.other)):
        is_true(figure)


def test_163_m22_workload(desk: Desk) -> None:
    """Mara has 2 of 25 tickets, 8.0 %; Jonas is absent and told apart: the team has 2 of 25, too, and 1 of 10 envelopes
    is Nina's.
    """
    for _each in range(2):
        desk.accepted("2 09:00", "2 09:10")
    mine = desk.accepted("2 09:00", "2 09:10", by=desk.jonas)
    with time_machine.travel(at("3 12:00"), tick=False):
        AbsenceFactory(agent=desk.jonas)
        EnvelopeFactory(ticket=mine, team=desk.other, expert=fresh(desk.nina))
        found = {
            (figure.code, figure.group.name, figure.group.is_aside): (
                figure.numerator,
                figure.denominator,
                figure.value,
            )
            for figure in workload(march(desk.team, desk.other, now="3 12:00"))
            if figure.group
        }
    assert found["M22", "Mara Weiss", False] == (2, 25, Decimal("8.0"))
    assert found["M22", "Jonas Brandt", True] == (1, 25, Decimal("4.0"))
    assert found["M22", "Service Desk", False] == (2, 25, Decimal("8.0"))
    assert found["M22_envelopes", "Nina Kern", False] == (1, 10, Decimal("10.0"))
    assert found["M22_envelopes", "Network", False] == (1, 10, Decimal("10.0"))


def loads(desk: Desk, *teams: Team, **values: Any) -> dict[tuple[str, str], tuple[int, int, Decimal | None]]:
    return {
        (figure.code, figure.group.name): (figure.numerator, figure.denominator, figure.value)
        for figure in workload(march(*teams, now="3 12:00", **values))
        if figure.group
    }


def test_163_m22_of_a_team_is_about_its_tickets_and_of_a_person_about_all_of_theirs(desk: Desk) -> None:
    desk.mara.teams.add(desk.other)
    desk.accepted("2 09:00", "2 09:10", priority="critical")
    desk.accepted("2 09:00", "2 09:10", team=desk.other)
    found = loads(desk, desk.team)
    assert (found["M22", "Mara Weiss"][0], found["M22", "Service Desk"][0]) == (2, 1)
    critical = loads(desk, desk.team, desk.other, only={"priority": "critical"})
    assert (critical["M22", "Mara Weiss"][0], critical["M22", "Network"][0]) == (1, 0)
    for figure in workload(march(desk.team, desk.other, now="3 12:00")):
        assert len(figure.ids(Part.COUNTED)) == figure.numerator


def test_163_m22_tells_apart_who_has_left_with_open_tickets(desk: Desk) -> None:
    desk.accepted("2 09:00", "2 09:10")
    Agent.objects.filter(pk__in=[desk.mara.pk, desk.jonas.pk]).update(is_active=False)
    found = loads(desk, desk.team)
    assert found["M22", "Mara Weiss"] == (1, 0, None)
    assert ("M22", "Jonas Brandt") not in found, "he left nothing behind"
    groups = [figure.group for figure in workload(march(desk.team, now="3 12:00"))]
    assert {(each.is_aside, each.has_left) for each in groups if each and each.name == "Mara Weiss"} == {(True, True)}
    assert ("M22", "Mara Weiss") not in loads(desk, desk.other)


def test_163_a_persons_figures_are_of_what_they_owned_when_it_was_resolved(desk: Desk) -> None:
    mine = desk.resolved("2 09:00", "2 09:10", "2 11:00")
    desk.resolved("2 09:00", "2 09:10", "2 12:00", by=desk.jonas)
    asked = march(desk.team, person=desk.mara)
    assert time_to_value(asked).ids(Part.BASE) == {mine.pk}
    assert time_to_value(march(desk.team)).denominator == 2
