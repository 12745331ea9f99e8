"""Watches follow what is edited in the matrix: in batches, behind the request, each under the lock of its ticket.

A sweep that has read the matrix before the edit keeps its tickets until it has written what it found. What is looked at
again after that is counted by the new matrix, so no edit is lost.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from core.actors import TIMER, Actor
from core.service import service
from sla.alerts.models import AlertWatch, MatrixWalk
from tickets.models import Ticket

BATCH = 500


def walk_anew(priority: str, condition: str, *, at: datetime) -> None:
    """All watches of this priority and condition, from the first one on if some are followed already.

    In the transaction of the edit, so that the walk is seen with it.
    """
    under_way = MatrixWalk.objects.filter(priority=priority, condition=condition, ended_at__isnull=True)
    if not under_way.update(cursor=0):
        MatrixWalk.objects.create(priority=priority, condition=condition, begun_at=at)


def follow_matrix(*, now: datetime) -> int:
    """A timer: one batch of the oldest walk. Answers how many watches were put to be looked at."""
    return follow_batch(by=TIMER, now=now) if MatrixWalk.objects.filter(ended_at__isnull=True).exists() else 0


@service
def follow_batch(*, by: Actor, now: datetime) -> int:
    """Of a walk that no other worker goes on with. It comes as far as to a ticket that somebody works on; the next run
    goes on from there.
    """
    under_way = MatrixWalk.objects.filter(ended_at__isnull=True).order_by("id")
    walk = under_way.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if walk is None:
        return 0
    watches = _next_watches(walk)
    locked = _lock([ticket_id for _pk, ticket_id in watches])
    reached = [pk for pk, _ticket_id in takewhile(lambda watch: watch[1] in locked, watches)]
    AlertWatch.objects.filter(pk__in=reached, anchor_at__isnull=False).update(due_at=now)
    if len(reached) == len(watches) < BATCH:
        walk.ended_at = now
    walk.cursor = reached[-1] if reached else walk.cursor
    walk.save(update_fields=["cursor", "ended_at"])
    return len(reached)


def _next_watches(walk: MatrixWalk) -> Sequence[tuple[int, UUID]]:
    """With their tickets."""
    watches = AlertWatch.objects.filter(
        pk__gt=walk.cursor, condition=walk.condition, ticket__priority=walk.priority, anchor_at__isnull=False
    )
    return list(watches.order_by("pk").values_list("pk", "ticket")[:BATCH])


def _lock(ticket_ids: Sequence[UUID]) -> set[UUID]:
    """Those that nobody works on at this moment."""
    tickets = Ticket.objects.filter(pk__in=ticket_ids).order_by("pk")
    free = tickets.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return set(free.values_list("pk", flat=True))
