"""How an act on many tickets is carried out, within a request or by the worker, so that nothing of it is lost.

Its outcomes are written down first and are the list of what is left. Each is locked, done and marked in the transaction
of its ticket's act, so a process that dies leaves a ticket done and marked, or neither (core/steps.py). Whoever works
on an act has a lease; what is left when that is over is the sweep's.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent
from core import steps
from core.events import publish
from core.retry import next_attempt_at
from core.sweep import run_each
from tickets.enums import BulkStage, BulkState
from tickets.errors import RoleForbids
from tickets.events import BulkActEnded
from tickets.in_sight import is_in_sight
from tickets.models import BulkAct, BulkOutcome
from tickets.policies import may_act_in_bulk
from tickets.services.bulk_kinds import carry_out, reason_of, take_back, values_of

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3
"""At a ticket that fails by a fault of ours (ruling 29)."""

LEASED = steps.declare("tickets.bulk", "leased")
ACTED = steps.declare("tickets.bulk", "acted")
COMMITTED = steps.declare("tickets.bulk", "committed")


def due_of(act: BulkAct) -> BulkState:
    """The outcome of a ticket that is still to be done, or to be taken back."""
    return BulkState.DONE if act.undone_at else BulkState.WAITING


def work_on(act: BulkAct, ids: Sequence[int], *, by: Agent | None = None, values: dict[str, Any] | None = None) -> None:
    """Do these outcomes of an act that the caller has leased. A worker acts as the person who asked, with the rights
    they have by now; a request has them at hand: `by`, `values`.
    """
    LEASED.reached()
    due, language = due_of(act), translation.get_language() if by else act.person.language
    with translation.override(language or settings.LANGUAGE_CODE):
        run_each(ids, lambda outcome_id: _do_one(act, outcome_id, due, by, values))
        _count_failed(act, ids, due)


def _do_one(act: BulkAct, outcome_id: int, due: BulkState, by: Agent | None, values: dict[str, Any] | None) -> bool:
    """Nothing if somebody else was faster."""
    with transaction.atomic():
        found = BulkOutcome.objects.select_for_update(skip_locked=True, no_key=True)
        outcome = found.filter(pk=outcome_id, state=due).first()
        if outcome is None:
            return False
        person = by or Agent.objects.get(pk=act.person_id)
        if due == BulkState.DONE:
            take_back(act, outcome, by=person)
        elif by is None:
            _act_now(act, outcome, person)
        else:
            carry_out(act, outcome, by=by, values=values or {})
        ACTED.reached()
    COMMITTED.reached()
    return True


def _act_now(act: BulkAct, outcome: BulkOutcome, by: Agent) -> None:
    if not may_act_in_bulk(by):
        outcome.state, outcome.detail = BulkState.REFUSED, reason_of(RoleForbids())
        outcome.save(update_fields=["state", "detail"])
        return
    if outcome.ticket_id is not None and not is_in_sight(by, outcome.ticket_id):
        outcome.ticket = None
    carry_out(act, outcome, by=by, values=values_of(act))


@transaction.atomic
def _count_failed(act: BulkAct, ids: Sequence[int], due: BulkState) -> None:
    """What failed by a fault of ours, which the log tells, is tried again after a pause; after the last attempt it is
    set aside, so that it does not stand in the way of the others for ever.
    """
    now = timezone.now()
    rows = BulkOutcome.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=ids, state=due)
    for outcome in rows:
        outcome.attempts += 1
        outcome.due_at = next_attempt_at(outcome.attempts, since=now, now=now)
        if outcome.attempts >= MAX_ATTEMPTS:
            outcome.state = BulkState.KEPT if due == BulkState.DONE else BulkState.REFUSED
            outcome.detail = _("Something went wrong here; those who run the desk find it in the log.")
        outcome.save(update_fields=["state", "detail", "attempts", "due_at"])


@transaction.atomic
def release(act: BulkAct, *, is_answered: bool = False) -> None:
    """Give the lease back, or end the act if nothing is left; what waits for its next attempt is left alone until then.
    `is_answered` says that a request has it, whose answer tells the person how it ended.

    Nothing happens if the lease is over and the act is somebody else's, stopped, or being taken back by now.
    """
    mine = BulkAct.objects.filter(pk=act.pk, stage=BulkStage.RUNNING, leased_until=act.leased_until)
    held = mine.select_for_update(no_key=True).first()
    if held is None:
        return
    left = held.outcomes.filter(state=due_of(held)).order_by(F("due_at").asc(nulls_first=True))
    first = left.values_list("due_at", flat=True)[:1]
    if not first:
        end(held, is_answered=is_answered)
        return
    held.leased_until = first[0]
    held.save(update_fields=["leased_until"])


def end(held: BulkAct, *, was_stopped: bool = False, is_answered: bool = False) -> None:
    """End an act that the caller has locked."""
    held.stage, held.leased_until, held.ended_at = BulkStage.DONE, None, timezone.now()
    held.save(update_fields=["stage", "leased_until", "ended_at"])
    event = BulkActEnded(
        act_id=held.pk,
        person_id=held.person_id,
        is_undo=held.undone_at is not None,
        was_stopped=was_stopped,
        is_answered=is_answered,
        occurred_at=held.ended_at,
    )
    publish(event)
