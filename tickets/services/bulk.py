"""The same act on many tickets: each goes through the service of the single act, in a transaction of its own, so that
one refusal stops nothing and every ticket has its outcome (acceptance 144). Of more than fit into a request the worker
does it (bulk_jobs.py), and what a request that broke off has left.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from core import wake
from core.actors import Actor
from core.errors import Invalid, NotFound
from core.service import service
from tickets.enums import ON_THE_WAY, BulkKind, BulkStage, BulkState
from tickets.errors import BulkNotUndoable, RoleForbids
from tickets.models import BulkAct, BulkOutcome, Ticket
from tickets.policies import may_act_in_bulk
from tickets.services.bulk_kinds import is_undoable, plain
from tickets.services.bulk_work import LEASE, due_of, release, work_on

MAX_TICKETS = 200
"""So many are done within one request."""
KEPT_ACTS = 50
"""Receipts of a person; older ones go when a new one comes."""
RUN = "tickets.run_bulk_acts"
"""The task that goes on with acts of more tickets."""


def act_on_many(kind: BulkKind, *, by: Actor, references: Sequence[str], **values: Any) -> BulkAct:
    """Do `kind` with each ticket `by` sees of these references. `values` are those of the single act: `priority` and
    `reason`; `tags`; `to` (an Agent); `team` (a Team); `code`.

    Raises RoleForbids, or Invalid for none or more than MAX_TICKETS; what a single ticket refuses is its outcome.
    """
    if not isinstance(by, Agent) or not may_act_in_bulk(by):
        raise RoleForbids
    wanted = list(dict.fromkeys(reference.strip().upper() for reference in references if reference.strip()))
    if not wanted:
        raise Invalid({"ticket": _("Choose at least one ticket.")})
    if len(wanted) > MAX_TICKETS:
        raise Invalid({"ticket": _("At most %(count)s tickets at once; narrow the list.") % {"count": MAX_TICKETS}})
    return _do_now(_write_down(by, kind, wanted, plain(values)), by, values)


def undo_many(act_id: UUID, *, by: Agent) -> BulkAct:
    """Take back what was done, ticket by ticket and once; what was changed since stays as it is now. Of more than
    MAX_TICKETS the worker does it.

    Raises BulkNotUndoable.
    """
    act = _mark_undone(act_id, by=by)
    return _do_now(act, by) if act.stage == BulkStage.RUNNING else act


def _do_now(act: BulkAct, by: Agent, values: dict[str, Any] | None = None) -> BulkAct:
    """All of it within the request that has leased it. What fails by a fault of ours is tried again by the worker."""
    ids = act.outcomes.filter(state=due_of(act)).order_by("pk").values_list("pk", flat=True)
    work_on(act, list(ids), by=by, values=values)
    release(act, is_answered=True)
    act.refresh_from_db()
    return act


@service
def _write_down(by: Agent, kind: BulkKind, references: Sequence[str], values: dict[str, Any]) -> BulkAct:
    """The act and what is to be done, before any of it: so it is known what is left if the request breaks off."""
    found = dict(Ticket.objects.visible_to(by).filter(reference__in=references).values_list("reference", "pk"))
    rows = [(found.get(reference), reference[:20]) for reference in references]
    return begin(by, kind, rows, stage=BulkStage.RUNNING, values=values, leased_until=timezone.now() + LEASE)


@service
def begin(by: Agent, kind: BulkKind, tickets: Sequence[tuple[UUID | None, str]], **given: Any) -> BulkAct:
    """A new act on these tickets (id, reference); the person's old ones go, but those that are on their way."""
    old = BulkAct.objects.filter(person=by).order_by("-created_at").values_list("pk", flat=True)[KEPT_ACTS - 1 :]
    BulkAct.objects.filter(pk__in=list(old)).exclude(stage__in=ON_THE_WAY).delete()
    act = BulkAct.objects.create(person=by, kind=kind, total=len(tickets), **given)
    rows = [
        BulkOutcome(act=act, ticket_id=ticket_id, reference=reference, state=BulkState.WAITING)
        for ticket_id, reference in tickets
    ]
    BulkOutcome.objects.bulk_create(rows, batch_size=2000)
    return act


@service
def _mark_undone(act_id: UUID, *, by: Agent) -> BulkAct:
    act = BulkAct.objects.select_for_update(no_key=True).filter(pk=act_id, person=by).first()
    if act is None:
        raise NotFound
    if not is_undoable(act):
        raise BulkNotUndoable
    done = act.outcomes.filter(state=BulkState.DONE)
    done.filter(attempts__gt=0).update(attempts=0, due_at=None)
    act.undone_at, act.ended_at = timezone.now(), None
    if done.count() > MAX_TICKETS:
        act.stage = BulkStage.QUEUED
        wake.after_commit(RUN)
    else:
        act.stage, act.leased_until = BulkStage.RUNNING, act.undone_at + LEASE
    act.save(update_fields=["undone_at", "ended_at", "stage", "leased_until"])
    return act
