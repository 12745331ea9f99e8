"""Random sequences of what is done with tickets and with help on them: no owner changes, no entry is lost, and nothing
stays open where nobody would look for it.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings

from accounts.enums import Role
from accounts.models import Agent
from core.actors import DESK
from core.models import new_id
from envelopes import services
from envelopes.enums import OPEN as STILL_OPEN
from envelopes.models import Envelope, EnvelopeParticipant, EnvelopePost
from tests.tickets.test_properties import OPERATIONS, OWNED, Operation, World, some_of, step
from tickets.enums import OPEN as OPEN_TICKET
from tickets.enums import TicketStatus
from tickets.models import Task, Ticket
from tickets.services import add_flag
from tickets.services.creation import Message


class WorldOfHelp(World):
    """With another team that is asked for help, for legal advice too, and one of it who gives it."""

    def __init__(self) -> None:
        super().__init__()
        self.other_team.is_legal = True
        self.other_team.save()

    def envelope(self) -> Any:
        """Id of some envelope of the ticket, another one each time; of the ticket if there is none."""
        ids = list(self.ticket.envelopes.order_by("number").values_list("pk", flat=True))
        return ids[self.ticket.entries.count() % len(ids)] if ids else self.ticket.pk

    def helping(self) -> Any:
        """Who can do something in it: its expert, if it has one."""
        found = Envelope.objects.filter(pk=self.envelope()).first()
        return found.assigned_to if found and found.assigned_to else self.helper

    def lose_helper(self) -> int:
        """The helper's access ends, and what they had goes on; another day they are back."""
        agents = Agent.objects.filter(pk=self.helper.pk)
        agents.update(is_active=False)
        found = services.replace_leaver(self.helper.pk, by=DESK)
        agents.update(is_active=True)
        return found


OF_ENVELOPES: dict[str, Operation] = {
    "accept_envelope": lambda w, by, _other: services.accept_envelope(w.envelope(), by=w.helper),
    "add_envelope_task": lambda w, by, _other: services.add_envelope_task(
        w.envelope(), by=w.helping(), title="A task", is_mandatory=bool(w.ticket.entries.count() % 2)
    ),
    "add_legal_flag": lambda w, by, _other: add_flag(w.ticket.pk, by=by, type="legal", reason="A lawyer writes"),
    "ask_for_legal_advice": lambda w, _by, _other: services.ask_for_legal_advice(w.ticket.pk),
    "ask_for_outstanding_advice": lambda w, _by, _other: services.ask_for_outstanding_advice(now=timezone.now()),
    "cancel_envelope": lambda w, by, _other: services.cancel_envelope(w.envelope(), by=by, reason="Not needed"),
    "cancel_envelopes_of": lambda w, by, _other: services.cancel_envelopes_of(w.ticket.pk, by=by),
    "complete_envelope": lambda w, by, _other: services.complete_envelope(w.envelope(), by=w.helping(), summary="Done"),
    "decline_envelope": lambda w, by, _other: services.decline_envelope(w.envelope(), by=w.helping(), reason="No time"),
    "invite_expert": lambda w, by, _other: services.invite_expert(w.envelope(), by=w.helping(), agent=w.eve),
    "keep_mail": lambda w, _by, _other: services.keep_mail(
        w.envelope(), sender="eve@elsewhere.test", reason="envelope_stranger", message=Message(body_text="Words")
    ),
    "mark_envelope_read": lambda w, by, _other: services.mark_envelope_read(w.envelope(), by=by, seq=1),
    "name_vendor": lambda w, _by, _other: services.name_vendor(
        w.envelope(), by=w.helping(), vendor_addresses=["vera@vendor.test"]
    ),
    "offer_help": lambda w, by, _other: services.offer_help(w.envelope(), by=w.eve),
    "open_envelope": lambda w, by, _other: services.open_envelope(
        w.ticket.pk, by=by, team=w.other_team, reason="Help", is_blocking=bool(w.ticket.entries.count() % 2)
    ),
    "open_envelope_of_vendor": lambda w, by, _other: services.open_envelope(
        w.ticket.pk, by=by, team=w.other_team, reason="Help", kind="external_vendor", vendor_addresses=["v@vendor.test"]
    ),
    "open_next_level": lambda w, by, _other: services.open_next_level(
        w.envelope(), by=w.helping(), team=w.other_team, reason="Help"
    ),
    "post_in_envelope": lambda w, by, _other: services.post_in_envelope(
        w.envelope(), by=w.helping(), body_text="Words"
    ),
    "post_mail": lambda w, _by, _other: services.post_mail(
        w.envelope(),
        senders=["vera@vendor.test"],
        sender="vera@vendor.test",
        message=Message(body_text="Words"),
    ),
    "redirect_envelope": lambda w, by, _other: services.redirect_envelope(w.envelope(), by=by, assigned_to=w.helper),
    "release_envelope": lambda w, by, _other: services.release_envelope(w.envelope(), by=w.helping(), reason="No time"),
    "renew_dues": lambda w, by, _other: services.renew_dues(w.ticket.pk, by=by),
    "replace_leaver": lambda w, _by, _other: w.lose_helper(),
    "replace_new_owner": lambda w, _by, _other: services.replace_new_owner(w.ticket.pk, agent_id=w.helper.pk, by=DESK),
    "reopen_envelope": lambda w, by, _other: services.reopen_envelope(w.envelope(), by=by),
    "take_help_offer": lambda w, by, _other: services.take_help_offer(w.envelope(), by=by, agent=w.eve),
    "tell_of_held_mail": lambda w, _by, _other: services.tell_of_held_mail(
        w.envelope(), sender="eve@elsewhere.test", reason="several_envelopes", mail_id=new_id()
    ),
    "time_out_due_envelopes": lambda w, by, _other: services.time_out_due_envelopes(
        now=timezone.now() + timedelta(days=9)
    ),
    "time_out_envelope": lambda w, by, _other: services.time_out_envelope(
        w.envelope(), at=timezone.now() + timedelta(days=9)
    ),
    "undo_vendor_message": lambda w, _by, _other: services.undo_vendor_message(
        w.newest("outbound_messages"), by=w.helping()
    ),
    "withdraw_help_offer": lambda w, _by, _other: services.withdraw_help_offer(w.envelope(), by=w.eve),
    "write_to_vendor": lambda w, _by, _other: services.write_to_vendor(
        w.envelope(), by=w.helping(), subject="Switch 7", body_text="Words"
    ),
}
ALL = OPERATIONS | OF_ENVELOPES


