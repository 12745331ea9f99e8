"""What is read and written: JSON alone, whatever the client says it accepts; bodies of bounded size."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request

Context = Mapping[str, Any] | None


class AlwaysFirst(BaseContentNegotiation):
    """Answer in the one format there is, so that an odd `Accept` never stands in the way."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        media_type = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class BoundedJsonParser(JSONParser):
    """JSON of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes; nesting too deep to read is bad input, no error of ours."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Context = None) -> Any:
        _refuse_larger_than(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, parser_context)
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The body is not usable JSON.")) from error


class BoundedMultiPartParser(MultiPartParser):
    """A form with files, of at most API_MAX_UPLOAD_BYTES in all."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Context = None) -> Any:
        _refuse_larger_than(settings.API_MAX_UPLOAD_BYTES, parser_context)
        try:
            return super().parse(stream, media_type, parser_context)
        except (LookupError, ValueError) as error:
            raise ParseError(_("The form cannot be read.")) from error


def _refuse_larger_than(limit: int, context: Context) -> None:
    """The web server hands over no more than Content-Length says, so this number bounds what is read."""
    request = (context or {}).get("request")
    length = request.META.get("CONTENT_LENGTH") if request is not None else None
    if length and str(length).isdigit() and int(length) > limit:
        raise ParseError(_("The body is larger than %(limit)s bytes.") % {"limit": limit})


class CsrfCheckedSession(SessionAuthentication):
    """The session cookie of the pages, with the CSRF token on every write."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(_("The CSRF token is missing or wrong.")) from error
