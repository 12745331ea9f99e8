from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Figures")

    def ready(self) -> None:
        from core import timers
        from reports import services

        timers.register("backlog_kept", services.keep_due_backlog, order=5)
