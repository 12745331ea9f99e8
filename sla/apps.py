from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SlaConfig(AppConfig):
    name = "sla"
    verbose_name = _("Service levels")

    def ready(self) -> None:
        from core import timers
        from envelopes.clock import use_clock
        from sla import receivers, services, wording  # noqa: F401  # receivers subscribe when imported
        from tickets.extensions import creation_ways

        use_clock(services.PolicyClock())
        creation_ways.append(services.promise)
        wording.register()
        timers.register("pauses_ended", services.end_pauses, order=39)
        timers.register("clocks_breached", services.note_missed, order=39)
        timers.register("terms_followed", services.follow_new_terms, order=39)
