"""Channels that fail: the ladder, pauses, what may have arrived, what operators see (acceptance 126)."""

from datetime import timedelta

import pytest

from notifications.enums import Because, DeliveryStatus, EventType, Urgency
from notifications.models import Delivery, Notification
from notifications.services import retry_delivery
from notifications.ways import NotDelivered
from tests.notifications.telling import go, owned, tell
from tests.notifications.ways import Pigeons

pytestmark = pytest.mark.django_db


def test_126_a_failing_channel_hands_on_to_the_next_and_says_so(
    clock, teams: Pigeons, push: Pigeons, email: Pigeons
) -> None:
    owner, ticket = owned()
    teams.refusals = [NotDelivered("Teams is away.")] * 3
    push.refusals = [NotDelivered("No such browser.", is_final=True)]
    tell(owner, EventType.SLA_WARNING, ticket=ticket, urgency=Urgency.URGENT)
    for _ in range(5):
        go(clock, seconds=3)
    assert (teams.letters, push.letters) == ([], [])
    assert email.told(owner) == [["sla_warning"]]
    failed = Delivery.objects.failed().order_by("channel").values_list("channel", "because", "attempts", "last_error")
    assert list(failed) == [
        ("push", Because.NEXT_CHANNEL, 1, "No such browser."),
        ("teams", Because.NEXT_CHANNEL, 3, "Teams is away."),
    ]
    assert Notification.objects.filter(recipient=owner).unread().exists()


def test_126_a_breach_whose_channels_meet_on_the_ladder_is_one_message(clock, teams: Pigeons, email: Pigeons) -> None:
    owner, ticket = owned()
    teams.refusals = [NotDelivered("No.", is_final=True)]
    tell(owner, EventType.SLA_BREACH, ticket=ticket, urgency=Urgency.BREACH)
    go(clock)
    go(clock, seconds=5)
    assert len(email.letters) == 1
    assert sorted(Delivery.objects.values_list("channel", "status")) == [("email", "sent"), ("teams", "failed")]


def test_the_last_channel_is_tried_with_growing_pauses_for_a_day_and_then_fails_visibly(clock, email: Pigeons) -> None:
    owner, _ = owned()
    email.refusals = [NotDelivered("Busy.")] * 100
    tell(owner)
    go(clock)
    for _ in range(40):
        go(clock, hours=1)
    row = Delivery.objects.get()
    assert (row.status, row.because, row.last_error) == (DeliveryStatus.FAILED, "", "Busy.")
    assert timedelta(hours=19) < row.failed_at - row.released_at < timedelta(hours=30)
    email.refusals = []
    retry_delivery(row.pk, by=owner)
    go(clock)
    assert [letter.key for letter in email.letters] == [str(row.pk)]


def test_126_a_breach_does_not_wait_for_a_channel_that_asks_for_a_pause(clock, push: Pigeons, email: Pigeons) -> None:
    owner, ticket = owned()
    push.refusals = [NotDelivered("Slow down.", retry_after=timedelta(hours=6))]
    tell(owner, EventType.SLA_BREACH, ticket=ticket, urgency=Urgency.BREACH)
    go(clock)
    go(clock, seconds=1)
    assert (push.told(owner), email.told(owner)) == ([], [["sla_breach"]])
    assert Delivery.objects.get(channel="push").because == Because.NEXT_CHANNEL


def test_a_pause_that_the_other_side_asks_for_is_kept_by_the_last_channel(clock, email: Pigeons) -> None:
    owner, _ = owned()
    email.refusals = [NotDelivered("Slow down.", retry_after=timedelta(minutes=10))]
    tell(owner)
    go(clock)
    go(clock, minutes=9, seconds=59)
    assert email.letters == []
    go(clock, seconds=1)
    assert len(email.letters) == 1


def test_what_may_have_arrived_is_not_sent_again_by_itself_and_can_be_tried(clock, email: Pigeons) -> None:
    owner, _ = owned()
    email.is_repeatable, email.refusals = False, [NotDelivered("Gone silent.", is_unclear=True)]
    tell(owner)
    for _ in range(3):
        go(clock, hours=1)
    row = Delivery.objects.get()
    assert (row.status, row.because, row.last_error) == (DeliveryStatus.FAILED, Because.UNCLEAR, "Gone silent.")
    assert email.letters == []
    retry_delivery(row.pk, by=owner)
    go(clock)
    assert [letter.key for letter in email.letters] == [str(row.pk)]
    row.refresh_from_db()
    assert (row.status, row.because, row.failed_at) == (DeliveryStatus.SENT, "", None)


def test_what_was_refused_before_it_was_taken_is_tried_again(clock, email: Pigeons) -> None:
    owner, _ = owned()
    email.is_repeatable, email.refusals = False, [NotDelivered("Busy.")]
    tell(owner)
    go(clock)
    go(clock, seconds=2)
    assert len(email.letters) == 1
    assert Delivery.objects.get().status == DeliveryStatus.SENT


def test_operators_see_what_waits_and_what_has_failed(clock, client, email: Pigeons) -> None:
    owner, _ = owned()
    tell(owner)
    tell(owner, EventType.ENVELOPE_UPDATED)
    clock.shift(timedelta(seconds=40))
    numbers = client.get("/metrics").content.decode()
    assert "itilnext_notifications_unplanned 2\n" in numbers
    assert "itilnext_notification_lag_seconds 40\n" in numbers
    email.refusals = [NotDelivered("No such mailbox.", is_final=True)]
    go(clock)
    numbers = client.get("/metrics").content.decode()
    assert "itilnext_notifications_unplanned 0\n" in numbers
    assert "itilnext_notification_deliveries_due 0\n" in numbers
    assert "itilnext_notification_deliveries_failed_email 1\n" in numbers
    assert "itilnext_notification_deliveries_passed_on_email 0\n" in numbers
