"""What was recorded gives the clocks that are kept, whatever happens, and in whatever order (docs/adr/0008)."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Case, F, When
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from accounts.services import edit_contact
from core.errors import DomainError
from envelopes.models import Envelope
from envelopes.services import (
    accept_envelope,
    cancel_envelope,
    complete_envelope,
    redirect_envelope,
    reopen_envelope,
)
from sla import services
from sla.events import DueMoved
from sla.models import SlaClock, SlaPolicy
from sla.records import calendar_data, calendar_from
from sla.selectors import states_of
from sla.services.book import forget_book
from sla.services.ledger import ledger_of
from sla.services.walking import FOLLOWING
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, EnvelopeFactory, TeamFactory
from tests.scale import full_size
from tests.sla.conftest import MONDAY_NINE, Desk, travel
from tickets.models import CaseFlag, Ticket
from tickets.services import (
    accept_ticket,
    add_flag,
    cancel_ticket,
    change_requester,
    change_team,
    clear_flag,
    close_due_tickets,
    confirm_ticket,
    edit_ticket,
    merge_ticket,
    record_customer_message,
    reopen_ticket,
    resolve_ticket,
    resume_ticket,
    unmerge_ticket,
    wait_for_customer,
)
from tickets.services.conversation import release_due_messages, reply_to_customer, undo_message
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


class Story:
    """One ticket to which things happen, possible or not."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.ticket = desk, desk.ticket(owned=False)
        other = TeamFactory(supervisor=desk.supervisor)
        self.expert = AgentFactory(teams=[other])
        desk.owner.teams.add(other)
        desk.owner.__dict__.pop("_reach", None)
        self.twin = desk.ticket(requester=self.ticket.requester)

    def envelope(self) -> Any:
        return self.ticket.envelopes.order_by("-number").values_list("pk", flat=True)[:1].get()

    def options(self) -> list[str]:
        """Acts that are likely to be possible now; what the services think of each they say themselves."""
        ticket = Ticket.objects.get(pk=self.ticket.pk)
        help_ = self.ticket.envelopes.order_by("-number").values_list("status", flat=True).first() or ""
        return [*ALWAYS, *BY_STATUS.get(ticket.status, ()), *BY_HELP.get(help_, ())]

    def do(self, act: str, number: int, now: Any) -> None:
        with suppress(DomainError, Envelope.DoesNotExist):
            ACTS[act](self, number, now)

    def reply(self, number: int, now: Any) -> None:
        reply_to_customer(self.ticket.pk, by=self.desk.owner, body_text=f"Answer {number}")
        release_due_messages(now=now + timedelta(seconds=30))

    def wait(self) -> None:
        Ticket.objects.filter(pk=self.ticket.pk).update(last_customer_message_at=None)
        wait_for_customer(self.ticket.pk, by=self.desk.owner)

    def prioritise(self, number: int) -> None:
        version = Ticket.objects.values_list("version", flat=True).get(pk=self.ticket.pk)
        priority = ("low", "medium", "high", "critical")[number % 4]
        edit_ticket(self.ticket.pk, by=self.desk.owner, version=version, priority=priority, reason="So it is.")

    def sweep(self, now: Any) -> None:
        services.end_pauses(now=now)
        services.note_missed(now=now)

    def edit_policy(self, number: int, now: Any) -> None:
        policies = SlaPolicy.objects.filter(name=("Medium", "High", "Between teams")[number % 3])
        if number % 3 == 2:
            policies.update(ola_completion_minutes=400 + number)
        else:
            policies.update(resolution_minutes=300 + number % 500, retroactive=number % 5 > 0)
        self.follow(now)

    def edit_calendar(self, number: int, now: Any) -> None:
        calendar = BusinessCalendar.objects.get(is_default=True)
        if number % 3:
            on = (now + timedelta(days=number % 4)).date()
            Holiday.objects.get_or_create(calendar=calendar, on=on, defaults={"name": "Shut"})
        else:
            windows = CalendarWindow.objects.filter(calendar=calendar, weekday=number % 5)
            windows.update(start_minute=420 + number % 200, end_minute=900 + number % 300)
        self.follow(now)

    def follow(self, now: Any) -> None:
        while services.follow_new_terms(now=now):
            pass

    def pause(self, number: int, now: Any) -> None:
        until = now + timedelta(minutes=number)
        services.pause_clocks(self.ticket.pk, by=self.desk.supervisor, reason="vendor", until=until)

    def reply_and_take_back(self, number: int) -> None:
        message = reply_to_customer(self.ticket.pk, by=self.desk.owner, body_text=f"No {number}")
        undo_message(message.pk, by=self.desk.owner)

    def belong(self, number: int, now: Any) -> None:
        """To a customer of another tier, or with another company."""
        tier = ("standard", "premium", "vip")[number % 3]
        if number % 2:
            edit_contact(self.ticket.requester_id, by=self.desk.supervisor, tier=tier)
        else:
            other = ContactFactory(company=CompanyFactory(tier=tier))
            change_requester(self.ticket.pk, by=self.desk.owner, email=other.email)
        self.follow(now)

    def flag(self, number: int) -> None:
        flags = CaseFlag.objects.filter(ticket=self.ticket, cleared_at=None)
        if found := flags.first():
            clear_flag(found.pk, by=self.desk.supervisor, reason="Settled.")
        else:
            kind = ("vip", "social_media")[number % 2]
            add_flag(self.ticket.pk, by=self.desk.supervisor, type=kind, reason="It is so.")

    def take(self) -> None:
        accept_ticket(self.ticket.pk, by=self.desk.owner)

    def switch_policies(self, number: int, now: Any) -> None:
        """Off and on, of customers or of helpers; or a metric less, and again."""
        rows = SlaPolicy.objects.filter(kind="ola") if number % 3 == 0 else SlaPolicy.objects.filter(name="Medium")
        if number % 3 == 2:
            rows.update(next_response_minutes=Case(When(next_response_minutes=None, then=60), default=None))
        else:
            rows.update(is_active=~F("is_active"), retroactive=bool(number % 5))
        services.follow_new_terms(now=now)

    def merge(self) -> None:
        merge_ticket(self.ticket.pk, into=self.twin, by=self.desk.owner)

    def part(self) -> None:
        unmerge_ticket(self.ticket.pk, by=self.desk.owner)

    def take_back(self) -> None:
        message = self.ticket.outbound_messages.filter(status="queued").order_by("-released_at").first()
        if message is not None:
            undo_message(message.pk, by=self.desk.owner)


