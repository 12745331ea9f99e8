"""Who is told of what happens to envelopes, and that nothing written in one is part of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Agent
from accounts.services import deactivate_agent
from core.events import deliver_all
from core.timers import run_all
from envelopes import services
from envelopes.models import Envelope
from envelopes.selectors import entries_of
from notifications.channels import Channel, Notice, use_channels
from notifications.models import Notification
from notifications.wording import describe
from tests.envelopes.conftest import MONDAY_NINE, Scene, fresh
from tests.factories import AbsenceFactory, EnvelopeFactory
from tickets.models import Draft
from tickets.services import cancel_ticket, keep_draft
from tickets.wording import describe as describe_entry

pytestmark = pytest.mark.django_db


def told() -> dict[str, list[str]]:
    """Name -> what each person has been told since the last call, in the order of telling."""
    deliver_all(now=timezone.now() + timedelta(days=30))  # also what tests have put into the days to come
    rows = Notification.objects.filter(event_type__startswith="e").order_by("created_at", "id")
    found: dict[str, list[str]] = {}
    for row in rows.select_related("recipient", "ticket"):
        found.setdefault(row.recipient.name, []).append(describe(row))
    rows.delete()
    return found


def test_018_the_team_is_told_that_help_is_wanted(scene: Scene) -> None:
    reference = scene.ticket.reference
    EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    words = f"Mara Weiss asks Network for help on {reference}: {scene.ticket.subject}"
    assert told() == {name: [words] for name in ("Nina Kern", "Noah Beck", "Lea")}


def test_each_step_is_told_to_the_other_side_and_never_to_whoever_took_it(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    told()
    number = f"envelope 1 of {scene.ticket.reference}"
    steps: list[tuple[Any, dict[str, list[str]]]] = [
        (
            lambda: services.accept_envelope(envelope.pk, by=scene.nina),
            {"Mara Weiss": [f"Nina Kern accepted {number}"]},
        ),
        (
            lambda: services.post_in_envelope(envelope.pk, by=scene.nina, body_text="Which port?"),
            {"Mara Weiss": [f"Nina Kern wrote in {number}"]},
        ),
        (
            lambda: services.post_in_envelope(envelope.pk, by=scene.owner, body_text="The last one"),
            {"Nina Kern": [f"Mara Weiss wrote in {number}"]},
        ),
        (
            lambda: services.invite_expert(envelope.pk, by=scene.nina, agent=scene.noah),
            {"Noah Beck": [f"Nina Kern wants you in {number}: {scene.ticket.subject}"]},
        ),
        (
            lambda: services.complete_envelope(envelope.pk, by=scene.nina, summary="Swapped"),
            {name: [f"Nina Kern sealed {number}"] for name in ("Mara Weiss", "Noah Beck")},
        ),
        (
            lambda: services.reopen_envelope(envelope.pk, by=scene.owner),
            {name: [f"Mara Weiss opened {number} again"] for name in ("Nina Kern", "Noah Beck")},
        ),
        (
            lambda: services.cancel_envelope(envelope.pk, by=scene.owner, reason="Found it"),
            {name: [f"Envelope 1 of {scene.ticket.reference} was withdrawn"] for name in ("Nina Kern", "Noah Beck")},
        ),
    ]
    for act, expected in steps:
        act()
        assert told() == expected


def test_027_the_owner_is_told_when_an_expert_asks_on(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    told()
    EnvelopeFactory(below=envelope, assigned_to=scene.stranger)
    found = told()
    assert set(found) == {"Mara Weiss", scene.stranger.name}
    assert found["Mara Weiss"] == [
        f"Nina Kern asks {scene.stranger.name} for help, one level on: envelope 2 of {scene.ticket.reference}"
    ]


def test_what_is_declined_or_given_back_is_told_to_the_owner_and_asked_of_the_team_anew(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, assigned_to=scene.nina)
    assert set(told()) == {"Nina Kern"}
    services.decline_envelope(envelope.pk, by=scene.nina, reason="No time")
    assert set(told()) == {"Mara Weiss", "Noah Beck", "Lea"}
    services.accept_envelope(envelope.pk, by=scene.noah)
    told()
    services.release_envelope(envelope.pk, by=scene.noah, reason="Ill")
    assert set(told()) == {"Mara Weiss", "Nina Kern", "Lea"}


def test_who_was_asked_by_name_learns_that_it_was_withdrawn_and_nothing_of_the_ticket(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.stranger)
    assert scene.stranger.name in told()
    services.cancel_envelope(envelope.pk, by=scene.owner, reason="Found it")
    assert told() == {scene.stranger.name: ["Help that you were asked for, or gave, is needed no more"]}


def test_an_envelope_withdrawn_by_others_is_told_to_the_side_that_asks(scene: Scene) -> None:
    words = f"Envelope 1 of {scene.ticket.reference} was withdrawn"
    AbsenceFactory(agent=scene.owner, deputy=scene.mate)
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, by=fresh(scene.mate))
    told()
    services.cancel_envelope(envelope.pk, by=scene.manager, reason="Not wanted")
    assert told() == {"Mara Weiss": [words], "Mate": [words]}


def test_an_expert_from_whom_it_is_taken_is_told_and_the_thread_says_who_did_it(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    told()
    services.release_envelope(envelope.pk, by=scene.network_lead, reason="Noah knows it better")
    found = told()
    number = f"envelope 1 of {scene.ticket.reference}"
    assert f"Lea took {number} from you" in found["Nina Kern"]
    assert found["Mara Weiss"] == [f"Lea gave {number} back"]
    said = entries_of(envelope).filter(facts__event="envelope_taken").get()
    assert describe_entry(said) == "Lea took the envelope from Nina Kern"


def test_who_leaves_the_desk_is_named_to_those_who_wait(scene: Scene) -> None:
    EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    told()
    deactivate_agent(scene.nina.pk, by=scene.admin)
    words = f"Nina Kern left the desk; envelope 1 of {scene.ticket.reference} goes on without them"
    assert told()["Mara Weiss"] == [words]


def test_with_the_ticket_its_experts_learn_that_help_is_over(scene: Scene) -> None:
    EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    told()
    cancel_ticket(scene.ticket.pk, by=scene.owner, code="withdrawn")
    assert told() == {"Nina Kern": [f"Envelope 1 of {scene.ticket.reference} was withdrawn"]}


@pytest.mark.parametrize("how", ["withdrawn", "with the ticket"])
def test_a_held_mail_to_a_vendor_is_kept_as_its_authors_draft_who_is_told(how: str, scene: Scene) -> None:
    envelope = EnvelopeFactory(
        ticket=scene.ticket,
        team=scene.network,
        expert=scene.nina,
        kind="external_vendor",
        vendor_addresses=["vera@vendor.test"],
    )
    services.write_to_vendor(envelope.pk, by=scene.nina, subject="Switch 7", body_text="Which firmware?")
    keep_draft(scene.ticket.pk, by=scene.nina, mode="v1", body_text="And which port?")
    told()
    if how == "withdrawn":
        services.cancel_envelope(envelope.pk, by=scene.owner, reason="Found it")
    else:
        cancel_ticket(scene.ticket.pk, by=scene.owner, code="withdrawn")
    kept = Draft.objects.get()
    assert (kept.person, kept.mode, kept.cc) == (scene.nina, "v1", "Switch 7")
    assert kept.body_text == "Which firmware?\n\nAnd which port?"
    words = (
        f"Your mail to the vendor in envelope 1 of {scene.ticket.reference} was not sent; its text is kept as a draft"
    )
    assert words in told()["Nina Kern"]


def test_033_an_envelope_nobody_accepts_is_brought_up_once_a_cycle(scene: Scene) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    told()
    due = MONDAY_NINE + timedelta(minutes=240)
    words = f"Nobody has accepted envelope 1 of {scene.ticket.reference} yet: Network"

    def after_timers(at: datetime) -> dict[str, list[str]]:
        run = run_all(now=at)
        assert run.failed == []
        return told()

    assert after_timers(due - timedelta(seconds=1)) == {}
    assert after_timers(due) == {"Mara Weiss": [words], "Lea": [words]}
    found = Envelope.objects.get(pk=envelope.pk)
    assert (found.status, found.timeout_notified_at, found.timeout_due_at) == ("pending", due, None)
    assert after_timers(due + timedelta(days=2)) == {}
    with time_machine.travel(MONDAY_NINE + timedelta(days=3), tick=False):
        services.accept_envelope(envelope.pk, by=scene.nina)
        services.release_envelope(envelope.pk, by=scene.nina, reason="Ill")
    told()
    assert after_timers(due + timedelta(days=3) - timedelta(seconds=1)) == {}
    assert after_timers(due + timedelta(days=3)) == {"Mara Weiss": [words], "Lea": [words]}


class Heard:
    """Channels of a chat system that write down what they are given."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, Notice]] = []

    def announce(self, channel: Channel, notice: Notice) -> None:
        self.notices.append((channel, notice))


