from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from tickets.models.ticket import Ticket


class SearchDocument(models.Model):
    """The words of a ticket's subject and main thread; a row beside the ticket, so that lists need not carry it.

    `team` and `created_at` repeat the ticket's, so that one team's newest hits are found without visiting other teams'.
    """

    ticket = models.OneToOneField(Ticket, primary_key=True, on_delete=models.CASCADE, related_name="search_document")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    words = SearchVectorField()

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        indexes = [
            GinIndex(name="searchdocument_words", fields=["words"]),
            models.Index(name="searchdocument_team", fields=["team", "-created_at", "-ticket"]),
        ]

    def __str__(self) -> str:
        return str(self.ticket_id)
