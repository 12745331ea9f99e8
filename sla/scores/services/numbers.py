"""Changing a number of the score."""

from decimal import Decimal
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.actors import Actor
from core.errors import Invalid, StaleVersion, Text
from core.history import record
from core.service import service
from sla.errors import PoliciesNotEditable
from sla.models import ScoreValue
from sla.policies import may_edit_policies
from sla.scores.bounds import MOST_SCORE, bounds_of, highest_score, with_usual
from sla.scores.scoring import Values

LEAST_REASON = 3


def lock_score_values() -> dict[UUID, ScoreValue]:
    """All of them, since they bound each other, in one order."""
    rows = ScoreValue.objects.order_by("pk").select_for_update(of=("self",), no_key=True)
    return {row.pk: row for row in rows}


@service
def set_score_value(
    value_id: UUID, *, by: Actor, reason: str, value: Decimal, version: int | None = None
) -> ScoreValue:
    """Another number; open tickets are walked through by the timers.

    Raises PoliciesNotEditable, Invalid for a number that `bounds` does not allow or a missing reason, StaleVersion.
    """
    if not may_edit_policies(by):
        raise PoliciesNotEditable
    rows = lock_score_values()
    row = rows[value_id]
    wrong: dict[str, Text | list[Text]] = {}
    if fault := _fault_of(row, value, with_usual({each.code: each.value for each in rows.values()})):
        wrong["value"] = fault
    if len(reason.strip()) < LEAST_REASON:
        wrong["reason"] = _("Say why: its history keeps the reason of every change.")
    if wrong:
        raise Invalid(wrong)
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
    row.value = value
    record(row, by=by, reason=reason.strip())
    return row


def _fault_of(row: ScoreValue, value: Decimal, values: Values) -> str:
    """What is wrong with `value`, or nothing."""
    least, most = bounds_of(row.code, values)
    if not least <= value <= most:
        told = {"least": number_format(least), "most": number_format(most)}
        return _("A number from %(least)s to %(most)s, so that what presses more never counts less.") % told
    if value > row.value and highest_score({**values, row.code: value}) > MOST_SCORE:
        return _("With this number a ticket could score more than %(most)s.") % {"most": MOST_SCORE}
    return ""
