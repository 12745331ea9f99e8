"""The end of what a person has said of a score."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from accounts.models import Agent
from core.actors import TIMER, Actor
from core.history import record
from sla.models import ScoreOverride
from tickets.services import tell_of_promise


def end(override: ScoreOverride, *, by: Actor, at: datetime, ended_by: Agent | None = None) -> None:
    override.ended_at, override.ended_by = at, ended_by
    record(override, by=by, update_fields=["ended_at", "ended_by"])


def end_lapsed(ticket_ids: Collection[UUID], *, now: datetime) -> None:
    """Those whose moment has passed. Whoever calls holds the tickets' locks and brings their scores up to date."""
    for override in ScoreOverride.objects.standing().filter(ticket__in=list(ticket_ids), until__lt=now).order_by("pk"):
        end(override, by=TIMER, at=override.until)
        tell_of_promise(override.ticket_id, by=TIMER, at=now, facts={"event": "score_freed"})
