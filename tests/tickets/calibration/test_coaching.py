"""A talk that follows from a verdict, as a task of those in charge (domain.md section 8, 077)."""

import pytest

from accounts.enums import Role, Scope
from accounts.models import Agent
from tests.factories import AgentFactory, ApiClientFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tests.tickets.calibration.conftest import People, an_item, generated
from tickets.calibration import coach_of
from tickets.errors import TaskNotYours
from tickets.models import CalibrationItem, Task, Ticket
from tickets.services import (
    approve_resolution,
    close_calibration,
    confirm_ticket,
    finish_task,
    resolve_ticket,
    review_item,
)

pytestmark = pytest.mark.django_db


def coached(people: People, item: CalibrationItem) -> Task:
    """The task of an item, after its week is closed."""
    review_item(item.pk, by=people.supervisor, outcome="coaching_needed", notes="Promised before it was approved.")
    close_calibration(item.session_id, by=people.manager)
    return Task.objects.get()


def test_077_coaching_gives_the_agents_lead_a_task_also_on_a_closed_ticket(people: People) -> None:
    item = an_item(people)
    ticket = Ticket.objects.get(pk=item.resolution.ticket_id)
    resolve_ticket(ticket.pk, by=people.owner, code="compensated", note="Done.")
    confirm_ticket(ticket.pk, by=people.owner)
    lines = ticket.entries.count()
    review_item(item.pk, by=people.lead, outcome="coaching_needed", notes="Promised before it was approved.")
    assert not Task.objects.exists()  # it would tell the verdict to who has still to give theirs
    review_item(item.pk, by=people.supervisor, outcome="upheld", notes="I see nothing.")
    close_calibration(item.session_id, by=people.manager)
    task = Task.objects.get()
    assert (task.ticket, task.assigned_to, task.is_mandatory, task.is_hidden) == (ticket, people.lead, False, True)
    assert task.title == "Calibration 2026-W10: a talk about a decision"
    assert task.description == "With Mara Weiss. What was found stands in the calibration."
    item.refresh_from_db()
    assert (item.coaching_task, ticket.entries.count()) == (task, lines)
    with pytest.raises(TaskNotYours):
        finish_task(task.pk, by=people.owner)  # who owns the ticket, and is the one to be talked with
    finish_task(task.pk, by=people.lead)
    task.refresh_from_db()
    assert (task.status, ticket.entries.count()) == ("done", lines)


def test_077_a_task_of_coaching_is_for_those_in_charge_of_the_team(people: People) -> None:
    task = coached(people, an_item(people))
    colleague, auditor = AgentFactory(teams=[people.team]), AgentFactory(roles=[Role.AUDITOR])
    elsewhere = AgentFactory(roles=[Role.TEAM_LEAD])
    seen = {
        agent: Task.objects.shown_to(Agent.objects.get(pk=agent.pk)).filter(pk=task.pk).exists()
        for agent in (people.lead, people.supervisor, people.manager, auditor, people.owner, colleague, elsewhere)
    }
    assert list(seen.values()) == [True, True, True, True, False, False, False]
    assert not Task.objects.shown_to(ApiClientFactory(scopes=list(Scope), teams=[people.team])).exists()


def test_077_a_lead_is_not_coached_by_themselves(people: People) -> None:
    people.lead.roles = [Role.TEAM_LEAD, Role.AGENT]
    people.lead.save()
    row = a_resolution(TicketFactory(team=people.team, owner=people.lead), "600.00")
    approve_resolution(row.pk, by=people.manager)
    task = coached(people, generated().items.get())
    assert task.assigned_to == people.supervisor
    assert not Task.objects.shown_to(Agent.objects.get(pk=people.lead.pk)).exists()


def test_077_the_task_goes_to_nobody_who_may_not_read_what_was_found(people: People) -> None:
    """Not to the lead of the agent's own team, if the ticket is another team's; nor to a team."""
    own = TeamFactory(lead=AgentFactory(roles=[Role.TEAM_LEAD]))
    Agent.objects.filter(pk=people.owner.pk).update(primary_team=own)
    assert coached(people, an_item(people)).assigned_to == people.lead


def test_077_without_a_lead_the_manager_above_talks_with_the_agent_else_the_reviewer(people: People) -> None:
    above = AgentFactory(name="Vera Top", roles=[Role.MANAGER])
    item = an_item(people)
    people.team.lead = people.team.manager = None
    people.team.save()
    review_item(item.pk, by=people.supervisor, outcome="coaching_needed", notes="Talk about it.")
    item = CalibrationItem.objects.get()
    assert coach_of(item) == people.supervisor
    people.team.supervisor, people.team.parent = None, TeamFactory(manager=above)
    people.team.save()
    assert coach_of(CalibrationItem.objects.get()) == above
    people.team.parent = None
    people.team.save()
    assert coach_of(CalibrationItem.objects.get()) is None
