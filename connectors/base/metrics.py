"""What operators watch of connections; read by `/metrics`."""

from collections.abc import Iterable
from datetime import datetime

from connectors.base.models import Connection
from core.metrics import Gauge


def of_connections(now: datetime) -> Iterable[Gauge]:
    failing = Connection.objects.active().exclude(last_failure_class="").count()
    yield Gauge("connections_failing", "Connections to other systems whose last request has failed", failing)
