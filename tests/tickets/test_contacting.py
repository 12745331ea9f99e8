"""Calls and chats written down (issue 4, "More kinds of entry"; domain.md 7)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent
from core.errors import Invalid, StaleVersion
from tests.factories import AbsenceFactory, AgentFactory, ApiClientFactory, TeamFactory, TicketFactory
from tickets.enums import EntryKind, Visibility
from tickets.errors import NotOwner, OwnersActForbidden, RoleForbids, TicketClosed
from tickets.models import Ticket
from tickets.search import search_tickets
from tickets.services import cancel_ticket, log_contact

pytestmark = pytest.mark.django_db
CALL = {"kind": "phone_note", "direction": "inbound", "minutes": 12, "body_text": " The toner is empty. "}


@pytest.fixture
def mara() -> Agent:
    return AgentFactory(name="Mara Klein")


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    return TicketFactory(owner=mara, requester__first_name="Dana", requester__last_name="Roth")


def test_a_call_is_an_internal_entry_with_who_when_direction_and_minutes(ticket: Ticket, mara: Agent) -> None:
    began = timezone.now() - timedelta(minutes=20)
    entry = log_contact(ticket.pk, by=mara, at=began, **CALL)
    assert (entry.kind, entry.visibility, entry.author) == (EntryKind.PHONE_NOTE, Visibility.INTERNAL, mara)
    assert entry.body_text == "The toner is empty."
    assert entry.facts == {
        "direction": "inbound",
        "minutes": 12,
        "spoke_with": "Dana Roth",
        "at": began.isoformat(timespec="seconds"),
    }


def test_status_and_clocks_stay_and_the_ticket_is_found_by_what_was_said(ticket: Ticket, mara: Agent) -> None:
    before = Ticket.objects.get(pk=ticket.pk)
    chat = CALL | {"kind": "chat", "spoke_with": "Quirin Zabel"}
    log_contact(ticket.pk, by=mara, visibility="public", **chat)
    after = Ticket.objects.get(pk=ticket.pk)
    for name in ("status", "version", "last_public_reply_at", "last_customer_message_at", "first_response_at"):
        assert getattr(after, name) == getattr(before, name), name
    for words in ("toner", "zabel"):
        assert [found.pk for found in search_tickets(mara, words).items] == [ticket.pk], words


def test_a_colleague_writes_down_inside_and_only_the_owner_in_public(ticket: Ticket, mara: Agent) -> None:
    jonas = AgentFactory(teams=[ticket.team])
    assert log_contact(ticket.pk, by=jonas, **CALL).visibility == Visibility.INTERNAL
    with pytest.raises(NotOwner):
        log_contact(ticket.pk, by=jonas, visibility="public", **CALL)
    AbsenceFactory(agent=mara, deputy=jonas)
    deputised = log_contact(ticket.pk, by=Agent.objects.get(pk=jonas.pk), visibility="public", **CALL)
    assert (deputised.visibility, deputised.on_behalf_of) == (Visibility.PUBLIC, mara)


def test_roles_and_scopes_are_those_of_an_internal_note(ticket: Ticket) -> None:
    with pytest.raises(RoleForbids):
        log_contact(ticket.pk, by=AgentFactory(roles=[Role.AUDITOR]), **CALL)
    with pytest.raises(ScopeMissing):
        log_contact(ticket.pk, by=ApiClientFactory(scopes=[Scope.TICKETS_READ], teams=[ticket.team]), **CALL)
    program = ApiClientFactory(scopes=[Scope.NOTES_WRITE], teams=[ticket.team])
    assert log_contact(ticket.pk, by=program, **CALL).api_client == program
    with pytest.raises(OwnersActForbidden):
        log_contact(ticket.pk, by=program, visibility="public", **CALL)
    outsider = AgentFactory(teams=[TeamFactory()])
    with pytest.raises(RoleForbids):
        log_contact(ticket.pk, by=outsider, **CALL)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", {"kind": "note"}),
        ("direction", {"direction": "sideways"}),
        ("minutes", {"minutes": -1}),
        ("minutes", {"minutes": 1441}),
        ("at", {"at": timezone.now() + timedelta(hours=1)}),
        ("body", {"body_text": "  "}),
        ("spoke_with", {"spoke_with": "x" * 256}),
        ("visibility", {"visibility": "envelope_only"}),
    ],
)
def test_bad_values_are_named_and_change_nothing(field: str, value: dict, ticket: Ticket, mara: Agent) -> None:
    before = ticket.entries.count()
    with pytest.raises(Invalid) as refusal:
        log_contact(ticket.pk, by=mara, **CALL | value)
    assert (list(refusal.value.fields), ticket.entries.count()) == ([field], before)


def test_an_ended_ticket_takes_no_entry_and_a_stale_version_is_refused_last(ticket: Ticket, mara: Agent) -> None:
    with pytest.raises(StaleVersion):
        log_contact(ticket.pk, by=mara, version=99, **CALL)
    cancel_ticket(ticket.pk, by=mara, code="withdrawn")
    with pytest.raises(TicketClosed):
        log_contact(ticket.pk, by=mara, version=99, **CALL)
