"""Pauses by a supervisor's word (domain.md section 9; permissions.md "Approved SLA pause")."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from core.errors import Invalid
from core.models import RefusedAct
from core.timers import run_all
from sla import services
from sla.enums import Metric
from sla.errors import AlreadyPaused, NotPaused, PauseForbidden
from sla.models import SlaPause
from tests.factories import AgentFactory
from tests.sla.conftest import MONDAY_NINE, Desk, clock_of, due_of, minutes, travel
from tickets.errors import InvalidTransition, TicketClosed
from tickets.models import Ticket, TimelineEntry
from tickets.services import confirm_ticket, resolve_ticket

pytestmark = pytest.mark.django_db
TEN, NOON = MONDAY_NINE + minutes(60), MONDAY_NINE + minutes(180)


def pause(ticket: Ticket, by: Any, *, at: datetime = TEN, until: datetime = NOON, **values: Any) -> SlaPause:
    with travel(at):
        return services.pause_clocks(ticket.pk, by=by, until=until, **{"reason": "vendor", **values})


def test_092_an_agent_is_refused_and_a_supervisors_pause_resumes_by_itself_at_its_time(desk: Desk) -> None:
    ticket = desk.ticket()
    with pytest.raises(PauseForbidden):
        pause(ticket, desk.owner)
    assert RefusedAct.objects.get().act == "pause_clocks"
    assert not SlaPause.objects.exists()
    row = pause(ticket, desk.supervisor, note="The vendor builds a part.")
    assert (row.reason, row.by, row.until) == ("vendor", desk.supervisor, NOON)
    assert [clock_of(ticket, metric).state for metric in (Metric.RESOLUTION, Metric.FIRST_RESPONSE)] == [
        "paused",
        "running",
    ]
    assert run_all(now=NOON - minutes(1)).counts["pauses_ended"] == 0
    assert run_all(now=NOON + minutes(7)).counts["pauses_ended"] == 1
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.state, clock.paused_seconds) == ("running", 7200)
    assert clock.due_at == due_of(ticket) == MONDAY_NINE + timedelta(hours=24), "as from noon on, whenever it is noted"
    told = TimelineEntry.objects.filter(ticket=ticket, kind="sla_event").order_by("seq")
    assert [entry.facts["event"] for entry in told if entry.facts["event"] != "sla_missed"] == [
        "sla_paused",
        "sla_resumed",
    ]
    assert SlaPause.history.filter(id=row.pk).count() == 2


def test_092_who_may(desk: Desk) -> None:
    others = [AgentFactory(roles=[role]) for role in (Role.SUPERVISOR, Role.MANAGER, Role.TEAM_LEAD, Role.ADMIN)]
    for person in [*others, AgentFactory(teams=[desk.team])]:
        with pytest.raises(PauseForbidden):
            pause(desk.ticket(), person)
    assert pause(desk.ticket(), desk.manager).by == desk.manager


def test_one_at_a_time_and_ended_by_hand(desk: Desk) -> None:
    ticket = desk.ticket()
    with travel(TEN), pytest.raises(NotPaused):
        services.resume_clocks(ticket.pk, by=desk.supervisor)
    pause(ticket, desk.supervisor)
    with pytest.raises(AlreadyPaused):
        pause(ticket, desk.manager)
    with travel(TEN + minutes(30)):
        services.resume_clocks(ticket.pk, by=desk.manager)
    assert due_of(ticket) == MONDAY_NINE + minutes(480 + 30)
    assert SlaPause.objects.get().ended_by == desk.manager


def test_a_pause_that_is_over_is_ended_by_its_timer_alone(desk: Desk) -> None:
    ticket = desk.ticket()
    pause(ticket, desk.supervisor)
    with travel(NOON + minutes(1)), pytest.raises(NotPaused):
        services.resume_clocks(ticket.pk, by=desk.supervisor)
    run_all(now=NOON + minutes(2))
    assert TimelineEntry.objects.filter(ticket=ticket, facts__event="sla_resumed").count() == 1
    assert SlaPause.objects.get().to_at == NOON


def test_what_cannot_be_is_refused(desk: Desk) -> None:
    ticket = desk.ticket()
    for values, field in (
        ({"reason": "waiting_customer"}, "reason"),
        ({"reason": ""}, "reason"),
        ({"until": TEN}, "until"),
        ({"until": TEN + timedelta(days=400)}, "until"),
    ):
        with pytest.raises(Invalid) as refused:
            pause(ticket, desk.supervisor, **values)
        assert list(refused.value.fields) == [field]
    with travel(NOON):
        resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="Port 7.")
    with pytest.raises(InvalidTransition):
        pause(ticket, desk.supervisor, at=NOON, until=NOON + minutes(5))
    with travel(NOON):
        confirm_ticket(ticket.pk, by=desk.owner)
    with pytest.raises(TicketClosed):
        pause(ticket, desk.supervisor, at=NOON, until=NOON + minutes(5))


def test_a_pause_ends_with_the_resolution(desk: Desk) -> None:
    ticket = desk.ticket()
    pause(ticket, desk.supervisor)
    with travel(TEN + minutes(20)):
        resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="Port 7.")
    assert SlaPause.objects.get().to_at == TEN + minutes(20)
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.state, clock.elapsed_seconds, clock.paused_seconds) == ("completed", 3600, 1200)


def test_two_pauses_at_once_count_once(desk: Desk) -> None:
    """The vendor's, and within it the customer's turn."""
    ticket = desk.ticket()
    pause(ticket, desk.supervisor, until=MONDAY_NINE + minutes(120))
    desk.answer(ticket, MONDAY_NINE + minutes(90), then="wait_for_customer")
    run_all(now=MONDAY_NINE + minutes(121))
    assert clock_of(ticket, Metric.RESOLUTION).state == "paused"
    from tickets.services import resume_ticket

    with travel(NOON):
        resume_ticket(ticket.pk, by=desk.owner)
    assert due_of(ticket) == MONDAY_NINE + timedelta(hours=24), "an hour used, two paused"


def get(person: Any, ticket: Ticket, path: str = "", **query: str) -> Any:
    client = Client()
    client.force_login(person.user)
    return client.get(f"/api/v1/tickets/{ticket.reference}/clocks/{path}", query)


def post(person: Any, ticket: Ticket, path: str, **data: Any) -> Any:
    client = Client()
    client.force_login(person.user)
    return client.post(f"/api/v1/tickets/{ticket.reference}/clocks/{path}/", data, content_type="application/json")


def test_092_the_api_refuses_and_pauses(desk: Desk) -> None:
    ticket = desk.ticket()
    data = {"reason": "vendor", "until": NOON.isoformat(), "note": "A part"}
    with travel(TEN):
        refused = post(desk.owner, ticket, "pause", **data)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
        assert post(desk.supervisor, ticket, "pause", reason="vendor").status_code == 400
        answer = post(desk.supervisor, ticket, "pause", **data)
    assert (answer.status_code, answer.json()["by"]["name"], answer.json()["note"]) == (
        201,
        desk.supervisor.name,
        "A part",
    )
    with travel(TEN + minutes(30)):
        assert post(desk.supervisor, ticket, "resume").status_code == 200
        assert post(desk.supervisor, ticket, "resume").json()["code"] == "not_paused"


def test_the_api_explains_every_stretch_of_time(desk: Desk) -> None:
    ticket = desk.ticket(MONDAY_NINE + timedelta(hours=8))
    pause(ticket, desk.supervisor, at=MONDAY_NINE + timedelta(hours=8, minutes=30), until=MONDAY_NINE + minutes(540))
    run_all(now=MONDAY_NINE + minutes(541))
    with travel(MONDAY_NINE + timedelta(hours=24)):
        (shown,) = get(desk.owner, ticket, metric="resolution").json()["results"]
    parts = [(part["kind"], part["why"], part["seconds"], part["is_ahead"]) for part in shown["segments"]]
    assert parts == [
        ("open", "", 1800, False),
        ("paused", "vendor", 1800, False),
        ("closed", "outside_hours", 14 * 3600, False),
        ("open", "", 3600, False),
        ("open", "", 6.5 * 3600, True),
    ]
    assert shown["segments"][1]["by"]["name"] == desk.supervisor.name
    assert (shown["indicator"], shown["left_seconds"], shown["state"]) == ("on_track", 6.5 * 3600, "running")
    assert shown["segments"][-1]["end_at"] == shown["due_at"]
