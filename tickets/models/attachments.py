from typing import ClassVar

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import BaseModel
from tickets.enums import ScanStatus
from tickets.models.outbound import OutboundMessage
from tickets.models.timeline import TimelineEntry
from tickets.walls import ATTACHMENT_WALLS


def attachment_storage() -> Storage:
    """Chosen when called, so that tests and deployments can put the blobs elsewhere."""
    return storages["attachments"]


class Attachment(BaseModel):
    """A file of an entry, or of a reply that is still held; it inherits the entry's visibility.

    `file` names a blob by its sha256: the same bytes are stored once. Only `clean` ones are served.
    """

    SCANNED: ClassVar[str] = "clamd"
    """The note of a clean file that a virus scanner has looked at."""

    entry = models.ForeignKey(
        TimelineEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    outbound = models.ForeignKey(
        OutboundMessage, null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    file = models.FileField(storage=attachment_storage, max_length=200)
    filename = models.CharField(_("file name"), max_length=255)
    content_type = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    is_inline = models.BooleanField(default=False)
    content_id = models.CharField(max_length=255, blank=True)
    is_signature = models.BooleanField(default=False, db_default=False)
    """The signature of a mail, such as smime.p7s: no file of the customer's."""
    scan_status = models.CharField(max_length=10, choices=ScanStatus, default=ScanStatus.PENDING)
    scan_note = models.CharField(max_length=255, blank=True)

    class Meta:
        triggers = ATTACHMENT_WALLS
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            models.CheckConstraint(
                name="attachment_belongs", condition=Q(entry__isnull=False) | Q(outbound__isnull=False)
            )
        ]
        indexes = [
            models.Index(
                name="attachment_pending", fields=["created_at", "id"], condition=Q(scan_status=ScanStatus.PENDING)
            )
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def may_be_served(self) -> bool:
        return self.scan_status == ScanStatus.CLEAN

    @property
    def is_unscanned(self) -> bool:
        """Clean by sniffing and the block list alone (ruling 22)."""
        return self.scan_status == ScanStatus.CLEAN and self.scan_note != self.SCANNED
