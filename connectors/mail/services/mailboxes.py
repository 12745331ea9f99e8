"""Mailboxes, and senders nobody wants to hear from."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from connectors.mail.backends import backend_of
from connectors.mail.enums import Backend
from connectors.mail.errors import BackendNotAvailable, MailboxExists
from connectors.mail.models import BlockedSender, Mailbox
from connectors.mail.policies import may_block
from core.actors import Actor
from core.errors import Invalid
from core.history import record, record_deletion
from core.service import service
from tickets.errors import RoleForbids


@service
def add_mailbox(address: str, *, backend: str, team: Team, by: Actor, name: str = "") -> Mailbox:
    """A shared mailbox of `team`, and its Maildir. The same one twice changes nothing.

    Raises Invalid, BackendNotAvailable, or MailboxExists if the address belongs to another team or backend.
    """
    address = _address(address).lower()
    if backend not in Backend.values:
        raise BackendNotAvailable(backend=backend, possible=", ".join(Backend.values))
    mailbox = Mailbox(address=address, backend=backend, team=team, name=name.strip())
    try:
        with transaction.atomic():
            record(mailbox, by=by)
    except IntegrityError as error:
        existing = Mailbox.objects.select_related("team").get(address=address)
        if (existing.backend, existing.team_id) != (backend, team.pk):
            facts = {"address": address, "backend": existing.backend, "team": existing.team.name}
            raise MailboxExists(**facts) from error
        mailbox = existing
    backend_of(mailbox)
    return mailbox


def _address(text: str) -> str:
    address = text.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid({"address": _("“%(address)s” is not an e-mail address.") % {"address": address}}) from error
    return address


@service
def block_sender(address: str, *, by: Agent, reason: str = "") -> BlockedSender:
    """From now on mails of this sender go to quarantine; twice changes nothing. Raises RoleForbids, Invalid."""
    _refuse_unless_staff(by)
    address = _address(address)
    row = BlockedSender(address=address, blocked_by=by, reason=reason.strip()[:500])
    try:
        with transaction.atomic():
            record(row, by=by, reason=reason)
    except IntegrityError:
        return BlockedSender.objects.get(address__iexact=address)
    return row


@service
def unblock_sender(address: str, *, by: Agent) -> bool:
    """Hear from this sender again; False if they were not blocked."""
    _refuse_unless_staff(by)
    row = BlockedSender.objects.select_for_update().filter(address__iexact=address.strip()).first()
    if row is None:
        return False
    record_deletion(row, by=by)
    return True


def _refuse_unless_staff(by: Agent) -> None:
    if not may_block(by):
        raise RoleForbids
