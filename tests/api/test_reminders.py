"""One's own reminders through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from sla.reminders.models import Reminder
from sla.reminders.services import create_reminder, trigger_due_reminders
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, TeamFactory, TicketFactory

pytestmark = pytest.mark.django_db
REMINDERS = "/api/v1/reminders/"
HOUR = timedelta(hours=1)


def at(hours: float) -> str:
    return (timezone.now() + timedelta(hours=hours)).replace(microsecond=0).isoformat()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_reminder_from_first_to_last() -> None:
    ann = AgentFactory(name="Ann")
    ticket = TicketFactory(owner=ann)
    client, moment = signed_in(ann), at(2)
    sent = {"kind": "follow_up", "ticket": ticket.reference.lower(), "message": "Ask  her", "trigger_at": moment}
    answer = client.post(REMINDERS, sent)
    assert answer.status_code == 201
    made = answer.json()
    told = [made[name] for name in ("kind", "ticket", "message", "status", "is_automatic", "recurrence", "version")]
    assert told == ["follow_up", ticket.reference, "Ask her", "pending", False, None, 1]
    assert (made["agent"]["name"], instant(made["trigger_at"])) == ("Ann", datetime.fromisoformat(moment))
    one = f"{REMINDERS}{made['id']}/"
    assert client.get(one).json() == made
    early = client.post(f"{one}snooze/", {})
    assert (early.status_code, early.json()["code"]) == (409, "invalid_transition")
    assert early.json()["allowed"] == ["cancel", "complete"]
    trigger_due_reminders(now=timezone.now() + 3 * HOUR)
    snoozed = client.post(f"{one}snooze/", {"version": 2}).json()
    assert (snoozed["status"], snoozed["version"]) == ("snoozed", 3)
    wait = instant(snoozed["snooze_until"]) - timezone.now()
    assert timedelta(minutes=29) < wait <= timedelta(minutes=30)
    later = at(9)
    assert instant(client.post(f"{one}snooze/", {"until": later}).json()["snooze_until"]) == instant(later)
    done = client.post(f"{one}complete/", {}).json()
    assert (done["status"], done["snooze_until"], done["ended_at"] is not None) == ("completed", None, True)
    assert client.post(f"{one}cancel/", {}).status_code == 409


def test_one_that_recurs_is_followed_by_the_next_one() -> None:
    client = signed_in(AgentFactory())
    rhythm = {"frequency": "monthly", "interval": 2}
    sent = {"kind": "custom", "message": "Order paper", "trigger_at": at(5), "recurrence": rhythm}
    made = client.post(REMINDERS, sent).json()
    assert made["recurrence"] == {**rhythm, "end_on": None}
    client.post(f"{REMINDERS}{made['id']}/complete/", {})
    [following] = client.get(REMINDERS, {"status": "open"}).json()["results"]
    assert (following["recurrence"], following["message"]) == (made["recurrence"], "Order paper")
    assert instant(following["trigger_at"]) - instant(made["trigger_at"]) > timedelta(days=58)


def test_a_change_names_the_version_that_was_seen() -> None:
    client = signed_in(AgentFactory())
    made = client.post(REMINDERS, {"kind": "custom", "message": "One", "trigger_at": at(5)}).json()
    one = f"{REMINDERS}{made['id']}/"
    assert client.patch(one, {"message": "Two"}).json()["fields"].keys() == {"version"}
    daily: dict[str, Any] = {"frequency": "daily", "end_on": "2199-01-01"}
    changed = client.patch(one, {"message": "Two", "recurrence": daily, "version": 1}).json()
    assert (changed["message"], changed["recurrence"]["frequency"], changed["version"]) == ("Two", "daily", 2)
    late = client.patch(one, {"message": "Three"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["current_version"]) == (409, 2)
    assert client.patch(one, {"recurrence": None, "version": 2}).json()["recurrence"] is None
    assert client.patch(one, {"status": "completed", "version": 3}).status_code == 400


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind": "sla_breach", "message": "x"}, "kind"),
        ({"kind": "custom", "message": "x", "trigger_at": "2026-03-02T09:30:00"}, "trigger_at"),
        ({"kind": "custom", "message": "x", "trigger_at": "2020-03-02T09:30:00Z"}, "trigger_at"),
        ({"kind": "custom", "message": "x"}, "trigger_at"),
        ({"kind": "check_in"}, "ticket"),
        ({"kind": "check_in", "ticket": "INC-2020-000001"}, "ticket"),
        ({"kind": "custom", "message": "x", "recurrence": {"frequency": "yearly"}}, "recurrence.frequency"),
    ],
)
def test_bad_input_is_refused_at_its_field(sent: dict[str, Any], field: str) -> None:
    client = signed_in(AgentFactory())
    given = sent if "trigger_at" in sent or field == "trigger_at" else {**sent, "trigger_at": at(5)}
    answer = client.post(REMINDERS, given)
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {field})
    assert not Reminder.objects.exists()


def test_the_list_is_filtered_and_has_the_own_ones_alone() -> None:
    ann, bob = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=ann)
    create_reminder("check_in", by=ann, ticket_id=ticket.pk)
    create_reminder("custom", by=ann, message="Paper", trigger_at=timezone.now() + HOUR)
    create_reminder("custom", by=bob, message="His", trigger_at=timezone.now() + HOUR)
    client = signed_in(ann)

    def messages(**query: str) -> list[str]:
        return [row["message"] for row in client.get(REMINDERS, query).json()["results"]]

    assert messages() == ["Paper", "Check that it works"]
    assert messages(ticket=ticket.reference) == ["Check that it works"]
    assert messages(kind="custom", status="pending") == ["Paper"]
    assert messages(status="triggered") == []
    assert client.get(REMINDERS, {"status": "asleep"}).status_code == 400


def test_of_a_ticket_out_of_sight_no_reference_is_told() -> None:
    ann = AgentFactory(teams=[TeamFactory()])
    ticket = TicketFactory(team=ann.teams.get())
    create_reminder("check_in", by=ann, ticket_id=ticket.pk)
    ann.teams.clear()
    client = signed_in(ann)
    [row] = client.get(REMINDERS).json()["results"]
    assert row["ticket"] is None
    assert client.get(REMINDERS, {"ticket": ticket.reference}).json()["results"] == []


def test_a_list_costs_as_many_queries_for_three_as_for_one(django_assert_num_queries: Any) -> None:
    ann = AgentFactory()
    client = signed_in(ann)
    create_reminder("check_in", by=ann, ticket_id=TicketFactory(owner=ann).pk)
    client.get(REMINDERS)
    with django_assert_num_queries(3):
        client.get(REMINDERS)
    for _each in range(2):
        create_reminder("check_in", by=ann, ticket_id=TicketFactory(owner=ann).pk)
    with django_assert_num_queries(3):
        client.get(REMINDERS)


def test_moments_are_utc() -> None:
    client = signed_in(AgentFactory())
    made = client.post(REMINDERS, {"kind": "custom", "message": "x", "trigger_at": "2027-03-02T09:30:00+01:00"}).json()
    assert instant(made["trigger_at"]) == datetime(2027, 3, 2, 8, 30, tzinfo=UTC)
    assert made["trigger_at"].endswith("Z")