ACTS: dict[str, Callable[[Story, int, Any], object]] = {
    "wait": lambda s, _number, _now: s.wait(),
    "resume": lambda s, _number, _now: resume_ticket(s.ticket.pk, by=s.desk.owner),
    "resolve": lambda s, _number, _now: resolve_ticket(s.ticket.pk, by=s.desk.owner, code="fixed", note="Done."),
    "reopen": lambda s, _number, _now: reopen_ticket(s.ticket.pk, by=s.desk.owner),
    "reply": lambda s, number, now: s.reply(number, now),
    "customer": lambda s, _number, _now: record_customer_message(
        s.ticket.pk, by=s.ticket.requester, message=Message(body_text="And?")
    ),
    "priority": lambda s, number, _now: s.prioritise(number),
    "help": lambda s, number, _now: EnvelopeFactory(
        ticket=s.ticket, team=s.expert.teams.get(), is_blocking=bool(number % 2)
    ),
    "accept": lambda s, _number, _now: accept_envelope(s.envelope(), by=s.expert),
    "seal": lambda s, _number, _now: complete_envelope(s.envelope(), by=s.expert, summary="Port 7."),
    "reopen_help": lambda s, _number, _now: reopen_envelope(s.envelope(), by=s.desk.owner),
    "withdraw": lambda s, _number, _now: cancel_envelope(s.envelope(), by=s.desk.owner, reason="Solved."),
    "sweep": lambda s, _number, now: s.sweep(now),
    "policy": lambda s, number, now: s.edit_policy(number, now),
    "take": lambda s, _number, _now: s.take(),
    "team": lambda s, number, _now: change_team(
        s.ticket.pk, by=s.desk.supervisor, team=(s.desk.team, s.expert.teams.get())[number % 2]
    ),
    "pause": lambda s, number, now: s.pause(number, now),
    "run_on": lambda s, _number, _now: services.resume_clocks(s.ticket.pk, by=s.desk.supervisor),
    "take_back_held": lambda s, number, _now: s.reply_and_take_back(number),
    "belong": lambda s, number, now: s.belong(number, now),
    "flag": lambda s, number, _now: s.flag(number),
    "redirect": lambda s, _number, _now: redirect_envelope(s.envelope(), by=s.desk.owner, team=TeamFactory()),
    "confirm": lambda s, number, _now: number % 3 or confirm_ticket(s.ticket.pk, by=s.desk.owner),
    "close": lambda s, _number, now: close_due_tickets(now=now),
    "calendar": lambda s, number, now: s.edit_calendar(number, now),
    "switch": lambda s, number, now: s.switch_policies(number, now),
    "take_back": lambda s, _number, _now: s.take_back(),
    "merge": lambda s, _number, _now: s.merge(),
    "part": lambda s, _number, _now: s.part(),
    "cancel": lambda s, number, _now: number % 7 or cancel_ticket(s.ticket.pk, by=s.desk.owner, code="withdrawn"),
}


