"""A person's word instead of the computed score: with a reason, for a time, logged and shown as such."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Invalid
from sla.models import ScoreOverride, TicketScore
from sla.scores.errors import NoOverride, OverrideForbidden
from sla.scores.services import end_override, override_score, refresh_due_scores
from tests.factories import AgentFactory
from tests.sla.conftest import MONDAY_NINE, Desk, minutes, travel
from tickets.errors import NotOwner
from tickets.models import Ticket
from tickets.wording import describe

WHY = "The board meets in this room at ten."


def row(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def said(desk: Desk, ticket: Ticket, **values: Any) -> ScoreOverride:
    until = MONDAY_NINE + timedelta(hours=4)
    given: dict[str, Any] = {"by": desk.owner, "score": Decimal(300), "reason": WHY, "until": until, **values}
    with travel(MONDAY_NINE + minutes(1)):
        return override_score(ticket.pk, **given)


def test_111_a_persons_word_counts_is_shown_as_such_and_is_logged(desk: Desk) -> None:
    ticket = desk.ticket()
    override = said(desk, ticket)
    now = row(ticket)
    assert (str(now.priority_score), now.score_breakdown["computed"], now.score_breakdown["override"]) == (
        "300.00",
        "80.00",
        "300.00",
    )
    entry = ticket.entries.in_order().last()
    assert entry is not None
    assert (entry.author, entry.visibility, entry.body_text) == (desk.owner, "internal", WHY)
    assert "300.00" in str(describe(entry))
    history = ScoreOverride.history.get(id=override.pk)
    assert (history.actor_name, history.history_change_reason) == (desk.owner.audit_name, WHY)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"score": None}, "score"),
        ({"score": Decimal(-1)}, "score"),
        ({"score": Decimal(10000)}, "score"),
        ({"until": None}, "until"),
        ({"until": MONDAY_NINE}, "until"),
        ({"until": MONDAY_NINE + timedelta(days=91)}, "until"),
    ],
)
def test_111_without_a_reason_or_an_end_nothing_is_set(desk: Desk, values: dict[str, Any], field: str) -> None:
    ticket = desk.ticket()
    with pytest.raises(Invalid) as refusal:
        said(desk, ticket, **values)
    assert list(refusal.value.fields) == [field]
    assert (str(row(ticket).priority_score), ScoreOverride.objects.count()) == ("80.00", 0)


def test_111_it_ends_by_itself_at_its_moment(desk: Desk) -> None:
    ticket = desk.ticket()
    override = said(desk, ticket)
    at = override.until
    with travel(at):
        refresh_due_scores(now=at)
    assert str(row(ticket).priority_score) == "300.00"
    with travel(at + minutes(1)):
        while refresh_due_scores(now=at + minutes(1)):
            pass
    now = row(ticket)
    assert (str(now.priority_score), "override" in now.score_breakdown) == ("120.00", False)
    override.refresh_from_db()
    assert (override.ended_at, override.ended_by) == (at, None)


def test_111_what_happens_meanwhile_is_computed_and_waits(desk: Desk) -> None:
    ticket = desk.ticket()
    said(desk, ticket)
    desk.raise_to("high", ticket, MONDAY_NINE + minutes(5))
    now = row(ticket)
    assert (str(now.priority_score), now.score_breakdown["computed"]) == ("300.00", "210.00")
    with travel(MONDAY_NINE + minutes(6)):
        end_override(ticket.pk, by=desk.supervisor)
    assert str(row(ticket).priority_score) == "210.00"
    assert ScoreOverride.objects.get().ended_by == desk.supervisor


def test_a_second_word_takes_the_place_of_the_first(desk: Desk) -> None:
    ticket = desk.ticket()
    said(desk, ticket)
    said(desk, ticket, by=desk.manager, score=Decimal("12.5"))
    assert str(row(ticket).priority_score) == "12.50"
    assert ScoreOverride.objects.standing().get().by == desk.manager
    assert ScoreOverride.objects.count() == 2


def test_colleagues_and_strangers_are_refused_and_nothing_is_ended_that_was_not_said(desk: Desk) -> None:
    ticket = desk.ticket()
    with pytest.raises(NotOwner):
        said(desk, ticket, by=AgentFactory(teams=[desk.team]))
    unowned = desk.ticket(owned=False)
    with pytest.raises(OverrideForbidden):
        said(desk, unowned, by=AgentFactory(teams=[desk.team]))
    with pytest.raises(NoOverride):
        end_override(ticket.pk, by=desk.owner)
    assert ScoreOverride.objects.count() == 0


def test_the_moment_of_its_end_is_what_the_sweep_waits_for(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, MONDAY_NINE + minutes(1))
    until = MONDAY_NINE + timedelta(minutes=30)
    said(desk, ticket, until=until)
    assert TicketScore.objects.get(ticket=ticket.pk).next_change_at == until
