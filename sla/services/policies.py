"""Saving a policy, and what it would do to the tickets that are open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.calendars import work_calendar
from accounts.models import BusinessCalendar
from accounts.selectors import calendar_of
from core.actors import Actor
from core.errors import Invalid, Text
from core.history import record
from core.service import service
from sla.enums import Metric, PolicyKind
from sla.errors import PoliciesNotEditable, PolicyPreviewed
from sla.guards import is_out_of_reach, longest_target
from sla.models import SlaClock, SlaPolicy
from sla.policies import may_edit_policies
from sla.services.book import KNOWN_WITH, Book, forget_book, fresh_book, known_case_of
from sla.states import Clock, State, Terms
from tickets.enums import OPEN
from tickets.models import Ticket

LEAST_REASON = 3
LOOKED_AT = 2_000
"""So many open tickets, the newest, tell what a policy would do."""
ANSWERS = ("first_response_minutes", "next_response_minutes")


@dataclass(frozen=True)
class Effects:
    """Of a policy on the open tickets that were looked at."""

    tickets: int
    changed: int
    """So many would be promised something else than now."""
    missed: int
    """Of these the target of so many has passed already: they would be missed at once."""


@service
def save_policy(policy: SlaPolicy, *, by: Actor, reason: str, is_preview: bool = False) -> SlaPolicy:
    """Running clocks follow within minutes, by a timer. As a preview nothing is kept.

    Raises PoliciesNotEditable, Invalid, PolicyPreviewed.
    """
    if not may_edit_policies(by):
        raise PoliciesNotEditable
    _check(policy)
    if len(reason.strip()) < LEAST_REASON and not is_preview:
        raise Invalid({"reason": _("Say why: its history keeps the reason of every change.")})
    before = fresh_book() if is_preview else None
    record(policy, by=by, reason=reason.strip())
    if before is not None:
        raise PolicyPreviewed(**vars(effects_between(before, fresh_book())))
    forget_book()
    return policy


def _check(policy: SlaPolicy) -> None:
    try:
        policy.full_clean()
    except ValidationError as error:
        raise Invalid({name: [str(text) for text in texts] for name, texts in error.message_dict.items()}) from error
    wrong: dict[str, Text | list[Text]] = {}
    resolution = policy.resolution_minutes
    if policy.kind == PolicyKind.SLA and resolution is not None:
        for name in ANSWERS:
            if (getattr(policy, name) or 0) > resolution:
                wrong[name] = _("An answer is due no later than the resolution.")
        if (policy.time_to_value_minutes or resolution) < resolution:
            wrong["time_to_value_minutes"] = _("The value is reached no sooner than the resolution.")
    elif policy.ola_completion_minutes and (policy.ola_response_minutes or 0) > policy.ola_completion_minutes:
        wrong["ola_response_minutes"] = _("An answer is due no later than the completion.")
    if policy.kind != PolicyKind.SLA and policy.calendar_id is not None:
        wrong["calendar"] = _("Help is counted in the calendar of the team that is asked.")
    if not wrong and policy.is_active:
        name, target = longest_target(policy)
        now = timezone.now()
        if any(is_out_of_reach(work_calendar(calendar), target, now=now) for calendar in _calendars_of(policy)):
            wrong[name] = _("In the hours in which it is counted, this would be due in more than five years, or never.")
    if wrong:
        raise Invalid(wrong)


def _calendars_of(policy: SlaPolicy) -> Iterable[BusinessCalendar]:
    """In which its promises are counted: to a customer in one, of helpers in that of each team that may be asked."""
    if policy.kind != PolicyKind.SLA and policy.team is None:
        return BusinessCalendar.objects.filter(Q(is_default=True) | Q(team__isnull=False)).distinct()
    return [policy.calendar or calendar_of(policy.team if policy.kind != PolicyKind.SLA else None)]


def effects_between(before: Book, after: Book) -> Effects:
    """Two queries."""
    tickets = list(
        Ticket.objects.filter(status__in=OPEN).select_related(*KNOWN_WITH).order_by("-created_at")[:LOOKED_AT]
    )
    changed = missed = 0
    now = timezone.now()
    running = _running_resolutions(tickets)
    for ticket in tickets:
        case = known_case_of(ticket)
        old, new = before.terms_for(case), after.terms_for(case)
        if old == new:
            continue
        changed += 1
        clock = running.get(ticket.pk)
        if clock is not None and new is not None and new.is_retroactive:
            missed += _would_be_missed(clock, new, now)
    return Effects(len(tickets), changed, missed)


def _running_resolutions(tickets: list[Ticket]) -> dict[UUID, SlaClock]:
    rows = SlaClock.objects.of_tickets([ticket.pk for ticket in tickets])
    rows = rows.filter(metric=Metric.RESOLUTION, state="running", breached_at__isnull=True)
    return {row.ticket_id: row for row in rows}


def _would_be_missed(clock: SlaClock, terms: Terms, now: datetime) -> bool:
    """But for its pauses, which only put it off."""
    target = terms.targets.get(Metric.RESOLUTION)
    if not target:
        return False
    counted = Clock(None, clock.metric, clock.cycle, terms.policy_id, terms.hours, target, clock.started_at)
    return State(at=now, created_at=now, terms=terms).reckoning_of(counted).due_at <= now
