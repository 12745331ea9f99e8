from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LiveConfig(AppConfig):
    name = "live"
    verbose_name = _("Live updates")

    def ready(self) -> None:
        from core import timers, wake
        from live import presence, receivers, services  # noqa: F401  # the receivers subscribe
        from live.wake import WORD, tell_of_changes
        from notifications.attention import use_attention

        wake.posts[WORD] = tell_of_changes
        use_attention(presence.looked_at_by)
        timers.register("changes_forgotten", services.forget_old, order=90)