def test_033_the_escalation_channel_gets_one_notice_a_cycle_without_a_word_of_the_case(scene: Scene) -> None:
    heard = Heard()
    before = use_channels(heard)
    try:
        envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
        for days in (9, 10):
            services.time_out_due_envelopes(now=timezone.now() + timedelta(days=days))
            deliver_all()
        assert [channel for channel, _notice in heard.notices] == ["support-escalations"]
        assert heard.notices[0][1] == Notice(
            key=f"envelope-timeout:{envelope.pk}:{envelope.pending_since.isoformat()}",
            event_type="escalation_timeout",
            ticket_id=scene.ticket.pk,
            reference=scene.ticket.reference,
            priority="medium",
            status="waiting_internal",
        )
        services.accept_envelope(envelope.pk, by=scene.nina)
        services.release_envelope(envelope.pk, by=scene.nina, reason="Ill")
        services.time_out_due_envelopes(now=timezone.now() + timedelta(days=20))
        deliver_all()
        assert len({notice.key for _channel, notice in heard.notices}) == 2, "a new cycle, a new notice"
    finally:
        use_channels(before)


def test_033_what_was_accepted_in_time_is_not_brought_up(scene: Scene) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
        told()
    assert services.time_out_due_envelopes(now=MONDAY_NINE + timedelta(days=9)) == 0
    assert told() == {}


