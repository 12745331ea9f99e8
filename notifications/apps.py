from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from core import metrics, timers
        from notifications import approval_receivers, people_receivers, receivers, services  # noqa: F401  # subscribe
        from notifications.metrics import of_deliveries
        from notifications.selectors import KEPT_BESIDE, WORKED_ON
        from tickets.around import kept_above

        kept_above[KEPT_BESIDE] = WORKED_ON
        metrics.sources.append(of_deliveries)
        timers.register("notifications_delivered", services.deliver_due, order=70)
        timers.register("work_said_forgotten", services.forget_work_done, order=90)
        timers.register("deliveries_forgotten", services.forget_old, order=90)