def follows(story: Story, now: Any) -> None:
    """After a walk what is not over is promised what is promised now, also what was merged and parted meanwhile."""
    story.follow(now)
    for ticket in (story.ticket, story.twin):
        if Ticket.objects.get(pk=ticket.pk).status in FOLLOWING:
            assert not services.follow_terms_now(ticket.pk, by=story.desk.owner, at=now)


def adds_up(ticket_id: UUID, now: Any) -> None:
    """What explains a clock covers all the time from its start, each moment once, and counts up to its due moment."""
    state = states_of([ticket_id])[ticket_id]
    for clock in state.every():
        reckoning, until = state.reckoning_of(clock), max(now, clock.started_at)
        segments = reckoning.segments(until)
        assert sum((part.end - part.start for part in segments), timedelta()) == until - clock.started_at
        assert all(earlier.end == later.start for earlier, later in pairwise(segments))
        counted = sum((part.end - part.start for part in segments if part.kind == "open"), timedelta())
        assert counted == reckoning.counted(until)
        assert clock.due_at is not None
        if clock.is_open and clock.envelope_id is None:
            assert clock.due_at == reckoning.due_at


ALWAYS = ("sweep", "policy", "switch", "calendar", "belong", "flag", "customer")
WORK = (
    "priority",
    "pause",
    "pause",
    "run_on",
    "reply",
    "reply",
    "take_back",
    "take_back_held",
    "help",
    "help",
    "resolve",
    "cancel",
    "merge",
    "merge",
)
BY_STATUS = {
    "new": (*["take"] * 6, "team", "pause"),
    "in_progress": ("wait", "wait", *WORK),
    "waiting_customer": ("resume", "resume", *WORK),
    "waiting_internal": WORK,
    "resolved": ("reopen", "reopen", "confirm", "close"),
    "cancelled": ["part"] * 7,
}
BY_HELP = {
    "pending": ("accept", "accept", "redirect", "withdraw"),
    "active": ("seal", "seal", "withdraw"),
    "completed": ("reopen_help",),
}
STEPS = st.tuples(st.integers(0, 5039), st.integers(1, 900))
"""Which of the acts that are possible, and how many minutes after the one before."""


@pytest.mark.soak
@settings(max_examples=full_size(1000))
@given(steps=st.lists(STEPS, min_size=5, max_size=13))
def test_rebuilt_clocks_are_the_kept_ones_over_whole_histories(steps: list[tuple[int, int]], desk: Desk) -> None:
    with transaction.atomic():
        story, now = Story(desk), MONDAY_NINE
        for choice, number in steps:
            now += timedelta(minutes=number)
            options = story.options()
            with travel(now):
                story.do(options[choice % len(options)], number, now)
            assert list(services.differences([story.ticket.pk, story.twin.pk])) == []
        follows(story, now)
        adds_up(story.ticket.pk, now)
        resolution = SlaClock.objects.filter(ticket=story.ticket, metric="resolution").order_by("cycle").last()
        assert resolution is not None
        due = None if resolution.state in ("paused", "cancelled") else resolution.due_at
        assert Ticket.objects.get(pk=story.ticket.pk).resolution_due_at == due
        late = now + timedelta(days=400)
        story.sweep(late)
        assert not SlaClock.objects.due(late).exists()
        assert list(services.differences([story.ticket.pk])) == []
        transaction.set_rollback(True)
    forget_book()


