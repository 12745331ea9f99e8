from typing import Any

from django.urls import URLPattern, path, register_converter

from tickets.api.boards import BoardViewSet
from tickets.api.calibration import CalibrationReportViewSet, ItemViewSet, SessionViewSet
from tickets.api.conversation import FileViewSet, OutboxViewSet, ThreadViewSet, TicketFilesViewSet
from tickets.api.drafts import DraftViewSet
from tickets.api.exports import TicketExportViewSet
from tickets.api.flags import FlagViewSet, TicketFlagsViewSet
from tickets.api.resolutions import ResolutionViewSet, TicketResolutionsViewSet
from tickets.api.tasks import TaskViewSet, TicketTasksViewSet
from tickets.api.texts import CannedResponseViewSet, TicketTemplateViewSet
from tickets.api.tickets import SearchViewSet, TicketViewSet
from tickets.api.transitions import TransferViewSet, TransitionViewSet
from tickets.api.views import SavedViewViewSet
from tickets.api.work import AttemptViewSet, ContactLogViewSet

STEPS = (
    "accept",
    "offer",
    "withdraw_offer",
    "change_team",
    "change_requester",
    "wait_for_customer",
    "resume",
    "resolve",
    "confirm",
    "reopen",
    "cancel",
    "merge_into",
    "unmerge",
    "split",
)
DECISIONS = ("approve", "reject", "withdraw")


class ReferenceConverter:
    regex = r"[A-Za-z]{2,5}-[0-9]{4}-[0-9]{1,12}"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value


register_converter(ReferenceConverter, "reference")
ONE = "tickets/<reference:reference>/"
WHOLE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

urlpatterns: list[URLPattern] = [
    path("tickets/", TicketViewSet.as_view({"get": "list", "post": "create"})),
    *(path(f"tickets/export.{kind}", TicketExportViewSet.as_view({"get": kind})) for kind in ("csv", "xlsx")),
    path(ONE, TicketViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    *(path(f"{ONE}{step}/", TransitionViewSet.as_view({"post": step})) for step in STEPS),
    path(f"{ONE}transfer_ownership/", TransferViewSet.as_view({"post": "transfer_ownership"})),
    path(f"{ONE}reply/", ThreadViewSet.as_view({"post": "reply"})),
    path(f"{ONE}note/", ThreadViewSet.as_view({"post": "note"})),
    path(f"{ONE}log_contact/", ContactLogViewSet.as_view({"post": "log_contact"})),
    path(f"{ONE}attempts/", AttemptViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{ONE}timeline/", ThreadViewSet.as_view({"get": "list"})),
    path(f"{ONE}attachments/", TicketFilesViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{ONE}tasks/", TicketTasksViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{ONE}flags/", TicketFlagsViewSet.as_view({"get": "list", "post": "create"})),
    *(path(f"flags/<uuid:id>/{s}/", FlagViewSet.as_view({"post": s})) for s in ("clear", "waive_photo", "sentiment")),
    path("attachments/<uuid:id>/", FileViewSet.as_view({"get": "retrieve"})),
    path("tasks/<uuid:id>/", TaskViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    *(path(f"tasks/<uuid:id>/{s}/", TaskViewSet.as_view({"post": s})) for s in ("start", "finish", "cancel", "reopen")),
    path(f"{ONE}resolutions/", TicketResolutionsViewSet.as_view({"get": "list", "post": "create"})),
    path("resolutions/", ResolutionViewSet.as_view({"get": "list"})),
    path("resolutions/<uuid:id>/", ResolutionViewSet.as_view({"get": "retrieve"})),
    *(path(f"resolutions/<uuid:id>/{s}/", ResolutionViewSet.as_view({"post": s})) for s in DECISIONS),
    path("calibration/sessions/", SessionViewSet.as_view({"get": "list", "post": "create"})),
    path("calibration/sessions/<uuid:id>/", SessionViewSet.as_view({"get": "retrieve"})),
    path("calibration/sessions/<uuid:id>/close/", SessionViewSet.as_view({"post": "close"})),
    path("calibration/items/", ItemViewSet.as_view({"get": "list"})),
    path("calibration/items/<uuid:id>/", ItemViewSet.as_view({"get": "retrieve"})),
    path("calibration/items/<uuid:id>/review/", ItemViewSet.as_view({"post": "review"})),
    path("calibration/report/", CalibrationReportViewSet.as_view({"get": "report"})),
    path("calibration/export.csv", CalibrationReportViewSet.as_view({"get": "csv"})),
    path("outbox/", OutboxViewSet.as_view({"get": "list"})),
    path("outbox/<uuid:id>/", OutboxViewSet.as_view({"get": "retrieve"})),
    path("outbox/<uuid:id>/undo/", OutboxViewSet.as_view({"post": "undo"})),
    path("outbox/<uuid:id>/schedule/", OutboxViewSet.as_view({"post": "schedule"})),
    path("drafts/", DraftViewSet.as_view({"get": "list", "post": "create"})),
    path("drafts/<uuid:id>/", DraftViewSet.as_view(WHOLE)),
    path("canned_responses/", CannedResponseViewSet.as_view({"get": "list", "post": "create"})),
    path("canned_responses/<uuid:id>/", CannedResponseViewSet.as_view(WHOLE)),
    path("canned_responses/<uuid:id>/filled/", CannedResponseViewSet.as_view({"get": "filled"})),
    path("ticket_templates/", TicketTemplateViewSet.as_view({"get": "list", "post": "create"})),
    path("ticket_templates/<uuid:id>/", TicketTemplateViewSet.as_view(WHOLE)),
    path("views/", SavedViewViewSet.as_view({"get": "list", "post": "create"})),
    path("views/<uuid:id>/", SavedViewViewSet.as_view(WHOLE)),
    path("boards/", BoardViewSet.as_view({"get": "list", "post": "create"})),
    path("boards/<uuid:id>/", BoardViewSet.as_view(WHOLE)),
    path("search/", SearchViewSet.as_view({"get": "list"})),
]
