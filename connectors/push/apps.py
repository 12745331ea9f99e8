from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PushConfig(AppConfig):
    name = "connectors.push"
    label = "push"
    verbose_name = _("Web push")

    def ready(self) -> None:
        from connectors.push import checks  # noqa: F401  # it registers itself
        from connectors.push.sending import PushWay
        from notifications.ways import use_way

        use_way(PushWay())
