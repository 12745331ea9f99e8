"""Business calendars."""

from uuid import UUID

from accounts.errors import CalendarsNotEditable
from accounts.models import BusinessCalendar
from accounts.policies import may_edit_calendars
from core.actors import Actor
from core.history import record
from core.service import service


@service
def make_default_calendar(calendar_id: UUID, *, by: Actor) -> BusinessCalendar:
    """Let all teams without a calendar of their own work by this one; there is always exactly one."""
    if not may_edit_calendars(by):
        raise CalendarsNotEditable
    rows = {row.pk: row for row in BusinessCalendar.objects.order_by("pk").select_for_update()}
    chosen = rows[calendar_id]
    for row in rows.values():
        if row.is_default and row is not chosen:
            row.is_default = False
            record(row, by=by, update_fields=["is_default"])
    if not chosen.is_default:
        chosen.is_default = True
        record(chosen, by=by, update_fields=["is_default"])
    return chosen
