"""What the endpoints of saved views and boards share: both are kept under a name, for oneself or for others."""

from abc import abstractmethod
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from accounts.lookups import team_named
from accounts.models import Agent
from core.api.fields import In, Instant, Line, Named, Out, PersonOut, Query, named
from core.api.problems import BODY
from core.errors import Forbidden, Invalid
from tickets.api.base import TicketBase
from tickets.api.inputs import Versioned
from tickets.enums import ListBase, Priority, TicketStatus, ViewScope
from tickets.filters import MAX_CHARACTERS
from tickets.models import KanbanBoard, SavedView


class FiltersIn(In):
    status = serializers.ChoiceField(required=False, allow_blank=True, choices=["any", *TicketStatus.values])
    team = serializers.UUIDField(required=False, format="hex_verbose", help_text="id")
    priority = serializers.ChoiceField(required=False, allow_blank=True, choices=Priority.choices)
    owner = serializers.ChoiceField(required=False, allow_blank=True, choices=["me", "none"])
    q = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_CHARACTERS, help_text="as typed: `status:waiting team:network`"
    )


class KeptPatch(Versioned):
    name = Line(required=False, max_length=60)
    scope = serializers.ChoiceField(required=False, choices=ViewScope.choices)
    team = Named(team_named, required=False, allow_null=True, help_text="id or name; with scope `team`")
    base = serializers.ChoiceField(required=False, choices=ListBase.choices)
    filters = FiltersIn(required=False)
    position = serializers.IntegerField(required=False, min_value=0, max_value=999)


class KeptOut(Out):
    id = serializers.UUIDField()
    name = serializers.CharField()
    owner = PersonOut()
    scope = serializers.ChoiceField(choices=ViewScope.choices)
    team = named()
    base = serializers.ChoiceField(choices=ListBase.choices)
    filters = serializers.SerializerMethodField()
    position = serializers.IntegerField()
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_filters(self, row: SavedView | KanbanBoard) -> dict[str, str]:
        return dict(row.filters)


class KeptViewSet(TicketBase):
    """The own ones and those shared with the reader; programs have none."""

    shown: ClassVar[type[KeptOut]]

    @abstractmethod
    def rows_of(self, agent: Agent) -> QuerySet[Any]:
        """What the agent finds."""

    def rows(self) -> QuerySet[Any]:
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return self.rows_of(self.actor).select_related("owner", "team")

    def show(self, rows: list[Any]) -> list[Any]:
        return list(self.shown(rows, many=True, context={"agent": self.actor}).data)

    def found(self) -> Response:
        rows = self.rows()
        return self.page(rows, ("position", "name", "id"), self.read_query(Query), self.show)

    def answer(self, row_id: UUID, *, status: int = 200) -> Response:
        """As it is now; of what its maker gave away, the last look."""
        rows: Any = self.rows().model._default_manager  # noqa: SLF001  # the public manager of either class
        [shown] = self.show([rows.select_related("owner", "team").get(pk=row_id)])
        return Response(shown, status=status)

    def new(self, shape: type[KeptPatch]) -> dict[str, Any]:
        """What a new one is to be."""
        self.rows()
        return _plain(self.read(shape))

    def changes(self, shape: type[KeptPatch]) -> dict[str, Any]:
        """What is to be changed, with the `version` it was seen in."""
        values = _plain(self.read(shape))
        version = self.version(values, is_required=True)
        if not values:
            raise Invalid({BODY: _("Name at least one field to change.")})
        return values | {"version": version}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Filters as texts, which is how an address holds them."""
    if "filters" in values:
        values["filters"] = {name: str(value) for name, value in values["filters"].items() if value}
    return values
