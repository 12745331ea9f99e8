from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self) -> None:
        from accounts.guards import deactivation_guards
        from tickets.people import no_open_tickets

        deactivation_guards.append(no_open_tickets)
