from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.models import BaseModel
from tickets.enums import DraftMode, ScanStatus
from tickets.models.attachments import attachment_storage


class Draft(BaseModel):
    """What one person has written and not sent, for one ticket and one audience (ruling 5).

    It is theirs alone: nobody else reads it, and no act of anybody else changes or removes it. Its ticket and mode
    never change, so that a text can end up neither at another customer nor before other eyes.
    """

    person = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="drafts")  # only concerns the person
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="drafts", db_index=False)
    mode = models.CharField(_("mode"), max_length=10, choices=DraftMode)
    """One of `DraftMode`, or "e3" for what is written in the ticket's third envelope."""
    body_text = models.TextField(_("text"), blank=True)
    cc = models.TextField(_("Cc"), blank=True)
    """As typed, so perhaps no addresses yet."""

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(name="draft_once", fields=["ticket", "person", "mode"])]

    def __str__(self) -> str:
        return self.get_mode_display()


class DraftFile(BaseModel):
    """A file that is to go with what one person is writing; sent, it becomes an attachment of the same bytes.

    It does not hang on the draft's row, as files may be there before the first word.
    """

    person = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)  # only theirs
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="+", db_index=False)
    mode = models.CharField(_("mode"), max_length=10, choices=DraftMode)
    """As that of the draft."""
    file = models.FileField(storage=attachment_storage, max_length=200)
    filename = models.CharField(_("file name"), max_length=255)
    content_type = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    scan_status = models.CharField(max_length=10, choices=ScanStatus)
    scan_note = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = _("file of a draft")
        verbose_name_plural = _("files of drafts")
        indexes = [models.Index(name="draftfile_place", fields=["ticket", "person", "mode"])]

    def __str__(self) -> str:
        return self.filename
