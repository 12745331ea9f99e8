"""Brakes that need no header: too many mails of a sender, on a ticket, of one content; a storm of reopenings.

What they count are the ledger's own rows, under a lock of the database for what is counted, so that of parallel
workers each sees what the others have let through. What is held goes to quarantine and is not counted.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import Agent
from accounts.selectors import contact_for_address
from connectors.mail.enums import BrakeKind, Reason
from connectors.mail.errors import BrakeEnded
from connectors.mail.events import BrakeDrawn
from connectors.mail.models import Brake, Mailbox, MailMessage
from connectors.mail.parsing import ParsedMail
from connectors.mail.policies import may_lift
from connectors.mail.services.brake_counts import lock, lock_numbers, looked_up
from connectors.mail.sight import HIDDEN
from core.actors import system_actor
from core.errors import NotFound, StaleVersion
from core.events import publish
from core.history import record
from core.service import service
from tickets.enums import TicketStatus
from tickets.errors import RoleForbids
from tickets.models import Ticket

BRAKE = system_actor(gettext_noop("Mail brake"))


@dataclass(frozen=True)
class Limit:
    """So many within the window; the next one draws the brake, which holds as long as the window is."""

    most: int
    window: timedelta

    @classmethod
    def of(cls, kind: BrakeKind) -> "Limit | None":
        """As the settings of this installation say; None where the brake is switched off."""
        most, minutes = settings.MAIL_BRAKES[kind.value]
        return cls(most, timedelta(minutes=minutes)) if most else None


REASONS = {
    BrakeKind.SENDER: Reason.SENDER_BRAKE,
    BrakeKind.THREAD: Reason.THREAD_BRAKE,
    BrakeKind.CONTENT: Reason.CONTENT_BRAKE,
    BrakeKind.REOPENING: Reason.REOPENING_BRAKE,
}


@dataclass(frozen=True)
class Hold:
    """Why a mail is held back, for its ledger row."""

    reason: Reason
    detail: str
    evidence: Mapping[str, object]


@dataclass(frozen=True)
class Watched:
    """One thing that is counted for a mail."""

    kind: BrakeKind
    key: str
    about: str
    ticket: Ticket | None = None


def fingerprint(sender: str, mail: ParsedMail) -> str:
    """Of what a mail says: sender, subject and words, without spaces; files count by their bytes."""
    words = re.sub(r"\s+", " ", mail.body_text).strip()
    files = sorted(file.sha256 for file in mail.attachments)
    text = "\n".join([sender.lower(), " ".join(mail.subject.split()), words, *files])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def locks_of(message: MailMessage) -> list[int]:
    """To be taken before `hold`, together with the row: for who has sent this mail and for what it says."""
    return lock_numbers(message.mailbox_id, [(item.kind, item.key) for item in _of_any_mail(message)])


def _of_any_mail(message: MailMessage, *, is_sealed: bool = False) -> list[Watched]:
    address = message.from_address.strip().lower()
    by_sender = [Watched(BrakeKind.SENDER, address, address)] if address else []
    return [*by_sender, Watched(BrakeKind.CONTENT, message.fingerprint, HIDDEN if is_sealed else message.subject[:200])]


def hold(message: MailMessage, *, ticket: Ticket | None, at: datetime, is_sealed: bool = False) -> Hold | None:
    """Why this mail has to wait, if it has to, under `locks_of` it; a brake is drawn by the first mail too many. The
    brake does not tell the subject of one that `is_sealed`.
    """
    watched = _of_any_mail(message, is_sealed=is_sealed)
    if ticket is not None:
        watched.append(Watched(BrakeKind.THREAD, str(ticket.pk), ticket.reference, ticket))
        _lock(message.mailbox, watched[-1:])
    return _held(message.mailbox, watched, at=at, sender=message.from_address.strip().lower())


def hold_reopening(message: MailMessage, ticket: Ticket, *, at: datetime) -> Hold | None:
    """Why this mail may not reopen the locked ticket once more."""
    if ticket.status != TicketStatus.RESOLVED:
        return None
    watched = [Watched(BrakeKind.REOPENING, str(ticket.pk), ticket.reference, ticket)]
    _lock(message.mailbox, watched)
    return _held(message.mailbox, watched, at=at)


def may_answer(ticket: Ticket, mailbox: Mailbox) -> bool:
    """Whether one more automatic answer may go out: to this person, and of this mailbox. Inside a transaction."""
    address = ticket.requester.email.strip().lower()
    watched = [
        Watched(BrakeKind.ANSWERS, str(ticket.requester_id), address, ticket),
        Watched(BrakeKind.MAILBOX, str(mailbox.pk), mailbox.address),
    ]
    _lock(mailbox, watched)
    return _held(mailbox, watched, at=timezone.now()) is None


def _lock(mailbox: Mailbox, watched: Sequence[Watched]) -> None:
    lock(mailbox.pk, [(item.kind, item.key) for item in watched])


def _held(mailbox: Mailbox, watched: Sequence[Watched], *, at: datetime, sender: str = "") -> Hold | None:
    """The brake that holds already or is drawn now. The locks end with the transaction: whoever waits counts us too."""
    limited = [(item, limit) for item in watched if (limit := Limit.of(item.kind)) is not None]
    if not limited:
        return None
    asked = [(item.kind, item.key, limit.most, limit.window) for item, limit in limited]
    counts, any_holds = looked_up(mailbox.pk, asked, at=at)
    counted = list(zip(limited, counts, strict=True))
    if not any_holds and all(count < limit.most for (_item, limit), count in counted):
        return None
    known = {item.kind: _brake_of(mailbox, item) for item, _limit in limited}
    for brake in known.values():
        if brake is not None and brake.holds(at):
            return _hold_of(brake)
    for (item, limit), count in counted:
        if count >= limit.most:
            brake = known[item.kind] or Brake(mailbox=mailbox, kind=item.kind, key=item.key)
            return _hold_of(_draw(brake, item, limit, count, at=at, sender=sender))
    return None


def _brake_of(mailbox: Mailbox, item: Watched) -> Brake | None:
    return Brake.objects.filter(mailbox=mailbox, kind=item.kind, key=item.key).first()


def _draw(brake: Brake, item: Watched, limit: Limit, count: int, *, at: datetime, sender: str) -> Brake:
    """Hold from now on, and tell of it once."""
    brake.about, brake.ticket, brake.counted = item.about[:400], item.ticket or _newest_of(sender), count
    brake.window_minutes = int(limit.window.total_seconds()) // 60
    brake.started_at, brake.until, brake.lifted_at, brake.lifted_by = at, at + limit.window, None, None
    record(brake, by=BRAKE, reason="drawn")
    publish(
        BrakeDrawn(
            brake_id=brake.pk,
            ticket_id=brake.ticket.pk if brake.ticket else None,
            team_id=brake.mailbox.team_id,
            kind=str(brake.kind),
            about=brake.about,
            occurred_at=at,
        )
    )
    return brake


def _newest_of(sender: str) -> Ticket | None:
    """The sender's newest ticket that somebody owns: its owner is the one to tell."""
    contact = contact_for_address(sender) if sender else None
    owned = Ticket.objects.filter(requester=contact, owner__isnull=False) if contact else Ticket.objects.none()
    return owned.order_by("-created_at").first()


def _hold_of(brake: Brake) -> Hold:
    kind = BrakeKind(brake.kind)
    facts = {
        "brake": kind.value,
        "counted": brake.counted,
        "within_minutes": brake.window_minutes,
        "since": brake.started_at.isoformat(),
        "until": brake.until.isoformat(),
    }
    return Hold(REASONS.get(kind, Reason.SENDER_BRAKE), brake.about, facts)


@service
def lift_brake(brake_id: UUID, *, by: Agent, version: int | None = None) -> Brake:
    """End a brake before its time; from now on it is counted anew. What it held stays in quarantine.

    Raises NotFound, RoleForbids, BrakeEnded or StaleVersion.
    """
    visible = Brake.objects.visible_to(by).select_for_update(of=("self",)).select_related("mailbox__team")
    if (brake := visible.filter(pk=brake_id).first()) is None:
        raise NotFound
    if not may_lift(by, brake):
        raise RoleForbids
    now = timezone.now()
    if not brake.holds(now):
        raise BrakeEnded
    if version is not None and version != brake.version:
        raise StaleVersion(given=version, current=brake.version)
    brake.lifted_at, brake.lifted_by = now, by
    record(brake, by=by, reason="lifted")
    return brake