def test_the_command_names_what_differs_and_puts_it_right(desk: Desk) -> None:
    ticket = desk.ticket()
    out = StringIO()
    call_command("rebuild_clocks", "--check", stdout=out)
    assert json.loads(out.getvalue()) == {"tickets": 1, "differences": 0}
    SlaClock.objects.filter(ticket=ticket, metric="resolution").update(target_minutes=7)
    with pytest.raises(SystemExit) as ended:
        call_command("rebuild_clocks", "--check", stdout=StringIO(), stderr=(told := StringIO()))
    assert ended.value.code == 1
    assert "target_minutes is 7, recorded is 480" in told.getvalue()
    call_command("rebuild_clocks", stdout=StringIO(), stderr=StringIO())
    assert SlaClock.objects.get(ticket=ticket, metric="resolution").target_minutes == 480


def test_an_edition_holds_the_whole_calendar(desk: Desk) -> None:
    ticket = desk.ticket()
    ledger = ledger_of(ticket.pk)
    assert ledger is not None
    assert ledger.state.resolution is not None
    calendar = ledger.state.resolution.hours.calendar
    assert calendar_from(json.loads(json.dumps(calendar_data(calendar)))) == calendar


def test_a_breach_that_was_written_down_stays_and_keeps_nobody_waiting(desk: Desk) -> None:
    written, due = MONDAY_NINE + timedelta(minutes=30), MONDAY_NINE + timedelta(minutes=480)
    with transaction.atomic():  # rolled back, as the difference would stay for good
        broken, sound = desk.ticket(), desk.ticket()
        SlaClock.objects.filter(ticket=broken, metric="resolution").update(breached_at=written, target_minutes=7)
        SlaClock.objects.filter(ticket=sound, metric="resolution").update(due_at=written)
        Ticket.objects.filter(pk=sound.pk).update(resolution_due_at=written)
        call_command("rebuild_clocks", stdout=StringIO(), stderr=StringIO())
        assert SlaClock.objects.get(ticket=sound, metric="resolution").due_at == due
        assert Ticket.objects.get(pk=sound.pk).resolution_due_at == due
        row = SlaClock.objects.get(ticket=broken, metric="resolution")
        assert (row.breached_at, row.target_minutes) == (written, 480)
        (left,) = services.differences([broken.pk, sound.pk])
        assert "breached_at is 2026-03-02 08:30" in left
        transaction.set_rollback(True)


def test_a_tickets_due_date_that_differs_is_told_and_put_right(desk: Desk) -> None:
    ticket = desk.ticket()
    Ticket.objects.filter(pk=ticket.pk).update(resolution_due_at=MONDAY_NINE)
    with pytest.raises(SystemExit):
        call_command("rebuild_clocks", "--check", stdout=StringIO(), stderr=(told := StringIO()))
    assert "the ticket is due at 2026-03-02 08:00" in told.getvalue()
    call_command("rebuild_clocks", stdout=StringIO(), stderr=StringIO())
    assert Ticket.objects.get(pk=ticket.pk).resolution_due_at == MONDAY_NINE + timedelta(minutes=480)


def test_whoever_warns_is_told_of_what_was_put_right(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from core import events

    told: list[Any] = []
    monkeypatch.setitem(events._at_once, DueMoved, [told.append])
    ticket, wrong = desk.ticket(), MONDAY_NINE + timedelta(minutes=30)
    SlaClock.objects.filter(ticket=ticket, metric="resolution").update(due_at=wrong)
    call_command("rebuild_clocks", stdout=StringIO(), stderr=StringIO())
    due = MONDAY_NINE + timedelta(minutes=480)
    assert [(each.metric, each.old_due_at, each.due_at) for each in told] == [("resolution", wrong, due)]
