"""Who is told of absences, of their cover, and of roles that admins take (domain.md 16; object rule 12)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from accounts.enums import AbsenceKind, Role
from accounts.models import Absence, Agent
from accounts.services import cancel_absence, change_absence, change_agent, record_absence
from core.events import deliver_due
from core.models import EventDelivery
from notifications.models import Notification
from notifications.wording import describe
from tests.factories import AgentFactory, TeamFactory, TicketFactory

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def told(agent: Agent) -> list[str]:
    deliver_due(limit=1000)
    return list(
        Notification.objects.filter(recipient=agent).order_by("created_at", "id").values_list("event_type", flat=True)
    )


def away(agent: Agent, *, days: int = 5, by: Agent | None = None, **values: Any) -> Absence:
    facts = {"kind": AbsenceKind.VACATION, "starts_on": day(1), "ends_on": day(days)}
    return record_absence(agent.pk, by=by or agent, **facts | values)


def change(absence: Absence, **values: Any) -> Absence:
    absence.refresh_from_db()
    return change_absence(absence.pk, by=absence.agent, version=absence.version, **values)


def test_a_long_absence_tells_deputy_and_supervisor_with_the_open_tickets() -> None:
    supervisor, deputy, owner = AgentFactory(roles=[Role.SUPERVISOR]), AgentFactory(), AgentFactory()
    ticket = TicketFactory(team=TeamFactory(supervisor=supervisor), owner=owner)
    away(owner, days=31, deputy=deputy)
    assert (told(deputy), told(supervisor)) == (["cover_started"], ["long_absence"])
    assert supervisor.notifications.get().payload["tickets"] == [ticket.reference]


def test_the_supervisor_of_a_long_absence_is_the_persons_own_else_the_teams_else_the_lead() -> None:
    own, of_team, lead = (AgentFactory(roles=[role]) for role in (Role.SUPERVISOR, Role.SUPERVISOR, Role.TEAM_LEAD))
    team = TeamFactory(supervisor=of_team, lead=lead)
    away(AgentFactory(teams=[team], supervisor=own), days=31)
    assert [told(person) for person in (own, of_team, lead)] == [["long_absence"], [], []]
    away(AgentFactory(teams=[team]), days=31)
    assert [told(person) for person in (own, of_team, lead)] == [["long_absence"], ["long_absence"], []]
    Agent.objects.filter(pk=of_team.pk).update(is_active=False)
    away(AgentFactory(teams=[team]), days=31)
    assert told(lead) == ["long_absence"]


def test_a_corrected_note_tells_nobody_again_and_dates_moved_there_and_back_do() -> None:
    supervisor, deputy = AgentFactory(roles=[Role.SUPERVISOR]), AgentFactory()
    absence = away(AgentFactory(supervisor=supervisor), days=40, deputy=deputy)
    assert (told(deputy), told(supervisor)) == (["cover_started"], ["long_absence"])
    change(absence, note="Corrected.")
    assert (told(deputy), told(supervisor)) == (["cover_started"], ["long_absence"])
    change(absence, ends_on=day(41))
    assert (len(told(deputy)), len(told(supervisor))) == (2, 2)
    change(absence, ends_on=day(40))
    assert (len(told(deputy)), len(told(supervisor))) == (3, 3)


def test_a_repeated_delivery_of_all_events_tells_nothing_twice() -> None:
    deputy = AgentFactory()
    absence = away(AgentFactory(), deputy=deputy)
    cancel_absence(absence.pk, by=absence.agent)
    before = told(deputy)
    EventDelivery.objects.update(done_at=None, leased_until=None)
    assert told(deputy) == before == ["cover_ended"]


def test_a_replaced_deputy_and_the_deputy_of_a_cancelled_absence_are_told() -> None:
    first, second = AgentFactory.create_batch(2)
    absence = away(AgentFactory(name="Mara"), deputy=first)
    assert told(first) == ["cover_started"]
    absence = change(absence, deputy=second)
    assert (told(first), told(second)) == (["cover_started", "cover_ended"], ["cover_started"])
    assert (
        describe(first.notifications.latest("created_at"))
        == f"You no longer cover for Mara from {date_format(day(1))} on"
    )
    cancel_absence(absence.pk, by=absence.agent)
    assert (told(first), told(second)) == (["cover_started", "cover_ended"], ["cover_started", "cover_ended"])


def test_cover_without_an_end_reads_as_such() -> None:
    deputy = AgentFactory()
    away(AgentFactory(name="Mara"), ends_on=None, deputy=deputy)
    told(deputy)
    assert describe(deputy.notifications.get()) == f"You cover for Mara from {date_format(day(1))} until they are back"


def test_the_covered_person_and_their_leads_are_told_once_when_the_deputy_goes_away() -> None:
    lead, deputy = AgentFactory(roles=[Role.TEAM_LEAD]), AgentFactory(name="Jonas")
    covered = AgentFactory(name="Mara", teams=[TeamFactory(lead=lead)])
    away(covered, days=9, deputy=deputy)
    assert (told(covered), told(lead)) == ([], [])
    own = away(deputy, starts_on=day(5), ends_on=day(6))
    change(own, note="Corrected.")
    assert (told(covered), told(lead)) == (["deputy_absent"], ["deputy_absent"])
    sentence = f"Jonas, deputy of Mara, is absent too from {date_format(day(5))} on; name somebody else"
    assert describe(lead.notifications.get()) == sentence
    assert told(deputy) == ["cover_started"]


def roles_of(agent: Agent, *roles: Role, by: Agent) -> None:
    change_agent(agent.pk, by=by, roles=list(roles))


def test_an_admin_who_takes_a_business_role_is_reported_to_managers() -> None:
    manager, admin, other = (
        AgentFactory(roles=[Role.MANAGER]),
        AgentFactory(roles=[Role.ADMIN], name="Ada"),
        AgentFactory(),
    )
    roles_of(other, Role.AGENT, Role.SUPERVISOR, by=admin)
    assert told(manager) == []
    roles_of(admin, Role.ADMIN, Role.SUPERVISOR, Role.MANAGER, by=admin)
    assert (told(manager), told(admin), told(other)) == (["role_self_granted"], [], [])
    row = manager.notifications.get()
    assert (row.urgency, describe(row)) == ("urgent", "Ada, an admin, took the role Supervisor, Manager")
    roles_of(admin, Role.ADMIN, by=admin)
    assert told(manager) == ["role_self_granted"]


def test_without_managers_the_other_admins_are_told_of_a_role_an_admin_took() -> None:
    admin, colleague = AgentFactory.create_batch(2, roles=[Role.ADMIN])
    roles_of(admin, Role.ADMIN, Role.AGENT, by=admin)
    assert told(colleague) == ["role_self_granted"]
