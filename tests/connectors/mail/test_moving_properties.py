"""Random sequences of moves, merges and what people do meanwhile: nothing is lost or doubled, and no owner changes."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Agent
from connectors.mail import services
from connectors.mail.models import MailMessage
from core.errors import DomainError
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.scale import full_size
from tickets import services as tickets
from tickets.enums import ClosureCode, EntryKind, TicketStatus
from tickets.models import Placement, Ticket, TimelineEntry
from tickets.selectors import entries_of, place_of


class World:
    """Three mails that made three tickets, and two people."""

    def __init__(self) -> None:
        mailbox = MailboxFactory()
        self.people: list[Agent] = [AgentFactory(teams=[mailbox.team]) for _ in range(2)]
        self.mails: list[MailMessage] = [arrive(a_mail(body=f"Mail {number}"), mailbox) for number in range(3)]
        self.tickets: list[Ticket] = [Ticket.objects.get(pk=mail.ticket_id) for mail in self.mails]
        self.mailbox = mailbox


Act = Callable[[World, int, int, Agent], Any]
ACTS: dict[str, Act] = {
    "move": lambda w, one, other, by: services.move_mail(w.mails[one].pk, to=w.tickets[other].reference, by=by),
    "undo": lambda w, one, other, by: services.undo_mail_move(w.mails[one].pk, by=by),
    "merge": lambda w, one, other, by: tickets.merge_ticket(w.tickets[one].pk, into=w.tickets[other], by=by),
    "unmerge": lambda w, one, other, by: tickets.unmerge_ticket(w.tickets[one].pk, by=by),
    "split": lambda w, one, other, by: tickets.split_entry(
        w.tickets[one].pk, entry_id=w.mails[other].entry_id or w.mails[other].pk, by=by
    ),
    "accept": lambda w, one, other, by: tickets.accept_ticket(w.tickets[one].pk, by=by),
    "note": lambda w, one, other, by: tickets.add_note(w.tickets[one].pk, by=by, body_text="Seen."),
    "cancel": lambda w, one, other, by: tickets.cancel_ticket(w.tickets[one].pk, by=by, code="withdrawn"),
    "resolve": lambda w, one, other, by: tickets.resolve_ticket(w.tickets[one].pk, by=by, code="fixed", note="Done."),
    "answer": lambda w, one, other, by: arrive(a_mail(In_Reply_To=f"<{w.mails[one].message_id}>"), w.mailbox),
}
NAMES = [*ACTS, "move", "undo", "accept", "merge", "unmerge", "split"]
"""What this is about comes up more often."""
sequences = st.lists(st.tuples(st.sampled_from(NAMES), *[st.integers(0, 2)] * 2, st.integers(0, 1)), max_size=12)


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.mark.soak
@settings(max_examples=full_size(250))
@given(sequence=sequences)
def test_no_sequence_loses_or_doubles_an_entry_or_changes_an_owner(world: World, sequence: list[Any]) -> None:
    with transaction.atomic():
        for name, one, other, person in sequence:
            owners = dict(Ticket.objects.filter(owner__isnull=False).values_list("pk", "owner"))
            written = dict(TimelineEntry.objects.values_list("pk", "body_text"))
            with suppress(DomainError), transaction.atomic():
                ACTS[name](world, one, other, world.people[person])
            assert owners.items() <= dict(Ticket.objects.values_list("pk", "owner")).items()
            assert written.items() <= dict(TimelineEntry.objects.values_list("pk", "body_text")).items()
            _check(world)
        transaction.set_rollback(True)


def _check(world: World) -> None:
    standing = [pk for ticket in Ticket.objects.all() for pk in entries_of(ticket).values_list("pk", flat=True)]
    assert sorted(standing) == sorted(TimelineEntry.objects.values_list("pk", flat=True))
    for mail in MailMessage.objects.filter(entry__isnull=False):
        assert mail.entry_id is not None
        assert mail.ticket_id == place_of(mail.entry_id), "the ledger knows where the mail stands"
    for ticket in Ticket.objects.filter(status=TicketStatus.CANCELLED, closure_code=ClosureCode.DUPLICATE):
        mails = entries_of(ticket).filter(kind=EntryKind.EMAIL_INBOUND)
        assert not mails.exists(), "a ticket ends by a move only if the mail was all it had"
        ended_by_move = Placement.objects.filter(from_ticket=ticket, has_ended_ticket=True).exists()
        assert ended_by_move or ticket.merged_into is not None
