"""Random sequences of every public operation by random roles: no owner changes, no owned status without owner, no
entry lost.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.enums import Role, Scope
from accounts.models import Agent
from core.errors import DomainError
from tests.factories import AbsenceFactory, AgentFactory, ApiClientFactory, ContactFactory, TeamFactory, TicketFactory
from tickets import services
from tickets.enums import Delivery, OutboundKind
from tickets.models import OutboundMessage, OwnershipTransfer, Task, Ticket, TimelineEntry
from tickets.selectors import entries_of
from tickets.services.creation import Message

REASON = "The colleague has left the company for good."
NOT_ON_ONE_TICKET = {"NewFile", "store_files", "create_ticket", "create_ticket_for"}


class World:
    """One team with people in every role, one outsider team, and a ticket that has just come in."""

    def __init__(self) -> None:
        self.supervisor = AgentFactory(roles=[Role.SUPERVISOR])
        self.manager = AgentFactory(roles=[Role.MANAGER])
        self.lead = AgentFactory(roles=[Role.TEAM_LEAD, Role.AGENT])
        self.team = TeamFactory(lead=self.lead, supervisor=self.supervisor, manager=self.manager)
        self.other_team = TeamFactory()
        self.ann = AgentFactory(teams=[self.team])
        self.bob = AgentFactory(teams=[self.team], employment_ended_on=timezone.now().date() - timedelta(days=2))
        self.eve = AgentFactory(teams=[self.team])
        AbsenceFactory(agent=self.eve, days=40, deputy=self.ann, starts_on=timezone.now().date() + timedelta(days=3))
        self.people: list[Any] = [
            self.ann,
            self.bob,
            self.eve,
            self.lead,
            self.supervisor,
            self.manager,
            AgentFactory(roles=[Role.AUDITOR]),
            AgentFactory(roles=[Role.ADMIN]),
            AgentFactory(teams=[self.other_team]),
            ApiClientFactory(scopes=list(Scope), teams=[self.team]),
        ]
        self.ticket = TicketFactory(team=self.team)
        self.colleague = ContactFactory()
        self.second = TicketFactory(team=self.team, requester=self.ticket.requester)

    def newest(self, related: str) -> Any:
        """Id of the newest related row, or of nothing at all."""
        found = getattr(self.ticket, related).order_by("-created_at").values_list("pk", flat=True).first()
        return found or self.ticket.pk

    def some_moment(self) -> dict[str, Any]:
        """Every other reply waits until tomorrow."""
        is_scheduled = self.ticket.outbound_messages.count() % 2
        return {"when": "at", "send_at": timezone.now() + timedelta(days=1)} if is_scheduled else {}

    def movable(self) -> Any:
        """Id of the mail that the ticket began with, wherever it stands now."""
        return self.ticket.entries.order_by("seq").values_list("pk", flat=True).first()


Operation = Callable[[World, Any, Any], Any]
ONE = services
OPERATIONS: dict[str, Operation] = {
    "accept_ticket": lambda w, by, other: ONE.accept_ticket(w.ticket.pk, by=by),
    "add_note": lambda w, by, other: ONE.add_note(w.ticket.pk, by=by, body_text="A note"),
    "add_participants": lambda w, by, other: ONE.add_participants(
        w.ticket.pk, contacts=[w.ticket.requester, w.colleague], by=by
    ),
    "allow_remote_images": lambda w, by, other: ONE.allow_remote_images(w.ticket.pk, by=by),
    "auto_close_ticket": lambda w, by, other: ONE.auto_close_ticket(
        w.ticket.pk, by=by, at=timezone.now() + timedelta(days=20)
    ),
    "cancel_task": lambda w, by, other: ONE.cancel_task(w.newest("tasks"), by=by, reason="Not needed"),
    "cancel_ticket": lambda w, by, other: ONE.cancel_ticket(w.ticket.pk, by=by, code="withdrawn"),
    "change_team": lambda w, by, other: ONE.change_team(w.ticket.pk, by=by, team=w.other_team),
    "close_due_tickets": lambda w, by, other: ONE.close_due_tickets(now=timezone.now() + timedelta(days=20)),
    "confirm_by_customer": lambda w, by, other: ONE.confirm_by_customer(
        w.ticket.pk, by=w.ticket.requester, round=Ticket.objects.get(pk=w.ticket.pk).reopen_count
    ),
    "confirm_ticket": lambda w, by, other: ONE.confirm_ticket(w.ticket.pk, by=by),
    "create_task": lambda w, by, other: ONE.create_task(w.ticket.pk, by=by, title="A task", is_mandatory=True),
    "discard_draft": lambda w, by, other: ONE.discard_draft(w.ticket.pk, by=by, mode="reply"),
    "edit_task": lambda w, by, other: ONE.edit_task(
        w.newest("tasks"),
        by=by,
        title="Another task",
        is_mandatory=False,
        assigned_to=other if isinstance(other, Agent) else None,
        team=w.team,
        blocked_by=w.ticket.tasks.order_by("created_at").values_list("pk", flat=True)[:1],
    ),
    "edit_ticket": lambda w, by, other: ONE.edit_ticket(
        w.ticket.pk,
        by=by,
        version=Ticket.objects.get(pk=w.ticket.pk).version,
        subject="Other",
        priority="high",
        tags=["x"],
    ),
    "finish_task": lambda w, by, other: ONE.finish_task(w.newest("tasks"), by=by),
    "keep_draft": lambda w, by, other: ONE.keep_draft(w.ticket.pk, by=by, mode="reply", body_text="Half a sen"),
    "lapse_due_offers": lambda w, by, other: ONE.lapse_due_offers(now=timezone.now() + timedelta(days=9)),
    "lapse_offer": lambda w, by, other: ONE.lapse_offer(w.ticket.pk, by=by, at=timezone.now() + timedelta(days=9)),
    "link_tickets": lambda w, by, other: ONE.link_tickets(w.ticket.pk, to=w.second, kind="related", by=by),
    "merge_ticket": lambda w, by, other: ONE.merge_ticket(w.ticket.pk, into=w.second, by=by),
    "move_entry": lambda w, by, other: ONE.move_entry(w.movable(), to=w.second, by=by),
    "note_delivery": lambda w, by, other: ONE.note_delivery(
        w.newest("outbound_messages"),
        addresses=["dana@customer.test"],
        delivery=Delivery.UNDELIVERABLE,
        at=timezone.now(),
        code="5.1.1",
    ),
    "offer_ticket": lambda w, by, other: ONE.offer_ticket(w.ticket.pk, to=other, by=by),
    "preview_reply": lambda w, by, other: ONE.preview_reply(w.ticket.pk, by=by, body_text="We look into it."),
    "reschedule_message": lambda w, by, other: ONE.reschedule_message(
        w.newest("outbound_messages"), by=by, when="at", send_at=timezone.now() + timedelta(days=2)
    ),
    "queue_system_message": lambda w, by, other: ONE.queue_system_message(
        w.ticket.pk, kind=OutboundKind.ACKNOWLEDGEMENT, body_text="We have received your message."
    ),
    "record_automatic_message": lambda w, by, other: ONE.record_automatic_message(
        w.ticket.pk, by=w.ticket.requester, message=Message(body_text="Away"), reason="auto-replied"
    ),
    "record_customer_message": lambda w, by, other: ONE.record_customer_message(
        w.ticket.pk, by=w.ticket.requester, message=Message(body_text="Any news?")
    ),
    "redact_entry": lambda w, by, other: ONE.redact_entry(w.newest("entries"), by=by, reason="Privacy"),
    "refuse_owner_change": lambda w, by, other: ONE.refuse_owner_change(w.ticket.pk, by=by),
    "release_due_messages": lambda w, by, other: ONE.release_due_messages(now=timezone.now() + timedelta(minutes=1)),
    "release_message": lambda w, by, other: ONE.release_message(
        w.newest("outbound_messages"), now=timezone.now() + timedelta(minutes=1)
    ),
    "reopen_by_customer": lambda w, by, other: ONE.reopen_by_customer(
        w.ticket.pk, by=w.ticket.requester, round=Ticket.objects.get(pk=w.ticket.pk).reopen_count
    ),
    "reopen_task": lambda w, by, other: ONE.reopen_task(w.newest("tasks"), by=by),
    "reopen_ticket": lambda w, by, other: ONE.reopen_ticket(w.ticket.pk, by=by),
    "reply_to_customer": lambda w, by, other: ONE.reply_to_customer(
        w.ticket.pk, by=by, body_text="We look into it.", then="wait_for_customer", **w.some_moment()
    ),
    "resolve_ticket": lambda w, by, other: ONE.resolve_ticket(w.ticket.pk, by=by, code="fixed", note="Done."),
    "resume_ticket": lambda w, by, other: ONE.resume_ticket(w.ticket.pk, by=by),
    "split_entry": lambda w, by, other: ONE.split_entry(w.ticket.pk, entry_id=w.movable(), by=by),
    "start_task": lambda w, by, other: ONE.start_task(w.newest("tasks"), by=by),
    "transfer_ownership": lambda w, by, other: ONE.transfer_ownership(
        w.ticket.pk, by=by, new_owner=other, reason_code="termination", reason=REASON
    ),
    "undo_message": lambda w, by, other: ONE.undo_message(w.newest("outbound_messages"), by=by),
    "undo_move": lambda w, by, other: ONE.undo_move(w.movable(), by=by),
    "unmerge_ticket": lambda w, by, other: ONE.unmerge_ticket(w.ticket.pk, by=by),
    "unwatch": lambda w, by, other: ONE.unwatch(w.ticket.pk, by=by),
    "wait_for_customer": lambda w, by, other: ONE.wait_for_customer(w.ticket.pk, by=by),
    "watch": lambda w, by, other: ONE.watch(w.ticket.pk, by=by),
    "withdraw_offer": lambda w, by, other: ONE.withdraw_offer(w.ticket.pk, by=by),
}
FOR_AGENTS_ONLY = {"redact_entry", "reply_to_customer", "watch", "unwatch"}


def test_every_public_service_is_driven() -> None:
    assert set(services.__all__) - NOT_ON_ONE_TICKET == set(OPERATIONS)


@pytest.fixture
def world(db: None) -> World:
    """Made once; each sequence is rolled back."""
    return World()


steps = st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 9), st.integers(0, 5))
sequences = st.lists(steps, min_size=1, max_size=25)
OWNED = [("accept_ticket", 1, 0)]
"""Half of the sequences begin with an owner, so that there is something to take."""


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=sequences, begins_owned=st.booleans())
def test_002_no_sequence_changes_an_owner_or_loses_an_entry(
    world: World, sequence: list[Any], begins_owned: bool
) -> None:
    with transaction.atomic():
        for name, actor, other in (OWNED if begins_owned else []) + sequence:
            _step(world, name, actor, other)
        transaction.set_rollback(True)


def _step(world: World, name: str, actor: int, other: int) -> None:
    before = Ticket.objects.get(pk=world.ticket.pk)
    entries = list(TimelineEntry.objects.filter(ticket=before).values_list("seq", "kind", "body_text"))
    transfers = OwnershipTransfer.objects.count()
    by = world.people[actor]
    if name in FOR_AGENTS_ONLY and actor == 9:
        return
    for person in world.people:
        person.__dict__.pop("_reach", None)
    with suppress(DomainError, Ticket.DoesNotExist, *_missing()), transaction.atomic():
        OPERATIONS[name](world, by, world.people[other])
    after = Ticket.objects.get(pk=world.ticket.pk)
    if before.owner_id is not None and after.owner_id != before.owner_id:
        assert (name, OwnershipTransfer.objects.count()) == ("transfer_ownership", transfers + 1)
        assert by in (world.supervisor, world.manager, world.people[7])
        assert before.owner == world.bob
    if before.owner_id is None and after.owner_id is not None:
        assert (name, after.owner_id) == ("accept_ticket", by.pk)
    assert after.owner_id is not None or after.status in ("new", "cancelled")
    kept = list(TimelineEntry.objects.filter(ticket=before).values_list("seq", "kind", "body_text"))
    if name == "redact_entry":
        entries, kept = [row[:2] for row in entries], [row[:2] for row in kept]
    assert set(entries) <= set(kept)
    standing = [pk for ticket in Ticket.objects.all() for pk in entries_of(ticket).values_list("pk", flat=True)]
    written = TimelineEntry.objects.values_list("pk", flat=True)
    assert sorted(standing) == sorted(written), "each entry stands on exactly one ticket"


def _missing() -> tuple[type[Exception], ...]:
    """What a service raises for an id that is not there; the edges look up first and answer 404."""
    return (OutboundMessage.DoesNotExist, Task.DoesNotExist, TimelineEntry.DoesNotExist)
