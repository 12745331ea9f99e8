"""Explanations of clocks that have ended: what came later is not theirs (domain.md section 9)."""

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Holiday
from accounts.services import save_calendar
from envelopes.services import accept_envelope, cancel_envelope, complete_envelope
from sla.enums import Metric
from sla.models import SlaClock, SlaPolicy
from sla.selectors import Explained, clocks_shown_to, explain
from sla.services import follow_new_terms, save_policy
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory, default_calendar
from tests.sla.conftest import MONDAY_NINE, Desk, minutes, travel
from tickets.models import Ticket
from tickets.services import resume_ticket

pytestmark = pytest.mark.django_db
NOON = MONDAY_NINE + minutes(180)


def explained(desk: Desk, ticket: Ticket, metric: str) -> Explained:
    (found,) = explain(clocks_shown_to(desk.owner, ticket).filter(metric=metric), NOON)
    return found


def test_a_cancelled_clock_is_explained_until_its_end(desk: Desk) -> None:
    ticket = desk.ticket()
    with travel(MONDAY_NINE):
        envelope = EnvelopeFactory(ticket=ticket, team=TeamFactory())
    with travel(MONDAY_NINE + minutes(120)):
        cancel_envelope(envelope.pk, by=desk.owner, reason="no longer needed")
    found = explained(desk, ticket, Metric.OLA_RESPONSE)
    assert (found.clock.state, found.indicator) == ("cancelled", None)
    parts = [(part.segment.kind, part.seconds) for part in found.parts]
    assert parts == [("open", 7200)]
    assert found.clock.elapsed_seconds == 7200


def test_seconds_in_the_api_add_up_to_the_target_whenever_the_clock_stood_still(desk: Desk) -> None:
    begun = MONDAY_NINE + timedelta(milliseconds=400)
    ticket = desk.ticket(begun)
    for number in range(4):
        waits = begun + minutes(20 * number + 10) + timedelta(milliseconds=130 * number)
        desk.answer(ticket, waits, then="wait_for_customer")
        with travel(waits + timedelta(seconds=300, milliseconds=170)):
            resume_ticket(ticket.pk, by=desk.owner)
    client = Client()
    client.force_login(desk.owner.user)
    with travel(begun + minutes(100)):
        rows = client.get(f"/api/v1/tickets/{ticket.reference}/clocks/?metric=resolution").json()["results"]
    ((segments, target),) = [(row["segments"], row["target_minutes"]) for row in rows]
    assert sum(each["seconds"] for each in segments if each["kind"] == "open") == target * 60
    assert sum(each["seconds"] for each in segments if each["kind"] == "paused") == 4 * 300


def test_edits_of_hours_and_targets_are_told_where_they_moved_a_clock(desk: Desk) -> None:
    """By whom and why; not those from before, nor those that left this promise as it was."""
    admin = AgentFactory(roles=[Role.ADMIN])
    calendar = default_calendar()
    with travel(MONDAY_NINE - minutes(30)):
        follow_new_terms(now=MONDAY_NINE - minutes(30))
        save_calendar(calendar.pk, by=admin, reason="Before it came", country="DE")
        follow_new_terms(now=MONDAY_NINE - minutes(30))
    ticket = desk.ticket()
    medium = SlaPolicy.objects.get(name="Medium")
    with travel(MONDAY_NINE + minutes(20)):
        eve = Holiday(on=date(2026, 3, 9), name="Works outing")
        save_calendar(calendar.pk, by=admin, reason="All are out", holidays=[eve])
        save_calendar(calendar.pk, by=admin, name="Hours of the house")
    with travel(MONDAY_NINE + minutes(30)):
        follow_new_terms(now=MONDAY_NINE + minutes(30))
    with travel(MONDAY_NINE + minutes(40)):
        medium.resolution_minutes = 460
        save_policy(medium, by=admin, reason="New contract")
    follow_new_terms(now=MONDAY_NINE + minutes(50))
    edits = {
        metric: [(edit.what, edit.by, edit.reason) for edit in explained(desk, ticket, metric).edits]
        for metric in (Metric.RESOLUTION, Metric.FIRST_RESPONSE)
    }
    outing = ("Standard", admin.name, "All are out")
    assert edits == {
        Metric.RESOLUTION: [outing, ("Medium", admin.name, "New contract")],
        Metric.FIRST_RESPONSE: [outing],
    }
    assert explained(desk, desk.ticket(MONDAY_NINE + minutes(60)), Metric.RESOLUTION).edits == []


def test_help_that_was_over_is_not_limited_by_what_stopped_the_customers_clock_later(desk: Desk) -> None:
    SlaPolicy.objects.filter(kind="ola").update(ola_completion_minutes=300, ola_response_minutes=60)
    team = TeamFactory()
    expert = AgentFactory(teams=[team])
    ticket = desk.ticket()
    with travel(MONDAY_NINE):
        envelope = EnvelopeFactory(ticket=ticket, team=team)
    with travel(MONDAY_NINE + minutes(30)):
        accept_envelope(envelope.pk, by=expert)
    with travel(MONDAY_NINE + minutes(60)):
        complete_envelope(envelope.pk, by=expert, summary="Port 7.")
    assert not explained(desk, ticket, Metric.OLA_COMPLETION).is_limited
    desk.answer(ticket, MONDAY_NINE + minutes(120), then="wait_for_customer")
    with travel(MONDAY_NINE + minutes(170)):
        resume_ticket(ticket.pk, by=desk.owner)
    assert not explained(desk, ticket, Metric.OLA_COMPLETION).is_limited
    assert SlaClock.objects.get(envelope=envelope, metric=Metric.OLA_COMPLETION).state == "completed"
