from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and customers")

    def ready(self) -> None:
        from accounts import checks, receivers  # noqa: F401  # registers the system checks and the receivers
        from accounts.tokens import forget_expired_tokens
        from core import timers

        timers.register("tokens_forgotten", forget_expired_tokens, order=90)
