from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from tickets.models.ticket import Ticket

WORDS_OF = r"to_tsvector('itilnext', translate(%s, '-@/\_', '     '))"
"""SQL, the same for what is found and what is looked for: parts of addresses, paths and numbers such as VPN-4711 are
words of their own, where PostgreSQL's parser would keep the address in one piece and read the number as -4711."""


class SearchDocument(models.Model):
    """The words of a ticket's subject and main thread; a row beside the ticket, so that lists need not carry it.

    `team` and `created_at` repeat the ticket's, so that one team's newest hits are found without visiting other teams':
    of rare words by the index on both team and words, of common ones by walking the team's newest (tickets.search).
    """

    ticket = models.OneToOneField(Ticket, primary_key=True, on_delete=models.CASCADE, related_name="search_document")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    words = SearchVectorField()

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        indexes = [
            GinIndex(name="searchdocument_words", fields=["team", "words"]),
            models.Index(name="searchdocument_team", fields=["team", "-created_at", "-ticket"]),
        ]

    def __str__(self) -> str:
        return str(self.ticket_id)
