from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeamsConfig(AppConfig):
    name = "connectors.teams"
    label = "teams"
    verbose_name = _("Microsoft Teams")

    def ready(self) -> None:
        from connectors.base.kinds import register
        from connectors.teams import receivers, services  # noqa: F401  # they subscribe
        from connectors.teams.channels import TeamsChannels
        from connectors.teams.kind import ACTIVITY, WORKFLOW
        from connectors.teams.metrics import of_posts
        from connectors.teams.way import TeamsWay
        from core import metrics, timers
        from notifications.channels import use_channels
        from notifications.ways import use_way

        register(WORKFLOW)
        register(ACTIVITY)
        use_channels(TeamsChannels())
        use_way(TeamsWay())
        metrics.sources.append(of_posts)
        timers.register("cards_posted", services.deliver_due_posts, order=71)
        timers.register("cards_forgotten", services.forget_old, order=90)
