"""One exception handler turns every refusal into `application/problem+json` (RFC 9457, permissions.md section 4)."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from core.api.errors import MethodNotAllowed, UnsupportedMediaType
from core.errors import DomainError, Forbidden, Invalid, NotAuthenticated, NotFound, Throttled

MEDIA_TYPE = "application/problem+json"
BODY = "body"
"""Name under `fields` of what is wrong with a body as a whole."""
MAX_MESSAGE = 500
REFUSALS = (DomainError, exceptions.APIException, Http404, PermissionDenied, SuspiciousOperation)
"""What is answered, not logged as an error; anything else is a bug."""


class ProblemOut(serializers.Serializer[dict[str, Any]]):
    """Why a request was refused (RFC 9457)."""

    type = serializers.CharField(help_text="urn:itil-next:problem:<code>")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="stable, for programs")
    detail = serializers.CharField(help_text="for people, in their language")
    hint = serializers.CharField(required=False, help_text="the way forward")
    allowed = serializers.ListField(child=serializers.CharField(), required=False, help_text="what may be done instead")
    fields = serializers.DictField(  # type: ignore[assignment]  # the promised name; a serializer's own is not needed here
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="what is wrong, by field"
    )
    current_version = serializers.IntegerField(required=False, help_text="with stale_version")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to a refusal; None for a bug, which must surface."""
    refusal = as_domain_error(error)
    if refusal is None:
        return None
    response = Response(clean(refusal.as_problem()), status=refusal.status, content_type=MEDIA_TYPE)
    if isinstance(refusal, NotAuthenticated):
        response["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, Throttled):
        response["Retry-After"] = str(refusal.facts.get("retry_after", 60))
    return response


def as_domain_error(error: Exception) -> DomainError | None:
    """Our refusal for what the framework raised; None if it is no refusal."""
    match error:
        case DomainError():
            return error
        case Http404() | exceptions.NotFound():
            return NotFound()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return NotAuthenticated()
        case exceptions.PermissionDenied() | PermissionDenied():
            return Forbidden()
        case exceptions.MethodNotAllowed():
            return MethodNotAllowed(method=(error.args or ["?"])[0])
        case exceptions.UnsupportedMediaType():
            return UnsupportedMediaType(media_type=(error.args or ["?"])[0])
        case exceptions.ValidationError():
            return Invalid(dict(flatten(error.detail)))
        case exceptions.ParseError():
            return Invalid({BODY: str(error.detail)})
        case exceptions.Throttled():
            return Throttled(retry_after=max(1, round(getattr(error, "wait", None) or 60)))
        case SuspiciousOperation():
            return Invalid({BODY: _("The request cannot be read.")})
    return None


def flatten(detail: Any, name: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Messages by field; nested ones by their path, as in `requester.email`."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            own = "" if key == "non_field_errors" else str(key)
            yield from flatten(value, ".".join(filter(None, [name, own])))
    elif any(isinstance(item, dict | list) for item in detail):
        for number, item in enumerate(detail):
            yield from flatten(item, f"{name}.{number}" if item else name)
    elif detail:
        yield name or BODY, list(detail)


def clean(value: Any) -> Any:
    """Messages may repeat what was sent: cut it short, and drop what neither UTF-8 nor the database can hold."""
    match value:
        case dict():
            return {clean(key): clean(item) for key, item in value.items()}
        case list():
            return [clean(item) for item in value]
        case str():
            return value[:MAX_MESSAGE].encode("utf-8", "replace").decode().replace("\0", "?")
    return value
