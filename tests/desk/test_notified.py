"""Each notification of help, approvals and flags leads to what it is about."""

from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Agent
from core.events import deliver_all
from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from envelopes.services import time_out_envelope
from notifications.enums import EventType
from notifications.models import Notification
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import AgentFactory, EnvelopeFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tickets.models import Ticket
from tickets.services import add_flag, approve_resolution, reject_resolution

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def leads_to(desk: Desk, person: Agent, event_type: str, **wanted: Any) -> str:
    """Address to which the newest notification of this kind leads the person."""
    deliver_all()
    row = Notification.objects.filter(recipient=person, event_type=event_type, **wanted).latest("created_at")
    answer = desk.browser(person).post(f"/notifications/{row.pk}/open/")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_a_wanted_approval_leads_to_where_it_is_decided_and_then_to_what_became_of_it(
    desk: Desk, ticket: Ticket
) -> None:
    asked = a_resolution(ticket, "150.00")
    mark = f"#resolution-{asked.pk}"
    assert leads_to(desk, desk.lea, EventType.APPROVAL_REQUESTED) == f"/approvals/{mark}"
    page = html_of(desk.browser(desk.lea).get("/approvals/"))
    assert (f'id="resolution-{asked.pk}"' in page, "Approve" in page) == (True, True)
    approve_resolution(asked.pk, by=desk.lea)
    after = url_of(ticket, "around/resolutions/") + mark
    assert leads_to(desk, desk.lea, EventType.APPROVAL_REQUESTED) == after
    assert leads_to(desk, desk.mara, EventType.APPROVAL_DECIDED) == after
    assert f'id="resolution-{asked.pk}"' in html_of(desk.browser(desk.mara).get(url_of(ticket, "around/resolutions/")))


def test_an_overdue_one_leads_there_too_and_a_rejected_one_to_the_ticket(desk: Desk, ticket: Ticket) -> None:
    asked = a_resolution(ticket, "150.00")
    row = Notification.objects.create(
        recipient=desk.lea, event_type=EventType.APPROVAL_OVERDUE, ticket=ticket, dedupe_key="overdue"
    )
    row.payload = {"reference": ticket.reference, "resolution": str(asked.pk)}
    row.save()
    assert leads_to(desk, desk.lea, EventType.APPROVAL_OVERDUE) == f"/approvals/#resolution-{asked.pk}"
    reject_resolution(asked.pk, by=desk.lea, reason="Not ours")
    assert leads_to(desk, desk.mara, EventType.APPROVAL_DECIDED).startswith(url_of(ticket, "around/resolutions/"))


def test_one_from_before_it_named_its_resolution_leads_to_the_list(desk: Desk, ticket: Ticket) -> None:
    old = {"event_type": EventType.APPROVAL_REQUESTED, "ticket": ticket, "payload": {"reference": ticket.reference}}
    for person in (desk.lea, desk.mara):
        Notification.objects.create(recipient=person, dedupe_key="old", **old)
    assert leads_to(desk, desk.lea, EventType.APPROVAL_REQUESTED) == "/approvals/"
    assert leads_to(desk, desk.mara, EventType.APPROVAL_REQUESTED) == url_of(ticket)


def test_what_happens_to_an_envelope_leads_to_its_tab(desk: Desk, ticket: Ticket) -> None:
    tab = tab_url(ticket.reference, 1)
    envelope: Envelope = services.open_envelope(ticket.pk, by=desk.mara, team=desk.other_team, reason="Packets drop.")
    assert leads_to(desk, desk.nina, EventType.ENVELOPE_REQUESTED) == tab
    assert envelope.timeout_due_at is not None
    time_out_envelope(envelope.pk, at=envelope.timeout_due_at)
    assert leads_to(desk, desk.mara, EventType.ESCALATION_TIMEOUT) == tab
    services.accept_envelope(envelope.pk, by=desk.nina)
    assert leads_to(desk, desk.mara, EventType.ENVELOPE_UPDATED, payload__what="accepted") == tab
    services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Which port?")
    assert leads_to(desk, desk.mara, EventType.ENVELOPE_MESSAGE) == tab
    services.complete_envelope(envelope.pk, by=desk.nina, summary="Port 7.")
    assert leads_to(desk, desk.mara, EventType.ENVELOPE_UPDATED, payload__what="sealed") == tab


def test_a_task_of_an_envelope_leads_to_the_envelope(desk: Desk, ticket: Ticket) -> None:
    envelope = EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina)
    services.add_envelope_task(envelope.pk, by=desk.mara, title="Swap the port", assigned_to=desk.nina)
    assert leads_to(desk, desk.nina, EventType.TASK_ASSIGNED) == tab_url(ticket.reference, 1)
    services.release_envelope(envelope.pk, by=desk.nina, reason="Off sick.")
    services.redirect_envelope(envelope.pk, by=desk.mara, assigned_to=desk.lea)
    assert leads_to(desk, desk.nina, EventType.TASK_ASSIGNED) == url_of(ticket), "who reads it no more"


def test_flags_lead_to_the_ticket_and_a_missing_legal_team_to_where_one_is_named(desk: Desk, ticket: Ticket) -> None:
    manager = AgentFactory(name="Max Ott", roles=[Role.MANAGER])
    desk.team.manager = manager
    desk.team.save()
    admin = AgentFactory(name="Ada Ott", roles=[Role.ADMIN])
    add_flag(ticket.pk, by=desk.mara, type="social_media", reason="A post with a thousand readers")
    assert leads_to(desk, manager, EventType.FLAG_ADDED) == url_of(ticket)
    add_flag(ticket.pk, by=desk.mara, type="legal", reason="A letter of a lawyer")
    assert leads_to(desk, desk.sam, EventType.LEGAL_TEAM_MISSING) == url_of(ticket)
    assert leads_to(desk, admin, EventType.LEGAL_TEAM_MISSING) == "/admin/accounts/team/"
