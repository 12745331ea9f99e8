"""An act on more tickets than fit into a request: asked for, confirmed, and done by the worker in slices. What a
request that broke off has left is done by it too (bulk_work.py).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from core import wake
from core.actors import Actor
from core.errors import Invalid, NotFound
from core.service import service
from tickets.enums import ON_THE_WAY, BulkKind, BulkStage, BulkState
from tickets.errors import BulkNotRunning, RoleForbids
from tickets.models import BulkAct
from tickets.policies import may_act_in_bulk
from tickets.services.bulk import RUN, begin
from tickets.services.bulk_kinds import is_stoppable, plain
from tickets.services.bulk_work import LEASE, due_of, end, release, work_on

MAX_LISTED = 10_000
"""More is no act on tickets that somebody has looked at."""
SLICE = 10
"""Tickets of one lease: so many at most wait for it to end when a worker dies."""
UNCONFIRMED_FOR = timedelta(hours=1)
FORGOTTEN_AT_ONCE = 10


@service
def ask_many(kind: BulkKind, *, by: Actor, tickets: Sequence[tuple[UUID, str]]) -> BulkAct:
    """Write down which tickets (id, reference) an act would be about; `start_many` begins it, until then nothing
    happens. Raises RoleForbids, Invalid for too many.
    """
    if not isinstance(by, Agent) or not may_act_in_bulk(by):
        raise RoleForbids
    if len(tickets) > MAX_LISTED:
        raise Invalid({"ticket": _("At most %(count)s tickets at once; narrow the list.") % {"count": MAX_LISTED}})
    return begin(by, kind, tickets, stage=BulkStage.ASKED)


@service
def start_many(act_id: UUID, *, by: Agent, **values: Any) -> BulkAct:
    """Begin what was asked for, once, with the values of the single act. Raises NotFound for what is begun already or
    was asked for too long ago.
    """
    asked = BulkAct.objects.filter(stage=BulkStage.ASKED, created_at__gte=timezone.now() - UNCONFIRMED_FOR)
    act = asked.select_for_update(no_key=True).filter(pk=act_id, person=by).first()
    if act is None:
        raise NotFound
    act.values, act.stage = plain(values), BulkStage.QUEUED
    act.save(update_fields=["values", "stage"])
    wake.after_commit(RUN)
    return act


@service
def stop_many(act_id: UUID, *, by: Agent) -> BulkAct:
    """Leave the rest as it is: what is done stays done and can be taken back, what waits is reported as not done. A
    worker in the middle of a ticket ends that one. Raises BulkNotRunning.
    """
    act = BulkAct.objects.select_for_update(no_key=True).filter(pk=act_id, person=by).first()
    if act is None:
        raise NotFound
    if not is_stoppable(act):
        raise BulkNotRunning
    waiting = act.outcomes.filter(state=BulkState.WAITING)
    waiting.update(state=BulkState.REFUSED, detail=_("You stopped it before its turn came."))
    end(act, was_stopped=True)
    return act


@service
def forget_unconfirmed_acts(*, now: datetime | None = None) -> int:
    """Delete acts that were asked for long ago and never begun, with the tickets written down for them."""
    stale = (now or timezone.now()) - UNCONFIRMED_FOR
    asked = BulkAct.objects.filter(stage=BulkStage.ASKED, created_at__lt=stale)
    ids = list(asked.select_for_update(skip_locked=True).values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    BulkAct.objects.filter(pk__in=ids).delete()
    return len(ids)


def run_bulk_acts(*, now: datetime | None = None) -> int:
    """Do a slice of an act that waits, or was left behind by whoever died at it; the one that was asked for first.

    Answers how much was done; 0: nothing is left.
    """
    now = now or timezone.now()
    act = _lease(now)
    if act is None:
        return 0
    left = act.outcomes.filter(Q(due_at=None) | Q(due_at__lte=now), state=due_of(act))
    ids = list(left.order_by("pk").values_list("pk", flat=True)[:SLICE])
    work_on(act, ids)
    release(act)
    return max(1, len(ids))


@transaction.atomic
def _lease(now: datetime) -> BulkAct | None:
    due = BulkAct.objects.filter(stage__in=ON_THE_WAY)
    free = due.filter(Q(leased_until=None) | Q(leased_until__lte=now)).order_by("created_at")
    act = free.select_for_update(skip_locked=True, no_key=True).first()
    if act is not None:
        act.stage, act.leased_until = BulkStage.RUNNING, now + LEASE
        act.save(update_fields=["stage", "leased_until"])
    return act
