from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EntraConfig(AppConfig):
    name = "connectors.entra"
    label = "entra"
    verbose_name = _("Sign-in with Microsoft")

    def ready(self) -> None:
        from connectors.base.kinds import register
        from connectors.entra.kind import ENTRA

        register(ENTRA)
