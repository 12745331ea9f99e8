"""Random sequences of every public operation by random roles: no owner changes, no owned status without owner, no
entry lost.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.enums import Role, Scope
from accounts.models import Agent
from core.errors import DomainError
from envelopes.models import Envelope
from tests.factories import AbsenceFactory, AgentFactory, ApiClientFactory, ContactFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import VALUES as RESOLUTION
from tests.scale import full_size
from tickets import services
from tickets.enums import BulkKind, Delivery, EntryKind, FlagCause, FlagType, OutboundKind
from tickets.models import (
    BulkAct,
    CaseFlag,
    OutboundMessage,
    OwnershipTransfer,
    Resolution,
    Task,
    Ticket,
    TimelineEntry,
)
from tickets.selectors import entries_of
from tickets.services import NewFile
from tickets.services.creation import Message

REASON = "The colleague has left the company for good."
NOT_ON_ONE_TICKET = {
    *(
        "Asked",
        "NewFile",
        "Limit",
        "Line",
        "Reader",
        "lock_ticket",
        "store_files",
        "create_ticket",
        "create_ticket_for",
        "set_team_signature",
    ),
    *("create_canned_response", "edit_canned_response", "delete_canned_response"),
    *("create_ticket_template", "edit_ticket_template", "delete_ticket_template"),
    *("generate_calibration", "generate_due_calibrations", "review_item", "close_calibration"),
    *("save_view", "edit_view", "delete_view", "save_board", "edit_board", "delete_board"),
}


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
        self.helper = self.people[8]
        self.second = TicketFactory(team=self.team, requester=self.ticket.requester)

    def newest(self, related: str) -> Any:
        """Id of the newest related row, or of nothing at all."""
        found = getattr(self.ticket, related).order_by("-created_at").values_list("pk", flat=True).first()
        return found or self.ticket.pk

    def some_moment(self) -> dict[str, Any]:
        """Every other reply waits until tomorrow."""
        is_scheduled = self.ticket.outbound_messages.count() % 2
        return {"when": "at", "send_at": timezone.now() + timedelta(days=1)} if is_scheduled else {}

    def bulk_kind(self) -> BulkKind:
        """Another one each time."""
        return list(BulkKind)[BulkAct.objects.count() % len(BulkKind)]

    def bulk_values(self, other: Any) -> dict[str, Any]:
        return {
            "priority": "high",
            "reason": "",
            "tags": ["vpn"],
            "code": "withdrawn",
            "to": other,
            "team": self.other_team,
        }

    def flag_type(self) -> FlagType:
        """Another one each time."""
        return list(FlagType)[self.ticket.case_flags.count() % len(FlagType)]

    def movable(self) -> Any:
        """Id of the mail that the ticket began with, wherever it stands now."""
        return self.ticket.entries.order_by("seq").values_list("pk", flat=True).first()


Operation = Callable[[World, Any, Any], Any]
ONE = services
OPERATIONS: dict[str, Operation] = {
    "accept_ticket": lambda w, by, other: ONE.accept_ticket(w.ticket.pk, by=by),
    "act_on_many": lambda w, by, other: ONE.act_on_many(
        w.bulk_kind(), by=by, references=[w.ticket.reference], **w.bulk_values(other)
    ),
    "add_flag": lambda w, by, other: ONE.add_flag(w.ticket.pk, by=by, type=w.flag_type(), reason="As they say"),
    "add_note": lambda w, by, other: ONE.add_note(w.ticket.pk, by=by, body_text="A note"),
    "add_participants": lambda w, by, other: ONE.add_participants(
        w.ticket.pk, contacts=[w.ticket.requester, w.colleague], by=by
    ),
    "add_watcher": lambda w, by, other: ONE.add_watcher(w.ticket.pk, person=other, by=by),
    "allow_remote_images": lambda w, by, other: ONE.allow_remote_images(w.ticket.pk, by=by),
    "approve_resolution": lambda w, by, other: ONE.approve_resolution(w.newest("resolutions"), by=by),
    "ask_many": lambda w, by, other: ONE.ask_many(
        w.bulk_kind(), by=by, tickets=[(w.ticket.pk, w.ticket.reference), (w.second.pk, w.second.reference)]
    ),
    "auto_close_ticket": lambda w, by, other: ONE.auto_close_ticket(
        w.ticket.pk, by=by, at=timezone.now() + timedelta(days=20)
    ),
    "ask_customer_again": lambda w, by, other: ONE.ask_customer_again(w.ticket.pk, due_at=timezone.now()),
    "cancel_task": lambda w, by, other: ONE.cancel_task(w.newest("tasks"), by=by, reason="Not needed"),
    "cancel_ticket": lambda w, by, other: ONE.cancel_ticket(w.ticket.pk, by=by, code="withdrawn"),
    "carry_flags": lambda w, by, other: ONE.carry_flags(w.second.pk, into_id=w.ticket.pk),
    "change_requester": lambda w, by, other: ONE.change_requester(w.ticket.pk, by=by, email=w.colleague.email),
    "change_team": lambda w, by, other: ONE.change_team(w.ticket.pk, by=by, team=w.other_team),
    "clear_flag": lambda w, by, other: ONE.clear_flag(w.newest("case_flags"), by=by, reason="It holds no more"),
    "close_due_tickets": lambda w, by, other: ONE.close_due_tickets(now=timezone.now() + timedelta(days=20)),
    "confirm_by_customer": lambda w, by, other: ONE.confirm_by_customer(
        w.ticket.pk, by=w.ticket.requester, round=Ticket.objects.get(pk=w.ticket.pk).reopen_count
    ),
    "confirm_ticket": lambda w, by, other: ONE.confirm_ticket(w.ticket.pk, by=by),
    "create_resolution": lambda w, by, other: ONE.create_resolution(
        w.ticket.pk, by=by, **RESOLUTION, amount=Decimal(60 * (1 + w.ticket.resolutions.count()))
    ),
    "create_hidden_task": lambda w, by, other: ONE.create_hidden_task(w.ticket.pk, by=by, title="Not for all"),
    "create_task": lambda w, by, other: ONE.create_task(w.ticket.pk, by=by, title="A task", is_mandatory=True),
    "discard_draft": lambda w, by, other: ONE.discard_draft(w.ticket.pk, by=by, mode="reply"),
    "drop_scheduled_of_legal_case": lambda w, by, other: ONE.drop_scheduled_of_legal_case(w.ticket.pk, by=by),
    "end_hidden_tasks": lambda w, by, other: ONE.end_hidden_tasks(
        w.ticket.pk, ids=list(w.ticket.tasks.values_list("pk", flat=True)), by=by
    ),
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
    "end_wait_for_colleagues": lambda w, by, other: ONE.end_wait_for_colleagues(w.ticket.pk, by=by),
    "finish_task": lambda w, by, other: ONE.finish_task(w.newest("tasks"), by=by),
    "flag_automatically": lambda w, by, other: ONE.flag_automatically(
        w.ticket.pk, type=FlagType.VIP, cause=FlagCause.TIER
    ),
    "flag_open_tickets_of_vips": lambda w, by, other: ONE.flag_open_tickets_of_vips(contact_id=w.ticket.requester_id),
    "flag_repeat_contact": lambda w, by, other: ONE.flag_repeat_contact(w.ticket.pk, at=timezone.now()),
    "follow_address": lambda w, by, other: ONE.follow_address(
        w.ticket.requester.pk, old=w.ticket.requester.email, new="dana@new.test", by=w.lead
    ),
    "forget_former_readers": lambda w, by, other: ONE.forget_former_readers(now=timezone.now()),
    "forget_unconfirmed_acts": lambda w, by, other: ONE.forget_unconfirmed_acts(
        now=timezone.now() + timedelta(hours=2)
    ),
    "keep_above": lambda w, by, other: ONE.keep_above(w.ticket.pk, by=by, mode="reply", body_text="Half a sen"),
    "keep_draft": lambda w, by, other: ONE.keep_draft(w.ticket.pk, by=by, mode="reply", body_text="Half a sen"),
    "keep_draft_files": lambda w, by, other: ONE.keep_draft_files(
        w.ticket.pk, by=by, mode="reply", files=[NewFile("plan.txt", b"plan")]
    ),
    "lapse_due_offers": lambda w, by, other: ONE.lapse_due_offers(now=timezone.now() + timedelta(days=9)),
    "lapse_offer": lambda w, by, other: ONE.lapse_offer(w.ticket.pk, by=by, at=timezone.now() + timedelta(days=9)),
    "link_tickets": lambda w, by, other: ONE.link_tickets(w.ticket.pk, to=w.second, kind="related", by=by),
    "log_contact": lambda w, by, other: ONE.log_contact(
        w.ticket.pk,
        by=by,
        kind="phone_note",
        direction="inbound",
        minutes=3,
        body_text="They called",
        visibility="public" if w.ticket.entries.count() % 2 else "internal",
    ),
    "mark_attempt": lambda w, by, other: ONE.mark_attempt(
        w.ticket.pk, entry_id=w.movable(), by=by, outcome="failed" if w.ticket.entries.count() % 2 else "none"
    ),
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
    "record_sentiment": lambda w, by, other: ONE.record_sentiment(w.newest("case_flags"), by=by, sentiment="neutral"),
    "redact_entry": lambda w, by, other: ONE.redact_entry(w.newest("entries"), by=by, reason="Privacy"),
    "refuse_owner_change": lambda w, by, other: ONE.refuse_owner_change(w.ticket.pk, by=by),
    "scan_due_files": lambda w, by, other: ONE.scan_due_files(),
    "refuse_status": lambda w, by, other: ONE.refuse_status(w.ticket.pk, by=by),
    "reject_resolution": lambda w, by, other: ONE.reject_resolution(w.newest("resolutions"), by=by, reason="No"),
    "release_due_messages": lambda w, by, other: ONE.release_due_messages(now=timezone.now() + timedelta(minutes=1)),
    "release_message": lambda w, by, other: ONE.release_message(
        w.newest("outbound_messages"), now=timezone.now() + timedelta(minutes=1)
    ),
    "remind_of_approval": lambda w, by, other: ONE.remind_of_approval(
        w.newest("resolutions"), by=by, at=timezone.now() + timedelta(days=9)
    ),
    "remind_of_approvals": lambda w, by, other: ONE.remind_of_approvals(now=timezone.now() + timedelta(days=9)),
    "remove_draft_file": lambda w, by, other: ONE.remove_draft_file(w.ticket.pk, by=by),
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
    "run_bulk_acts": lambda w, by, other: ONE.run_bulk_acts(),
    "promise_resolution": lambda w, by, other: ONE.promise_resolution(
        w.ticket.pk, timezone.now() + timedelta(hours=3), at=timezone.now()
    ),
    "set_readers": lambda w, by, other: ONE.set_readers(
        w.ticket.pk, source=w.second.pk, readers=[ONE.Reader(agent_id=w.helper.pk)], by=by
    ),
    "set_wip_limits": lambda w, by, other: ONE.set_wip_limits(
        w.team.pk, by=by, limits={("status", "in_progress"): ONE.Limit(1, "hard")}
    ),
    "split_entry": lambda w, by, other: ONE.split_entry(w.ticket.pk, entry_id=w.movable(), by=by),
    "start_many": lambda w, by, other: ONE.start_many(
        BulkAct.objects.filter(stage="asked").values_list("pk", flat=True).first() or w.ticket.pk,
        by=by,
        **w.bulk_values(other),
    ),
    "start_task": lambda w, by, other: ONE.start_task(w.newest("tasks"), by=by),
    "stop_many": lambda w, by, other: ONE.stop_many(
        BulkAct.objects.order_by("-created_at").values_list("pk", flat=True).first() or w.ticket.pk, by=by
    ),
    "tell_of_many": lambda w, by, other: ONE.tell_of_many(
        [ONE.Line(w.ticket.pk, timezone.now(), {"event": "alert", "condition": "not_updated", "level": 1})],
        kind=EntryKind.ALERT,
        by=by,
    ),
    "tell_of_promise": lambda w, by, other: ONE.tell_of_promise(
        w.ticket.pk, by=by, at=timezone.now(), facts={"event": "sla_missed", "metric": "resolution"}
    ),
    "tell_inside": lambda w, by, other: ONE.tell_inside(w.ticket.pk, by=by, facts={"event": "told"}),
    "tell_of_help": lambda w, by, other: ONE.tell_of_help(
        w.ticket.pk, kind=EntryKind.ENVELOPE_CREATED, by=by, facts={"event": "envelope_created"}
    ),
    "transfer_ownership": lambda w, by, other: ONE.transfer_ownership(
        w.ticket.pk, by=by, new_owner=other, reason_code="termination", reason=REASON
    ),
    "undo_many": lambda w, by, other: ONE.undo_many(
        BulkAct.objects.order_by("-created_at").values_list("pk", flat=True).first() or w.ticket.pk, by=by
    ),
    "undo_message": lambda w, by, other: ONE.undo_message(w.newest("outbound_messages"), by=by),
    "undo_move": lambda w, by, other: ONE.undo_move(w.movable(), by=by),
    "unmerge_ticket": lambda w, by, other: ONE.unmerge_ticket(w.ticket.pk, by=by),
    "unwatch": lambda w, by, other: ONE.unwatch(w.ticket.pk, by=by),
    "wait_for_customer": lambda w, by, other: ONE.wait_for_customer(w.ticket.pk, by=by),
    "wait_for_colleagues": lambda w, by, other: ONE.wait_for_colleagues(w.ticket.pk, by=by),
    "waive_photo": lambda w, by, other: ONE.waive_photo(w.newest("case_flags"), by=by, reason="It was thrown away"),
    "replace_html": lambda w, by, other: ONE.replace_html(
        w.newest("entries"), html="<p>Cleaned</p>", sanitiser_version=9, by=by
    ),
    "watch": lambda w, by, other: ONE.watch(w.ticket.pk, by=by),
    "withdraw_of_ended": lambda w, by, other: ONE.withdraw_of_ended(w.ticket.pk, at=timezone.now()),
    "withdraw_resolution": lambda w, by, other: ONE.withdraw_resolution(w.newest("resolutions"), by=by),
    "watch_as_manager": lambda w, by, other: ONE.watch_as_manager(w.ticket.pk),
    "withdraw_offer": lambda w, by, other: ONE.withdraw_offer(w.ticket.pk, by=by),
    "drop_held_asides": lambda w, by, other: ONE.drop_held_asides(
        [w.newest("outbound_messages")], ticket_id=w.ticket.pk, by=by
    ),
    "hold_aside": lambda w, by, other: ONE.hold_aside(
        w.ticket.pk, by=by, to=["vera@vendor.test"], subject="Switch 7", body_text="Aside"
    ),
    "undo_aside": lambda w, by, other: ONE.undo_aside(w.newest("outbound_messages"), by=by),
    "write_aside": lambda w, by, other: ONE.write_aside(w.ticket.pk, by=by, body_text="Aside"),
}
FOR_AGENTS_ONLY = {
    "hold_aside",
    *("redact_entry", "remove_draft_file", "reply_to_customer", "start_many", "stop_many", "undo_many"),
    *("watch", "unwatch"),
}


def test_every_public_service_is_driven() -> None:
    assert set(services.__all__) - NOT_ON_ONE_TICKET == set(OPERATIONS)


@pytest.fixture
def world(db: None) -> World:
    """Made once; each sequence is rolled back."""
    return World()


def some_of(operations: Iterable[str], *, first_actors: int = 9) -> st.SearchStrategy[list[Any]]:
    steps = st.tuples(st.sampled_from(sorted(operations)), st.integers(0, first_actors), st.integers(0, 5))
    return st.lists(steps, min_size=1, max_size=25)


sequences = some_of(OPERATIONS)
OWNED = [("accept_ticket", 1, 0)]
"""Half of the sequences begin with an owner, so that there is something to take."""


@pytest.mark.django_db
@pytest.mark.soak
@settings(max_examples=full_size(300))
@given(sequence=sequences, begins_owned=st.booleans())
def test_002_no_sequence_changes_an_owner_or_loses_an_entry(
    world: World, sequence: list[Any], begins_owned: bool
) -> None:
    with transaction.atomic():
        for name, actor, other in (OWNED if begins_owned else []) + sequence:
            step(world, name, actor, other)
        transaction.set_rollback(True)


def step(world: World, name: str, actor: int, other: int, *, operations: Mapping[str, Operation] = OPERATIONS) -> None:
    before = Ticket.objects.get(pk=world.ticket.pk)
    entries = list(TimelineEntry.objects.filter(ticket=before).values_list("seq", "kind", "body_text"))
    transfers = OwnershipTransfer.objects.count()
    by = world.people[actor]
    if name in FOR_AGENTS_ONLY and actor == 9:
        return
    for person in world.people:
        person.__dict__.pop("_reach", None)
    with suppress(DomainError, Ticket.DoesNotExist, *_missing()), transaction.atomic():
        operations[name](world, by, world.people[other])
    after = Ticket.objects.get(pk=world.ticket.pk)
    if before.owner_id is not None and after.owner_id != before.owner_id:
        assert (name, OwnershipTransfer.objects.count()) == ("transfer_ownership", transfers + 1)
        assert by in (world.supervisor, world.manager, world.people[7])
        assert before.owner == world.bob
    if before.owner_id is None and after.owner_id is not None:
        # Many can be accepted, too, by whoever asked for it.
        takers = set(BulkAct.objects.values_list("person", flat=True)) if name == "run_bulk_acts" else {by.pk}
        assert (name in ("accept_ticket", "act_on_many", "run_bulk_acts"), after.owner_id in takers) == (True, True)
    assert after.owner_id is not None or after.status in ("new", "cancelled")
    if after.status == "resolved" and after.merged_into_id is None:
        held_up = after.tasks.filter(is_mandatory=True, status__in=["todo", "in_progress"])
        assert not held_up.exists(), "no open mandatory task on a resolved ticket"
    flags = CaseFlag.objects.filter(ticket=after, cleared_at__isnull=True).values_list("type", flat=True)
    assert after.flags == sorted(flags), "the ticket's row tells the flags that are active"
    kept = list(TimelineEntry.objects.filter(ticket=before).values_list("seq", "kind", "body_text"))
    if name == "redact_entry":
        entries, kept = [row[:2] for row in entries], [row[:2] for row in kept]
    assert set(entries) <= set(kept)
    standing = [pk for ticket in Ticket.objects.all() for pk in entries_of(ticket).values_list("pk", flat=True)]
    written = TimelineEntry.objects.values_list("pk", flat=True)
    assert sorted(standing) == sorted(written), "each entry stands on exactly one ticket"


def _missing() -> tuple[type[Exception], ...]:
    """What a service raises for an id that is not there; the edges look up first and answer 404."""
    models = (CaseFlag, Envelope, OutboundMessage, Resolution, Task, TimelineEntry)
    return tuple(model.DoesNotExist for model in models)
