"""Drafts: one person's unsent words, which go only when they are sent or let go by that person."""

import pytest

from accounts.enums import Role
from accounts.models import Agent
from core.errors import StaleVersion
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.enums import OutboundStatus
from tickets.errors import RoleForbids
from tickets.models import Draft, OutboundMessage, Ticket, TimelineEntry
from tickets.services import add_note, cancel_ticket, discard_draft, keep_draft, reply_to_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> Agent:
    agent: Agent = AgentFactory(teams=[TeamFactory()])
    return agent


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    found: Ticket = TicketFactory(team=mara.teams.get(), owner=mara)
    return found


def texts() -> set[tuple[str, str, str]]:
    return set(Draft.objects.values_list("person__name", "mode", "body_text"))


def test_each_person_ticket_and_mode_has_its_own(mara: Agent, ticket: Ticket) -> None:
    jonas = AgentFactory(teams=[ticket.team])
    keep_draft(ticket.pk, by=mara, mode="reply", body_text="To Dana")
    keep_draft(ticket.pk, by=mara, mode="note", body_text="Not for Dana")
    keep_draft(ticket.pk, by=jonas, mode="note", body_text="Mine")
    discard_draft(ticket.pk, by=jonas, mode="note")
    assert texts() == {(mara.name, "reply", "To Dana"), (mara.name, "note", "Not for Dana")}


def test_saving_touches_neither_ticket_nor_timeline(mara: Agent, ticket: Ticket) -> None:
    before = Ticket.objects.filter(pk=ticket.pk).values().get(), TimelineEntry.objects.count()
    keep_draft(ticket.pk, by=mara, mode="note", body_text="Half")
    assert (Ticket.objects.filter(pk=ticket.pk).values().get(), TimelineEntry.objects.count()) == before


def test_a_draft_changed_elsewhere_is_not_written_over(mara: Agent, ticket: Ticket) -> None:
    first = keep_draft(ticket.pk, by=mara, mode="note", body_text="One", version=0)
    assert first is not None
    second = keep_draft(ticket.pk, by=mara, mode="note", body_text="One two", version=first.version)
    assert second is not None
    assert second.version == 2
    for version in (0, 1):
        with pytest.raises(StaleVersion):
            keep_draft(ticket.pk, by=mara, mode="note", body_text="Another", version=version)
    assert texts() == {(mara.name, "note", "One two")}


def test_a_late_save_does_not_bring_back_what_was_sent(mara: Agent, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=mara, mode="note", body_text="Done", version=0)
    add_note(ticket.pk, by=mara, body_text="Done", draft_version=1)
    with pytest.raises(StaleVersion):
        keep_draft(ticket.pk, by=mara, mode="note", body_text="Done", version=1)
    assert texts() == set()


def test_emptied_means_gone(mara: Agent, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=mara, mode="reply", body_text="Hello", cc="boss@acme.test")
    assert keep_draft(ticket.pk, by=mara, mode="reply", body_text=" \n", cc="") is None
    assert texts() == set()


def test_sent_it_goes_and_the_other_stays(mara: Agent, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=mara, mode="reply", body_text="Hello")
    keep_draft(ticket.pk, by=mara, mode="note", body_text="Aside")
    reply_to_customer(ticket.pk, by=mara, body_text="Hello", draft_version=1)
    assert texts() == {(mara.name, "note", "Aside")}


def test_a_newer_text_of_another_window_outlives_the_sending(mara: Agent, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=mara, mode="reply", body_text="Hello")
    keep_draft(ticket.pk, by=mara, mode="reply", body_text="Hello, and one thing more", version=1)
    reply_to_customer(ticket.pk, by=mara, body_text="Hello", draft_version=1)
    assert texts() == {(mara.name, "reply", "Hello, and one thing more")}


def test_a_refused_reply_keeps_its_draft(mara: Agent, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=mara, mode="reply", body_text="Hello")
    with pytest.raises(StaleVersion):
        reply_to_customer(ticket.pk, by=mara, body_text="Hello", draft_version=1, version=99)
    assert texts() == {(mara.name, "reply", "Hello")}
    assert not OutboundMessage.objects.filter(status=OutboundStatus.HELD).exists()


def test_the_end_of_the_ticket_leaves_drafts_alone(mara: Agent, ticket: Ticket) -> None:
    jonas = AgentFactory(teams=[ticket.team])
    keep_draft(ticket.pk, by=jonas, mode="note", body_text="I have tried the spare cable")
    cancel_ticket(ticket.pk, by=mara, code="withdrawn")
    assert texts() == {(jonas.name, "note", "I have tried the spare cable")}


def test_who_only_reads_writes_no_drafts(ticket: Ticket) -> None:
    auditor = AgentFactory(roles=[Role.AUDITOR])
    with pytest.raises(RoleForbids):
        keep_draft(ticket.pk, by=auditor, mode="note", body_text="Seen")
    assert texts() == set()


@pytest.mark.django_db(transaction=True)
def test_two_first_saves_at_once_lose_neither_text_silently() -> None:
    mara = AgentFactory()
    ticket = TicketFactory(owner=mara)

    def save(text: str) -> object:
        return keep_draft(ticket.pk, by=mara, mode="note", body_text=text, version=0)

    outcomes = in_parallel(lambda: save("of the left window"), lambda: save("of the right window"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Draft", "StaleVersion"]
    assert Draft.objects.count() == 1
