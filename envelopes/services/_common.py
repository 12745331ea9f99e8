"""What the services of this app share: reading under lock, the common refusals, the thread, who reads the ticket."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Skill, Team
from core.actors import Actor
from core.errors import Invalid, StaleVersion, Text
from core.history import record
from envelopes.enums import EnvelopeStatus
from envelopes.errors import EnvelopeActForbidden, EnvelopeTransition, TicketNotOpen
from envelopes.guards import still_open
from envelopes.models import Envelope, EnvelopeParticipant, EnvelopePost
from envelopes.people import askable, most_at_hand
from envelopes.querysets import READABLE_AFTERWARDS
from envelopes.services.words import index_entry
from envelopes.transitions import steps_from
from tickets.enums import OPEN as OPEN_TICKET
from tickets.enums import EntryKind, TicketStatus
from tickets.errors import TicketClosed
from tickets.models import Ticket, TimelineEntry
from tickets.policies import works_tickets
from tickets.services import (
    NewFile,
    Reader,
    end_hidden_tasks,
    end_wait_for_colleagues,
    lock_ticket,
    set_readers,
    wait_for_colleagues,
    write_aside,
)
from tickets.transitions import transitions_from

S = EnvelopeStatus


def lock(envelope_id: UUID) -> Envelope:
    """The envelope as it is now. Its ticket is locked first, as by all who write envelopes, so it does not change
    until the transaction ends, nor do the ticket's other envelopes.
    """
    ticket = lock_ticket(Envelope.objects.values_list("ticket_id", flat=True).get(pk=envelope_id))
    rows = Envelope.objects.for_update().select_related("team", "assigned_to__primary_team", "parent_envelope")
    envelope = rows.get(pk=envelope_id)
    envelope.ticket = ticket
    return envelope


def save(envelope: Envelope, *, by: Actor) -> None:
    """All of it, as nobody else can have written it since `lock`, and whoever reads the ticket because of it now. What
    people said stands in the thread alone, where it can be redacted.
    """
    record(envelope, by=by)
    set_readers(envelope.ticket, source=envelope.pk, readers=_readers_of(envelope), by=by)


def _readers_of(envelope: Envelope) -> set[Reader]:
    """The addressed people while it is asked, the target team's lead while it is open, experts until 30 days after the
    end or after they left (permissions.md, object rules 3 and 4).
    """
    readers = set()
    ends = envelope.ended_at + READABLE_AFTERWARDS if envelope.ended_at else None
    if envelope.team_id is not None and envelope.is_open:
        readers.add(Reader(team_id=envelope.team_id, is_for_those_in_charge=envelope.status != S.PENDING))
    until: dict[UUID, datetime | None] = {}
    for agent_id, left_at in envelope.participants.order_by("left_at").values_list("agent_id", "left_at"):
        until[agent_id] = left_at + READABLE_AFTERWARDS if left_at else ends  # nulls last: who came back has not left
    if envelope.assigned_to_id is not None and envelope.status in (S.PENDING, S.ACTIVE):
        until[envelope.assigned_to_id] = None
    return readers | {Reader(agent_id=agent_id, until=moment) for agent_id, moment in until.items()}


def refuse_unless_in(envelope: Envelope, *statuses: EnvelopeStatus) -> None:
    if envelope.status not in statuses:
        raise not_possible(envelope)


def not_possible(envelope: Envelope) -> EnvelopeTransition:
    label = EnvelopeStatus(envelope.status).label
    return EnvelopeTransition(number=envelope.number, status=label, allowed=steps_from(envelope.status))


def not_yours(envelope: Envelope) -> EnvelopeActForbidden:
    return EnvelopeActForbidden(number=envelope.number, reference=envelope.ticket.reference)


def refuse_unless_ticket_open(ticket: Ticket) -> None:
    if ticket.is_ended:
        raise TicketClosed(reference=ticket.reference)
    if ticket.status not in OPEN_TICKET:
        status = TicketStatus(ticket.status)
        raise TicketNotOpen(reference=ticket.reference, status=status.label, allowed=transitions_from(status))


def refuse_open_children(envelope: Envelope) -> None:
    if children := list(envelope.children.open().select_related("team", "assigned_to")):
        raise still_open(children)


def check_version(seen: Envelope | Ticket, version: int | None) -> None:
    """Last of all refusals."""
    if version is not None and version != seen.version:
        raise StaleVersion(given=version, current=seen.version)


def needed(text: str, field: str, message: Text) -> str:
    """Raises Invalid for nothing but blanks."""
    if not text.strip():
        raise Invalid({field: message})
    return text.strip()


def check_target(ticket: Ticket, *, team: Team | None, agent: Agent | None, by: Actor) -> None:
    """Whom help can be asked of. Raises Invalid."""
    problems: dict[str, Text | list[Text]] = {}
    if team is None and agent is None:
        problems["team"] = _("Choose a team or a person.")
    if team is not None and not team.is_active:
        problems["team"] = _("This team takes no envelopes any more.")
    if agent is not None and (why := why_no_expert(agent, ticket)):
        problems["assigned_to"] = why
    elif agent is not None and agent == by:
        problems["assigned_to"] = _("Ask somebody else for help.")
    if problems:
        raise Invalid(problems)


def target_of(
    ticket: Ticket,
    *,
    team: Team | None,
    agent: Agent | None,
    skill: Skill | None,
    by: Actor,
    besides: Agent | None = None,
) -> tuple[Team | None, Agent | None]:
    """Whom is asked: where a skill alone is named, who has it, is there and helps least at the moment, with the team
    they belong to; `besides` is not asked again. Raises Invalid.
    """
    if team is None and agent is None and skill is not None:
        people = askable(ticket, by=by if isinstance(by, Agent) else None)
        agent = most_at_hand(people.exclude(pk=besides.pk) if besides else people, skill.pk)
        if agent is None:
            raise Invalid({"skill": _("Nobody who knows this is there today. Ask a team.")})
        team = agent.primary_team if agent.primary_team and agent.primary_team.is_active else None
    check_target(ticket, team=team, agent=agent, by=by)
    return team, agent


def why_no_expert(agent: Agent, ticket: Ticket) -> Text | None:
    if not agent.is_active or not works_tickets(agent):
        return _("%(agent)s does not work on tickets.") % {"agent": agent.name}
    if agent.pk == ticket.owner_id:
        return _("%(agent)s owns the ticket; ask somebody else for help.") % {"agent": agent.name}
    return None


def take_out(envelope: Envelope, expert: Agent, *, by: Actor, at: datetime) -> None:
    """They write in it no more."""
    for row in envelope.participants.filter(agent=expert, left_at__isnull=True):
        row.left_at = at
        record(row, by=by)


def write(
    envelope: Envelope,
    *,
    by: Actor,
    body_text: str = "",
    event: str = "",
    files: Sequence[NewFile] = (),
    **facts: Any,
) -> TimelineEntry:
    """Append to the envelope's thread: somebody's words with their files, or what happened to it."""
    kind = EntryKind.SYSTEM if event else EntryKind.ENVELOPE_MESSAGE
    told = {"event": event, **facts} if event else {}
    entry = write_aside(envelope.ticket, by=by, body_text=body_text, kind=kind, facts=told, files=files)
    return put_in_thread(envelope, entry)


def put_in_thread(envelope: Envelope, entry: TimelineEntry) -> TimelineEntry:
    """An entry aside becomes part of the envelope, and is found by those who read it."""
    EnvelopePost.objects.create(entry=entry, envelope=envelope)
    index_entry(envelope, entry)
    return entry


def join(envelope: Envelope, agent: Agent, *, by: Actor, invited_by: Agent | None = None) -> bool:
    """Make `agent` an expert of the envelope; False if they are one. An offer of theirs has been taken up by that."""
    if envelope.participants.filter(agent=agent, left_at__isnull=True).exists():
        return False
    record(EnvelopeParticipant(envelope=envelope, agent=agent, invited_by=invited_by), by=by)
    for offer in envelope.offers.standing().filter(agent=agent):
        offer.taken_at, offer.taken_by = timezone.now(), invited_by or agent
        record(offer, by=by)
    return True


def end_tasks(envelope: Envelope, *, by: Actor) -> None:
    """Nobody would look for them under a closed envelope. Why it is closed stands in the thread alone."""
    end_hidden_tasks(envelope.ticket_id, ids=envelope.tasks.values_list("task", flat=True), by=by)


def let_wait(envelope: Envelope, *, by: Actor) -> None:
    """The ticket waits for a blocking envelope that has just been opened."""
    if envelope.is_blocking:
        wait_for_colleagues(envelope.ticket, by=by)


def end_wait(ticket: Ticket, *, by: Actor) -> None:
    """A blocking envelope has been closed: with the last one that is open the ticket's waiting ends."""
    if not Envelope.objects.open().filter(ticket=ticket, is_blocking=True).exists():
        end_wait_for_colleagues(ticket, by=by)


def id_of(actor: Actor) -> UUID | None:
    return actor.pk if isinstance(actor, Agent) else None
