from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Microsoft365Config(AppConfig):
    name = "connectors.microsoft365"
    label = "microsoft365"
    verbose_name = _("Microsoft 365")

    def ready(self) -> None:
        from connectors.base.kinds import register
        from connectors.microsoft365 import checks  # noqa: F401  # it registers itself
        from connectors.microsoft365.kind import MICROSOFT_365
        from connectors.microsoft365.services import fill_due
        from core import timers

        register(MICROSOFT_365)
        timers.register("connections_filled", fill_due, order=41)
