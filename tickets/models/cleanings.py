from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.timeline import TimelineEntry
from tickets.walls import CLEANING_WALLS


class HtmlCleaning(models.Model):
    """A newer sanitiser has cleaned the HTML of a mail again. Append-only: without such a row, written in the same
    transaction, the database refuses to put other HTML into an entry.
    """

    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(TimelineEntry, on_delete=models.PROTECT, related_name="html_cleanings")
    sanitiser_version = models.PositiveIntegerField()
    html_sha256 = models.CharField(max_length=64)
    """Of the HTML that stands in the entry from then on, as UTF-8."""
    old_html_sha256 = models.CharField(max_length=64, editable=False)
    old_html_length = models.PositiveIntegerField(editable=False)
    """Of what stood there before; characters. These and the next two are put by the database. Empty and 0 in rows of
    before they were noted.
    """
    at = models.DateTimeField(default=timezone.now, editable=False)
    transaction_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("cleaning of HTML")
        verbose_name_plural = _("cleanings of HTML")
        triggers = CLEANING_WALLS

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.sanitiser_version}"
