"""The OpenAPI description: what all operations have in common is said once, here."""

import re
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from core.api.fields import In, Out
from core.api.idempotency import HEADER
from core.api.problems import MEDIA_TYPE, ProblemOut

PROBLEMS = {
    "400": "Bad input; nothing changed.",
    "401": "Not signed in, or the token is over.",
    "403": "Visible, but not for you to do.",
    "404": "Missing or invisible.",
    "409": "Not possible in this state, or an old version.",
    "415": "The body is of a type that is not read here.",
    "422": "Well-formed but inadmissible transfer.",
    "429": "Too many requests; see Retry-After.",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
Endpoint = tuple[str, str, str, Any]
"""Path, its pattern, method, view."""


def in_order(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Paths as they are written down, methods always in the same order: the framework takes them from a set."""
    places = {path: place for place, path in enumerate(dict.fromkeys(path for path, *_rest in endpoints))}
    return sorted(endpoints, key=lambda endpoint: (places[endpoint[0]], METHODS.index(endpoint[2])))


class ApiSchema(AutoSchema):
    """Adds the refusals every operation can answer, and the headers of writes."""

    def get_override_parameters(self) -> list[Any]:
        names = re.findall(r"{(\w+)}", self.path)
        parameters = [
            OpenApiParameter(name, OpenApiTypes.UUID if name == "id" else OpenApiTypes.STR, OpenApiParameter.PATH)
            for name in names
        ]
        if self.method == "POST" and getattr(self.view, "keeps_answers", False):
            text = "Any text of 1 to 200 visible ASCII characters; the same key and body gives the first answer again."
            shape = {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"}
            parameters.append(OpenApiParameter(HEADER, shape, OpenApiParameter.HEADER, description=text))
        if self.method != "GET" and self.has_version():
            text = "The version you saw, in place of `version` in the body."
            shape = {"type": "string", "pattern": r'^"[0-9]{1,9}"$'}
            parameters.append(OpenApiParameter("If-Match", shape, OpenApiParameter.HEADER, description=text))
        return parameters

    def has_version(self) -> bool:
        request = self.get_request_serializer()
        instance = request() if isinstance(request, type) else request
        return isinstance(instance, serializers.Serializer) and "version" in instance.fields

    def _is_list_view(self, serializer: Any = None) -> bool:
        """A page of a list is one object, described as such."""
        return False

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        component = self.resolve_serializer(ProblemOut(), direction)
        for status in self.problems():
            bodies.setdefault(
                status, {"description": PROBLEMS[status], "content": {MEDIA_TYPE: {"schema": component.ref}}}
            )
        return dict(sorted(bodies.items()))

    def problems(self) -> list[str]:
        """Statuses of the refusals possible here."""
        found = {"400", "401", "403", "429", *getattr(self.view, "further_problems", ())}
        if "{" in self.path:
            found.add("404")
        if self.method in ("POST", "PATCH") or (self.method == "DELETE" and self.has_version()):
            found |= {"409", "415"}
        return sorted(found)


class InExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # the library has no types
    """Unknown names are refused, so the description says so."""

    target_class = In
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001
        schema["additionalProperties"] = False
        if self.target.asked:
            schema["required"] = sorted({*schema.get("required", []), *self.target.asked})
        return schema


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library has no types
    target_class = "knox.auth.TokenAuthentication"
    match_subclasses = True
    priority = 1
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "From POST /api/v1/auth/token/"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library has no types
    target_class = "core.api.protocol.CsrfCheckedSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "session", "description": "The pages' session, with CSRF"}


@cache
def page_of(shape: type[Out]) -> Any:
    """Description of a page of a list."""
    name = f"{shape.__name__.removesuffix('Out')}Page"
    fields: dict[str, Any] = {
        "next": serializers.URLField(allow_null=True, help_text="address of the next page"),
        "previous": serializers.URLField(allow_null=True),
        "results": shape(many=True),
    }
    return inline_serializer(name, fields)
