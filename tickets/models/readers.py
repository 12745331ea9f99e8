from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from tickets.models.ticket import Ticket


class TicketReader(models.Model):
    """Somebody who may read a ticket's main thread because an app above has asked them for help on it.

    It gives sight and no right to act. `source` is that app's own id of the reason; its rows are replaced together.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="readers")
    agent = models.ForeignKey(Agent, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_for_those_in_charge = models.BooleanField(default=False)
    """Of a team: its lead, supervisor and manager alone, not its members."""
    until = models.DateTimeField(null=True)
    """Exclusive; None as long as the row stands."""
    source = models.UUIDField()

    class Meta:
        verbose_name = _("reader of a ticket")
        verbose_name_plural = _("readers of tickets")
        constraints = [
            models.CheckConstraint(
                name="ticketreader_one_target",
                condition=Q(agent__isnull=False, team__isnull=True, is_for_those_in_charge=False)
                | Q(agent__isnull=True, team__isnull=False),
            ),
            models.UniqueConstraint(name="ticketreader_once", fields=["source", "agent", "team"], nulls_distinct=False),
        ]
        indexes = [
            models.Index(
                name="ticketreader_agent",
                fields=["agent"],
                include=["ticket", "until"],
                condition=Q(agent__isnull=False),
            ),
            models.Index(
                name="ticketreader_team", fields=["team"], include=["ticket", "until"], condition=Q(team__isnull=False)
            ),
            models.Index(name="ticketreader_until", fields=["until"], condition=Q(until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.agent_id or self.team_id}"
