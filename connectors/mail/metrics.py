"""What operators watch of incoming mail; read by `/metrics`."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Sum

from connectors.mail.enums import MailState
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.subscriptions import GraphSubscription
from core.metrics import Gauge


def of_incoming_mail(now: datetime) -> Iterable[Gauge]:
    """Mails that wait for a person, and what the nightly comparison of mailboxes and ledger has found."""
    waiting = MailMessage.objects.filter(state=MailState.QUARANTINED).count()
    yield Gauge("mail_quarantined", "Mails in quarantine", waiting)
    rows = list(Mailbox.objects.active().values_list("reconciled_at", "reconciliation"))
    missing = sum(result.get("missing_count", 0) for _at, result in rows)
    yield Gauge("mail_not_in_ledger", "Mails in a mailbox that the ledger does not know", missing)
    failed = sum(bool(result.get("error")) for _at, result in rows)
    yield Gauge("mailboxes_not_compared", "Mailboxes whose last comparison failed", failed)
    forged = GraphSubscription.objects.aggregate(all=Sum("forged"))["all"] or 0
    yield Gauge("mail_notifications_forged", "Notifications of new mail that were not Microsoft's", forged)
    age = max(((now - at).total_seconds() for at, _result in rows if at is not None), default=0)
    yield Gauge("mailbox_comparison_age_seconds", "Time since the oldest comparison of a mailbox with the ledger", age)
