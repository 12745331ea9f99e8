"""The one write of this app: the backlog of each day."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from reports.models import BacklogShare, BacklogSnapshot
from tickets.calibration import desk_zone
from tickets.enums import OPEN, TicketStatus
from tickets.models import Ticket


def keep_due_backlog(*, now: datetime) -> int:
    """Write down what is open, at the first sweep of each day by the desk's clock; 1 if that was done now.

    A day on which nothing swept has no snapshot: nobody knows any more what was open then.
    """
    today = now.astimezone(desk_zone()).date()
    if BacklogSnapshot.objects.filter(on=today).exists():
        return 0
    with transaction.atomic():
        snapshot, is_new = BacklogSnapshot.objects.get_or_create(on=today, defaults={"taken_at": now})
        if is_new:
            BacklogShare.objects.bulk_create(_shares(snapshot))
    return int(is_new)


def _shares(snapshot: BacklogSnapshot) -> list[BacklogShare]:
    found: dict[tuple[UUID, bool], tuple[list[UUID], list[int]]] = defaultdict(lambda: ([], []))
    rows = Ticket.objects.filter(status__in=OPEN, created_at__lte=snapshot.taken_at).order_by("created_at", "id")
    for pk, team_id, status, created_at in rows.values_list("pk", "team", "status", "created_at").iterator():
        ids, ages = found[team_id, status == TicketStatus.WAITING_CUSTOMER]
        ids.append(pk)
        ages.append(int((snapshot.taken_at - created_at).total_seconds()))
    return [
        BacklogShare(snapshot=snapshot, team_id=team_id, is_waiting=is_waiting, ticket_ids=ids, ages_seconds=ages)
        for (team_id, is_waiting), (ids, ages) in found.items()
    ]
