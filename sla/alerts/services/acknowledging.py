"""A recipient says that they have seen an alert."""

from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from core.actors import Actor
from core.errors import NotFound, StaleVersion
from core.events import publish
from core.history import record
from core.service import service
from notifications.events import PeopleTold
from sla.alerts.enums import AlertStatus
from sla.alerts.errors import AlertTransition, NotRecipient
from sla.alerts.events import AlertAcknowledged
from sla.alerts.models import Alert, AlertRecipient
from sla.alerts.policies import may_acknowledge
from sla.alerts.services.telling import leave_untold
from tickets.events import TicketTouched
from tickets.services import lock_ticket


@service
def acknowledge_alert(alert_id: UUID, *, by: Actor, version: int | None = None) -> Alert:
    """Stops what would be repeated of this level or told later, and nothing of the next one (acceptance 106).

    Raises NotFound, NotRecipient, AlertTransition unless it is open, or StaleVersion.
    """
    ticket_id = Alert.objects.filter(pk=alert_id).values_list("ticket", flat=True).first()
    if ticket_id is None:
        raise NotFound
    lock_ticket(ticket_id)
    alert = Alert.objects.select_for_update(of=("self",), no_key=True).get(pk=alert_id)
    is_recipient = isinstance(by, Agent) and AlertRecipient.objects.filter(alert=alert, agent=by).exists()
    if not isinstance(by, Agent) or not is_recipient or not may_acknowledge(by):
        raise NotRecipient
    if alert.status != AlertStatus.OPEN:
        raise AlertTransition(status=AlertStatus(alert.status).label)
    if version is not None and version != alert.version:
        raise StaleVersion(given=version, current=alert.version)
    now = timezone.now()
    alert.acknowledge(by=by, at=now)
    record(alert, by=by, update_fields=["status", "acknowledged_by", "acknowledged_at"])
    rows = list(AlertRecipient.objects.filter(alert=alert).select_related("alert").order_by("agent"))
    AlertRecipient.objects.filter(alert=alert).update(is_open=False, tell_at=None)
    publish(PeopleTold(agent_ids=tuple(row.agent_id for row in rows), occurred_at=now))
    leave_untold([row for row in rows if row.tell_at is not None and row.agent_id != by.pk], at=now)
    publish(TicketTouched(ticket_id=ticket_id, occurred_at=now))
    publish(AlertAcknowledged(alert_id=alert.pk, ticket_id=ticket_id, by_id=by.pk, occurred_at=now))
    return alert
