"""Cards for channels are written down with what they tell; a worker hands them over."""

import logging
from collections.abc import Collection
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from connectors.base.errors import ConnectionOff
from connectors.base.models import Connection
from connectors.base.policies import may_change_connections
from connectors.teams import activity
from connectors.teams.enums import PostKind, PostStatus
from connectors.teams.errors import MayNotPost, PostNotFailed
from connectors.teams.models import ChannelPost
from connectors.teams.workflows import KIND, PEOPLE, POSTS_FOR
from core import wake
from core.actors import Actor
from core.errors import NotFound
from core.models import new_id
from core.service import service
from tickets.models import Ticket

logger = logging.getLogger(__name__)

TASK = "connectors.teams.post_due"
KINDS = (KIND, activity.KIND)
OF_TEAM = "team:%s"
"""What a connection posts for, with the team's id."""


def queue_posts(
    groups: Collection[str],
    kind: PostKind,
    *,
    key: str,
    ticket: Ticket,
    envelope_id: UUID | None = None,
    with_team: bool = False,
) -> int:
    """One card for each workflow that posts for one of `groups`, and, `with_team`, for the ticket's own team; how many.

    Within the transaction of what is told; with the same `key` it is told once. One statement where nobody listens.
    """
    wanted = {*groups, OF_TEAM % ticket.team_id} if with_team else set(groups)
    listening = Connection.objects.active().of_kind(KIND).filter(**{f"settings__{POSTS_FOR}__in": sorted(wanted)})
    now = timezone.now()
    rows = [
        ChannelPost(
            connection=connection,
            key=key,
            kind=kind,
            ticket=ticket,
            envelope_id=envelope_id,
            priority=ticket.priority,
            ticket_status=ticket.status,
            next_attempt_at=now,
        )
        for connection in listening.order_by("pk")
    ]
    if rows:
        ChannelPost.objects.bulk_create(rows, ignore_conflicts=True)
        wake.after_commit(TASK)
    return len(rows)


@service
def send_test_card(connection_id: UUID, *, by: Actor) -> ChannelPost:
    """Have a card posted that says it is a test; where the connection writes to people, to `by`.

    Raises MayNotPost, NotFound, ConnectionOff.
    """
    if not may_change_connections(by):
        raise MayNotPost
    connection = Connection.objects.for_update().filter(kind__in=KINDS, pk=connection_id).first()
    if connection is None:
        raise NotFound
    if not connection.is_active:
        raise ConnectionOff(name=connection.name)
    is_for_people = connection.kind == activity.KIND or connection.settings.get(POSTS_FOR) == PEOPLE
    row = ChannelPost(
        connection=connection,
        key=f"test:{new_id()}",
        kind=PostKind.TEST,
        recipient=by if is_for_people and isinstance(by, Agent) else None,
        next_attempt_at=timezone.now(),
    )
    row.save()
    wake.after_commit(TASK)
    logger.info("test card asked for", extra={"connection": str(connection.pk), "by": str(by.audit_user_id)})
    return row


@service
def retry_post(post_id: UUID, *, by: Actor) -> ChannelPost:
    """Try a failed one once more, at once. Raises MayNotPost, NotFound, PostNotFailed."""
    if not may_change_connections(by):
        raise MayNotPost
    row = ChannelPost.objects.select_for_update(of=("self",), no_key=True).filter(pk=post_id).first()
    if row is None:
        raise NotFound
    if row.status != PostStatus.FAILED:
        raise PostNotFailed
    row.status, row.failed_at, row.attempts = PostStatus.QUEUED, None, 0
    row.next_attempt_at = row.wanted_since = timezone.now()
    row.save(update_fields=["status", "failed_at", "attempts", "next_attempt_at", "wanted_since"])
    wake.after_commit(TASK)
    logger.info("failed card tried again", extra={"post": str(row.pk), "by": str(by.audit_user_id)})
    return row
