from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.models import BaseModel


class PushSubscription(BaseModel):
    """A browser in which a person has allowed messages of the desk. Source: integrations.md section 10.

    A browser belongs to who has last allowed it there. Its two keys let only that browser read what is sent to it.
    """

    agent = models.ForeignKey(
        Agent, verbose_name=_("agent"), on_delete=models.CASCADE, related_name="push_subscriptions"
    )  # only theirs
    endpoint = models.URLField(_("endpoint"), max_length=1000, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=50)
    device = models.CharField(_("device"), max_length=120, blank=True)
    """As the browser names itself, for the person to know it again."""
    last_success_at = models.DateTimeField(_("last success at"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.device or str(_("A browser"))
