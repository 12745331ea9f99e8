"""Drafts in Microsoft 365 that outgoing mails are handed over by (docs/adr/0012-sending-through-graph.md)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import BaseModel


class GraphDraft(BaseModel):
    """The one draft that an outgoing mail may leave by, and how far it has come. Written before each request that it
    is about, so that whoever comes after a killed worker knows what may have been done.
    """

    outbound = models.OneToOneField("tickets.OutboundMessage", on_delete=models.PROTECT, related_name="graph_draft")
    mailbox = models.ForeignKey("mail.Mailbox", on_delete=models.PROTECT, related_name="+", db_index=False)
    connection = models.ForeignKey(
        "connections.Connection", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    user = models.CharField(max_length=320, blank=True)
    """In whose mailbox it lies, and by which connection: also once the mailbox here is read in another way."""
    provider_id = models.TextField(blank=True)
    """Its immutable id, which holds while it is a draft; empty before there is one that we know of."""
    message_id = models.TextField(blank=True)
    """The Message-ID that Exchange has given it, where that is not ours; answers name it then."""
    attached = models.JSONField(default=dict, blank=True)
    """Ids of the draft's attachments, by those of our files."""
    upload = models.JSONField(default=dict, blank=True)
    """A file that is on its way in pieces: `file`, our id of it, and `url`, sealed: whoever has it may write there."""
    send_asked_at = models.DateTimeField(null=True, blank=True)
    """Since when it may have left. Another draft is never made from then on."""
    clean_due_at = models.DateTimeField(null=True, blank=True)
    """When to look for drafts of this mail that are left over; null once there can be none."""

    class Meta:
        verbose_name = _("draft in Microsoft 365")
        verbose_name_plural = _("drafts in Microsoft 365")
        indexes = [
            models.Index(name="graphdraft_clean_due", fields=["clean_due_at"], condition=Q(clean_due_at__isnull=False)),
            models.Index(name="graphdraft_message_id", fields=["message_id"], condition=~Q(message_id="")),
        ]

    def __str__(self) -> str:
        return str(self.outbound_id)
