"""Everything below /api/v1/; each app keeps its own list. Its description and the page that shows it stand here too."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ApiViewSet
from core.errors import NotFound


@cache
def description() -> dict[str, Any]:
    """The OpenAPI description, in English for everybody; it does not change while the process runs."""
    generator: Any = SchemaGenerator  # the library has no types
    with translation.override("en"):
        schema: dict[str, Any] = generator().get_schema(request=None, public=True)
    return schema


class DescriptionViewSet(ApiViewSet):
    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (OpenApiJsonRenderer,)

    @extend_schema(exclude=True)
    def retrieve(self, request: Request) -> Response:
        return Response(description())


class MissingViewSet(ApiViewSet):
    """Addresses that do not exist answer like objects that do not."""

    @extend_schema(exclude=True)
    def answer(self, request: Request) -> Response:
        raise NotFound


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page to read and try."""
    return render(request, "api/docs.html")


METHODS = ("get", "post", "put", "patch", "delete", "head", "options")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.api.urls")),
    path("", include("tickets.api.urls")),
    path("", include("envelopes.api.urls")),
    path("", include("notifications.api.urls")),
    path("", include("sla.alerts.api.urls")),
    path("", include("sla.scores.api.urls")),
    path("", include("sla.api.urls")),
    path("", include("sla.proposals.api.urls")),
    path("", include("sla.reminders.api.urls")),
    path("", include("connectors.mail.api.urls")),
    path("", include("connectors.push.api.urls")),
    path("", include("connectors.base.api.urls")),
    path("", include("connectors.entra.api.urls")),
    path("", include("connectors.teams.api.urls")),
    path("", include("connectors.meetings.api.urls")),
    path("", include("reports.api.urls")),
    path("schema/", DescriptionViewSet.as_view({"get": "retrieve"}), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    re_path(r"", MissingViewSet.as_view(dict.fromkeys(METHODS, "answer"))),
]
