"""What calendars, and teams that work by them, must be able to hold: a promise of which nobody can say when it is due
is none.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.calendars import work_calendar
from accounts.models import BusinessCalendar, Team
from accounts.selectors import calendar_of
from core.errors import DomainError
from core.worktime import NoOpenTime, WorkCalendar, add_worked
from sla.enums import PolicyKind
from sla.errors import HelpOutOfReach, PromiseOutOfReach
from sla.models import SlaPolicy
from sla.models.policies import TARGETS

FURTHEST = timedelta(days=5 * 366)


def is_out_of_reach(hours: WorkCalendar, minutes: int, *, now: datetime) -> bool:
    """Whether a promise of so many open minutes would be due in more than five years, or never."""
    try:
        return add_worked(hours, now, timedelta(minutes=minutes)) > now + FURTHEST
    except NoOpenTime:
        return True


def longest_target(policy: SlaPolicy) -> tuple[str, int]:
    """Its field, and its minutes."""
    return max(((name, getattr(policy, name) or 0) for name in TARGETS.values()), key=lambda target: target[1])


def promises_held(calendar: BusinessCalendar, hours: WorkCalendar) -> DomainError | None:
    """Asked before `calendar` gets these hours, or becomes the default one."""
    now = timezone.now()
    for policy in _counted_in(calendar):
        if is_out_of_reach(hours, longest_target(policy)[1], now=now):
            return PromiseOutOfReach(policy=policy.name)
    return None


def help_held(team: Team) -> DomainError | None:
    """Asked before `team` works by another calendar: in its hours helpers keep what teams promise each other."""
    hours, now = work_calendar(calendar_of(team)), timezone.now()
    for policy in _of_helpers(Q(team=team.pk) | Q(team=None)):
        if is_out_of_reach(hours, longest_target(policy)[1], now=now):
            return HelpOutOfReach(policy=policy.name)
    return None


def _of_helpers(whose: Q) -> Iterable[SlaPolicy]:
    return SlaPolicy.objects.filter(~Q(kind=PolicyKind.SLA), whose, is_active=True).order_by("order", "name")


def _counted_in(calendar: BusinessCalendar) -> Iterable[SlaPolicy]:
    """Active promises to customers in this calendar, and those between teams of which one works by it."""
    own = Q(calendar=calendar) | Q(calendar=None) if calendar.is_default else Q(calendar=calendar)
    teams = Team.objects.filter(own)
    of_customers = Q(kind=PolicyKind.SLA) & own
    of_helpers = ~Q(kind=PolicyKind.SLA) & (Q(team__in=teams) | Q(team=None))
    wanted = of_customers | of_helpers if calendar.is_default or teams.exists() else of_customers
    return SlaPolicy.objects.filter(wanted, is_active=True).order_by("order", "name")
