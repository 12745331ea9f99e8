"""Resolutions and their calibration in the operators' window: looked up here, decided on the desk's pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from accounts.models import Agent
from tickets.admin.records import TicketRecordAdmin
from tickets.calibration import items_in_sight
from tickets.models import CalibrationItem, CalibrationSession, Resolution
from tickets.resolution_enums import SessionStatus
from tickets.resolutions import resolutions_in_sight


@admin.register(Resolution)
class ResolutionAdmin(TicketRecordAdmin):
    """Without its calibration: reviews are blind, and the desk's pages know for whom."""

    list_display = ("ticket", "resolution_type", "amount", "currency", "empowerment_tier", "approval_status", "agent")
    list_filter = ("approval_status", "empowerment_tier", "resolution_type")
    list_select_related = ("ticket", "agent")
    search_fields = ("ticket__reference",)
    ordering = ("-created_at", "-id")

    def rows_for(self, rows: QuerySet[Resolution], by: Agent) -> QuerySet[Resolution]:
        return resolutions_in_sight(by)

    def hidden_fields(self, by: Agent, obj: Any) -> frozenset[str]:
        """In form and history."""
        return frozenset({"calibration_status", "calibration_reasons"})


@admin.register(CalibrationSession)
class CalibrationSessionAdmin(TicketRecordAdmin):
    list_display = ("__str__", "status", "held_on", "sample_pct", "sample_seed")
    list_filter = ("status",)
    ordering = ("-iso_year", "-iso_week")


@admin.register(CalibrationItem)
class CalibrationItemAdmin(TicketRecordAdmin):
    """Of closed weeks: what an open one has found, its reviewers must not learn here."""

    list_display = ("session", "resolution", "status", "outcome", "reviewer", "reviewed_at")
    list_filter = ("outcome",)
    list_select_related = ("session", "resolution", "reviewer")
    ordering = ("-created_at", "-id")

    def rows_for(self, rows: QuerySet[CalibrationItem], by: Agent) -> QuerySet[CalibrationItem]:
        return items_in_sight(by).filter(session__status=SessionStatus.CLOSED)
