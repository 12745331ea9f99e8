"""Changing the alert matrix."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.errors import Invalid, StaleVersion, Text
from core.history import record
from core.service import service
from sla.alerts.effects import effects_of
from sla.alerts.enums import AlertCondition, Recipient
from sla.alerts.errors import MatrixForbidden, MatrixPreviewed
from sla.alerts.models import MOST_MINUTES, AlertRule
from sla.alerts.services.walking import walk_anew
from sla.policies import may_edit_policies

LEAST_REASON = 3
Faults = dict[str, Text | list[Text]]


@service
def edit_rule(
    rule_id: UUID,
    *,
    by: Actor,
    reason: str,
    threshold_minutes: int,
    recipients: Sequence[str],
    is_active: bool,
    version: int | None = None,
    is_preview: bool = False,
) -> AlertRule:
    """Another threshold, other recipients, on or off; holds for cycles that run already, whose past stays; a timer
    lets their watches follow. As a preview, which needs no reason, nothing is kept.

    Raises MatrixForbidden, Invalid for a level that would come before a lower one, recipients nobody can be, or a
    missing reason, StaleVersion, MatrixPreviewed.
    """
    if not may_edit_policies(by):
        raise MatrixForbidden
    cells = AlertRule.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    wanted = AlertRule.objects.get(pk=rule_id)
    rows = list(cells.filter(priority=wanted.priority, condition=wanted.condition))
    rule = next(row for row in rows if row.pk == rule_id)
    rule.threshold_minutes, rule.recipients, rule.is_active = threshold_minutes, list(recipients), is_active
    if faults := _faults(rule, rows, reason=None if is_preview else reason):
        raise Invalid(faults)
    if version is not None and version != rule.version:
        raise StaleVersion(given=version, current=rule.version)
    if is_preview:
        raise MatrixPreviewed(effects_of(rule, now=timezone.now()))
    record(rule, by=by, reason=reason.strip())
    walk_anew(rule.priority, rule.condition, at=timezone.now())
    return rule


def _faults(rule: AlertRule, rows: Sequence[AlertRule], *, reason: str | None) -> Faults:
    """`reason` None: none is needed."""
    faults: Faults = {}
    if not 0 <= rule.threshold_minutes <= MOST_MINUTES:
        faults["threshold_minutes"] = _("A number from 0 to %(most)s.") % {"most": MOST_MINUTES}
    elif rule.is_active and (other := out_of_order(rule, rows)) is not None:
        faults["threshold_minutes"] = _order_of(rule, other)
    if fault := _fault_of_recipients(rule):
        faults["recipients"] = fault
    if reason is not None and len(reason.strip()) < LEAST_REASON:
        faults["reason"] = _("Say why: the matrix keeps the reason of every change.")
    return faults


def _order_of(rule: AlertRule, other: AlertRule) -> Text:
    """Why they cannot come like that."""
    told = {"level": rule.level, "other": other.level, "minutes": other.threshold_minutes}
    if rule.level > other.level:
        return _("Level %(level)s would come before level %(other)s, which has %(minutes)s minutes.") % told
    return _("Level %(level)s would come after level %(other)s, which has %(minutes)s minutes.") % told


def _fault_of_recipients(rule: AlertRule) -> Text:
    if not rule.recipients:
        return _("Name at least one recipient.")
    if unknown := sorted(set(rule.recipients) - set(Recipient.values)):
        return _("There is no recipient “%(name)s”.") % {"name": unknown[0][:40]}
    if rule.condition == AlertCondition.NOT_ASSIGNED and Recipient.TECH in rule.recipients:
        return _("Nobody owns the ticket yet: name the supervisor or the manager.")
    return ""


def out_of_order(rule: AlertRule, rows: Sequence[AlertRule]) -> AlertRule | None:
    """Another active level of the same cell that would come before a lower one, or after a higher one."""
    counts_back = -1 if rule.condition == AlertCondition.NOT_COMPLETED else 1
    for other in rows:
        lower, higher = sorted((rule, other), key=lambda row: row.level)
        comes_first = counts_back * (higher.threshold_minutes - lower.threshold_minutes) < 0
        if other.pk != rule.pk and other.is_active and comes_first:
            return other
    return None
