from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Core")

    def ready(self) -> None:
        from simple_history.signals import pre_create_historical_record

        from core import checks, history  # noqa: F401  # registers the system checks

        pre_create_historical_record.connect(history.stamp_actor, dispatch_uid="core.stamp_actor")
