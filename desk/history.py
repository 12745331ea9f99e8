"""The audit trail of a ticket in words: who changed which field from what to what, and when."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Team
from core.actors import shown_name
from tickets.models import Category, Ticket

HIDDEN = {"id", "version", "updated_at", "created_at", "last_staff_activity_at", "priority_score", "description_html"}
"""Columns that say nothing to a person or repeat another one."""
WORDS = {
    "offered_at": gettext_lazy("offered at"),
    "offer_lapses_at": gettext_lazy("offer lapses at"),
    "first_response_at": gettext_lazy("first response at"),
    "last_customer_message_at": gettext_lazy("last message of the customer at"),
    "last_public_reply_at": gettext_lazy("last reply to the customer at"),
    "waiting_since": gettext_lazy("waiting since"),
    "resolution_due_at": gettext_lazy("resolution due at"),
    "auto_closes_at": gettext_lazy("closes by itself at"),
    "customer_confirmed_at": gettext_lazy("confirmed by the customer at"),
    "value_delivered_at": gettext_lazy("value delivered at"),
    "score_breakdown": gettext_lazy("parts of the score"),
    "follow_up_of": gettext_lazy("follow-up of"),
    "merged_into": gettext_lazy("merged into"),
    "remote_images_allowed": gettext_lazy("images from elsewhere"),
    "created_by": gettext_lazy("created by"),
}
"""Columns that the model names in code alone."""
PEOPLE = {"owner", "offered_to", "created_by"}

Change = dict[str, Any]  # what a template takes


def trail_of(ticket: Ticket, *, limit: int = 200) -> list[Change]:
    """Newest first; each row of history compared with the one before it. Four queries."""
    rows = list(ticket.history.order_by("-history_date", "-history_id")[: limit + 1])
    fields = [field for field in Ticket._meta.concrete_fields if field.name not in HIDDEN]
    tracked = {field.name for field in ticket.history.model._meta.concrete_fields}
    names = _names(rows)
    trail = []
    for new, old in zip(rows, [*rows[1:], None], strict=True):
        changes = []
        for field in fields:
            if field.name not in tracked:
                continue
            before = getattr(old, field.attname) if old else None
            after = getattr(new, field.attname)
            if old is not None and before != after:
                changes.append(
                    {
                        "field": str(WORDS.get(field.name, field.verbose_name)),
                        "before": _value(field, before, names),
                        "after": _value(field, after, names),
                    }
                )
        trail.append(
            {
                "at": new.history_date,
                "who": shown_name(new.actor_name) or _("ITIL-NEXT"),
                "reason": new.history_change_reason or "",
                "is_creation": new.history_type == "+",
                "changes": changes,
            }
        )
    return [row for row in trail[:limit] if row["changes"] or row["is_creation"]]


def _names(rows: Iterable[Any]) -> dict[Any, str]:
    """Names behind the ids that occur in people, team and category columns."""
    people = {getattr(row, f"{name}_id") for row in rows for name in PEOPLE}
    teams = {row.team_id for row in rows}
    categories = {row.category_id for row in rows}
    found: dict[Any, str] = {}
    for model, ids in ((Agent, people), (Team, teams), (Category, categories)):
        if wanted := ids - {None}:
            found |= dict(model.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return found


def _value(field: Any, value: Any, names: dict[Any, str]) -> str:
    if value in (None, ""):
        return "–"
    if field.is_relation:
        return names.get(value, str(value))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)
