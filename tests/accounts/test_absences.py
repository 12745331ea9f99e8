"""Absences and deputies: who may change what, who may cover, who is told (domain.md 16; permissions.md 1 and 2)."""

from datetime import date, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.enums import AbsenceKind, Availability, Role
from accounts.errors import AbsenceIsCancelled, AbsenceNotAllowed
from accounts.models import Absence, Agent
from accounts.services import cancel_absence, change_absence, edit_preferences, record_absence
from core.errors import Invalid
from core.models import EventDelivery
from tests.database import connect_as_owner
from tests.factories import AbsenceFactory, AgentFactory, TeamFactory

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


def away(
    agent: Agent, *, by: Agent | None = None, first: int = 1, last: int = 5, deputy: Agent | None = None
) -> Absence:
    return record_absence(
        agent.pk,
        by=by or agent,
        kind=AbsenceKind.VACATION,
        starts_on=TODAY + timedelta(days=first),
        ends_on=TODAY + timedelta(days=last),
        deputy=deputy,
    )


def confirmed_open_end(agent: Agent) -> Absence:
    return AbsenceFactory(agent=agent, ends_on=None, is_open_end_confirmed=True)


def test_confirmed_open_end_can_still_be_changed_by_the_person_and_the_lead() -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    agent = AgentFactory(teams=[TeamFactory(lead=lead)])
    absence = confirmed_open_end(agent)
    for by in (agent, lead, AgentFactory(roles=[Role.ADMIN])):
        absence = change_absence(absence.pk, by=by, version=absence.version, note=f"Seen by {by.name}.")
    assert (absence.is_open_end_confirmed, absence.ends_on) == (True, None)


@pytest.mark.parametrize(
    ("name", "day"), [("starts_on", date.min), ("starts_on", date(1999, 12, 31)), ("ends_on", date.max)]
)
def test_days_that_no_desk_will_see_are_refused(name: str, day: date) -> None:
    absence = away(agent := AgentFactory())
    with pytest.raises(Invalid) as refused:
        change_absence(absence.pk, by=agent, version=1, **{name: day})
    assert list(refused.value.fields) == [name]
    assert Absence.objects.get().version == 1


def test_a_known_last_day_clears_the_confirmation_and_confirming_again_needs_a_supervisor() -> None:
    supervisor = AgentFactory(roles=[Role.SUPERVISOR])
    agent = AgentFactory(teams=[TeamFactory(supervisor=supervisor)])
    absence = confirmed_open_end(agent)
    absence = change_absence(absence.pk, by=agent, version=1, ends_on=TODAY + timedelta(days=9))
    assert not absence.is_open_end_confirmed
    absence = change_absence(absence.pk, by=agent, version=2, ends_on=None)
    assert not absence.is_open_end_confirmed
    with pytest.raises(AbsenceNotAllowed):
        change_absence(absence.pk, by=agent, version=3, is_open_end_confirmed=True)
    assert change_absence(absence.pk, by=supervisor, version=3, is_open_end_confirmed=True).is_open_end_confirmed


def test_a_cancelled_absence_changes_no_more_and_strangers_hear_of_their_right_first() -> None:
    agent, stranger = AgentFactory.create_batch(2)
    absence = cancel_absence(away(agent).pk, by=agent)
    with pytest.raises(AbsenceNotAllowed):
        change_absence(absence.pk, by=stranger, version=absence.version, note="x")
    with pytest.raises(AbsenceIsCancelled) as refused:
        change_absence(absence.pk, by=agent, version=absence.version, note="x")
    assert (refused.value.status, refused.value.code) == (409, "invalid_transition")


@pytest.mark.parametrize("role", [Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR])
def test_who_works_tickets_may_be_deputy(role: Role) -> None:
    deputy = AgentFactory(roles=[role])
    assert away(AgentFactory(), deputy=deputy).deputy == deputy


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.ADMIN])
def test_who_works_no_tickets_cannot_be_deputy(role: Role) -> None:
    agent, deputy = AgentFactory(), AgentFactory(roles=[role])
    with pytest.raises(Invalid) as refused:
        away(agent, deputy=deputy)
    assert refused.value.fields == {"deputy": ["The deputy does not work tickets."]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["record", "change"])
def test_agent_and_deputy_are_both_locked(act: str) -> None:
    """Two who rely on each other come one after the other; here another transaction holds the deputy."""
    agent, deputy = AgentFactory.create_batch(2)
    absence = away(agent, first=20, last=21)
    acts = {
        "record": lambda: away(agent, deputy=deputy),
        "change": lambda: change_absence(absence.pk, by=agent, version=1, deputy=deputy),
    }
    with connect_as_owner() as other, other.transaction():
        other.execute("SELECT 1 FROM accounts_agent WHERE id = %s FOR NO KEY UPDATE", [deputy.pk])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
            with pytest.raises(OperationalError, match="lock timeout"):
                acts[act]()


def test_the_absence_of_a_deputy_is_recorded_and_published_for_each_one_they_cover() -> None:
    deputy = AgentFactory()
    covered = away(AgentFactory(), first=3, last=9, deputy=deputy)
    away(AgentFactory(), first=20, last=29, deputy=deputy)
    EventDelivery.objects.all().delete()
    own = away(deputy, first=1, last=5)
    told = EventDelivery.objects.filter(event="DeputyAbsent").values_list("payload", flat=True)
    assert [(row["absence_id"], row["deputy_absence_id"]) for row in told] == [(str(covered.pk), str(own.pk))]


def test_people_set_their_own_availability() -> None:
    agent = AgentFactory()
    assert edit_preferences(agent.pk, by=agent, availability=Availability.AWAY).availability == "away"
    with pytest.raises(Invalid):
        edit_preferences(agent.pk, by=agent, availability="asleep")
