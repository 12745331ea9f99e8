"""Calibration as rows of a table, with no more than its reader may know yet."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.labels import label_of
from core.tables import AT_ONCE, Cell
from tickets.models import CalibrationItem
from tickets.resolution_enums import (
    ApprovalStatus,
    CalibrationOutcome,
    CalibrationReason,
    EmpowermentTier,
    ItemStatus,
    ResolutionType,
    WhyEligible,
)


def table_of(items: QuerySet[CalibrationItem], zone: tzinfo) -> Iterator[list[Cell]]:
    """The names of the columns, then one row an item of `items_in_sight`; the language is that of this moment."""
    language = translation.get_language() or "en"
    found = items.order_by("session__iso_year", "session__iso_week", "created_at", "id")
    return _rows(found, language, zone)


def _rows(found: QuerySet[CalibrationItem], language: str, zone: tzinfo) -> Iterator[list[Cell]]:
    """Worded one by one: who takes them has no language in force any more, and must get none from here."""
    with translation.override(language):
        row = _header()
    yield row
    for item in found.iterator(chunk_size=AT_ONCE):
        with translation.override(language):
            row = _row(item, zone)
        yield row


def _header() -> list[Cell]:
    return [
        *(_("Week"), _("Reference"), _("Team"), _("Agent"), _("Resolution"), _("Why eligible"), _("Amount")),
        *(_("Currency"), _("Tier"), _("Approval"), _("Reasons"), _("Status"), _("Outcome"), _("Reviewer")),
        *(_("Notes"), _("Reviewed")),
    ]


def _row(item: Any, zone: tzinfo) -> list[Cell]:  # Any: annotated
    def local(moment: datetime | None) -> datetime | None:
        return timezone.localtime(moment, zone) if moment else None

    resolution = item.resolution
    verdict: list[Cell] = [label_of(ItemStatus, ItemStatus.PENDING), "", "", "", None]
    if item.is_reviewed and not item.is_blind:
        outcome = label_of(CalibrationOutcome, item.outcome)
        reviewer = item.reviewer.name
        verdict = [label_of(ItemStatus, item.status), outcome, reviewer, item.reviewer_notes, local(item.reviewed_at)]
    return [
        str(item.session),
        resolution.ticket.reference,
        resolution.ticket.team.name,
        resolution.agent.name,
        label_of(ResolutionType, resolution.resolution_type),
        label_of(WhyEligible, resolution.why_eligible_category),
        f"{resolution.amount:.2f}" if resolution.amount is not None else "",
        resolution.currency if resolution.amount is not None else "",
        label_of(EmpowermentTier, resolution.empowerment_tier),
        label_of(ApprovalStatus, resolution.approval_status),
        ", ".join(label_of(CalibrationReason, reason) for reason in item.reasons),
        *verdict,
    ]
