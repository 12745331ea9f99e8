"""Who is on a ticket's page: kept in Valkey for 45 seconds, told in words, in the way of nobody (ux.md section 5)."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Agent
from itilnext.local import testing
from live.wake import client as valkey
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.streams.listening import Listener
from tickets.models import Ticket
from tickets.services import change_team

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    yield
    for key in valkey().scan_iter("itilnext:presence:*"):
        valkey().delete(key)


@pytest.fixture
def ticket() -> Ticket:
    found: Ticket = TicketFactory()
    return found


def agent_of(ticket: Ticket, name: str) -> Agent:
    found: Agent = AgentFactory(name=name, teams=[ticket.team])
    return found


def browser_of(agent: Agent) -> Client:
    browser = Client()
    browser.force_login(agent.user, backend="accounts.auth.AgentBackend")
    return browser


def says(browser: Client, ticket: Ticket, doing: str = "viewing", *, page: str = "p1") -> str:
    return browser.post(f"/t/{ticket.reference}/presence/", {"page": page, "doing": doing}).content.decode()


def sees(browser: Client, ticket: Ticket) -> str:
    return browser.get(f"/t/{ticket.reference}/presence/").content.decode()


def test_others_are_named_with_what_they_do_and_oneself_is_not(ticket: Ticket) -> None:
    mara, jonas = browser_of(agent_of(ticket, "Mara Weiss")), browser_of(agent_of(ticket, "Jonas Kern"))
    assert "presence__person" not in says(mara, ticket)
    assert "Mara Weiss is viewing" in says(jonas, ticket)
    says(mara, ticket, "reply")
    assert "Mara Weiss is writing a reply" in sees(jonas, ticket)
    says(mara, ticket, "note")
    assert "Mara Weiss is writing a note" in sees(jonas, ticket)
    assert "Jonas Kern is viewing" in sees(mara, ticket)


def test_of_two_windows_the_one_that_writes_counts_and_each_is_left_alone(ticket: Ticket) -> None:
    mara, jonas = browser_of(agent_of(ticket, "Mara Weiss")), browser_of(agent_of(ticket, "Jonas Kern"))
    says(mara, ticket, "reply", page="one")
    says(mara, ticket, "viewing", page="two")
    assert sees(jonas, ticket).count("Mara Weiss") == 1
    assert "Mara Weiss is writing a reply" in sees(jonas, ticket)
    says(mara, ticket, "", page="one")
    assert "Mara Weiss is viewing" in sees(jonas, ticket)
    says(mara, ticket, "", page="two")
    assert "Mara Weiss" not in sees(jonas, ticket)


@pytest.mark.parametrize(("seconds", "is_there"), [(44, True), (46, False)])
def test_who_says_nothing_for_45_seconds_is_gone(seconds: int, is_there: bool, ticket: Ticket) -> None:
    mara, jonas = browser_of(agent_of(ticket, "Mara Weiss")), browser_of(agent_of(ticket, "Jonas Kern"))
    says(mara, ticket)
    assert 0 < valkey().ttl(f"itilnext:presence:{ticket.pk}") <= 45
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=False):
        assert ("Mara Weiss" in sees(jonas, ticket)) == is_there


@pytest.mark.parametrize("data", [{}, {"page": "x" * 21, "doing": "viewing"}, {"page": "A/b", "doing": "viewing"}])
def test_what_makes_no_sense_is_as_if_nothing_was_said(data: dict[str, str], ticket: Ticket) -> None:
    mara, jonas = browser_of(agent_of(ticket, "Mara Weiss")), browser_of(agent_of(ticket, "Jonas Kern"))
    assert mara.post(f"/t/{ticket.reference}/presence/", data).status_code == 200
    assert "Mara Weiss" not in sees(jonas, ticket)


def test_outsiders_are_told_nothing_and_stand_nowhere(ticket: Ticket) -> None:
    eve, jonas = browser_of(AgentFactory(name="Eve", teams=[TeamFactory()])), browser_of(agent_of(ticket, "Jonas"))
    assert eve.post(f"/t/{ticket.reference}/presence/", {"page": "p1", "doing": "viewing"}).status_code == 404
    assert "Eve" not in sees(jonas, ticket)


@pytest.mark.django_db(transaction=True)
def test_pages_of_the_ticket_are_told_that_somebody_came_and_outsiders_not(
    listen: Callable[..., Listener], ticket: Ticket
) -> None:
    from core.actors import SystemActor

    jonas, mara = agent_of(ticket, "Jonas Kern"), browser_of(agent_of(ticket, "Mara Weiss"))
    there, elsewhere = listen(jonas, ticket=ticket.reference), listen(jonas, list=1)
    for each in (there, elsewhere):
        each.until_beat()
    says(mara, ticket)
    heard = there.next()
    assert heard is not None
    assert (heard.event, heard.data, heard.id) == ("presence", {"ticket": ticket.reference}, None)
    says(mara, ticket)  # the same again is no news
    assert (there.until_beat(), elsewhere.until_beat()) == ([], [])
    change_team(ticket.pk, by=SystemActor("test"), team=TeamFactory())
    owner = browser_of(agent_of(Ticket.objects.get(pk=ticket.pk), "Olga"))
    says(owner, ticket)
    there.until_beat()
    assert [heard.event for heard in there.until_beat()] == []


@pytest.mark.django_db(transaction=True)
def test_without_valkey_nobody_is_named_and_nothing_fails(ticket: Ticket) -> None:
    if not testing.started:
        pytest.fail("the suite's own Valkey is wanted here: unset REDIS_URL")
    mara = browser_of(agent_of(ticket, "Mara Weiss"))
    testing.started[0].kill()
    try:
        answer = mara.post(f"/t/{ticket.reference}/presence/", {"page": "p1", "doing": "viewing"})
    finally:
        testing.started[0].start()
    assert (answer.status_code, b"presence__person" in answer.content) == (200, False)
