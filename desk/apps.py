from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "desk"
    verbose_name = _("Desk")

    def ready(self) -> None:
        from accounts.auth import sign_in_pages
        from desk.alerts.forecast import FORECAST
        from desk.flags import REPEAT_CONTACT
        from desk.people.views.session import sign_in_to_go_on
        from desk.scores.parts import SCORE
        from desk.sections import above_feed, beside_feed

        sign_in_pages.append(sign_in_to_go_on)
        above_feed["repeat-contact"] = REPEAT_CONTACT
        beside_feed["score"] = SCORE
        beside_feed["forecast"] = FORECAST
