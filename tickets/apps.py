from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.guards import deactivation_guards
        from core import metrics, timers
        from tickets import services
        from tickets.metrics import of_outgoing_mail
        from tickets.people import NearByTickets, no_open_tickets

        deactivation_guards.append(no_open_tickets)
        metrics.sources.append(of_outgoing_mail)
        privacy.use(NearByTickets())
        timers.register("offers_lapsed", services.lapse_due_offers, order=10)
        timers.register("tickets_closed", services.close_due_tickets, order=20)
        timers.register("replies_released", services.release_due_messages, order=30)
