from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountMailKind
from accounts.models.users import User
from core.models import BaseModel


class AccountMail(BaseModel):
    """A mail that lets a person set a password, or tells of another way in. The row is the truth; its link is made when
    sent, never stored.
    """

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.PROTECT, related_name="account_mails")
    kind = models.CharField(_("kind"), max_length=15, choices=AccountMailKind)
    to = models.EmailField(_("to"), blank=True)
    """Where it must not go to the address that the person has by now; empty: to that."""
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True, default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("account mail")
        verbose_name_plural = _("account mails")
        ordering = ["-created_at"]
        indexes = [
            models.Index(name="accountmail_due", fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user}"
