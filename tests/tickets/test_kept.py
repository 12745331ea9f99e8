"""Views and boards that are kept: whose they are, who learns of them, and what of two acts at once is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Agent, Team
from core.errors import Invalid, NotFound, StaleVersion
from tests.factories import AgentFactory, TeamFactory
from tickets.errors import ViewNotShared, ViewNotYours
from tickets.models import KanbanBoard, SavedView
from tickets.services import delete_board, delete_view, edit_board, edit_view, save_board, save_view

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Kind:
    model: Any
    save: Callable[..., Any]
    edit: Callable[..., Any]
    delete: Callable[..., None]


KINDS = (
    Kind(SavedView, save_view, edit_view, delete_view),
    Kind(KanbanBoard, save_board, edit_board, delete_board),
)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=["view", "board"])


@pytest.fixture
def lead() -> Agent:
    found: Agent = AgentFactory(roles=[Role.AGENT, Role.TEAM_LEAD])
    return found


@pytest.fixture
def supervisor() -> Agent:
    found: Agent = AgentFactory(roles=[Role.SUPERVISOR])
    return found


@pytest.fixture
def team(lead: Agent, supervisor: Agent) -> Team:
    found: Team = TeamFactory(lead=lead, supervisor=supervisor)
    return found


@each_kind
def test_whoever_takes_a_shared_one_for_themselves_has_it(
    kind: Kind, lead: Agent, supervisor: Agent, team: Team
) -> None:
    kind.save("Ours", by=supervisor)
    shared = kind.save("Ours", by=lead, scope="team", team=team)
    taken = kind.edit(shared.pk, by=supervisor, scope="personal")
    assert (taken.owner, taken.team, taken.slug) == (supervisor, None, "my-ours-2")
    with pytest.raises(NotFound):
        kind.edit(shared.pk, by=lead, name="Mine again")


@each_kind
def test_shared_on_it_stays_its_makers(kind: Kind, lead: Agent, supervisor: Agent, team: Team) -> None:
    shared = kind.save("Ours", by=lead, scope="team", team=team)
    assert kind.edit(shared.pk, by=supervisor, name="Everyone's").owner == lead


@each_kind
def test_what_is_deleted_meanwhile_is_not_found(kind: Kind, lead: Agent) -> None:
    kept = kind.save("Mine", by=lead)
    kind.delete(kept.pk, by=lead)
    with pytest.raises(NotFound):
        kind.delete(kept.pk, by=lead)
    with pytest.raises(NotFound):
        kind.edit(kept.pk, by=lead, name="Other")


@each_kind
def test_somebody_elses_own_one_reads_as_missing(kind: Kind, lead: Agent, team: Team) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    kept = kind.save("Mine", by=lead)
    for act in (kind.delete, kind.edit):
        with pytest.raises(NotFound):
            act(kept.pk, by=admin)
    shared = kind.save("Ours", by=lead, scope="team", team=team)
    with pytest.raises(ViewNotYours):
        kind.delete(shared.pk, by=AgentFactory(teams=[team]))
    assert kind.model.objects.count() == 2


@each_kind
def test_what_was_changed_meanwhile_is_neither_written_over_nor_deleted(
    kind: Kind, lead: Agent, supervisor: Agent, team: Team
) -> None:
    shared = kind.save("Ours", by=lead, scope="team", team=team)
    kind.edit(shared.pk, by=supervisor, version=1, filters={"priority": "high"})
    with pytest.raises(StaleVersion):
        kind.edit(shared.pk, by=lead, version=1, filters={"priority": "low"})
    with pytest.raises(StaleVersion):
        kind.delete(shared.pk, by=lead, version=1)
    assert kind.model.objects.get().filters == {"priority": "high"}


@each_kind
def test_a_refusal_to_share_speaks_of_either_kind(kind: Kind, lead: Agent) -> None:
    with pytest.raises(Invalid, match="Name the team you share it with"):
        kind.save("Ours", by=lead, scope="team")
    with pytest.raises(ViewNotShared) as refusal:
        kind.save("Ours", by=lead, scope="global")
    assert "view" not in f"{refusal.value} {refusal.value.hint_text}"


@each_kind
def test_a_filter_is_kept_only_if_it_can_be_read_again(kind: Kind, lead: Agent) -> None:
    typed = " ".join(["channel:m", "x" * 485])
    with pytest.raises(Invalid, match="at most 500 characters"):
        kind.save("Long", by=lead, filters={"q": typed})
    kept = kind.save("Long", by=lead, filters={"q": typed[:-8]})
    assert len(kept.filters["q"]) <= 500
