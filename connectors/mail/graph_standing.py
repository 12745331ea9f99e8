"""What mail adds to how a connection to Microsoft 365 is shown: mails that wait, and how we are told of new ones."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from connectors.base import sentences
from connectors.base.kinds import Beside
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.mail.models import Mailbox
from connectors.mail.services.graph_subscribing import notification_url
from connectors.mail.subscriptions import GraphSubscription
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage

sentences.put(
    {
        "mail_put_off": _("Mails that Microsoft does not hand out and that are tried again: %(count)s (%(mailbox)s)."),
        "mail_not_notified": _(
            "Microsoft tells us of no new mail, as this desk has no public address over https (SITE_URL). Mailboxes "
            "are read every few seconds."
        ),
        "mail_notifications_failed": _(
            "Microsoft does not tell us of new mail in %(folder)s of %(mailbox)s: %(why)s It is read every few seconds."
        ),
        "mail_forged": _("Notifications that were not Microsoft's were ignored: %(count)s (%(mailbox)s)."),
    }
)


def _backlog(connection: Connection) -> int:
    """Mails that are to leave by it, and were begun."""
    queued = OutboundMessage.objects.filter(status=OutboundStatus.QUEUED)
    return queued.filter(graph_draft__connection=connection).count()


def _ends(connection: Connection) -> dict[str, datetime]:
    """The subscription that ends first: it is renewed by itself at half its life."""
    rows = GraphSubscription.objects.filter(connection=connection, expires_at__isnull=False)
    first = rows.order_by("expires_at").values_list("expires_at", flat=True).first()
    return {"subscription": first} if first else {}


def _notes(connection: Connection) -> Iterator[Said]:
    mailboxes = list(Mailbox.objects.filter(connection=connection, is_active=True).order_by("address"))
    for mailbox in mailboxes:
        if put_off := len(mailbox.position.get("put_off") or ()):
            yield Said("mail_put_off", {"count": put_off, "mailbox": mailbox.address})
    if mailboxes and not notification_url():
        yield Said("mail_not_notified")
    rows = GraphSubscription.objects.filter(mailbox__in=mailboxes).select_related("mailbox")
    for row in rows.order_by("mailbox__address", "folder"):
        if (failure := row.failure) is not None:
            facts = {"folder": row.folder, "mailbox": row.mailbox.address, "why": str(failure)}
            yield Said("mail_notifications_failed", facts)
        if row.forged:
            yield Said("mail_forged", {"count": row.forged, "mailbox": row.mailbox.address})


OF_MAIL = Beside(
    backlog=_backlog, ends=_ends, endings={"subscription": _("Microsoft's word of new mail")}, notes=_notes
)
