"""How what people are told reaches them: channels, windows, quiet hours (acceptance 122-125)."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from django.conf import settings
from django.core import mail as outbox
from django.utils import timezone

from accounts.enums import Role
from core.events import deliver_due as deliver_events
from live import presence
from live.enums import Doing
from notifications.enums import Because, DeliveryChannel, DeliveryStatus, EventType, Timing, Urgency
from notifications.models import Delivery, DeliveryItem, Notification
from notifications.services import (
    deliver_due,
    forget_old,
    keep_preference,
    keep_quiet_hours,
    mark_read,
    notify,
    start_working,
)
from tests.factories import AgentFactory, TicketFactory
from tests.notifications.telling import NOON, go, minutes, owned, tell
from tests.notifications.ways import Pigeons
from tickets.services import offer_ticket, resolve_ticket

pytestmark = pytest.mark.django_db


TABLE = {  # domain.md section 14, typed by hand: event, urgency -> channels, minutes until it goes
    (EventType.TICKET_ASSIGNED, Urgency.NORMAL): ({"teams"}, 0),
    (EventType.ENVELOPE_REQUESTED, Urgency.URGENT): ({"teams"}, 0),
    (EventType.SLA_WARNING, Urgency.URGENT): ({"teams"}, 0),
    (EventType.SLA_BREACH, Urgency.BREACH): ({"teams", "push"}, 0),
    (EventType.CUSTOMER_REPLY, Urgency.NORMAL): (set(), 0),
    (EventType.ENVELOPE_UPDATED, Urgency.NORMAL): ({"email"}, 45),
    (EventType.TICKET_RESOLVED_BY_OTHER, Urgency.NORMAL): ({"email"}, 17 * 60 + 45),
    (EventType.APPROVAL_REQUESTED, Urgency.URGENT): ({"teams"}, 0),
    (EventType.ALERT, Urgency.URGENT): ({"teams"}, 0),
    (EventType.ALERT, Urgency.BREACH): ({"teams", "push"}, 0),
}


@pytest.mark.parametrize(("event", "urgency"), list(TABLE))
def test_122_defaults(event, urgency, clock, email: Pigeons, push: Pigeons, teams: Pigeons) -> None:
    clock.move_to(NOON + timedelta(minutes=15))
    owner, ticket = owned()  # in Berlin, where it is 14:15
    tell(owner, event, ticket=ticket, urgency=urgency)
    channels, wait = TABLE[event, urgency]
    if wait:
        go(clock)
        go(clock, minutes=wait - 1, seconds=59)
        assert [email.letters, push.letters, teams.letters] == [[], [], []]
        go(clock, seconds=1)
    else:
        go(clock)
    birds = {"email": email, "push": push, "teams": teams}
    assert {name for name, each in birds.items() if each.letters} == channels
    assert Notification.objects.filter(recipient=owner, event_type=event).count() == 1


def test_122_an_offer_goes_by_the_first_channel_that_is_there(clock, email: Pigeons) -> None:
    ticket, agent = TicketFactory(), AgentFactory()
    lead = AgentFactory(roles=[Role.TEAM_LEAD], teams=[ticket.team])
    agent.teams.add(ticket.team)
    ticket.team.lead = lead
    ticket.team.save()
    offer_ticket(ticket.pk, to=agent, by=lead)
    deliver_events(limit=1000)
    go(clock)
    assert email.told(agent) == [["ticket_assigned"]]


def test_123_six_events_in_five_minutes_are_two_messages_and_all_stand_in_the_app(clock, email: Pigeons) -> None:
    owner, _ticket = owned()
    for _ in range(6):
        tell(owner, ticket=TicketFactory(owner=owner))
        go(clock)
        clock.shift(timedelta(seconds=50))
    assert len(email.letters) == 1
    go(clock)
    assert [len(letter.lines) for letter in email.letters] == [1, 5]
    assert minutes(email.letters) == [0, 5]
    assert Notification.objects.filter(recipient=owner).unread().count() == 6


def test_123_the_same_ticket_within_30_minutes_waits_for_one_follow_up(clock, email: Pigeons) -> None:
    owner, ticket = owned()
    tell(owner, ticket=ticket)
    go(clock)
    for _ in range(3):
        clock.shift(timedelta(minutes=6))
        tell(owner, ticket=ticket)
        go(clock)
    assert len(email.letters) == 1
    assert set(Delivery.objects.gathering().values_list("status", "because")) == {("batched", Because.FOLD_UP)}
    go(clock, minutes=11)
    assert len(email.letters) == 1
    go(clock, minutes=1)
    assert [len(letter.lines) for letter in email.letters] == [1, 3]


def test_123_a_higher_urgency_passes(clock, email: Pigeons) -> None:
    owner, ticket = owned()
    tell(owner, ticket=ticket)
    go(clock)
    tell(owner, EventType.SLA_WARNING, ticket=ticket, urgency=Urgency.URGENT)
    go(clock, minutes=6)
    assert email.told(owner) == [["task_assigned"], ["sla_warning"]]


def test_124_quiet_hours_hold_everything_but_breaches(clock, email: Pigeons) -> None:
    owner, ticket = owned()
    keep_quiet_hours(owner, by=owner, quiet_from=time(20), quiet_to=time(7))
    clock.move_to(datetime(2026, 6, 1, 20, 30, tzinfo=UTC))  # 22:30 in Berlin
    tell(owner, ticket=ticket)
    tell(owner, EventType.SLA_BREACH, ticket=ticket, urgency=Urgency.BREACH)
    go(clock)
    assert email.told(owner) == [["sla_breach"]]
    waits = Delivery.objects.gathering().get()
    assert (waits.status, waits.because) == (DeliveryStatus.DEFERRED, Because.QUIET_HOURS)
    assert waits.scheduled_for == datetime(2026, 6, 2, 5, tzinfo=UTC)
    clock.move_to(datetime(2026, 6, 2, 5, tzinfo=UTC))
    go(clock)
    assert email.told(owner) == [["sla_breach"], ["task_assigned"]]


def test_125_working_on_it_keeps_its_messages_away_for_an_hour(clock, email: Pigeons) -> None:
    owner, ticket = owned()
    start_working(ticket.pk, by=owner)
    before = ticket.last_staff_activity_at
    tell(owner, ticket=ticket)
    tell(owner, ticket=TicketFactory(owner=owner))
    tell(owner, EventType.SLA_BREACH, ticket=ticket, urgency=Urgency.BREACH)
    go(clock)
    assert email.told(owner) == [["task_assigned", "sla_breach"]]
    assert email.letters[0].lines[0].reference != ticket.reference
    left_out = Delivery.objects.get(status=DeliveryStatus.SUPPRESSED)
    assert left_out.because == Because.WORKING
    ticket.refresh_from_db()
    assert ticket.last_staff_activity_at == before
    clock.shift(timedelta(minutes=60))
    tell(owner, ticket=ticket)
    go(clock)
    assert len(email.letters) == 2


def test_125_it_ends_when_the_ticket_is_resolved(clock, email: Pigeons) -> None:
    owner, ticket = owned()
    start_working(ticket.pk, by=owner)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Done.")
    tell(owner, ticket=ticket)
    go(clock)
    assert email.told(owner) == [["task_assigned"]]


def test_500_breaches_at_once_are_one_message_a_person_channel_and_window(clock, teams: Pigeons, push: Pigeons) -> None:
    supervisor, manager = AgentFactory.create_batch(2)
    ticket = TicketFactory()
    for agent in (supervisor, manager):
        agent.teams.add(ticket.team)
    for number in range(500):
        notify(
            [supervisor.pk, manager.pk],
            EventType.SLA_BREACH,
            ticket_id=ticket.pk if number == 0 else None,
            dedupe_key=f"breach:{number}",
            urgency=Urgency.BREACH,
            reference=f"INC-2026-{number:06}",
            subject="All down",
        )
        if number % 100 == 0:  # the worker does not wait for the end of the storm
            go(clock)
    go(clock)
    for channel in (teams, push):
        assert [len(lines) for lines in channel.told(supervisor)] == [1]
    go(clock, minutes=5)
    for channel in (teams, push):
        for agent in (supervisor, manager):
            assert [len(lines) for lines in channel.told(agent)] == [1, 499]
    assert DeliveryItem.objects.count() == 2000


def test_a_preference_is_respected_and_a_breach_comes_all_the_same(clock, email: Pigeons, push: Pigeons) -> None:
    owner, ticket = owned()
    keep_preference(owner, EventType.ALERT, by=owner, channels=["email"], timing=Timing.HOURLY_DIGEST)
    tell(owner, EventType.ALERT, ticket=ticket, urgency=Urgency.URGENT)
    go(clock, minutes=59)
    assert (email.letters, push.letters) == ([], [])
    go(clock, minutes=1)
    assert (email.told(owner), push.letters) == ([["alert"]], [])
    keep_preference(owner, EventType.ALERT, by=owner, channels=[])
    tell(owner, EventType.ALERT, ticket=ticket, urgency=Urgency.URGENT)
    tell(owner, EventType.ALERT, ticket=ticket, urgency=Urgency.BREACH)
    go(clock)
    assert (len(email.letters), push.told(owner)) == (1, [["alert"]])


def test_own_quiet_hours_of_an_event_take_the_place_of_the_general_ones(clock, email: Pigeons) -> None:
    owner, _ = owned()
    keep_quiet_hours(owner, by=owner, quiet_from=time(0), quiet_to=time(23))
    keep_preference(owner, EventType.TASK_ASSIGNED, by=owner, channels=["email"], quiet_from=time(3), quiet_to=time(4))
    tell(owner)
    go(clock)
    assert len(email.letters) == 1


def test_what_was_read_before_it_went_is_left_out_and_an_empty_digest_is_not_sent(clock, email: Pigeons) -> None:
    owner, ticket = owned()
    tell(owner, EventType.ENVELOPE_UPDATED, ticket=ticket)
    go(clock, minutes=10)
    mark_read(owner)
    go(clock, minutes=50)
    assert email.letters == []
    assert list(Delivery.objects.values_list("status", "because")) == [("suppressed", Because.READ)]


def test_a_ticket_out_of_sight_is_not_told_of(clock, email: Pigeons) -> None:
    agent = AgentFactory()
    ticket = TicketFactory()
    agent.teams.add(ticket.team)
    tell(agent, EventType.ENVELOPE_UPDATED, ticket=ticket)
    go(clock, minutes=10)
    agent.teams.clear()
    go(clock, hours=1)
    assert email.letters == []
    assert Delivery.objects.get().because == Because.OUT_OF_SIGHT


def test_whoever_is_deactivated_meanwhile_gets_nothing(clock, email: Pigeons) -> None:
    owner, ticket = owned()
    tell(owner, EventType.ENVELOPE_UPDATED, ticket=ticket)
    go(clock)
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)
    go(clock, hours=1)
    assert email.letters == []
    assert Delivery.objects.get().because == Because.INACTIVE


def test_mail_in_the_readers_language_says_it_is_automatic_and_answers_nothing(clock) -> None:
    owner, ticket = owned()
    owner.language = "de"
    owner.save()
    tell(owner, EventType.MENTIONED, ticket=ticket)
    go(clock)
    (message,) = outbox.outbox
    assert message.recipients() == [owner.email]
    assert message.subject == f"{ticket.reference}: Sie werden erwähnt"
    assert f"Cleo erwähnt Sie zu {ticket.reference}: {ticket.subject}" in message.body
    assert f"/t/{ticket.reference}/" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert str(Delivery.objects.get().pk) in message.extra_headers["Message-ID"]


def test_mail_is_html_too_and_its_links_lead_to_pages_that_ask_who_one_is(clock, client) -> None:
    owner, ticket = owned()
    ticket.subject = "<b>Switch</b> & router"
    ticket.save()
    tell(owner, EventType.MENTIONED, ticket=ticket)
    tell(owner, EventType.TASK_ASSIGNED, ticket=ticket)
    go(clock)
    (message,) = outbox.outbox
    assert message.subject == f"{ticket.reference}: 2 notifications"
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    assert "Cleo mentions you" in html
    assert "&lt;b&gt;Switch&lt;/b&gt; &amp; router" in html
    assert "<b>" not in html
    links = re.findall(r'href="([^"]+)"', html)
    assert len(links) == 4
    for link in links:
        assert link.startswith(settings.SITE_URL)
        answer = client.get(link.removeprefix(settings.SITE_URL))
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/login/")


def test_who_looks_at_the_ticket_is_told_on_its_page_alone(clock, email: Pigeons) -> None:
    owner, ticket = owned()
    presence.note(ticket.pk, owner.pk, page="one", doing=Doing.VIEWING)
    tell(owner, ticket=ticket)
    go(clock)
    assert email.letters == []
    assert Delivery.objects.get().because == Because.LOOKING
    presence.note(ticket.pk, owner.pk, page="one", doing=None)
    tell(owner, ticket=ticket)
    go(clock)
    assert email.told(owner) == [["task_assigned"]]


def test_what_has_to_wait_again_leaves_a_delivery_that_takes_in_others(clock, email: Pigeons) -> None:
    """Two follow-ups are due at once, and about one of the tickets more was told meanwhile by another channel."""
    owner, ticket = owned()
    other = TicketFactory(owner=owner)
    keep_preference(owner, EventType.MENTIONED, by=owner, channels=["email"])
    for each in (ticket, other):
        tell(owner, EventType.MENTIONED, ticket=each)
    go(clock)
    clock.shift(timedelta(minutes=6))
    tell(owner, EventType.MENTIONED, ticket=ticket)
    go(clock)
    go(clock, minutes=6)
    tell(owner, EventType.SLA_WARNING, ticket=ticket, urgency=Urgency.URGENT)
    tell(owner, EventType.MENTIONED, ticket=other)
    go(clock)
    assert email.told(owner) == [["mentioned", "mentioned"], ["sla_warning"]]
    go(clock, minutes=18)
    assert email.told(owner)[2:] == [["mentioned"]]
    assert email.letters[2].lines[0].reference == other.reference
    go(clock, minutes=12)
    assert email.told(owner)[3:] == [["mentioned"]]
    assert Delivery.objects.exclude(status=DeliveryStatus.SENT).count() == 0


def test_a_sweep_costs_the_same_with_ten_thousand_waiting(clock, email: Pigeons, django_assert_num_queries) -> None:
    owner, _ = owned()
    rows = [
        Delivery(recipient=owner, channel="email", scheduled_for=timezone.now() + timedelta(days=1, seconds=number))
        for number in range(200)
    ]
    for row in rows:
        row.next_attempt_at = row.scheduled_for
    Delivery.objects.bulk_create(rows)
    with django_assert_num_queries(2):
        assert deliver_due() == 0


def test_old_deliveries_are_forgotten_and_notifications_stay(clock, email: Pigeons) -> None:
    owner, _ = owned()
    tell(owner)
    go(clock)
    assert forget_old(now=timezone.now() + timedelta(days=29)) == 0
    assert forget_old(now=timezone.now() + timedelta(days=31)) > 0
    assert (Delivery.objects.count(), Notification.objects.count()) == (0, 1)


def test_channel_names_are_those_of_the_interface() -> None:
    assert set(DeliveryChannel) == {"in_app", "email", "push", "teams", "slack"}
