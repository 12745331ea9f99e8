"""One's own reminders at a secret address (issue 6): made, read without signing in, revoked."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Agent
from accounts.services import deactivate_agent
from core.actors import SystemActor
from sla.reminders.models import CalendarFeed
from sla.reminders.services import (
    Rhythm,
    cancel_reminder,
    create_reminder,
    open_feed,
    snooze_reminder,
    trigger_due_reminders,
)
from tests.concurrency import in_parallel
from tests.factories import AbsenceFactory, AgentFactory, ContactFactory, TeamFactory, TicketFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def mara() -> Agent:
    agent: Agent = AgentFactory(name="Mara Weiss", teams=[TeamFactory()])
    return agent


def read(token: str) -> str:
    answer = Client().get(f"/calendar/{token}/reminders.ics")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["Cache-Control"] == "private, no-store"
    return answer.content.decode()


def status(token: str) -> int:
    return Client().get(f"/calendar/{token}/reminders.ics").status_code


def test_the_address_is_shown_once_opens_without_signing_in_and_is_not_kept(mara: Agent) -> None:
    page = Client()
    page.force_login(mara.user, backend="accounts.auth.AgentBackend")
    create_reminder("custom", by=mara, message="Call the vendor", trigger_at=timezone.now() + HOUR)
    html = page.post("/account/calendar/", {"step": "open"}).content.decode()
    [token] = set(re.findall(r"/calendar/([\w-]+)/reminders\.ics", html))
    assert "SUMMARY:Call the vendor\r\n" in read(token)
    assert token not in page.get("/account/calendar/").content.decode()
    assert token not in str(CalendarFeed.objects.values().get())
    page.post("/account/calendar/", {"step": "close"})
    assert status(token) == 404
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize("step", [{}, {"step": "opn"}], ids=["none", "unknown"])
def test_an_unknown_step_changes_nothing(step: dict[str, str], mara: Agent) -> None:
    token = open_feed(mara, by=mara)
    page = Client()
    page.force_login(mara.user, backend="accounts.auth.AgentBackend")
    assert page.post("/account/calendar/", step).status_code == 400
    assert status(token) == 200


def test_a_new_address_ends_the_old_one(mara: Agent) -> None:
    old, new = open_feed(mara, by=mara), open_feed(mara, by=mara)
    assert (status(old), status(new)) == (404, 200)


def test_nothing_of_the_customer_is_in_it(mara: Agent) -> None:
    customer = ContactFactory(first_name="Canary", last_name="Finch", email="canary@finch.example")
    ticket = TicketFactory(team=mara.teams.get(), owner=mara, requester=customer, subject="Canary subject")
    create_reminder("follow_up", by=mara, ticket_id=ticket.pk, trigger_at=timezone.now() + HOUR)
    text = read(open_feed(mara, by=mara))
    assert f"SUMMARY:{ticket.reference} Follow up\r\n" in text
    assert "anary" not in text
    assert "finch" not in text.lower()


def test_it_holds_the_own_open_ones_and_what_recurs_for_three_months(mara: Agent) -> None:
    deputy = AgentFactory()
    AbsenceFactory(agent=mara, deputy=deputy)
    weekly = Rhythm(frequency="weekly")
    create_reminder("weekly_review", by=mara, trigger_at=timezone.now() + timedelta(days=1), rhythm=weekly)
    gone = create_reminder("custom", by=mara, message="Gone", trigger_at=timezone.now() + HOUR)
    cancel_reminder(gone.pk, by=mara)
    text = read(open_feed(mara, by=mara))
    assert (text.count("SUMMARY:Weekly review"), "Gone" in text) == (14, False)
    assert len(set(re.findall(r"UID:(\S+)", text))) == 14
    nothing = read(open_feed(deputy, by=deputy))
    assert ("VEVENT" in nothing, "BEGIN:VTIMEZONE\r\nTZID:Etc/UTC\r\n" in nothing) == (False, True)


def test_no_two_events_share_an_id_and_a_snoozed_one_keeps_its_own(mara: Agent) -> None:
    """Half past one in Berlin: the last run of the winter and the first of the summer lie on one day of UTC."""
    first = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
    with time_machine.travel(first - HOUR, tick=False) as clock:
        daily = create_reminder("custom", by=mara, message="x", trigger_at=first, rhythm=Rhythm(frequency="daily"))
        token = open_feed(mara, by=mara)
        before = re.findall(r"UID:(\S+)@", read(token))
        clock.move_to(first, tick=False)
        trigger_due_reminders(now=first)
        snooze_reminder(daily.pk, by=mara, until=first + 22 * HOUR)
        after = re.findall(r"UID:(\S+)@", read(token))
    assert before[:2] == [str(daily.pk), f"{daily.pk}.20260311"]
    assert after[:2] == before[:2]
    assert len(set(before)) == len(before)
    assert len(set(after)) == len(after)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_two_addresses_of_which_the_last_counts(mara: Agent) -> None:
    tokens = in_parallel(*[lambda: open_feed(mara, by=mara)] * 2)
    assert sorted(status(token) for token in tokens) == [200, 404]


def test_who_has_left_has_no_calendar_any_more(mara: Agent) -> None:
    token = open_feed(mara, by=mara)
    deactivate_agent(mara.pk, by=SystemActor("test"))
    assert status(token) == 404


def test_history_knows_that_there_was_one_but_not_its_address(mara: Agent) -> None:
    open_feed(mara, by=mara)
    [row] = CalendarFeed.history.all()
    assert row.actor_name == "Mara Weiss"
    assert not hasattr(row, "token_hash")
