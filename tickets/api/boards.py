"""Boards with a name: what they are narrowed to, how they are laid out, with which columns. They hold no tickets."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from core.api.fields import Line, Query
from core.api.schema import page_of
from tickets.api.inputs import Versioned
from tickets.api.kept import KeptOut, KeptPatch, KeptViewSet
from tickets.enums import BoardSort
from tickets.models import KanbanBoard
from tickets.saved_views import boards_in_sight
from tickets.services import delete_board, edit_board, save_board
from tickets.services.boards import LAID_OUT_BY, MAX_COLUMNS


class BoardPatch(KeptPatch):
    column_field = serializers.ChoiceField(required=False, choices=LAID_OUT_BY)
    swimlane_field = serializers.ChoiceField(
        required=False, allow_blank=True, choices=LAID_OUT_BY, help_text="another one than the columns'; empty: none"
    )
    columns = serializers.ListField(
        required=False,
        child=Line(max_length=40),
        max_length=MAX_COLUMNS,
        help_text="their values in order: of status and priority as they are called here, else ids, and `none`; "
        "empty: all there are",
    )
    sort_by = serializers.ChoiceField(required=False, choices=BoardSort.choices)


class BoardIn(BoardPatch):
    version = None  # type: ignore[assignment]  # a new board has none
    name = Line(max_length=60)


class BoardOut(KeptOut):
    slug = serializers.SlugField(help_text="the board is at /board/<slug>/")
    column_field = serializers.ChoiceField(choices=LAID_OUT_BY)
    swimlane_field = serializers.ChoiceField(choices=LAID_OUT_BY, allow_blank=True)
    columns = serializers.ListField(child=serializers.CharField())
    sort_by = serializers.ChoiceField(choices=BoardSort.choices)


class BoardViewSet(KeptViewSet):
    """The own ones and those shared with the reader; programs have none."""

    shown = BoardOut

    def rows_of(self, agent: Agent) -> QuerySet[KanbanBoard]:
        return boards_in_sight(agent)

    @extend_schema(operation_id="board_list", summary="My boards", parameters=[Query], responses=page_of(BoardOut))
    def list(self, request: Request) -> Response:
        return self.found()

    @extend_schema(operation_id="board", summary="One", responses=BoardOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(self.one(self.rows(), pk=id).pk)

    @extend_schema(operation_id="board_create", summary="Name a board", request=BoardIn, responses={201: BoardOut})
    def create(self, request: Request) -> Response:
        return self.answer(save_board(by=self.actor, **self.new(BoardIn)).pk, status=201)

    @extend_schema(operation_id="board_update", summary="Change it", request=BoardPatch, responses=BoardOut)
    def partial_update(self, request: Request, id: UUID) -> Response:
        board = self.one(self.rows(), pk=id)
        return self.answer(edit_board(board.pk, by=self.actor, **self.changes(BoardPatch)).pk)

    @extend_schema(operation_id="board_delete", summary="Delete it", request=Versioned, responses={204: None})
    def destroy(self, request: Request, id: UUID) -> Response:
        board = self.one(self.rows(), pk=id)
        delete_board(board.pk, by=self.actor, version=self.version(self.read(Versioned)))
        return Response(status=204)
