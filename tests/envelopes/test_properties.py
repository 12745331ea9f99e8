"""Random sequences of what is done with tickets and with help on them, by everybody: no owner changes, no entry is
lost, no word of a thread reaches a customer or a helper beside it, and nothing stays open unseen.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.enums import Role
from accounts.models import Agent
from connectors.mail.composing import compose
from core.actors import DESK
from core.models import new_id
from envelopes import services
from envelopes.enums import OPEN as STILL_OPEN
from envelopes.models import Envelope, EnvelopeParticipant, EnvelopePost
from notifications.models import Notification
from tests.asked_of_all import all_that_reaches
from tests.factories import AbsenceFactory, AgentFactory, EnvelopeFactory, TeamFactory
from tests.factories.mail import MailboxFactory
from tests.scale import full_size
from tests.tickets.test_properties import OPERATIONS, OWNED, Operation, World, step
from tickets.enums import OPEN as OPEN_TICKET
from tickets.enums import TicketStatus
from tickets.models import OutboundMessage, Task, Ticket, TimelineEntry
from tickets.services import add_flag
from tickets.services.creation import Message

WORD, SUMMARY = "canaryword", "canarysummary"
"""Begin all that is written in an envelope, with its number; a summary is read by whoever reads the ticket."""


class WorldOfHelp(World):
    """With another team that is asked for help, for legal advice too, and one of it who gives it; with one of a third
    team who helps beside them, and a deputy of the owner.
    """

    def __init__(self) -> None:
        super().__init__()
        self.other_team.is_legal = True
        self.other_team.save()
        self.mailbox = MailboxFactory(team=self.team)
        self.deputy = AgentFactory(teams=[TeamFactory()])
        self.sibling = AgentFactory(teams=[TeamFactory()])
        self.people += [self.deputy, self.sibling]

    def begin(self) -> None:
        """The ticket is owned, its owner away and covered, and two envelopes and one below are worked on."""
        for name, actor, other in [
            *OWNED,
            ("open_envelope", 1, 0),
            ("accept_envelope", 1, 0),
            ("open_next_level", 1, 0),
        ]:
            step(self, name, actor, other, operations=ALL)
        EnvelopeFactory(ticket=self.ticket, expert=self.sibling, reason=self.coming(), is_blocking=False)
        AbsenceFactory(agent=self.bob, deputy=self.deputy)

    def said(self, word: str = WORD) -> str:
        """What is written in the envelope that `envelope` is."""
        found = Envelope.objects.filter(pk=self.envelope()).values_list("number", flat=True).first()
        return f"{word}{found or 0}."

    def coming(self) -> str:
        """The reason of the next one."""
        return f"{WORD}{self.ticket.envelopes.count() + 1}."

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
        w.envelope(), by=w.helping(), title=w.said(), is_mandatory=bool(w.ticket.entries.count() % 2)
    ),
    "add_legal_flag": lambda w, by, _other: add_flag(w.ticket.pk, by=by, type="legal", reason="A lawyer writes"),
    "ask_for_legal_advice": lambda w, _by, _other: services.ask_for_legal_advice(w.ticket.pk),
    "ask_for_outstanding_advice": lambda w, _by, _other: services.ask_for_outstanding_advice(now=timezone.now()),
    "cancel_envelope": lambda w, by, _other: services.cancel_envelope(w.envelope(), by=by, reason=w.said()),
    "cancel_envelopes_of": lambda w, by, _other: services.cancel_envelopes_of(w.ticket.pk, by=by),
    "complete_envelope": lambda w, by, _other: services.complete_envelope(
        w.envelope(), by=w.helping(), summary=w.said(SUMMARY)
    ),
    "decline_envelope": lambda w, by, _other: services.decline_envelope(w.envelope(), by=w.helping(), reason=w.said()),
    "invite_expert": lambda w, by, _other: services.invite_expert(w.envelope(), by=w.helping(), agent=w.eve),
    "keep_mail": lambda w, _by, _other: services.keep_mail(
        w.envelope(), sender="eve@elsewhere.test", reason="envelope_stranger", message=Message(body_text=w.said())
    ),
    "mark_envelope_read": lambda w, by, _other: services.mark_envelope_read(w.envelope(), by=by, seq=1),
    "name_vendor": lambda w, _by, _other: services.name_vendor(
        w.envelope(), by=w.helping(), vendor_addresses=["vera@vendor.test"]
    ),
    "offer_help": lambda w, by, _other: services.offer_help(w.envelope(), by=w.eve),
    "open_envelope": lambda w, by, _other: services.open_envelope(
        w.ticket.pk, by=by, team=w.other_team, reason=w.coming(), is_blocking=bool(w.ticket.entries.count() % 2)
    ),
    "open_envelope_of_vendor": lambda w, by, _other: services.open_envelope(
        w.ticket.pk,
        by=by,
        team=w.other_team,
        reason=w.coming(),
        kind="external_vendor",
        vendor_addresses=["v@vendor.test"],
    ),
    "open_next_level": lambda w, by, _other: services.open_next_level(
        w.envelope(), by=w.helping(), team=w.other_team, reason=w.coming()
    ),
    "post_in_envelope": lambda w, by, _other: services.post_in_envelope(
        w.envelope(), by=w.helping(), body_text=w.said()
    ),
    "post_mail": lambda w, _by, _other: services.post_mail(
        w.envelope(),
        senders=["vera@vendor.test"],
        sender="vera@vendor.test",
        message=Message(body_text=w.said()),
    ),
    "redirect_envelope": lambda w, by, _other: services.redirect_envelope(w.envelope(), by=by, assigned_to=w.helper),
    "tell_in_envelope": lambda w, by, _other: services.tell_in_envelope(w.envelope(), by=by, facts={"event": "told"}),
    "refuse_unless_help_may_be_asked": lambda w, by, _other: services.refuse_unless_help_may_be_asked(
        w.ticket.pk, by=by
    ),
    "release_envelope": lambda w, by, _other: services.release_envelope(w.envelope(), by=w.helping(), reason=w.said()),
    "renew_dues": lambda w, by, _other: services.renew_dues(w.ticket.pk, by=by),
    "tell_of_due": lambda w, by, _other: services.tell_of_due(
        w.envelope(), by=by, event="sla_missed", metric="ola_completion"
    ),
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
        w.envelope(), by=w.helping(), subject=w.said(), body_text=w.said()
    ),
}
ALL = OPERATIONS | OF_ENVELOPES


@pytest.fixture
def world(db: None) -> WorldOfHelp:
    """Made once; each sequence is rolled back."""
    return WorldOfHelp()


def test_every_public_service_is_driven() -> None:
    assert {*services.__all__, "open_envelope_of_vendor", "add_legal_flag"} == set(OF_ENVELOPES)


ON_TICKETS = ["transfer_ownership", "merge_ticket", "unmerge_ticket", "move_entry", "undo_move", "split_entry"]
ON_TICKETS += ["record_customer_message", "reply_to_customer", "release_message", "redact_entry", "change_team"]
ON_TICKETS += ["cancel_ticket", "resolve_ticket", "reopen_ticket", "add_note", "wait_for_customer", "create_task"]
ON_TICKETS += ["start_task", "finish_task", "cancel_task", "reopen_task", "edit_task"]
operations = st.sampled_from(sorted(OF_ENVELOPES)) | st.sampled_from(ON_TICKETS) | st.sampled_from(sorted(ALL))
"""As often one of help as one that touches whose the ticket is, where it stands and who reads it, or any."""
programmes = st.lists(st.tuples(operations, st.integers(0, 11), st.integers(0, 5)), min_size=1, max_size=25)
"""By owner, deputy, experts, colleagues, lead, supervisor, manager, auditor, admin or a program."""


@pytest.mark.django_db
@pytest.mark.soak
@settings(max_examples=full_size(120))
@given(programme=programmes)
def test_002_024_025_whatever_is_done_ownership_threads_and_children_are_kept(
    world: WorldOfHelp, programme: list[Any]
) -> None:
    with transaction.atomic():
        world.begin()
        for name, actor, other in programme:
            step(world, name, actor, other, operations=ALL)
            nothing_is_left_open(world)
            nothing_is_told(world)
        customers_get_no_word(world)
        only_its_people_read(world)
        the_sibling_reads_no_word(world)
        transaction.set_rollback(True)


def nothing_is_left_open(world: WorldOfHelp) -> None:
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


def nothing_is_told(world: WorldOfHelp) -> None:
    """No word of a thread where the customer or readers of the ticket alone look; no summary before the customer."""
    for entry in TimelineEntry.objects.public():
        assert "canary" not in f"{entry.subject} {entry.body_text} {entry.body_html} {entry.facts}"
    for entry in TimelineEntry.objects.main_thread():
        assert WORD not in f"{entry.subject} {entry.body_text} {entry.body_html} {entry.facts}"
    for message in OutboundMessage.objects.to_customers():
        assert "canary" not in f"{message.subject} {message.body_text} {message.body_html}"
    assert not [row for row in Notification.objects.values_list("payload", flat=True) if WORD in str(row)]


def customers_get_no_word(world: WorldOfHelp) -> None:
    """As the mails leave."""
    rows = OutboundMessage.objects.to_customers().select_related("ticket__team", "author", "on_behalf_of", "entry")
    assert not [message for message in rows if "canary" in compose(message, world.mailbox).message().as_string()]


def only_its_people_read(world: WorldOfHelp) -> None:
    envelopes = list(Envelope.objects.select_related("ticket"))
    for person in (*world.people, world.colleague):
        by = type(person).objects.get(pk=person.pk)
        readable = set(Envelope.objects.thread_visible_to(by).values_list("pk", flat=True))
        assert readable <= {each.pk for each in envelopes if is_among_its_people(world, by, each)}


def the_sibling_reads_no_word(world: WorldOfHelp) -> None:
    """Of any other envelope: neither on the ticket nor in its tabs, lists and search."""
    sibling = Agent.objects.get(pk=world.sibling.pk)
    numbers = {each.number: is_among_its_people(world, sibling, each) for each in world.ticket.envelopes.all()}
    others = {f"{WORD}{number}." for number, is_read in numbers.items() if not is_read}
    at, api = f"/t/{world.ticket.reference}/", f"/api/v1/tickets/{world.ticket.reference}/"
    paths = [at, *(f"{at}e/{number}/" for number in numbers), *(api + part for part in ("timeline/", "envelopes/"))]
    paths += [f"{api}tasks/", "/api/v1/envelopes/", "/envelopes/", f"/search/?q={WORD}"]
    for path, answer in all_that_reaches(sibling, paths).items():
        assert not [word for word in others if word in answer], path


def is_among_its_people(world: WorldOfHelp, person: Any, envelope: Envelope) -> bool:
    """Permissions.md, object rules 2 to 7, by hand; all of it happens within 30 days."""
    if not isinstance(person, Agent):
        return False
    oversees = person in (world.supervisor, world.manager) or Role.AUDITOR in person.roles
    leads_target = person == world.lead and envelope.team_id == world.team.pk
    covers = person == world.deputy and envelope.ticket.owner_id == world.bob.pk
    asks = covers or person.pk in (envelope.ticket.owner_id, envelope.requested_by_id)
    of_target = envelope.team is not None and person.teams.contains(envelope.team)
    is_asked = envelope.status == "pending" and (of_target or envelope.assigned_to_id == person.pk)
    helps = EnvelopeParticipant.objects.filter(agent=person, left_at=None, envelope__path__contains=[envelope.pk])
    return oversees or leads_target or asks or is_asked or helps.exists()
