"""How promises stand: told of one ticket and found by SQL, it is the same; filters, API and boards go by it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import DESK
from core.errors import Invalid
from desk.board.dimensions import DIMENSIONS, standing_of
from desk.board.moving import StandingFixed, move_card
from sla.selectors import indicators, standing_as, standing_key
from sla.services import note_missed
from tests.api.conftest import signed_in
from tests.desk.pages import html_of
from tests.sla.conftest import MONDAY_NINE, Desk, minutes, travel
from tickets.enums import SlaStatus
from tickets.filters import NONE, read_filter
from tickets.models import Ticket
from tickets.narrowing import narrowed
from tickets.services import cancel_ticket

NOW = MONDAY_NINE + minutes(90)
"""10:30. A first answer is promised within two hours, and at risk during the last one."""


@pytest.fixture
def standing(desk: Desk) -> dict[str, Ticket]:
    """A ticket for each way to stand at `NOW`."""
    waiting, ended = desk.ticket(), desk.ticket()
    desk.answer(waiting, MONDAY_NINE + minutes(30), then="wait_for_customer")
    with travel(MONDAY_NINE + minutes(40)):
        cancel_ticket(ended.pk, by=desk.owner, code="duplicate")
    return {
        "breached": desk.ticket(MONDAY_NINE - minutes(40)),
        "at_risk": desk.ticket(MONDAY_NINE),
        "on_track": desk.ticket(MONDAY_NINE + minutes(60)),
        "paused": waiting,
        NONE: ended,
    }


def found(text: str) -> set[str]:
    return set(narrowed(Ticket.objects.all(), read_filter(text), by=DESK).values_list("reference", flat=True))


def test_093_a_ticket_stands_as_the_worst_of_its_open_promises(standing: dict[str, Ticket]) -> None:
    """Each has two or three: what is due first is not what counts for one that is late with another."""
    with travel(NOW):
        told = indicators([ticket.pk for ticket in standing.values()], NOW)
        assert {name: str(told.get(ticket.pk, NONE)) for name, ticket in standing.items()} == {
            name: name for name in standing
        }


def test_sql_says_of_any_ticket_at_any_time_what_is_told_of_it(desk: Desk, standing: dict[str, Ticket]) -> None:
    ids = [ticket.pk for ticket in standing.values()]
    for hours in range(0, 100, 3):
        with travel(now := MONDAY_NINE + timedelta(hours=hours)):
            if hours % 2:
                note_missed(now=now)
            told = {pk: str(indicators(ids, now).get(pk, NONE)) for pk in ids}
            keys = Ticket.objects.annotate(key=standing_key())
            assert dict(keys.values_list("pk", "key")) == told
            for name in (*SlaStatus, NONE):
                stand_so = Ticket.objects.filter(standing_as([name])).values_list("pk", flat=True)
                assert set(stand_so) == {pk for pk, how in told.items() if how == name}, (hours, name)


def test_lists_are_narrowed_by_it(standing: dict[str, Ticket]) -> None:
    references = {name: ticket.reference for name, ticket in standing.items()}
    with travel(NOW):
        assert found("sla:breached") == {references["breached"]}
        assert found("sla:at_risk,breached") == {references["at_risk"], references["breached"]}
        assert found('sla:"im plan"') == {references["on_track"]}
        assert found("SLA:paused") == {references["paused"]}
        assert found("sla:none") == {references[NONE]}
        assert found("-sla:none,paused") == {references[name] for name in ("breached", "at_risk", "on_track")}
    with pytest.raises(Invalid, match="is no value of SLA"):
        found("sla:met")


def test_the_api_narrows_by_it(desk: Desk, standing: dict[str, Ticket]) -> None:
    with travel(NOW):
        answer = signed_in(desk.owner).get("/api/v1/tickets/?sla=breached&sla=paused")
        wrong = signed_in(desk.owner).get("/api/v1/tickets/?sla=met")
    assert {row["reference"] for row in answer.json()["results"]} == {
        standing[name].reference for name in ("breached", "paused")
    }
    assert (wrong.status_code, wrong.json()["code"]) == (400, "validation_error")


def test_a_board_has_a_column_for_each_way_and_its_heads_lead_to_the_same_tickets(
    desk: Desk, standing: dict[str, Ticket], client: Any
) -> None:
    with travel(NOW):
        client.force_login(desk.owner.user, backend="accounts.auth.AgentBackend")
        page = client.get("/board/mine/?by=sla_status")
        columns = page.context["board"]["columns"]
        assert [(column["label"], column["count"]) for column in columns] == [
            ("Breached", 1),
            ("At risk", 1),
            ("On track", 1),
            ("Paused", 1),
        ], "of cancelled tickets no board has cards"
        for column in columns:
            assert standing[column["key"]].reference in html_of(client.get(column["url"]))


def test_a_card_is_not_moved_to_another_standing(desk: Desk, standing: dict[str, Ticket], client: Any) -> None:
    ticket = standing["breached"]
    with travel(NOW):
        with pytest.raises(StandingFixed, match="follows from its clocks"):
            move_card(ticket.pk, by=desk.owner, to={"sla_status": "on_track"}, words={}, version=None)
        stays = move_card(ticket.pk, by=desk.owner, to={"sla_status": "breached"}, words={}, version=None)
        client.force_login(desk.owner.user, backend="accounts.auth.AgentBackend")
        asked = client.get(f"/board/mine/move/?by=sla_status&card={ticket.reference}")
    assert stays.said == []
    assert asked.status_code == 409


def test_a_board_costs_the_same_however_many_cards_it_has(desk: Desk, standing: dict[str, Ticket], client: Any) -> None:
    client.force_login(desk.owner.user, backend="accounts.auth.AgentBackend")

    def statements() -> int:
        with (
            travel(NOW),
            CaptureQueriesContext(
                connection,
            ) as captured,
        ):
            client.get("/board/mine/?by=sla_status&lanes=priority")
        return len(captured)

    statements()
    few = statements()
    for _number in range(5):
        desk.ticket(MONDAY_NINE + minutes(50))
    assert statements() == few


def test_a_ticket_that_a_card_was_not_read_of_is_looked_up(standing: dict[str, Ticket]) -> None:
    with travel(NOW):
        assert standing_of(standing["at_risk"]) == "at_risk"
    assert DIMENSIONS["sla_status"].label == "SLA"
