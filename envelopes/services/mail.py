"""What comes by mail: a post of one of the envelope's people, or something kept for its owner to see. No mail carries a
right: what it says stands in the thread, and it does nothing else but say whose turn it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.models import Agent
from core.actors import Actor, SystemActor
from core.events import publish
from core.history import record
from core.service import service
from envelopes.enums import Awaiting, EnvelopeKind, EnvelopeStatus
from envelopes.events import EnvelopeMailKept, EnvelopePosted
from envelopes.models import Envelope
from envelopes.services._common import lock, put_in_thread
from tickets.enums import EntryKind
from tickets.models import TimelineEntry
from tickets.policies import acts_as_owner
from tickets.services import write_aside
from tickets.services.creation import Message

POSTED, KEPT = "envelope_mail", "envelope_mail_kept"
STRANGER, CLOSED, WAITING = "envelope_stranger", "envelope_closed", "envelope_waiting"
"""Why a mail is no post: of none of its people, too late, or while nobody has accepted it."""


@dataclass(frozen=True)
class Writer:
    """Whom an address stands for in an envelope."""

    name: str
    is_helper: bool
    """Of the side that helps: an expert, the one who is asked, the vendor; else the side that needs the help."""
    agent: Agent | None = None


def writer_at(envelope: Envelope, addresses: Sequence[str]) -> Writer | None:
    """Whom a mail with these senders comes from; None if one of them is none of the envelope's people."""
    found = [_writer(envelope, address.strip().lower()) for address in addresses if address.strip()]
    return found[0] if found and None not in found else None


def _writer(envelope: Envelope, address: str) -> Writer | None:
    if envelope.kind == EnvelopeKind.EXTERNAL_VENDOR and address in envelope.vendor_addresses:
        return Writer(address, is_helper=True)
    agent = Agent.objects.active().filter(email__iexact=address).first()
    if agent is None:
        return None
    helps = Q(assigned_to=agent) | Q(participants__agent=agent, participants__left_at__isnull=True)
    if Envelope.objects.filter(helps, pk=envelope.pk).exists():
        return Writer(agent.name, is_helper=True, agent=agent)
    if acts_as_owner(agent, envelope.ticket) or agent.pk == envelope.requested_by_id:
        return Writer(agent.name, is_helper=False, agent=agent)
    return None


@dataclass(frozen=True)
class Taken:
    """A mail in the thread; `why` it is no post, if it is none."""

    entry: TimelineEntry
    why: str = ""


@service
def post_mail(envelope_id: UUID, *, senders: Sequence[str], sender: str, message: Message) -> Taken:
    """A mail of its people is a post while it is worked on, under their address, as an address proves nobody; it is the
    other side's turn then. Else it is kept. The caller has looked at the signature; `senders` are all whom the mail
    names as such.
    """
    envelope = lock(envelope_id)
    writer = writer_at(envelope, senders)
    if writer is None:
        return Taken(keep_mail(envelope_id, sender=sender, reason=STRANGER, message=message), STRANGER)
    if why := _why_no_post(envelope):
        return Taken(keep_mail(envelope_id, sender=sender, reason=why, message=message), why)
    return Taken(_post(envelope, writer=writer, sender=sender, message=message))


def _why_no_post(envelope: Envelope) -> str:
    if not envelope.is_open or envelope.ticket.is_ended:
        return CLOSED
    return "" if envelope.status == EnvelopeStatus.ACTIVE else WAITING


def _post(envelope: Envelope, *, writer: Writer, sender: str, message: Message) -> TimelineEntry:
    agent = writer.agent
    by = SystemActor(f"{agent.name} <{agent.email}>" if agent else sender)
    entry = _write(envelope, by=by, message=message, event=POSTED)
    envelope.awaiting = Awaiting.OWNER if writer.is_helper else Awaiting.EXPERT
    is_first_response = agent is not None and writer.is_helper and envelope.first_expert_response_at is None
    if is_first_response:
        envelope.first_expert_response_at = timezone.now()
    record(envelope, by=by)
    publish(
        EnvelopePosted(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=agent.pk if agent else None,
            entry_id=entry.pk,
            awaiting=str(envelope.awaiting),
            is_first_response=is_first_response,
            sender=by.audit_name,
            occurred_at=entry.created_at,
        )
    )
    return entry


@service
def keep_mail(
    envelope_id: UUID, *, sender: str, reason: str, message: Message, is_of_machine: bool = False
) -> TimelineEntry:
    """A mail that names the envelope and is no post stands in its thread, without effect; its owner is told why."""
    envelope = lock(envelope_id)
    entry = _write(envelope, by=SystemActor(sender or "–"), message=message, event=KEPT, reason=reason)
    _tell(envelope, sender=sender, reason=reason, entry=entry, is_of_machine=is_of_machine)
    return entry


@service
def tell_of_held_mail(envelope_id: UUID, *, sender: str, reason: str, mail_id: UUID, also: Sequence[UUID] = ()) -> None:
    """A mail that names the envelope waits in quarantine, where its owner is to look; told once of each. `also`: agents
    who may open it.
    """
    _tell(lock(envelope_id), sender=sender, reason=reason, mail_id=mail_id, also=tuple(map(str, also)))


def _write(envelope: Envelope, *, by: Actor, message: Message, **facts: str) -> TimelineEntry:
    entry = write_aside(envelope.ticket, by=by, kind=EntryKind.ENVELOPE_MESSAGE, facts=facts, message=message)
    return put_in_thread(envelope, entry)


def _tell(
    envelope: Envelope,
    *,
    sender: str,
    reason: str,
    entry: TimelineEntry | None = None,
    mail_id: UUID | None = None,
    also: tuple[str, ...] = (),
    is_of_machine: bool = False,
) -> None:
    publish(
        EnvelopeMailKept(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=None,
            entry_id=entry.pk if entry else None,
            mail_id=mail_id,
            also=also,
            sender=sender,
            reason=reason,
            is_of_machine=is_of_machine,
            occurred_at=entry.created_at if entry else timezone.now(),
        )
    )
