from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from live.enums import Kind


class Change(models.Model):
    """Something happened that open pages may show: ids only, kept for a day (ruling 26).

    Written in the transaction of the act and numbered afterwards, when it is dispatched: transactions do not commit in
    the order of their inserts, so numbers given by these would leave gaps that fill up behind a reader's back.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    ticket_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    xid = models.BigIntegerField()
    """The transaction, as PostgreSQL numbers it for ever: tells whether a page has seen the change already."""
    number = models.BigIntegerField(null=True)
    """Place in the log; `Last-Event-ID` of the stream. From the sequence `live_number`, which is never set back."""
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("change for open pages")
        verbose_name_plural = _("changes for open pages")
        constraints = [models.UniqueConstraint(name="change_number_once", fields=["number"])]
        indexes = [
            models.Index(name="change_undispatched", fields=["id"], condition=Q(number__isnull=True)),
            models.Index(name="change_created", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ticket_id or self.person_id}"
