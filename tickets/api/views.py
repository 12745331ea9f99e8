"""Saved views: what a list is narrowed to, in which order and with which columns. They hold no tickets."""

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
from tickets.models import SavedView
from tickets.saved_views import views_in_sight
from tickets.services import delete_view, edit_view, save_view
from tickets.sorting import ALL_SORTS


class ViewPatch(KeptPatch):
    columns = serializers.ListField(
        required=False, child=Line(max_length=20), max_length=20, help_text="empty: the usual ones"
    )
    sort = serializers.ChoiceField(
        required=False, allow_blank=True, choices=list(ALL_SORTS), help_text="empty: the usual"
    )


class ViewIn(ViewPatch):
    version = None  # type: ignore[assignment]  # a new view has none
    name = Line(max_length=60)


class ViewOut(KeptOut):
    slug = serializers.SlugField(help_text="the list is at /queue/<slug>/")
    columns = serializers.ListField(child=serializers.CharField())
    sort = serializers.CharField()
    is_default = serializers.SerializerMethodField(help_text="whether your day begins with it")

    def get_is_default(self, view: SavedView) -> bool:
        return bool(self.context["agent"].list_settings.get("start") == view.slug)


class SavedViewViewSet(KeptViewSet):
    """The own ones and those shared with the reader; programs have none."""

    shown = ViewOut

    def rows_of(self, agent: Agent) -> QuerySet[SavedView]:
        return views_in_sight(agent)

    @extend_schema(operation_id="view_list", summary="My lists", parameters=[Query], responses=page_of(ViewOut))
    def list(self, request: Request) -> Response:
        return self.found()

    @extend_schema(operation_id="view", summary="One", responses=ViewOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(self.one(self.rows(), pk=id).pk)

    @extend_schema(operation_id="view_create", summary="Name a list", request=ViewIn, responses={201: ViewOut})
    def create(self, request: Request) -> Response:
        return self.answer(save_view(by=self.actor, **self.new(ViewIn)).pk, status=201)

    @extend_schema(operation_id="view_update", summary="Change it", request=ViewPatch, responses=ViewOut)
    def partial_update(self, request: Request, id: UUID) -> Response:
        view = self.one(self.rows(), pk=id)
        return self.answer(edit_view(view.pk, by=self.actor, **self.changes(ViewPatch)).pk)

    @extend_schema(operation_id="view_delete", summary="Delete it", request=Versioned, responses={204: None})
    def destroy(self, request: Request, id: UUID) -> Response:
        view = self.one(self.rows(), pk=id)
        delete_view(view.pk, by=self.actor, version=self.version(self.read(Versioned)))
        return Response(status=204)
