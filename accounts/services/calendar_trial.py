"""What saving a calendar would do to what is counted in its hours."""

from copy import copy
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.extensions import calendar_effects
from accounts.services.calendars import save_calendar
from core.actors import Actor


def try_calendar(calendar_id: UUID, *, by: Actor, **values: Any) -> list[str]:
    """Sentences, in the reader's language; nothing is kept. `values` as of `save_calendar`, a reason may be missing.

    Raises what saving it would.
    """
    for name in ("windows", "holidays"):
        if values.get(name) is not None:
            values[name] = [copy(row) for row in values[name]]  # saving marks rows as kept
    values["reason"] = values.get("reason") or _("What would it mean?")
    with transaction.atomic():
        afterwards = [begin() for begin in calendar_effects]
        save_calendar(calendar_id, by=by, **values)
        told = [sentence for tell in afterwards for sentence in tell()]
        transaction.set_rollback(True)
    return told
