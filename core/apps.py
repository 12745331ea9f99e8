from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Core")

    def ready(self) -> None:
        from simple_history.signals import pre_create_historical_record

        from core import checks, events, history, timers  # noqa: F401  # registers the system checks
        from core.api.idempotency import forget_old_keys
        from core.sessions import forget_ended_sessions

        pre_create_historical_record.connect(history.stamp_actor, dispatch_uid="core.stamp_actor")
        timers.register("events_delivered", events.deliver_all, order=50)
        timers.register("idempotency_keys_forgotten", forget_old_keys, order=90)
        timers.register("events_forgotten", events.forget_done, order=90)
        timers.register("sessions_forgotten", forget_ended_sessions, order=90)
