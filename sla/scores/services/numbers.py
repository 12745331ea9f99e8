"""Changing a number of the score."""

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from core.actors import Actor
from core.errors import Invalid, StaleVersion, Text
from core.history import record
from core.service import service
from sla.errors import PoliciesNotEditable
from sla.models import ScoreValue
from sla.policies import may_edit_policies
from sla.scores.models import LEAST, MOST

LEAST_REASON = 3


@service
def set_score_value(
    value_id: UUID, *, by: Actor, reason: str, value: Decimal, version: int | None = None
) -> ScoreValue:
    """Another number; open tickets are walked through by the timers.

    Raises PoliciesNotEditable, Invalid for a number out of bounds or a missing reason, StaleVersion.
    """
    if not may_edit_policies(by):
        raise PoliciesNotEditable
    row = ScoreValue.objects.select_for_update(of=("self",), no_key=True).get(pk=value_id)
    wrong: dict[str, Text | list[Text]] = {}
    if not LEAST <= value <= MOST:
        wrong["value"] = _("A number from %(least)s to %(most)s.") % {"least": LEAST, "most": MOST}
    if len(reason.strip()) < LEAST_REASON:
        wrong["reason"] = _("Say why: its history keeps the reason of every change.")
    if wrong:
        raise Invalid(wrong)
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
    row.value = value
    record(row, by=by, reason=reason.strip())
    return row
