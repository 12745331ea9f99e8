"""Drafts: one person's unsent words, which go only when they are sent or let go by that person."""

from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Agent
from core.errors import StaleVersion
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.enums import OutboundStatus
from tickets.errors import RoleForbids
from tickets.models import Draft, DraftFile, OutboundMessage, Ticket, TimelineEntry
from tickets.services import (
    NewFile,
    add_note,
    cancel_ticket,
    discard_draft,
    keep_above,
    keep_draft,
    keep_draft_files,
    reply_to_customer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> Agent:
    agent: Agent = AgentFactory(teams=[TeamFactory()])
    return agent


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    found: Ticket = TicketFactory(team=mara.teams.get(), owner=mara)
    return found


def keep(ticket: Ticket, mara: Agent, mode: str, text: str, **values: Any) -> Draft:
    kept = keep_draft(ticket.pk, by=mara, mode=mode, body_text=text, **values)
    assert kept is not None
    return kept


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
    first = keep(ticket, mara, "note", "One", version=0)
    seen = first.version
    second = keep(ticket, mara, "note", "One two", version=seen)
    assert second.version == seen + 1
    for version in (0, seen):
        with pytest.raises(StaleVersion):
            keep_draft(ticket.pk, by=mara, mode="note", body_text="Another", version=version)
    assert texts() == {(mara.name, "note", "One two")}


UNANSWERED = [("Half", ""), ("Half a sen", "")]


@pytest.mark.parametrize("stored", ["Half", "Half a sen"])
def test_a_save_whose_answer_was_lost_is_no_other_windows_text(mara: Agent, ticket: Ticket, stored: str) -> None:
    first = keep(ticket, mara, "note", "Half", version=0)
    keep(ticket, mara, "note", stored, version=first.version)
    keep_draft(ticket.pk, by=mara, mode="note", body_text="Half a sentence", version=0, sent_before=UNANSWERED)
    assert texts() == {(mara.name, "note", "Half a sentence")}
    with pytest.raises(StaleVersion):
        keep_draft(ticket.pk, by=mara, mode="note", body_text="Else", version=0, sent_before=UNANSWERED)


def test_what_was_sent_before_brings_nothing_back(mara: Agent, ticket: Ticket) -> None:
    seen = keep(ticket, mara, "note", "Done", version=0).version
    add_note(ticket.pk, by=mara, body_text="Done", draft_version=seen)
    with pytest.raises(StaleVersion):
        keep_draft(ticket.pk, by=mara, mode="note", body_text="Done!", version=seen, sent_before=[("Done", "")])
    assert texts() == set()


def test_a_late_save_does_not_bring_back_what_was_sent(mara: Agent, ticket: Ticket) -> None:
    seen = keep(ticket, mara, "note", "Done", version=0).version
    add_note(ticket.pk, by=mara, body_text="Done", draft_version=seen)
    with pytest.raises(StaleVersion):
        keep_draft(ticket.pk, by=mara, mode="note", body_text="Done", version=seen)
    assert texts() == set()


def test_a_window_that_shows_what_was_sent_touches_nothing_begun_since(mara: Agent, ticket: Ticket) -> None:
    seen = keep(ticket, mara, "note", "Done", version=0).version
    add_note(ticket.pk, by=mara, body_text="Done", draft_version=seen)
    begun = keep(ticket, mara, "note", "The next thing", version=0)
    assert begun.version not in (0, seen)
    with pytest.raises(StaleVersion):
        keep_draft(ticket.pk, by=mara, mode="note", body_text="Done, it seems", version=seen)
    with pytest.raises(StaleVersion):
        discard_draft(ticket.pk, by=mara, mode="note", version=seen)
    add_note(ticket.pk, by=mara, body_text="Done, it seems", draft_version=seen)
    assert texts() == {(mara.name, "note", "The next thing")}


def test_what_another_window_wrote_is_not_discarded_unseen(mara: Agent, ticket: Ticket) -> None:
    seen = keep(ticket, mara, "note", "One").version
    keep_draft_files(ticket.pk, by=mara, mode="note", files=[NewFile("plan.txt", b"plan")])
    now = keep(ticket, mara, "note", "One two", version=seen).version
    for version in (0, seen):
        with pytest.raises(StaleVersion) as refusal:
            discard_draft(ticket.pk, by=mara, mode="note", version=version)
        assert refusal.value.as_problem()["current_version"] == now
    assert (texts(), DraftFile.objects.count()) == ({(mara.name, "note", "One two")}, 1)
    discard_draft(ticket.pk, by=mara, mode="note", version=now)
    assert (texts(), DraftFile.objects.count()) == (set(), 0)
    discard_draft(ticket.pk, by=mara, mode="note", version=now)  # a second click finds nothing to refuse


def test_emptied_means_gone(mara: Agent, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=mara, mode="reply", body_text="Hello", cc="boss@acme.test")
    assert keep_draft(ticket.pk, by=mara, mode="reply", body_text=" \n", cc="") is None
    assert texts() == set()


def test_sent_it_goes_and_the_other_stays(mara: Agent, ticket: Ticket) -> None:
    seen = keep(ticket, mara, "reply", "Hello").version
    keep(ticket, mara, "note", "Aside")
    reply_to_customer(ticket.pk, by=mara, body_text="Hello", draft_version=seen)
    assert texts() == {(mara.name, "note", "Aside")}


def test_a_newer_text_of_another_window_outlives_the_sending(mara: Agent, ticket: Ticket) -> None:
    seen = keep(ticket, mara, "reply", "Hello").version
    keep(ticket, mara, "reply", "Hello, and one thing more", version=seen)
    reply_to_customer(ticket.pk, by=mara, body_text="Hello", draft_version=seen)
    assert texts() == {(mara.name, "reply", "Hello, and one thing more")}


def test_a_refused_reply_keeps_its_draft(mara: Agent, ticket: Ticket) -> None:
    seen = keep(ticket, mara, "reply", "Hello").version
    with pytest.raises(StaleVersion):
        reply_to_customer(ticket.pk, by=mara, body_text="Hello", draft_version=seen, version=99)
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
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Draft", "DraftChanged"]
    assert Draft.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_first_saves_at_once_without_a_version_the_later_text_wins() -> None:
    mara = AgentFactory()
    ticket = TicketFactory(owner=mara)
    outcomes = in_parallel(
        *(lambda n=n: keep_draft(ticket.pk, by=mara, mode="note", body_text=f"Text {n}") for n in range(6))
    )
    assert [type(outcome).__name__ for outcome in outcomes] == ["Draft"] * 6
    last = max(outcomes, key=lambda draft: draft.version)
    assert list(Draft.objects.values_list("body_text", "version")) == [(last.body_text, last.version)]


def test_a_text_that_becomes_the_draft_again_stands_above_what_was_begun_since(mara: Agent, ticket: Ticket) -> None:
    def above(text: str, **values: Any) -> str:
        kept = keep_above(ticket.pk, by=mara, mode="note", body_text=text, **values)
        return kept.body_text if kept else ""

    assert above("First") == "First"
    assert above("Second") == "Second\n\nFirst"
    assert above("Third, and Second\n\nFirst") == "Third, and Second\n\nFirst", "its words are part of it"
    version = Draft.objects.get().version
    assert above("Other", over=version) == "Other", "typed over it"
    assert above("Old", over=version) == "Old\n\nOther"
    assert above(" ") == "Old\n\nOther"


@pytest.mark.django_db(transaction=True)
def test_texts_that_become_the_draft_at_once_are_all_kept() -> None:
    mara = AgentFactory()
    ticket = TicketFactory(owner=mara)
    texts = [f"Text {number}" for number in range(4)]
    in_parallel(*(lambda n=n: keep_above(ticket.pk, by=mara, mode="reply", body_text=n) for n in texts))
    assert sorted(Draft.objects.get().body_text.split("\n\n")) == texts
