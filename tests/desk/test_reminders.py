"""The page of reminders, the form below a ticket, and what is told of both (ux.md; acceptance 119 and 121)."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agent
from sla.reminders.models import Reminder
from sla.reminders.services import cancel_reminder, create_reminder, trigger_due_reminders
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def mara() -> Agent:
    agent: Agent = AgentFactory(name="Mara Weiss", teams=[TeamFactory()])
    return agent


@pytest.fixture
def page(mara: Agent) -> Client:
    client = Client()
    client.force_login(mara.user, backend="accounts.auth.AgentBackend")
    return client


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    made: Ticket = TicketFactory(team=mara.teams.get(), owner=mara, subject="No printer in ward 3")
    return made


def due(mara: Agent, message: str = "Call the vendor", **more: object) -> Reminder:
    made = create_reminder("custom", by=mara, message=message, trigger_at=timezone.now() + HOUR, **more)  # type: ignore[arg-type]
    trigger_due_reminders(now=timezone.now() + HOUR + timedelta(seconds=1))
    return made


def test_119_the_page_shows_the_groups_with_the_overdue_first(mara: Agent, page: Client, ticket: Ticket) -> None:
    create_reminder("follow_up", by=mara, ticket_id=ticket.pk, trigger_at=timezone.now() + 3 * HOUR)
    create_reminder("custom", by=mara, message="Order paper", trigger_at=timezone.now() + timedelta(days=9))
    due(mara)
    html = page.get("/reminders/").content.decode()
    places = [html.index(words) for words in ("Overdue", "Call the vendor", "In the next 4 hours", "Follow up")]
    places += [html.index("Later <"), html.index("Order paper")]
    assert places == sorted(places)
    assert f'href="/t/{ticket.reference}/"' in html
    assert html.count("/snooze/") == 1, "only what is due"


def test_119_snooze_done_and_cancel_work_by_plain_forms(mara: Agent, page: Client) -> None:
    first, second, third = (due(mara, words) for words in ("One", "Two", "Three"))
    assert page.post(f"/reminders/{first.pk}/snooze/", {"until": "60"}).url == "/reminders/"
    page.post(f"/reminders/{second.pk}/complete/")
    page.post(f"/reminders/{third.pk}/cancel/")
    rows = {row.message: row for row in Reminder.objects.all()}
    assert {name: row.status for name, row in rows.items()} == {
        "One": "snoozed",
        "Two": "completed",
        "Three": "cancelled",
    }
    until = rows["One"].snooze_until
    assert until is not None
    assert abs(until - timezone.now() - HOUR) < timedelta(minutes=1)
    answer = page.post(f"/reminders/{second.pk}/snooze/")
    assert (answer.status_code, "This reminder is “Done”" in answer.content.decode()) == (409, True)


def test_a_reminder_of_no_ticket_is_added_on_the_page(mara: Agent, page: Client) -> None:
    values = {"kind": "weekly_review", "message": "", "when": "at", "trigger_at": "2100-01-01T09:00"}
    answer = page.post("/reminders/", values)
    assert (answer.status_code, "At most two years ahead" in answer.content.decode()) == (400, True)
    answer = page.post("/reminders/", values | {"when": "monday", "frequency": "weekly", "interval": "2"})
    assert (answer.status_code, answer.url) == (302, "/reminders/")
    made = Reminder.objects.get()
    assert (made.kind, made.interval, made.agent) == ("weekly_review", 2, mara)
    assert made.trigger_at.astimezone(made.zone).strftime("%a %H:%M") == "Mon 09:00"


def test_one_of_a_ticket_is_added_below_it(mara: Agent, page: Client, ticket: Ticket) -> None:
    assert f'href="/t/{ticket.reference}/remind/"' in page.get(f"/t/{ticket.reference}/").content.decode()
    assert page.get(f"/t/{ticket.reference}/remind/").status_code == 200
    answer = page.post(f"/t/{ticket.reference}/remind/", {"kind": "check_in", "when": "day", "message": " Ask  her "})
    assert answer.url == f"/t/{ticket.reference}/"
    made = Reminder.objects.get()
    assert (made.kind, made.ticket, made.message) == ("check_in", ticket, "Ask her")
    assert abs(made.trigger_at - timezone.now() - 24 * HOUR) < timedelta(minutes=1)


def test_120_one_of_a_ticket_recurs_too(mara: Agent, page: Client, ticket: Ticket) -> None:
    assert 'name="frequency"' in page.get(f"/t/{ticket.reference}/remind/").content.decode()
    again = {"frequency": "weekly", "interval": "2", "end_on": "2100-01-01"}
    page.post(f"/t/{ticket.reference}/remind/", {"kind": "follow_up", "when": "day", **again})
    made = Reminder.objects.get()
    assert (made.ticket, made.frequency, made.interval, made.end_on) == (ticket, "weekly", 2, date(2100, 1, 1))


def form_of(page: Client, reminder: Reminder) -> dict[str, str]:
    """What its form holds when it is opened."""
    initial = page.get(f"/reminders/{reminder.pk}/").context["form"]
    return {field.name: str(field.initial or "") for field in initial} | {
        "trigger_at": timezone.localtime(reminder.trigger_at, reminder.zone).strftime("%Y-%m-%dT%H:%M")
    }


def test_120_a_reminder_is_edited_on_a_page_of_its_own(mara: Agent, page: Client) -> None:
    reminder = create_reminder("custom", by=mara, message="Paper", trigger_at=timezone.now() + HOUR)
    assert f'href="/reminders/{reminder.pk}/"' in page.get("/reminders/").content.decode()
    given = form_of(page, reminder)
    answer = page.post(f"/reminders/{reminder.pk}/", given | {"message": "Order paper", "frequency": "monthly"})
    assert (answer.status_code, answer.url) == (302, "/reminders/")
    changed = Reminder.objects.get()
    assert (changed.message, changed.frequency) == ("Order paper", "monthly")
    assert changed.trigger_at == reminder.trigger_at, "nobody touched its moment"
    stale = page.post(f"/reminders/{reminder.pk}/", given | {"message": "Ink"})
    assert stale.status_code == 409
    wrong = page.post(f"/reminders/{reminder.pk}/", form_of(page, changed) | {"message": " "})
    assert (wrong.status_code, "Say what you want to be reminded of" in wrong.content.decode()) == (400, True)
    other = create_reminder("custom", by=AgentFactory(), message="x", trigger_at=timezone.now() + HOUR)
    assert page.get(f"/reminders/{other.pk}/").status_code == 404
    cancel_reminder(reminder.pk, by=mara)
    assert page.get(f"/reminders/{reminder.pk}/").status_code == 409
    assert Reminder.objects.get(pk=reminder.pk).message == "Order paper"


def test_119_a_snooze_that_nobody_offers_is_refused(mara: Agent, page: Client) -> None:
    reminder = due(mara)
    assert page.post(f"/reminders/{reminder.pk}/snooze/", {"until": "next year"}).status_code == 400
    assert Reminder.objects.get().status == "triggered"


def test_121_resolving_offers_a_check_after_24_hours(mara: Agent, page: Client, ticket: Ticket) -> None:
    values = {"resolution_code": "fixed", "resolution_note": "New cable.", "check_in": "on"}
    page.post(f"/t/{ticket.reference}/resolve/", values)
    ticket.refresh_from_db()
    made = Reminder.objects.get()
    assert (ticket.status, made.kind, made.ticket) == ("resolved", "check_in", ticket)
    assert abs(made.trigger_at - timezone.now() - 24 * HOUR) < timedelta(minutes=1)


def test_121_without_it_nothing_is_added_and_a_refusal_adds_nothing(page: Client, ticket: Ticket) -> None:
    page.post(f"/t/{ticket.reference}/resolve/", {"resolution_code": "", "resolution_note": "x", "check_in": "on"})
    assert not Reminder.objects.exists()
    page.post(f"/t/{ticket.reference}/resolve/", {"resolution_code": "fixed", "resolution_note": "New cable."})
    assert not Reminder.objects.exists()


def test_the_number_of_due_ones_stands_in_the_navigation(mara: Agent, page: Client) -> None:
    assert page.get("/live/badges/").json()["reminders"] == ""
    due(mara)
    due(AgentFactory())
    assert page.get("/live/badges/").json()["reminders"] == "1"


def test_the_page_costs_the_same_for_one_and_for_many(mara: Agent, page: Client, django_assert_max_num_queries) -> None:
    for number in range(3):
        ticket = TicketFactory(team=mara.teams.get(), owner=mara)
        create_reminder("follow_up", by=mara, ticket_id=ticket.pk, trigger_at=timezone.now() + number * HOUR + HOUR)
    page.get("/reminders/")
    with django_assert_max_num_queries(5):
        page.get("/reminders/")


def test_of_a_ticket_out_of_sight_the_own_words_alone_are_shown(mara: Agent, page: Client) -> None:
    ticket = TicketFactory(team=mara.teams.get())
    create_reminder("custom", by=mara, ticket_id=ticket.pk, message="Ask Dana", trigger_at=timezone.now() + HOUR)
    mara.teams.clear()
    html = page.get("/reminders/").content.decode()
    assert ("Ask Dana" in html, ticket.reference in html, ticket.subject in html) == (True, False, False)


def test_the_form_of_a_ticket_tells_what_is_there_already(mara: Agent, page: Client, ticket: Ticket) -> None:
    create_reminder("custom", by=mara, ticket_id=ticket.pk, message="Ask her", trigger_at=timezone.now() + HOUR)
    create_reminder("custom", by=mara, message="Elsewhere", trigger_at=timezone.now() + HOUR)
    html = page.get(f"/t/{ticket.reference}/remind/").content.decode()
    assert ("Ask her" in html, "Elsewhere" in html) == (True, False)


def test_an_empty_queue_tells_when_the_next_reminder_comes(mara: Agent, page: Client) -> None:
    assert "Next reminder" not in page.get("/queue/mine/").content.decode()
    made = create_reminder("custom", by=mara, message="Paper", trigger_at=timezone.now() + 3 * HOUR)
    moment = made.trigger_at.astimezone(made.zone)
    assert f"Next reminder: {moment.day} {moment:%b %Y, %H:%M}" in page.get("/queue/mine/").content.decode()
    trigger_due_reminders(now=timezone.now() + 4 * HOUR)
    assert "Next reminder" not in page.get("/queue/mine/").content.decode(), "it is due, and stands in the navigation"
