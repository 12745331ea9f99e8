"""Which saved views and boards stand in whose navigation."""

from typing import TypeVar
from uuid import uuid4

from django.db.models import Q, QuerySet

from accounts.enums import Role
from accounts.models import Agent
from accounts.selectors import reach_of
from core.arrays import any_id
from core.compiled import Compiled
from tickets.enums import ViewScope
from tickets.models import KanbanBoard, SavedView

K = TypeVar("K", SavedView, KanbanBoard)


def views_in_sight(agent: Agent) -> QuerySet[SavedView]:
    """The own ones, those of teams in sight, and those of everybody; admins, who configure, have all shared ones."""
    if agent.has_role(Role.ADMIN):
        return _shared_and_own(agent.pk)
    return _in_sight(agent.pk, list(reach_of(agent).teams))


def boards_in_sight(agent: Agent) -> QuerySet[KanbanBoard]:
    """The boards that a person finds, by the same rule."""
    if agent.has_role(Role.ADMIN):
        return _in_order(KanbanBoard.objects.filter(_is_shared_or_own(agent.pk)))
    return _in_order(KanbanBoard.objects.filter(_is_in_sight(agent.pk, list(reach_of(agent).teams))))


def views_of(agent: Agent) -> list[SavedView]:
    """The same in their order, for the lists, each of which asks; one statement, with the team of each."""
    if agent.has_role(Role.ADMIN):
        return _ALL_SHARED.fetch(agent.pk)
    return _IN_SIGHT.fetch(agent.pk, list(reach_of(agent).teams))


def boards_of(agent: Agent) -> list[KanbanBoard]:
    """The same in their order; one statement."""
    if agent.has_role(Role.ADMIN):
        return _ALL_SHARED_BOARDS.fetch(agent.pk)
    return _BOARDS_IN_SIGHT.fetch(agent.pk, list(reach_of(agent).teams))


def _is_in_sight(agent_id: object, teams: object) -> Q:
    of_team = Q(any_id("team_id", teams), scope=ViewScope.TEAM)  # type: ignore[arg-type]  # a list, or its slot
    own = Q(owner=agent_id, scope=ViewScope.PERSONAL)
    return own | of_team | Q(scope=ViewScope.GLOBAL)


def _is_shared_or_own(agent_id: object) -> Q:
    return Q(owner=agent_id) | ~Q(scope=ViewScope.PERSONAL)


def _in_sight(agent_id: object, teams: object) -> QuerySet[SavedView]:
    return _in_order(SavedView.objects.filter(_is_in_sight(agent_id, teams)))


def _shared_and_own(agent_id: object) -> QuerySet[SavedView]:
    return _in_order(SavedView.objects.filter(_is_shared_or_own(agent_id)))


def _in_order(rows: QuerySet[K]) -> QuerySet[K]:
    return rows.select_related("team").order_by("position", "name", "id")


_IN_SIGHT = Compiled(_in_sight, uuid4(), [uuid4()])
_ALL_SHARED = Compiled(_shared_and_own, uuid4())
_BOARDS_IN_SIGHT = Compiled(
    lambda agent_id, teams: _in_order(KanbanBoard.objects.filter(_is_in_sight(agent_id, teams))), uuid4(), [uuid4()]
)
_ALL_SHARED_BOARDS = Compiled(
    lambda agent_id: _in_order(KanbanBoard.objects.filter(_is_shared_or_own(agent_id))), uuid4()
)
