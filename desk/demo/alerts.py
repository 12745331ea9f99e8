"""Alerts of the demo desk: some that its people have answered since, what stands now, and one that Mara has seen."""

from datetime import datetime

from desk.demo import clock
from desk.demo.acts import Cast
from sla.alerts.models import Alert
from sla.alerts.services import acknowledge_alert, raise_due_alerts, tell_of_alerts

LOOKED_AT = "1d 16:00"


def look(*, at: datetime) -> None:
    """As the timer does; what came before is found late, at once."""
    with clock.at(at):
        while raise_due_alerts(now=at):
            pass


def look_now(cast: Cast) -> None:
    look(at=cast.now)
    mara = cast.agent("mara")
    with clock.at(cast.now):
        tell_of_alerts(now=cast.now)
        seen = Alert.objects.open().filter(recipients=mara).order_by("triggered_at", "level").first()
        if seen is not None:
            acknowledge_alert(seen.pk, by=mara)
