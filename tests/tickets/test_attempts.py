"""What was tried: entries marked as attempts, and the resolution path (issue 4, "More kinds of entry")."""

import pytest
from django.db import DatabaseError, transaction

from accounts.enums import Role, Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent
from core.errors import Invalid, NotFound
from tests.factories import AgentFactory, ApiClientFactory, ContactFactory, TicketFactory
from tickets import services
from tickets.around import attempts_on, with_surroundings
from tickets.enums import EntryKind
from tickets.errors import EntryNoAttempt, RoleForbids, TicketClosed
from tickets.models import AttemptMark, Ticket, TimelineEntry
from tickets.services import add_note, mark_attempt
from tickets.wording import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> Agent:
    return AgentFactory(name="Mara Klein")


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    return TicketFactory(owner=mara)


def note(ticket: Ticket, by: Agent, text: str) -> TimelineEntry:
    return add_note(ticket.pk, by=by, body_text=text)


def path(ticket: Ticket, reader: Agent) -> list[tuple[str, str]]:
    found = with_surroundings(Ticket.objects.all(), reader).get(pk=ticket.pk)
    return [(attempt.text, attempt.outcome) for attempt in attempts_on(found)]


def test_the_path_tells_what_failed_and_what_worked_in_the_order_of_the_timeline(ticket: Ticket, mara: Agent) -> None:
    restart, firmware = note(ticket, mara, "Restarted it"), note(ticket, mara, "New firmware 4.2")
    mark_attempt(ticket.pk, entry_id=firmware.pk, by=mara, outcome="worked")
    mark_attempt(ticket.pk, entry_id=restart.pk, by=mara, outcome="failed")
    assert path(ticket, mara) == [("Restarted it", "failed"), ("New firmware 4.2", "worked")]


def test_a_later_mark_replaces_the_former_and_both_are_kept(ticket: Ticket, mara: Agent) -> None:
    jonas = AgentFactory(name="Jonas Kern", teams=[ticket.team])
    entry = note(ticket, mara, "Restarted it")
    mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="worked")
    mark_attempt(ticket.pk, entry_id=entry.pk, by=jonas, outcome="failed")
    assert path(ticket, mara) == [("Restarted it", "failed")]
    kept = AttemptMark.objects.order_by("id").values_list("outcome", "by_name")
    assert list(kept) == [("worked", "Mara Klein"), ("failed", "Jonas Kern")]
    mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="none")
    assert (path(ticket, mara), AttemptMark.objects.count()) == ([], 3)


def test_each_mark_is_told_on_the_timeline_and_repeating_one_is_not(ticket: Ticket, mara: Agent) -> None:
    entry = note(ticket, mara, "Restarted it")
    assert mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="none") is None
    first = mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="failed")
    assert mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="failed") == first
    told = [describe(line) for line in ticket.entries.filter(kind=EntryKind.SYSTEM)]
    assert told == ["Marked as an attempt that did not work: entry of Mara Klein"]


def test_marks_are_append_only_and_name_the_ticket_of_their_entry(ticket: Ticket, mara: Agent) -> None:
    entry = note(ticket, mara, "Restarted it")
    mark = mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="failed")
    assert mark is not None
    with pytest.raises(DatabaseError), transaction.atomic():
        AttemptMark.objects.filter(pk=mark.pk).update(outcome="worked")
    with pytest.raises(DatabaseError), transaction.atomic():
        mark.delete()
    elsewhere = TicketFactory()
    with pytest.raises(DatabaseError, match="belongs to the ticket"), transaction.atomic():
        AttemptMark.objects.create(entry=entry, home=elsewhere, outcome="worked", by=mara, by_name="Mara")


def test_who_may_write_notes_may_mark(ticket: Ticket, mara: Agent) -> None:
    entry = note(ticket, mara, "Restarted it")
    with pytest.raises(RoleForbids):
        mark_attempt(ticket.pk, entry_id=entry.pk, by=AgentFactory(roles=[Role.AUDITOR]), outcome="worked")
    bare = ApiClientFactory(scopes=[Scope.TICKETS_READ], teams=[ticket.team])
    with pytest.raises(ScopeMissing):
        mark_attempt(ticket.pk, entry_id=entry.pk, by=bare, outcome="worked")
    program = ApiClientFactory(name="Monitor", scopes=[Scope.NOTES_WRITE], teams=[ticket.team])
    mark = mark_attempt(ticket.pk, entry_id=entry.pk, by=program, outcome="worked")
    assert mark is not None
    assert (mark.by, mark.by_name) == (None, program.audit_name)


def test_only_words_that_stand_on_an_open_ticket_are_attempts(ticket: Ticket, mara: Agent) -> None:
    entry = note(ticket, mara, "Restarted it")
    line = ticket.entries.filter(kind=EntryKind.OWNERSHIP).get()
    with pytest.raises(EntryNoAttempt):
        mark_attempt(ticket.pk, entry_id=line.pk, by=mara, outcome="worked")
    with pytest.raises(NotFound):
        mark_attempt(TicketFactory(owner=mara).pk, entry_id=entry.pk, by=mara, outcome="worked")
    with pytest.raises(Invalid):
        mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="perhaps")
    services.cancel_ticket(ticket.pk, by=mara, code="withdrawn")
    with pytest.raises(TicketClosed):
        mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="worked")


def test_the_path_follows_a_merge_and_comes_back_with_its_undo(mara: Agent) -> None:
    dana = ContactFactory()
    old, goes_on = (TicketFactory(owner=mara, requester=dana) for _number in range(2))
    entry = note(old, mara, "Restarted it")
    mark_attempt(old.pk, entry_id=entry.pk, by=mara, outcome="failed")
    services.merge_ticket(old.pk, into=goes_on, by=mara)
    assert (path(old, mara), path(goes_on, mara)) == ([], [("Restarted it", "failed")])
    mark_attempt(goes_on.pk, entry_id=entry.pk, by=mara, outcome="worked")
    assert path(goes_on, mara) == [("Restarted it", "worked")]
    services.unmerge_ticket(old.pk, by=mara)
    assert (path(old, mara), path(goes_on, mara)) == ([("Restarted it", "worked")], [])


def test_a_redacted_attempt_stays_on_the_path_without_its_words(ticket: Ticket, mara: Agent) -> None:
    entry = note(ticket, mara, "Her password is secret")
    mark_attempt(ticket.pk, entry_id=entry.pk, by=mara, outcome="failed")
    services.redact_entry(entry.pk, by=AgentFactory(roles=[Role.ADMIN]), reason="Privacy")
    assert path(ticket, mara) == [("", "failed")]
