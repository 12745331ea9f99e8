from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConnectionsConfig(AppConfig):
    name = "connectors.base"
    label = "connections"
    verbose_name = _("Connections")

    def ready(self) -> None:
        from connectors.base import checks, receivers, services, telling  # noqa: F401  # some register themselves
        from connectors.base.metrics import of_connections
        from core import metrics, timers

        timers.register("connections_tested", services.run_due_test, order=42)
        timers.register("connections_told", telling.tell_due, order=42)
        metrics.sources.append(of_connections)
