"""Choosing how one is told, the preview, failures for those in charge, and "working on this" before colleagues."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from core.errors import Invalid
from notifications.channels import Channel, Notice, use_channels
from notifications.enums import Because, DeliveryChannel, DeliveryStatus, EventType, Urgency
from notifications.errors import MayNotSeeFailures, NotYourNotifications
from notifications.models import Delivery, NotificationPreference
from notifications.preview import preview_of
from notifications.selectors import failures_seen_by
from notifications.services import deliver_due, keep_preference, keep_quiet_hours, notify, start_working, usual_again
from tests.factories import AgentFactory, TicketFactory
from tests.notifications.ways import Pigeons

pytestmark = pytest.mark.django_db
API = "/api/v1/notifications/"


def signed_in(agent) -> Client:
    client = Client()
    client.force_login(agent.user)
    return client


def test_nobody_chooses_for_somebody_else() -> None:
    ann, boss = AgentFactory(), AgentFactory(roles=[Role.ADMIN, Role.SUPERVISOR])
    for act in (
        lambda: keep_preference(ann, EventType.ALERT, by=boss, channels=[]),
        lambda: keep_quiet_hours(ann, by=boss, quiet_from=None, quiet_to=None),
        lambda: usual_again(ann, EventType.ALERT, by=boss),
    ):
        with pytest.raises(NotYourNotifications):
            act()
    assert not NotificationPreference.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channels": ["pigeon"]}, "channels"),
        ({"timing": "never"}, "timing"),
        ({"quiet_from": time(20)}, "quiet_to"),
        ({"quiet_from": time(20), "quiet_to": time(20)}, "quiet_to"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(wrong: dict, field: str) -> None:
    ann = AgentFactory()
    with pytest.raises(Invalid) as refused:
        keep_preference(ann, EventType.ALERT, by=ann, **({"channels": ["email"]} | wrong))
    assert set(refused.value.fields) == {field}
    assert not NotificationPreference.objects.exists()


def test_of_a_breach_there_is_no_choice_of_when() -> None:
    ann = AgentFactory()
    client, path = signed_in(ann), f"{API}preferences/sla_breach/"
    for wrong, field in (
        ({"timing": "daily_digest"}, "timing"),
        ({"quiet_from": "20:00", "quiet_to": "07:00"}, "quiet_from"),
    ):
        answer = client.patch(path, wrong, content_type="application/json")
        assert (answer.status_code, set(answer.json()["fields"])) == (400, {field})
    assert not NotificationPreference.objects.exists()
    none = client.patch(path, {"channels": []}, content_type="application/json")
    assert (none.status_code, none.json()["channels"]) == (200, ["teams", "push"]), "what holds all the same"
    page = client.get("/account/notifications/sla_breach/").content.decode()
    assert ('name="channels"' in page, 'name="timing"' in page, 'name="quiet_from"' in page) == (True, False, False)
    sent = {"channels": ["email"], "timing": "daily_digest", "quiet_from": "20:00", "quiet_to": "07:00"}
    assert client.post("/account/notifications/sla_breach/", sent).status_code == 302
    assert (NotificationPreference.objects.get().timing, NotificationPreference.objects.get().quiet) == (
        "immediate",
        None,
    )


def test_page_without_script_chooses_and_goes_back_to_the_usual() -> None:
    ann = AgentFactory()
    client = signed_in(ann)
    sent = {"channels": ["email", "push"], "timing": "hourly_digest", "quiet_from": "22:00", "quiet_to": "06:00"}
    assert client.post("/account/notifications/mentioned/", sent).url == "/account/notifications/"
    row = NotificationPreference.objects.get()
    assert (row.channels, row.timing, row.quiet) == (["email", "push"], "hourly_digest", (time(22), time(6)))
    assert row.history.get().actor_name == ann.name
    page = client.get("/account/notifications/").content.decode()
    assert "E-mail, Push message" in page
    assert "your choice" in page
    assert "for now: E-mail" in page, "nobody speaks to Teams yet, and no browser is allowed"
    wrong = client.post("/account/notifications/mentioned/", sent | {"quiet_to": ""})
    assert (wrong.status_code, "Give both times" in wrong.content.decode()) == (400, True)
    client.post("/account/notifications/mentioned/usual/")
    assert not NotificationPreference.objects.exists()
    client.post("/account/notifications/", {"quiet_from": "20:00", "quiet_to": "07:00"})
    ann.refresh_from_db()
    assert ann.quiet_hours.quiet_from == time(20)
    assert client.get("/account/notifications/nonsense/").status_code == 404


def test_api_chooses_with_versions() -> None:
    client = signed_in(AgentFactory())
    listed = client.get(f"{API}preferences/").json()["results"]
    assert [row["event_type"] for row in listed] == list(EventType.values)
    one = f"{API}preferences/envelope_updated/"
    assert client.get(one).json() | {"version": 0} == {
        "event_type": "envelope_updated",
        "channels": ["email"],
        "timing": "hourly_digest",
        "is_usual": True,
        "quiet_from": None,
        "quiet_to": None,
        "version": 0,
    }
    changed = client.patch(one, {"channels": ["push"]}, content_type="application/json").json()
    assert (changed["channels"], changed["timing"], changed["is_usual"]) == (["push"], "hourly_digest", False)
    late = client.patch(one, {"channels": [], "version": changed["version"]}, content_type="application/json")
    assert late.json()["channels"] == []
    stale = client.patch(one, {"channels": [], "version": changed["version"]}, content_type="application/json")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert client.patch(one, {"channels": []}, content_type="application/json").status_code == 400
    assert client.delete(one).status_code == 204
    hours = f"{API}quiet_hours/"
    body = {"quiet_from": "20:00", "quiet_to": "07:00"}
    assert client.patch(hours, body, content_type="application/json").json() == body | {"version": 1}
    assert client.get(hours).json()["quiet_to"] == "07:00"


def test_preview_says_what_would_come_when(email: Pigeons, push: Pigeons) -> None:
    ann = AgentFactory()
    keep_quiet_hours(ann, by=ann, quiet_from=time(20), quiet_to=time(7))
    night = datetime(2026, 6, 1, 20, 30, tzinfo=UTC)  # 22:30 in Berlin
    found = {(each.event_type, each.urgency): each for each in preview_of(ann, now=night)}
    said = {
        key: [(arrival.channel, arrival.at, arrival.because) for arrival in found[key].arrivals]
        for key in (
            (EventType.SLA_BREACH, Urgency.BREACH),
            (EventType.SLA_WARNING, Urgency.URGENT),
            (EventType.CUSTOMER_REPLY, Urgency.NORMAL),
            (EventType.ENVELOPE_UPDATED, Urgency.NORMAL),
        )
    }
    morning = datetime(2026, 6, 2, 5, tzinfo=UTC)
    assert list(said.values()) == [
        [(DeliveryChannel.PUSH, night, "")],
        [(DeliveryChannel.PUSH, morning, Because.QUIET_HOURS)],
        [],
        [(DeliveryChannel.EMAIL, morning, Because.QUIET_HOURS)],
    ]


def test_what_the_preview_says_comes_true(email: Pigeons) -> None:
    ann = AgentFactory()
    with time_machine.travel(datetime(2026, 6, 1, 12, 20, tzinfo=UTC), tick=False) as clock:
        previews = {each.event_type: each for each in preview_of(ann, now=timezone.now())}
        (foreseen,) = previews[EventType.ENVELOPE_MESSAGE].arrivals
        facts = {"by": "Bea", "number": 1, "reference": "INC-2026-000001"}
        notify([ann.pk], EventType.ENVELOPE_MESSAGE, dedupe_key="1", **facts)
        deliver_due()
        page = signed_in(ann).get("/notifications/preview/").content.decode()
        assert "gathered for a digest" in page
        clock.move_to(foreseen.at - timedelta(seconds=1))
        deliver_due()
        assert email.letters == []
        clock.move_to(foreseen.at)
        deliver_due()
    assert len(email.letters) == 1


def test_pages_cost_the_same_however_much_there_is(django_assert_max_num_queries) -> None:
    ann = AgentFactory()
    client = signed_in(ann)
    now = timezone.now()
    for number in range(40):
        Delivery.objects.create(recipient=ann, channel="email", scheduled_for=now + timedelta(seconds=number))
    for path in ("/notifications/deliveries/", "/notifications/preview/", "/account/notifications/"):
        with django_assert_max_num_queries(14):
            assert client.get(path).status_code == 200


def failed(agent) -> Delivery:
    row = Delivery(recipient=agent, channel="email", scheduled_for=timezone.now(), last_error="Busy.")
    row.end(DeliveryStatus.FAILED)
    row.failed_at = timezone.now()
    row.save()
    return row


def test_supervisors_see_what_failed_in_their_teams_and_try_it_again() -> None:
    agent, stranger = AgentFactory(), AgentFactory()
    ticket = TicketFactory()
    boss = AgentFactory(roles=[Role.SUPERVISOR])
    agent.teams.add(ticket.team)
    ticket.team.supervisor = boss
    ticket.team.save()
    mine, _other = failed(agent), failed(stranger)
    assert list(failures_seen_by(boss)) == [mine]
    with pytest.raises(MayNotSeeFailures):
        failures_seen_by(agent)
    client = signed_in(boss)
    assert "Busy." in client.get("/notifications/failures/").content.decode()
    assert [row["id"] for row in client.get(f"{API}failures/").json()["results"]] == [str(mine.pk)]
    assert client.post(f"{API}deliveries/{mine.pk}/retry/").json()["status"] == "queued"
    assert client.post(f"{API}deliveries/{mine.pk}/retry/").status_code == 409
    assert client.post(f"{API}deliveries/{_other.pk}/retry/").status_code == 404


def test_125_colleagues_see_who_works_on_it_and_the_ticket_is_not_updated() -> None:
    owner = AgentFactory(name="Mara Weiss")
    ticket = TicketFactory(owner=owner)
    colleague = AgentFactory(teams=[ticket.team])
    before = (ticket.version, ticket.entries.count(), ticket.last_staff_activity_at)
    assert signed_in(owner).post(f"/t/{ticket.reference}/working/").status_code == 302
    seen = signed_in(colleague).get(f"/t/{ticket.reference}/presence/").content.decode()
    assert "Mara Weiss is working on this" in seen
    assert "working" not in signed_in(owner).get(f"/t/{ticket.reference}/presence/").content.decode()
    page = signed_in(owner).get(f"/t/{ticket.reference}/").content.decode()
    assert ("You work on this until" in page, "Work on it no longer" in page, "for an hour" in page) == (
        True,
        True,
        False,
    )
    others = signed_in(colleague).get(f"/t/{ticket.reference}/").content.decode()
    assert ("You work on this until" in others, "Work on it for an hour" in others) == (False, True)
    ticket.refresh_from_db()
    assert (ticket.version, ticket.entries.count(), ticket.last_staff_activity_at) == before
    assert ticket.reference in signed_in(owner).get("/account/notifications/").content.decode()
    signed_in(owner).post(f"/t/{ticket.reference}/working/stop/")
    assert "Mara" not in signed_in(colleague).get(f"/t/{ticket.reference}/presence/").content.decode()
    assert "You work on this until" not in signed_in(owner).get(f"/t/{ticket.reference}/").content.decode()


def test_125_it_is_over_after_an_hour() -> None:
    owner = AgentFactory(name="Mara Weiss")
    ticket = TicketFactory(owner=owner)
    colleague = AgentFactory(teams=[ticket.team])
    start_working(ticket.pk, by=owner)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert "Mara" not in signed_in(colleague).get(f"/t/{ticket.reference}/presence/").content.decode()


def test_128_what_a_group_reads_names_reference_priority_and_state_alone() -> None:
    ticket = TicketFactory(subject="canary-subject")
    posted: list[tuple[str, Notice]] = []

    class Board:
        def announce(self, channel: Channel, notice: Notice) -> None:
            posted.append((channel, notice))

    before = use_channels(Board())
    try:
        for number in range(2):
            people = AgentFactory.create_batch(2)
            notify(
                [each.pk for each in people],
                EventType.SLA_BREACH,
                ticket_id=ticket.pk,
                dedupe_key="breach:1",
                urgency=Urgency.BREACH,
                reference=ticket.reference,
                subject=ticket.subject,
                number=number,
            )
    finally:
        use_channels(before)
    assert {channel for channel, _notice in posted} == {Channel.SLA_BREACHES}
    assert {notice.key for _channel, notice in posted} == {"breach:1"}
    (notice,) = {notice for _channel, notice in posted}
    assert vars(notice) == {
        "key": "breach:1",
        "event_type": "sla_breach",
        "ticket_id": ticket.pk,
        "reference": ticket.reference,
        "priority": ticket.priority,
        "status": ticket.status,
    }
