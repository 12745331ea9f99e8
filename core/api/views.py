"""The base of all endpoints: who acts, in which order a request is refused, pages of lists, versions."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import Throttled
from rest_framework.fields import MultipleChoiceField
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from core.actors import Actor
from core.api import idempotency
from core.api.fields import In, Out
from core.api.problems import REFUSALS
from core.api.throttling import AddressThrottle
from core.errors import Forbidden, Invalid, NotFound
from core.paging import Page, keyset_page

M = TypeVar("M", bound=Model)


class ApiViewSet(GenericViewSet[Any]):  # Any: each view set reads several models
    """Reads through querysets of what the actor may see; writes through services; answers JSON or a problem."""

    http_method_names = ["get", "post", "patch", "delete", "head"]
    keeps_answers = True
    """Whether POST takes an `Idempotency-Key`; switched off where the answer is a secret."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        address = AddressThrottle()
        if not address.allow_request(request, self):
            raise Throttled(wait=address.wait())
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and self.keeps_answers and idempotency.HEADER in request.headers:
            # The handler is looked up after this; the one put in its place asks it only if the key is new.
            setattr(self, "post", partial(self._answer_once, getattr(self, "post")))  # noqa: B009, B010  # not declared

    def _answer_once(self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
        def answer() -> Response:
            try:
                return handler(request, *args, **kwargs)
            except REFUSALS as refusal:
                return self.handle_exception(refusal)

        return idempotency.answer_once(request, answer)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.setdefault("Cache-Control", "private, no-store")
        data = getattr(response, "data", None)
        if isinstance(data, dict) and data.get("version") is not None:
            response["ETag"] = f'"{data["version"]}"'
        return response

    @cached_property
    def actor(self) -> Any:  # Any: the kinds of actors belong to the apps above
        """Who acts; raises Forbidden for users behind whom nobody stands."""
        actor: Actor | None = import_string(settings.API_ACTOR_OF)(self.request.user)
        if actor is None:
            raise Forbidden
        return actor

    def read(self, shape: type[In], **options: Any) -> dict[str, Any]:
        """The body's values in `shape`; raises ValidationError."""
        serializer = shape(data=self.request.data, **options)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def read_form(self, shape: type[In], *, repeated: Sequence[str] = ("file",)) -> dict[str, Any]:
        """The values of a form, which repeats a name where JSON would hold a list; raises ValidationError."""
        data: Any = self.request.data  # the parser of forms answers a QueryDict
        fields = {name: data.getlist(name) if name in repeated else data.get(name) for name in data}
        serializer = shape(data=fields)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def read_query(self, shape: type[In]) -> dict[str, Any]:
        """The query's values in `shape`; an empty parameter is not taken for an absent one, which filters nothing."""
        given = self.request.query_params
        several = {name for name, field in shape().fields.items() if isinstance(field, MultipleChoiceField)}
        data = {name: given.getlist(name) if name in several else given[name] for name in given}
        serializer = shape(data=data)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def one(self, queryset: QuerySet[M], **lookup: Any) -> M:
        """The row the address names; missing and invisible read alike."""
        found = queryset.filter(**lookup).first()
        if found is None:
            raise NotFound
        return found

    def page(
        self,
        queryset: QuerySet[M],
        ordering: Sequence[str],
        query: dict[str, Any],
        shape: Callable[[list[M]], list[Any]] | type[Out],
    ) -> Response:
        """One page of `queryset`, in the form promised for all lists."""
        found = keyset_page(queryset, ordering, cursor=query["cursor"], size=query["page_size"])
        return self.answer_page(found, shape)

    def answer_page(self, found: Page[Any], shape: Callable[[list[Any]], list[Any]] | type[Out]) -> Response:
        rows = shape(found.items, many=True).data if isinstance(shape, type) else shape(found.items)
        return Response(
            {
                "next": self._page_url(found.next_cursor),
                "previous": self._page_url(found.previous_cursor),
                "results": rows,
            }
        )

    def _page_url(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        parameters = self.request.query_params.copy()
        parameters["cursor"] = cursor
        return self.request.build_absolute_uri(f"{self.request.path}?{parameters.urlencode()}")

    def version(self, values: dict[str, Any], *, is_required: bool = False) -> int | None:
        """The version the client saw, from the body or `If-Match`; taken out of `values`. Raises Invalid."""
        given: int | None = values.pop("version", None)
        header = self.request.headers.get("If-Match", "")
        if given is None and header:
            number = header.strip().removeprefix("W/").strip('"')
            if not (number.isascii() and number.isdigit() and len(number) < 10):
                raise Invalid({"If-Match": _('Send the version you saw, as in "3".')})
            given = int(number)
        if given is None and is_required:
            raise Invalid({"version": _("Send the version you saw, here or as If-Match.")})
        return given
