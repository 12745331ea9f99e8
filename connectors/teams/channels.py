"""Channels of a whole group: who speaks of escalations and breaches is heard there (domain.md section 14)."""

from connectors.base.models import Connection
from connectors.teams.enums import PostKind
from connectors.teams.services import queue_posts
from connectors.teams.workflows import KIND
from notifications.channels import Channel, Notice
from tickets.models import Ticket

KINDS = {kind.value: kind for kind in PostKind}


class TeamsChannels:
    def announce(self, channel: Channel, notice: Notice) -> None:
        """Of a breach the ticket's own team hears, too."""
        kind = KINDS.get(notice.event_type)
        if kind is None or not Connection.objects.active().of_kind(KIND).exists():
            return
        is_breach = channel == Channel.SLA_BREACHES
        ticket = Ticket.objects.get(pk=notice.ticket_id)
        queue_posts([channel], kind, key=notice.key, ticket=ticket, with_team=is_breach)
