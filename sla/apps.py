from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SlaConfig(AppConfig):
    name = "sla"
    verbose_name = _("Service levels")

    def ready(self) -> None:
        from sla import wiring
        from sla.alerts import wiring as alerts
        from sla.client_reminders import wiring as client_reminders
        from sla.proposals import wiring as proposals
        from sla.reminders import wiring as reminders
        from sla.scores import wiring as scores

        wiring.register()
        scores.register()
        alerts.register()
        reminders.register()
        client_reminders.register()
        proposals.register()
