"""Many tickets at once, in slices small enough to be looked at."""

import re
from typing import Any

import pytest

from accounts.models import Agent
from desk.views import bulk as pages
from notifications.selectors import notifications_of
from notifications.wording import describe
from tests.desk.conftest import Desk
from tests.desk.pages import html_of
from tickets.enums import BulkKind
from tickets.models import BulkAct, Ticket
from tickets.services import ask_many, bulk, bulk_jobs, bulk_kinds, edit_ticket, run_bulk_acts, start_many


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two fit into a request, two into a slice."""
    for module in (pages, bulk):
        monkeypatch.setattr(module, "MAX_TICKETS", 2)
    monkeypatch.setattr(bulk_jobs, "SLICE", 2)


def asked(desk: Desk, person: Agent, act: str = "priority", where: str = "/queue/all/bulk/") -> tuple[Any, str]:
    """The page that asks once more, and the id of what it is about."""
    page = desk.browser(person).post(where, {"act": act, "whole": "1"})
    found = re.search(r'name="job" value="([^"]+)"', html_of(page))
    assert found, html_of(page)[:2000]
    return page, found[1]


def confirmed(desk: Desk, person: Agent, job: str, act: str = "priority", **values: str) -> Any:
    given = {"act": act, "job": job, "confirmed": "1", **values}
    return desk.browser(person).post("/queue/all/bulk/", given)


def run_all() -> int:
    total = 0
    while count := run_bulk_acts():
        total += count
    return total


def states(act: BulkAct) -> list[str]:
    return list(act.outcomes.order_by("pk").values_list("state", flat=True))


def priorities() -> list[str]:
    return list(Ticket.objects.order_by("reference").values_list("priority", flat=True))


def start(by: Agent, tickets: list[Ticket], kind: BulkKind = BulkKind.PRIORITY, **values: Any) -> BulkAct:
    act = ask_many(kind, by=by, tickets=[(ticket.pk, ticket.reference) for ticket in tickets])
    return start_many(act.pk, by=by, **values)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Ids of tickets at which the desk fails, once for each time they stand here."""
    coming: list[Any] = []

    def failing(ticket_id: Any, **given: Any) -> Any:
        if ticket_id in coming:
            coming.remove(ticket_id)
            raise RuntimeError("the connection was lost")
        return edit_ticket(ticket_id, **given)

    monkeypatch.setattr(bulk_kinds, "edit_ticket", failing)
    return coming


def news(person: Agent) -> list[tuple[str, bool]]:
    """What the bell says to them, and whether it is read."""
    return [(describe(row), row.read_at is not None) for row in notifications_of(person)]
