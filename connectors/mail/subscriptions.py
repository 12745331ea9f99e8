"""What Microsoft Graph is asked to tell us of: that mail has come to a folder (integrations.md section 2). Telling is
only quicker; what has come is found by reading all the same.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from connectors.base.sentences import Said
from core.models import BaseModel


class GraphSubscription(BaseModel):
    """Of one folder of a mailbox; the row comes first, so that none at Graph is without one for long."""

    mailbox = models.ForeignKey("mail.Mailbox", on_delete=models.CASCADE, related_name="subscriptions", db_index=False)
    folder = models.CharField(max_length=250)
    connection = models.ForeignKey(
        "connections.Connection", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    user = models.CharField(max_length=320, blank=True)
    """By which connection it was made, and of whose mailbox there; another one is made once these are others."""
    provider_id = models.CharField(max_length=100, blank=True)
    """Graph's name for it; empty while there is none."""
    secret_hash = models.CharField(max_length=64, blank=True)
    """SHA-256 of the client state, by which Graph shows that a notification is its own."""
    expires_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    """When it is to be made, renewed or taken back."""
    failures = models.PositiveIntegerField(default=0)
    """In a row."""
    last_failure = models.JSONField(default=dict, blank=True)
    """As `Said.as_json`; emptied by the next success."""
    notified_at = models.DateTimeField(null=True, blank=True)
    forged = models.PositiveIntegerField(default=0)
    """Notifications that name it and do not know its client state."""

    class Meta:
        verbose_name = _("subscription at Microsoft 365")
        verbose_name_plural = _("subscriptions at Microsoft 365")
        constraints = [models.UniqueConstraint(name="graphsubscription_once", fields=["mailbox", "folder"])]
        indexes = [
            models.Index(name="graphsubscription_due", fields=["due_at"]),
            models.Index(
                name="graphsubscription_provider_id", fields=["provider_id"], condition=~models.Q(provider_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mailbox_id} {self.folder}"

    @property
    def failure(self) -> Said | None:
        return Said.of(self.last_failure)
