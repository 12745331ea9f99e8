from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.guards import deactivation_guards
        from core import metrics, timers
        from tickets import hidden, receivers, services  # noqa: F401  # receivers subscribe when imported
        from tickets.calibration import coaching_seen_by
        from tickets.flagging import documentation_complete, flags_by_ticket, photo_or_waiver, sentiment_recorded
        from tickets.guards import compensation_guards, flag_sources, resolve_guards
        from tickets.metrics import of_outgoing_mail
        from tickets.people import NearByTickets, no_open_tickets
        from tickets.resolutions import no_pending_approval

        deactivation_guards.append(no_open_tickets)
        resolve_guards.extend((no_pending_approval, documentation_complete, sentiment_recorded))
        compensation_guards.append(photo_or_waiver)
        flag_sources.append(flags_by_ticket)
        hidden.task_ways.append(coaching_seen_by)
        metrics.sources.append(of_outgoing_mail)
        privacy.use(NearByTickets())
        timers.register("offers_lapsed", services.lapse_due_offers, order=10)
        timers.register("tickets_closed", services.close_due_tickets, order=20)
        timers.register("replies_released", services.release_due_messages, order=30)
        timers.register("files_scanned", services.scan_due_files, order=35)
        timers.register("approvals_reminded", services.remind_of_approvals, order=36)
        timers.register("former_readers_forgotten", services.forget_former_readers, order=90)
        timers.register("bulk_acts_run", services.run_bulk_acts, order=37)
        timers.register("calibration_generated", services.generate_due_calibrations, order=45)
        timers.register("bulk_acts_forgotten", services.forget_unconfirmed_acts, order=38)
