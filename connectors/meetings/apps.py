from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MeetingsConfig(AppConfig):
    name = "connectors.meetings"
    label = "meetings"
    verbose_name = _("Meetings")

    def ready(self) -> None:
        from connectors.base.kinds import register
        from connectors.meetings import (
            receivers,  # noqa: F401  # they subscribe when imported
            services,
            wording,
        )
        from connectors.meetings.kind import CALENDAR
        from connectors.meetings.metrics import of_meetings
        from connectors.meetings.selectors import HAS_CALENDAR, HAS_MEETINGS, MET_IN, NEEDED, calendars_in
        from connectors.microsoft365.setup import mailbox_sources
        from core import metrics, timers
        from tickets.around import kept_above

        register(CALENDAR)
        wording.register()
        mailbox_sources.append((calendars_in, (NEEDED,)))
        metrics.sources.append(of_meetings)
        kept_above["calendar"] = HAS_CALENDAR
        kept_above["meetings"] = HAS_MEETINGS
        kept_above["met_in"] = MET_IN
        timers.register("meetings_sent", services.send_due_meetings, order=71)
        timers.register("meetings_followed", services.follow_due_meetings, order=72)
