"""Priority: what impact and urgency propose, and what is told when it changes (domain.md sections 4, 7, 17)."""

from typing import Any

import pytest

from core.errors import Invalid, StaleVersion
from core.models import EventDelivery
from tests.factories import AgentFactory, TicketFactory
from tickets.enums import EntryKind
from tickets.models import Ticket
from tickets.services import edit_ticket
from tickets.wording import describe

pytestmark = pytest.mark.django_db

WHY = "The whole ward cannot print."


@pytest.fixture
def owner():
    return AgentFactory(name="Ann")


@pytest.fixture
def ticket(owner):
    return TicketFactory(owner=owner)


def kinds(ticket: Ticket) -> list[str]:
    return [entry.kind for entry in ticket.entries.in_order()][2:]


def test_a_change_of_priority_is_an_entry_of_its_own_with_old_new_and_reason(ticket, owner) -> None:
    edit_ticket(ticket.pk, by=owner, version=ticket.version, priority="critical", product="LaserOne", reason=WHY)
    assert kinds(ticket) == ["change", "priority_change"]
    changed, raised = list(ticket.entries.in_order())[2:]
    assert changed.facts["changes"] == {"product": ["", "LaserOne"]}
    assert raised.facts == {"event": "priority", "from": "medium", "to": "critical"}
    assert (raised.author, raised.visibility, raised.body_text) == (owner, "internal", WHY)
    assert describe(raised) == "Priority: Medium → Critical"
    row = ticket.history.first()
    assert (row.priority, row.history_change_reason, row.actor_name) == ("critical", WHY, "Ann")


@pytest.mark.parametrize("values", [{"priority": "critical"}, {"impact": "high", "urgency": "high"}])
@pytest.mark.parametrize("reason", ["", "   "])
def test_raising_to_critical_needs_a_reason(ticket, owner, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        edit_ticket(ticket.pk, by=owner, version=ticket.version, reason=reason, **values)
    assert list(refused.value.fields) == ["reason"]
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.priority, after.impact, after.version, kinds(ticket)) == ("medium", "", ticket.version, [])
    assert not EventDelivery.objects.filter(event="PriorityChanged").exists()


def test_all_other_changes_need_none(ticket, owner) -> None:
    high = edit_ticket(ticket.pk, by=owner, version=ticket.version, priority="high")
    critical = edit_ticket(ticket.pk, by=owner, version=high.version, priority="critical", reason=WHY)
    same = edit_ticket(ticket.pk, by=owner, version=critical.version, priority="critical", subject="Printers")
    assert edit_ticket(ticket.pk, by=owner, version=same.version, priority="low").priority == "low"
    assert kinds(ticket) == ["priority_change", "priority_change", "change", "priority_change"]


def test_an_old_version_is_refused_after_a_missing_reason(ticket, owner) -> None:
    with pytest.raises(Invalid):
        edit_ticket(ticket.pk, by=owner, version=1, priority="critical")
    with pytest.raises(StaleVersion):
        edit_ticket(ticket.pk, by=owner, version=1, priority="critical", reason=WHY)


def base_of(ticket: Ticket) -> str:
    """What its score begins with."""
    breakdown: dict[str, str] = Ticket.objects.values_list("score_breakdown", flat=True).get(pk=ticket.pk)
    return breakdown["base"]


def test_impact_and_urgency_propose_the_priority(ticket, owner) -> None:
    edited = edit_ticket(ticket.pk, by=owner, version=ticket.version, impact="high", urgency="high", reason=WHY)
    assert (edited.priority, base_of(ticket)) == ("critical", "100.00")
    assert kinds(ticket) == ["change", "priority_change"]
    kept = edit_ticket(ticket.pk, by=owner, version=edited.version, impact="low", priority="high")
    assert kept.priority == "high"


@pytest.mark.parametrize(
    ("given", "priority", "base"),
    [
        ({}, "medium", "40.00"),
        ({"impact": "high", "urgency": "high"}, "critical", "100.00"),
        ({"impact": "high", "urgency": "medium"}, "high", "70.00"),
        ({"impact": "low", "urgency": "high"}, "medium", "40.00"),
        ({"impact": "medium", "urgency": "medium"}, "medium", "40.00"),
        ({"impact": "medium", "urgency": "low"}, "low", "10.00"),
        ({"impact": "high"}, "medium", "40.00"),
        ({"impact": "high", "urgency": ""}, "medium", "40.00"),
        ({"impact": "high", "urgency": "high", "priority": "low"}, "low", "10.00"),
    ],
)
def test_a_new_ticket_gets_what_they_propose_unless_a_priority_is_given(
    given: dict[str, str], priority: str, base: str
) -> None:
    ticket = Ticket.objects.get(pk=TicketFactory(**given).pk)
    assert (ticket.priority, base_of(ticket)) == (priority, base)
    assert (ticket.impact, ticket.urgency) == (given.get("impact", ""), given.get("urgency", ""))
    assert not ticket.entries.filter(kind=EntryKind.PRIORITY_CHANGE).exists()
