from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and customers")

    def ready(self) -> None:
        from accounts import checks, receivers  # noqa: F401  # registers the system checks and the receivers
        from accounts.services.access import forget_failed_sign_ins
        from accounts.services.calendars import take_due_public_holidays
        from accounts.tokens import forget_expired_tokens
        from core import timers

        timers.register("public_holidays_taken", take_due_public_holidays, order=5)
        timers.register("tokens_forgotten", forget_expired_tokens, order=90)
        timers.register("failed_sign_ins_forgotten", forget_failed_sign_ins, order=90)
