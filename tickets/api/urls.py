from django.urls import URLPattern, path, register_converter

from tickets.api.conversation import FileViewSet, OutboxViewSet, ThreadViewSet, TicketFilesViewSet
from tickets.api.drafts import DraftViewSet
from tickets.api.tasks import TaskViewSet, TicketTasksViewSet
from tickets.api.tickets import SearchViewSet, TicketViewSet
from tickets.api.transitions import TransferViewSet, TransitionViewSet

STEPS = (
    "accept",
    "offer",
    "withdraw_offer",
    "change_team",
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


class ReferenceConverter:
    regex = r"[A-Za-z]{2,5}-[0-9]{4}-[0-9]{1,12}"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value


register_converter(ReferenceConverter, "reference")
ONE = "tickets/<reference:reference>/"

urlpatterns: list[URLPattern] = [
    path("tickets/", TicketViewSet.as_view({"get": "list", "post": "create"})),
    path(ONE, TicketViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    *(path(f"{ONE}{step}/", TransitionViewSet.as_view({"post": step})) for step in STEPS),
    path(f"{ONE}transfer_ownership/", TransferViewSet.as_view({"post": "transfer_ownership"})),
    path(f"{ONE}reply/", ThreadViewSet.as_view({"post": "reply"})),
    path(f"{ONE}note/", ThreadViewSet.as_view({"post": "note"})),
    path(f"{ONE}timeline/", ThreadViewSet.as_view({"get": "list"})),
    path(f"{ONE}attachments/", TicketFilesViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{ONE}tasks/", TicketTasksViewSet.as_view({"get": "list", "post": "create"})),
    path("attachments/<uuid:id>/", FileViewSet.as_view({"get": "retrieve"})),
    path("tasks/<uuid:id>/", TaskViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    *(path(f"tasks/<uuid:id>/{s}/", TaskViewSet.as_view({"post": s})) for s in ("start", "finish", "cancel", "reopen")),
    path("outbox/", OutboxViewSet.as_view({"get": "list"})),
    path("outbox/<uuid:id>/", OutboxViewSet.as_view({"get": "retrieve"})),
    path("outbox/<uuid:id>/undo/", OutboxViewSet.as_view({"post": "undo"})),
    path("outbox/<uuid:id>/schedule/", OutboxViewSet.as_view({"post": "schedule"})),
    path("drafts/", DraftViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "drafts/<uuid:id>/",
        DraftViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("search/", SearchViewSet.as_view({"get": "list"})),
]