@pytest.fixture
def world(db: None) -> WorldOfHelp:
    """Made once; each sequence is rolled back."""
    return WorldOfHelp()


def test_every_public_service_is_driven() -> None:
    assert {*services.__all__, "open_envelope_of_vendor", "add_legal_flag"} == set(OF_ENVELOPES)


ON_ENVELOPES = [*OF_ENVELOPES, "cancel_ticket", "resolve_ticket", "reopen_ticket", "add_note", "wait_for_customer"]
ON_ENVELOPES += ["start_task", "finish_task", "cancel_task", "reopen_task", "edit_task", "create_task"]
ASKED = [*OWNED, ("open_envelope", 1, 0), ("accept_envelope", 1, 0), ("open_next_level", 1, 0)]


@pytest.mark.django_db
@settings(max_examples=40)
@given(sequence=some_of(ON_ENVELOPES, first_actors=2))
def test_002_no_help_changes_an_owner_or_leaves_an_open_child_under_a_closed_parent(
    world: WorldOfHelp, sequence: list[Any]
) -> None:
    with transaction.atomic():
        for name, actor, other in ASKED + sequence:
            step(world, name, actor, other, operations=ALL)
            under_closed = Envelope.objects.open().exclude(parent_envelope=None)
            assert not under_closed.exclude(parent_envelope__status__in=STILL_OPEN).exists()
            unfinished = Task.objects.filter(envelope_task__isnull=False, status__in=["todo", "in_progress"])
            assert not unfinished.exclude(envelope_task__envelope__status__in=STILL_OPEN).exists()
            ticket = Ticket.objects.get(pk=world.ticket.pk)
            if ticket.status not in OPEN_TICKET:
                assert not ticket.envelopes.open().exists()
            asked = ticket.envelopes.filter(kind="legal", parent_envelope=None)
            assert asked.count() <= ticket.case_flags.filter(type="legal").count(), "113: one for each flag at most"
            if ticket.status == TicketStatus.WAITING_INTERNAL:
                assert ticket.envelopes.open().filter(is_blocking=True).exists()
            assert not EnvelopePost.objects.exclude(entry__visibility="envelope_only").exists()
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=25)
@given(sequence=some_of(ON_ENVELOPES, first_actors=2))
def test_024_025_whatever_is_done_nobody_reads_an_envelope_but_its_people(
    world: WorldOfHelp, sequence: list[Any]
) -> None:
    with transaction.atomic():
        for name, actor, other in ASKED + sequence:
            step(world, name, actor, other, operations=ALL)
        envelopes = list(Envelope.objects.select_related("ticket"))
        for person in (*world.people, world.colleague):
            by = type(person).objects.get(pk=person.pk)
            readable = set(Envelope.objects.thread_visible_to(by).values_list("pk", flat=True))
            assert readable <= {each.pk for each in envelopes if is_among_its_people(world, by, each)}
        transaction.set_rollback(True)


def is_among_its_people(world: WorldOfHelp, person: Any, envelope: Envelope) -> bool:
    """Permissions.md, object rules 2 to 7, by hand; all of it happens within 30 days."""
    if not isinstance(person, Agent):
        return False
    oversees = person in (world.supervisor, world.manager) or Role.AUDITOR in person.roles
    leads_target = person == world.lead and envelope.team_id == world.team.pk
    asks = person.pk in (envelope.ticket.owner_id, envelope.requested_by_id)
    of_target = envelope.team is not None and person.teams.contains(envelope.team)
    is_asked = envelope.status == "pending" and (of_target or envelope.assigned_to_id == person.pk)
    helps = EnvelopeParticipant.objects.filter(agent=person, left_at=None, envelope__path__contains=[envelope.pk])
    return oversees or leads_target or asks or is_asked or helps.exists()
