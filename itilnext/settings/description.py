"""The description of the API, and the names of choices in it."""

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "ITIL-NEXT",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": (
        "Sign in with POST /api/v1/auth/token/, then send `Authorization: Bearer …`. Refusals are problem bodies after "
        "RFC 9457 with a stable `code`; they come in the order 401, 404, 403, 409, with `stale_version` last."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SORT_OPERATIONS": False,
    "PREPROCESSING_HOOKS": ["core.api.schema.in_order"],
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "ENUM_NAME_OVERRIDES": {
        "TicketStatus": "tickets.enums.TicketStatus.choices",
        "OutboundStatus": "tickets.enums.OutboundStatus.choices",
        "TaskStatus": "tickets.enums.TaskStatus.choices",
        "AbsenceStatus": "accounts.enums.AbsenceStatus.choices",
        "DeliveryStatus": "notifications.enums.DeliveryStatus.choices",
        "DeliveryChannel": "notifications.enums.DeliveryChannel.choices",
        "DeliveryTiming": "notifications.enums.Timing.choices",
        "DeliveryReason": "notifications.enums.Because.choices",
        "NotificationUrgency": "notifications.enums.Urgency.choices",
        "NotificationEvent": "notifications.enums.EventType.choices",
        "TicketChannel": "tickets.enums.Channel.choices",
        "TicketType": "tickets.enums.TicketType.choices",
        "Priority": "tickets.enums.Priority.choices",
        "Grade": "tickets.enums.Grade.choices",
        "EntryKind": "tickets.enums.EntryKind.choices",
        "FlagType": "tickets.enums.FlagType.choices",
        "OutboundKind": "tickets.enums.OutboundKind.choices",
        "AbsenceKind": "accounts.enums.AbsenceKind.choices",
        "EnvelopeStatus": "envelopes.enums.EnvelopeStatus.choices",
        "EnvelopeKind": "envelopes.enums.EnvelopeKind.choices",
        "AskedEnvelopeKind": "envelopes.api.serializers.ASKED_KINDS",
        "EnvelopeOutcome": "envelopes.enums.Outcome.choices",
        "AttemptOutcome": "tickets.enums.AttemptOutcome.choices",
        "TextScope": "tickets.enums.TextScope.choices",
        "ViewScope": "tickets.enums.ViewScope.choices",
        "ApprovalStatus": "tickets.resolution_enums.ApprovalStatus.choices",
        "CalibrationStatus": "tickets.resolution_enums.CalibrationStatus.choices",
        "CalibrationOutcome": "tickets.resolution_enums.CalibrationOutcome.choices",
        "CalibrationReason": "tickets.resolution_enums.CalibrationReason.choices",
        "CalibrationItemStatus": "tickets.resolution_enums.ItemStatus.choices",
        "CalibrationSessionStatus": "tickets.resolution_enums.SessionStatus.choices",
        "EmpowermentTier": "tickets.resolution_enums.EmpowermentTier.choices",
        "BoardDimension": "tickets.services.boards.LAID_OUT_BY",
    },
}
