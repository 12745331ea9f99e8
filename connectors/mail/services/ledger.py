"""What people do with ledger rows: try again, release from quarantine, move (ruling 19). Nobody deletes."""

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from connectors.mail.enums import MailState
from connectors.mail.errors import MailNotQuarantined, MailOnNoTicket
from connectors.mail.models import MailMessage
from connectors.mail.parsing import MailKind
from connectors.mail.policies import may_release, may_retry
from connectors.mail.querysets import MailMessageQuerySet
from connectors.mail.services.names import INTAKE
from connectors.mail.services.outcome import FORWARD_ENTRY
from core import wake
from core.errors import Invalid, NotFound, StaleVersion
from core.history import record
from core.service import service
from envelopes.models import Envelope
from tickets.enums import PlacementCause
from tickets.errors import RoleForbids
from tickets.models import Placement, Ticket
from tickets.selectors import place_of
from tickets.services import move_entry, undo_move


@service
def retry_mail(message_id: UUID, *, by: Agent, version: int | None = None) -> MailMessage:
    """Run the pipeline again over a mail in quarantine, with all its checks.

    Raises NotFound, RoleForbids, MailNotQuarantined or StaleVersion.
    """
    message = _locked(message_id, by=by)
    if not may_retry(by, message):
        raise RoleForbids
    return _run_again(message, by=by, version=version)


@service
def choose_envelope(message_id: UUID, *, envelope_id: UUID, by: Agent, version: int | None = None) -> MailMessage:
    """Let a mail that names several envelopes stand in this one; whoever reads it there reads what it quotes of the
    others.

    Raises NotFound, RoleForbids, MailNotQuarantined, Invalid for an envelope that the mail does not name, StaleVersion.
    """
    message = _locked(message_id, by=by)
    if not may_retry(by, message):
        raise RoleForbids
    if message.state != MailState.QUARANTINED:
        raise MailNotQuarantined(state=MailState(message.state).label)
    chosen = Envelope.objects.filter(mails__message=message, pk=envelope_id).first()
    if chosen is None:
        raise Invalid({"envelope": _("The mail does not name this envelope.")})
    return _run_again(message, by=by, chosen=chosen, version=version)


@service
def move_mail(message_id: UUID, *, to: str, by: Agent, version: int | None = None) -> MailMessage:
    """Show a mail on the ticket with the reference `to` instead of where it stands (rulings 12, 19).

    Copies of the mail in the ledger follow. Raises NotFound, RoleForbids, MailOnNoTicket, Invalid for a ticket that is
    not there or not visible, EntryNotMovable, TicketClosed or StaleVersion.
    """
    message = _opened(message_id, by=by)
    entry_id = _movable(message, by=by)
    target = Ticket.objects.visible_to(by).filter(reference=to.strip().upper()).first()
    if target is None:
        raise Invalid({"ticket": _("You see no ticket with this reference.")})
    may_resume = message.kind == MailKind.NORMAL
    placement = move_entry(entry_id, to=target, by=by, may_resume=may_resume, along=_along(message))
    return _moved(message_id, placement, by=by, version=version)


@service
def undo_mail_move(message_id: UUID, *, by: Agent, version: int | None = None) -> MailMessage:
    """Put a moved mail back.

    Raises NotFound, RoleForbids, MailOnNoTicket, NothingToUndo, TicketClosed or StaleVersion.
    """
    message = _opened(message_id, by=by)
    placement = undo_move(_movable(message, by=by), by=by, along=_along(message))
    return _moved(message_id, placement, by=by, version=version)


def _along(message: MailMessage) -> list[UUID]:
    """A mail that an agent has forwarded stands on two entries: the customer's words and the agent's."""
    other = message.evidence.get(FORWARD_ENTRY)
    return [UUID(other)] if other else []


def _movable(message: MailMessage, *, by: Agent) -> UUID:
    """The mail's entry, if `by` may move it: who retries moves (permissions.md section 2), on tickets they see."""
    if not may_retry(by, message):
        raise RoleForbids
    if message.ticket_id is None or message.entry_id is None or message.state == MailState.DUPLICATE:
        possible = ["release", "retry"] if message.state == MailState.QUARANTINED else []
        raise MailOnNoTicket(state=MailState(message.state).label, allowed=possible)
    if not Ticket.objects.visible_to(by).filter(pk=message.ticket_id).exists():
        raise RoleForbids
    return message.entry_id


def _moved(message_id: UUID, placement: Placement, *, by: Agent, version: int | None) -> MailMessage:
    """The ledger follows the entry: answers to this mail find their ticket by its row. Locked only now, as tickets come
    before their mails, also where these follow a merge.
    """
    message = MailMessage.objects.select_for_update(of=("self",)).select_related("mailbox__team").get(pk=message_id)
    _check_version(message, version)
    record(message, by=INTAKE, reason="outcome so far")
    reason = "moved back" if placement.cause == PlacementCause.UNDO else "moved"
    for row in (message, *message.duplicates.all()):
        row.ticket = placement.to_ticket
        record(row, by=by, reason=reason, update_fields=["ticket"])
    return message


def follow_entries(entry_ids: Iterable[UUID], *, by: Agent, reason: str) -> None:
    """Let the ledger say where these entries stand now: answers to their mails find their ticket by it."""
    rows = MailMessage.objects.filter(entry__in=entry_ids)  # copies of a mail name its entry, too
    for message in rows.select_for_update(of=("self",)).order_by("pk"):
        if message.entry_id is None:
            continue
        record(message, by=INTAKE, reason="outcome so far")
        message.ticket_id = place_of(message.entry_id)
        record(message, by=by, reason=reason, update_fields=["ticket"])


@service
def release_mail(message_id: UUID, *, by: Agent, version: int | None = None) -> MailMessage:
    """Let a mail act that was put aside: limits, blocked sender and spam do not hold it back any more.

    Raises NotFound, RoleForbids, MailNotQuarantined or StaleVersion.
    """
    message = _locked(message_id, by=by)
    if not may_release(by, message):
        raise RoleForbids
    return _run_again(message, by=by, released_by=by, version=version)


def _opened(message_id: UUID, *, by: Agent) -> MailMessage:
    return _first(MailMessage.objects.openable_by(by), message_id)


def _locked(message_id: UUID, *, by: Agent) -> MailMessage:
    return _first(MailMessage.objects.openable_by(by).select_for_update(of=("self",)), message_id)


def _first(rows: MailMessageQuerySet, message_id: UUID) -> MailMessage:
    if (message := rows.select_related("mailbox__team").filter(pk=message_id).first()) is None:
        raise NotFound
    return message


def _check_version(message: MailMessage, version: int | None) -> None:
    if version is not None and version != message.version:
        raise StaleVersion(given=version, current=message.version)


def _run_again(
    message: MailMessage,
    *,
    by: Agent,
    version: int | None,
    released_by: Agent | None = None,
    chosen: Envelope | None = None,
) -> MailMessage:
    if message.state != MailState.QUARANTINED:
        raise MailNotQuarantined(state=MailState(message.state).label)
    _check_version(message, version)
    record(message, by=INTAKE, reason="outcome so far")  # the system's own work writes no history
    message.run_again(at=timezone.now(), released_by=released_by, chosen_envelope=chosen)
    record(message, by=by, reason="released" if released_by else "envelope chosen" if chosen else "retried")
    wake.after_commit("connectors.mail.process_due")
    return message
