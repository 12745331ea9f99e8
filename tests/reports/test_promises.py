"""Promises kept, response times, values that lasted (metrics.md M10, M12 to M14) and transfers (M21), by hand. Medium:
first response 120, resolution 480 minutes of work; helpers answer within 240.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Agent
from envelopes import services as help_services
from reports.enums import Part
from reports.measures.figures import Figure
from reports.measures.flow import transfers
from reports.measures.promises import ola_compliance, response_times, sla_compliance, value_compliance
from tests.reports.conftest import Desk, at, fresh, march, moment
from tests.reports.test_contact import replies
from tests.reports.test_measures import is_true
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
MINUTE, HOUR = 60, 3600


def by_promise(figures: list[Figure], code: str) -> dict[str, tuple[object, int, int]]:
    return {
        figure.group.key: (figure.value, figure.numerator, figure.denominator)
        for figure in figures
        if figure.group and figure.code == code
    }


def a_month(desk: Desk) -> list[Ticket]:
    """Answered after 1 h, resolved after 3 h; answered after 3 h, resolved on the next day after 12 h of work; never
    answered, and not late yet.
    """
    kept = desk.accepted("2 09:00", "2 09:10")
    replies(kept, "2 10:00")
    desk.resolves(kept, "2 12:00")
    late = desk.accepted("2 09:00", "2 09:10")
    replies(late, "2 12:00")
    desk.resolves(late, "3 11:00")
    return [kept, late, desk.accepted("31 16:30", "31 16:40")]


def test_163_m12_sla_compliance(desk: Desk) -> None:
    """First responses were due at 11:00: given at 10:00 and 12:00, 1 of 2. Resolutions were due at 17:00: 1 of 2."""
    kept, late, _open = a_month(desk)
    found = sla_compliance(march(desk.team, now="31 17:00"))
    half = (Decimal("50.0"), 1, 2)
    assert by_promise(found, "M12") == {
        "first_response": half,
        "next_response": (None, 0, 0),
        "resolution": half,
        "time_to_value": by_promise(found, "M12")["time_to_value"],
    }
    assert by_promise(found, "M12b")["first_response"] == half
    [first] = [figure for figure in found if figure.key == "M12:promise:first_response"]
    assert set(first.base.values_list("ticket", flat=True)) == {kept.pk, late.pk}
    assert set(first.counted.values_list("ticket", flat=True)) == {kept.pk}
    for figure in found:
        is_true(figure)


def test_163_m14_response_times(desk: Desk) -> None:
    """One hour and three hours: of two the first is the median, the second the 90th percentile, the mean two."""
    a_month(desk)
    first, following = response_times(march(desk.team))
    assert first.spread is not None
    assert (first.spread.p50, first.spread.p90, first.spread.mean) == (HOUR, 3 * HOUR, 2 * HOUR)
    assert (first.denominator, following.value, following.denominator) == (2, None, 0)


def test_163_m13_value_that_lasted(desk: Desk) -> None:
    """Four resolutions were due and in time but one. Of the others one is closed; one was reopened the next day; one is
    closed though nothing was done, and the customer did not say so. 1 of 4 = 25.0 %.
    """
    kept = desk.resolved("2 09:00", "2 09:10", "2 12:00")
    desk.closes(kept, "3 09:00")
    late = desk.resolved("2 09:00", "2 09:10", "3 11:00")
    desk.closes(late, "4 09:00")
    back = desk.resolved("2 09:00", "2 09:10", "2 12:00")
    desk.reopens(back, "3 09:00")
    desk.resolves(back, "3 10:00")
    desk.closes(back, "4 09:00")
    nothing = desk.accepted("2 09:00", "2 09:10")
    desk.resolves(nothing, "2 12:00", code="no_action")
    with moment("16 09:00"):
        services.close_due_tickets(now=at("16 09:00"))
    figure = value_compliance(march(desk.team))
    assert figure.ids(Part.BASE) == {kept.pk, late.pk, back.pk, nothing.pk}
    assert figure.ids(Part.COUNTED) == {kept.pk}
    assert (figure.value, figure.numerator, figure.denominator) == (Decimal("25.0"), 1, 4)


def test_163_m13_any_reopening_too_soon_after_its_resolution_breaks_it(desk: Desk) -> None:
    """Reopened after eight business days, which is late enough, and again five hours after the second resolution."""
    twice, held = (desk.resolved("2 09:00", "2 09:05", "2 10:00") for _each in range(2))
    for ticket in (twice, held):
        desk.reopens(ticket, "12 09:00")
        desk.resolves(ticket, "12 10:00")
    desk.reopens(twice, "12 15:00")
    desk.resolves(twice, "13 10:00")
    for ticket in (twice, held):
        desk.closes(ticket, "13 11:00")
    figure = value_compliance(march(desk.team))
    assert (figure.ids(Part.COUNTED), figure.ids(Part.BASE)) == ({held.pk}, {twice.pk, held.pk})


def test_163_m10_ola_compliance(desk: Desk) -> None:
    """Asked at 10:00, due at 14:00: accepted at 11:00 and at 15:00, 1 of 2; of the team that was asked."""
    for accepted in ("2 11:00", "2 15:00"):
        envelope = desk.asks(desk.accepted("2 09:00", "2 09:10"), "2 10:00")
        with moment(accepted):
            help_services.accept_envelope(envelope.pk, by=fresh(desk.nina))
    found = by_promise(ola_compliance(march(desk.other)), "M10")
    assert found["ola_response"] == (Decimal("50.0"), 1, 2)
    assert by_promise(ola_compliance(march(desk.team)), "M10")["ola_response"] == (None, 0, 0)


def test_163_m21_transfers(desk: Desk) -> None:
    """One of four tickets that were created in the period was handed on: 250.0 of 1000."""
    made = [desk.accepted("2 09:00", "2 09:10") for _each in range(4)]
    with moment("6 10:00"):
        Agent.objects.filter(pk=desk.mara.pk).update(employment_ended_on=at("5 12:00").date())
        services.transfer_ownership(
            made[0].pk,
            by=fresh(desk.supervisor),
            new_owner=desk.jonas,
            reason_code="termination",
            reason="The colleague has left the company for good.",
        )
    # the database stamps a transfer with its own clock
    asked = replace(march(desk.team), end=datetime.now(UTC) + timedelta(days=1))
    rate, ended, leave = transfers(asked)
    assert (rate.value, rate.numerator, rate.denominator) == (Decimal("250.0"), 1, 4)
    assert [(figure.group.key, figure.value) for figure in (ended, leave) if figure.group] == [
        ("termination", 1),
        ("extended_leave", 0),
    ]
    assert transfers(replace(asked, person=desk.jonas))[0].numerator == 1


def test_163_m21_is_not_about_what_was_cancelled(desk: Desk) -> None:
    gone = desk.accepted("2 09:00", "2 09:05")
    Agent.objects.filter(pk=desk.mara.pk).update(employment_ended_on=at("2 12:00").date())
    with moment("3 09:00"):
        reason = {"reason_code": "termination", "reason": "The colleague has left the company for good."}
        services.transfer_ownership(gone.pk, by=fresh(desk.supervisor), new_owner=fresh(desk.jonas), **reason)
    asked = replace(march(desk.team), end=datetime.now(UTC) + timedelta(days=1))
    assert transfers(asked)[0].numerator == 1
    with moment("3 10:00"):
        services.cancel_ticket(gone.pk, by=fresh(desk.jonas), code="withdrawn")
    assert [figure.numerator for figure in transfers(asked)] == [0, 0, 0]