def test_of_an_absent_owner_the_deputy_is_told(scene: Scene) -> None:
    AbsenceFactory(agent=scene.owner, deputy=scene.mate)
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, by=scene.owner)
    told()
    services.accept_envelope(envelope.pk, by=scene.nina)
    assert set(told()) == {"Mara Weiss", "Mate"}


def test_nobody_is_told_who_reads_the_envelope_no_more(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.post_in_envelope(envelope.pk, by=scene.owner, body_text="Hello")
    Agent.objects.filter(pk=scene.nina.pk).update(is_active=False)
    assert "Nina Kern" not in told()


def test_nothing_written_in_an_envelope_is_part_of_a_notification(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, reason="canary-reason")
    services.accept_envelope(envelope.pk, by=scene.nina)
    steps = (
        lambda: services.post_in_envelope(envelope.pk, by=scene.nina, body_text="canary-post"),
        lambda: services.release_envelope(envelope.pk, by=scene.nina, reason="canary-release"),
        lambda: services.redirect_envelope(envelope.pk, by=scene.owner, assigned_to=scene.noah),
        lambda: services.decline_envelope(envelope.pk, by=scene.noah, reason="canary-decline"),
        lambda: services.redirect_envelope(envelope.pk, by=scene.owner, assigned_to=scene.nina),
        lambda: services.cancel_envelope(envelope.pk, by=scene.owner, reason="canary-cancel"),
    )
    for step in steps:
        step()
        deliver_all()
    rows = list(Notification.objects.all())
    assert {row.event_type for row in rows} >= {"envelope_requested", "envelope_updated", "envelope_message"}
    assert not [row for row in rows if "canary" in str(row.payload) + describe(row)]
