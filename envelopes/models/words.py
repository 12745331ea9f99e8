from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from envelopes.models.envelope import Envelope
from tickets.models import TimelineEntry


class EnvelopeWords(models.Model):
    """The words of one post of an envelope, or of the reason why it was opened; written with them, and found by those
    alone who read its thread.
    """

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="words")
    entry = models.OneToOneField(TimelineEntry, null=True, on_delete=models.PROTECT, related_name="envelope_words")
    """None: the reason."""
    created_at = models.DateTimeField()
    words = SearchVectorField()

    class Meta:
        verbose_name = _("words of an envelope")
        verbose_name_plural = _("words of envelopes")
        constraints = [
            models.UniqueConstraint(
                name="envelopewords_one_reason", fields=["envelope"], condition=models.Q(entry__isnull=True)
            )
        ]
        indexes = [GinIndex(name="envelopewords_words", fields=["words"])]

    def __str__(self) -> str:
        return str(self.envelope_id)
