"""Mailboxes, and senders nobody wants to hear from."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from connectors.base.models import Connection
from connectors.mail.backends import GraphSettings, ImapSettings, backend_of
from connectors.mail.enums import Backend
from connectors.mail.errors import BackendNotAvailable, MailboxExists
from connectors.mail.models import BlockedSender, Mailbox
from connectors.mail.policies import may_block
from connectors.microsoft365.services import KIND
from core.actors import Actor
from core.errors import Invalid
from core.history import record, record_deletion
from core.service import service
from tickets.errors import RoleForbids


@service
def add_mailbox(
    address: str,
    *,
    backend: str,
    team: Team,
    by: Actor,
    name: str = "",
    settings: Mapping[str, object] | None = None,
    takes_plus_addresses: bool | None = None,
    connection: Connection | None = None,
) -> Mailbox:
    """A shared mailbox of `team`, and its Maildir. The same one twice changes nothing.

    `settings` are those of the backend (`ImapSettings`, `GraphSettings`), `connection` is that of a mailbox in
    Microsoft 365; `takes_plus_addresses` is true for files unless said
    otherwise, and else only where somebody says so. Raises Invalid, BackendNotAvailable, or MailboxExists if the
    address belongs to another team or is read in another way.
    """
    address = _address(address).lower()
    if backend not in Backend.values:
        raise BackendNotAvailable(backend=backend, possible=", ".join(Backend.values))
    kept = usable_settings(backend, settings or {})
    refuse_connection(backend, connection)
    mailbox = Mailbox(address=address, backend=backend, team=team, name=name.strip(), settings=kept)
    mailbox.connection = connection
    mailbox.takes_plus_addresses = backend == Backend.FILES if takes_plus_addresses is None else takes_plus_addresses
    try:
        with transaction.atomic():
            record(mailbox, by=by)
    except IntegrityError as error:
        existing = Mailbox.objects.select_related("team").get(address=address)
        found = (existing.backend, existing.team_id, existing.settings, existing.connection_id)
        if found != (backend, team.pk, kept, connection.pk if connection else None):
            facts = {"address": address, "backend": existing.backend, "team": existing.team.name}
            raise MailboxExists(**facts) from error
        mailbox = existing
    backend_of(mailbox)
    return mailbox


def usable_settings(backend: str, settings: Mapping[str, object]) -> dict[str, object]:
    """What is kept of the settings of a backend. Raises Invalid with a sentence for each that cannot serve."""
    if backend == Backend.IMAP:
        return ImapSettings.of(settings).as_json()
    if backend == Backend.GRAPH:
        return GraphSettings.of(settings).as_json()
    if settings:
        raise Invalid(dict.fromkeys(settings, _("A mailbox of this kind has no such setting.")))
    return {}


def refuse_connection(backend: str, connection: Connection | None) -> None:
    """Raises Invalid unless it is what a mailbox of this kind needs."""
    if backend != Backend.GRAPH:
        if connection is not None:
            raise Invalid({"connection": _("A mailbox of this kind has no connection.")})
    elif connection is None or connection.kind != KIND:
        raise Invalid({"connection": _("Choose the connection to Microsoft 365 that may read this mailbox.")})


@service
def change_mailbox(mailbox: Mailbox, *, by: Actor, settings: Mapping[str, object]) -> Mailbox:
    """Save the changed `mailbox` with the settings of its backend, and read it again at once. Raises Invalid."""
    mailbox.settings = usable_settings(mailbox.backend, settings)
    refuse_connection(mailbox.backend, mailbox.connection)
    mailbox.failed_polls, mailbox.next_poll_at = 0, None
    record(mailbox, by=by)
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
