"""A workflow of Teams with what it has posted, and a card; nothing is sent here."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import add_connection
from connectors.teams.enums import CardAct
from connectors.teams.links import CardLink, address_of
from connectors.teams.models import ChannelPost
from core.models import new_id
from tickets.models import Ticket


def posted_to_teams(admin: Agent) -> Connection:
    address = {"webhook": "https://workflows.invalid/1?sig=2"}
    values = {"posts_for": "support-escalations"}
    row = add_connection("teams", by=admin, name="Teams: escalations", settings=values, secrets=address)
    Connection.objects.filter(pk=row.pk).update(test_due_at=None)
    now, refused = (
        timezone.now(),
        Said("teams_card_refused", {"host": "workflows.invalid", "status": 400, "code": "BadRequest"}),
    )
    ends: dict[str, dict[str, Any]] = {
        "sent": {"sent_at": now},
        "failed": {"failed_at": now, "last_error": refused.as_json()},
        "queued": {"next_attempt_at": now + timedelta(days=1)},
    }
    for status, more in ends.items():
        ChannelPost.objects.create(
            connection=row, key=status, kind="escalation_timeout", status=status, attempts=1, **more
        )
    return row


def card_of(ticket: Ticket) -> str:
    """Of a card that offers a ticket: the part of its address that we signed."""
    link = CardLink(
        act=CardAct.ACCEPT_TICKET, subject_id=ticket.pk, key=new_id(), person_id=None, told_at=timezone.now()
    )
    return address_of(link).rstrip("/").rpartition("/")[2]
