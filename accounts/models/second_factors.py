from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User
from core.history import audited_history
from core.models import BaseModel


class SecondFactor(BaseModel):
    """The app that a person proves themselves with after the password. Counts from `confirmed_at` on."""

    user = models.OneToOneField(User, verbose_name=_("user"), on_delete=models.PROTECT, related_name="second_factor")
    sealed = models.TextField(editable=False)
    """The secret as `core.sealing` keeps it; nobody is shown it again after the app has it."""
    confirmed_at = models.DateTimeField(_("in use since"), null=True, blank=True, editable=False)
    last_step = models.BigIntegerField(default=0, editable=False)
    """Step of the last accepted code (`accounts.totp`): neither it nor an earlier one is accepted again."""
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    rests_until = models.DateTimeField(null=True, blank=True, editable=False)
    """Until then no code is looked at, as too many were wrong."""

    history = audited_history(excluded_fields=["sealed", "last_step", "failures", "rests_until"])

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_on(self) -> bool:
        return self.confirmed_at is not None


class RecoveryCode(BaseModel):
    """A code on paper that is good once where the app is not at hand. 80 random bits, so a plain hash keeps it."""

    factor = models.ForeignKey(
        SecondFactor,
        on_delete=models.CASCADE,  # of no use without it
        related_name="recovery_codes",
    )
    digest = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True, editable=False)

    history = audited_history(excluded_fields=["digest"])

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [models.UniqueConstraint(name="recoverycode_once", fields=["factor", "digest"])]

    def __str__(self) -> str:
        return str(self.factor)
