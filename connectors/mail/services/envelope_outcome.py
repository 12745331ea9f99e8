"""What becomes of a mail that names an envelope: a post of one of its people, or something kept inside.

Never the customer's thread: it may quote what was written in the envelope, whoever has sent it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent
from accounts.selectors import read_reaches
from connectors.mail.enums import Reason
from connectors.mail.envelope_threads import BY_HELPER, Named, innermost
from connectors.mail.models import MailMessage
from connectors.mail.parsing import ParsedMail
from connectors.mail.said import words_of
from envelopes.models import Envelope
from envelopes.services import keep_mail, post_mail, tell_of_held_mail
from envelopes.services.mail import writer_at


def place(
    message: MailMessage,
    mail: ParsedMail,
    named: Sequence[Named],
    *,
    senders: Sequence[str],
    of_machine: Reason | None,
    at: datetime,
) -> None:
    """Bring the locked row to its outcome. `senders`: everybody whom the mail names as its sender, nobody where their
    check has failed; `of_machine`: why it is no person's.
    """
    message.evidence |= named[0].evidence
    envelope = _chosen(message, named) or innermost(named)
    if envelope is None:
        message.quarantine(reason=Reason.SEVERAL_ENVELOPES, at=at)
        return
    sender, words = message.from_address, words_of(mail)
    if (reason := of_machine or _why_kept(envelope, named, senders)) is not None:
        is_of_machine = of_machine is not None
        entry = keep_mail(
            envelope.pk, sender=sender, reason=str(reason.value), message=words, is_of_machine=is_of_machine
        )
        message.keep(reason=reason, at=at, entry=entry)
        return
    taken = post_mail(envelope.pk, senders=senders, sender=sender, message=words)
    if taken.why:
        message.keep(reason=Reason(taken.why), at=at, entry=taken.entry)
    else:
        message.post(taken.entry.pk, reason=Reason.ENVELOPE, at=at)


def _chosen(message: MailMessage, named: Sequence[Named]) -> Envelope | None:
    """That which somebody has chosen, while the mail names it."""
    if message.chosen_envelope_id not in [one.envelope_id for one in named]:
        return None
    return Envelope.objects.with_people().get(pk=message.chosen_envelope_id)


def _why_kept(envelope: Envelope, named: Sequence[Named], senders: Sequence[str]) -> Reason | None:
    """Why it is no post, whatever the state of the envelope."""
    if not senders:
        return Reason.ENVELOPE_UNVERIFIED
    if all(one.rule == BY_HELPER for one in named) and writer_at(envelope, senders) is not None:
        return Reason.ENVELOPE_ASIDE
    return None


def tell_of_quarantine(message: MailMessage, envelope_ids: Sequence[UUID]) -> None:
    """The owner of each envelope looks after what waits: nobody else of the mailbox's team sees it. Of what waits again
    they have been told. Where none of several owners may open it, somebody above them all is told, too.
    """
    above = _above_all(message, envelope_ids)
    sender, reason = message.from_address, str(message.reason)
    for envelope_id in envelope_ids:
        tell_of_held_mail(envelope_id, sender=sender, reason=reason, mail_id=message.pk, also=above)


def _above_all(message: MailMessage, envelope_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Supervisors in whose scope it all is, else managers."""
    owners = Envelope.objects.filter(pk__in=envelope_ids).order_by().values_list("ticket__owner", flat=True)
    if len(envelope_ids) < 2 or owners.distinct().count() < 2:
        return ()
    for role in (Role.SUPERVISOR, Role.MANAGER):
        people = list(Agent.objects.active().filter(roles__contains=[role]).order_by("pk"))
        read_reaches(people, at=timezone.now())
        rows = MailMessage.objects.filter(pk=message.pk)
        if found := [agent.pk for agent in people if rows.openable_by(agent).exists()]:
            return tuple(found)
    return ()
