"""Whatever happens to a ticket: what is raised and told is what a walk minute by minute says, nothing twice, nothing
missing, and what is foretold is what comes if nothing else happens (domain.md section 10).
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, note, settings
from hypothesis import strategies as st

from accounts.enums import Role
from core.errors import DomainError
from notifications.enums import EventType
from notifications.models import Notification
from sla.alerts.forecast import forecast_of
from sla.alerts.models import Alert, AlertRule, AlertWatch
from sla.alerts.services import acknowledge_alert, edit_rule, follow_matrix, raise_due_alerts, tell_of_alerts
from sla.models import SlaClock, SlaPause, SlaPolicy
from sla.services import end_pauses, follow_new_terms, note_missed, pause_clocks, resume_clocks
from sla.services.book import forget_book
from tests.factories import AgentFactory, TicketFactory
from tests.scale import full_size
from tests.sla.alerts.conftest import MONDAY_NINE, Watched
from tests.sla.alerts.oracle import OVER, Facts, Key, Oracle, Raised
from tickets.models import Ticket
from tickets.services import (
    accept_ticket,
    add_note,
    edit_ticket,
    merge_ticket,
    record_customer_message,
    reopen_ticket,
    reply_to_customer,
    resolve_ticket,
    resume_ticket,
    unmerge_ticket,
)
from tickets.services.conversation import release_due_messages
from tickets.services.creation import Message

MINUTE = timedelta(minutes=1)
PRIORITIES = ("critical", "high", "medium", "low")
CONDITIONS = ("not_assigned", "not_updated", "not_completed")


class Story:
    """A ticket, what happens to it, and the oracle that is told the same."""

    def __init__(self, desk: Watched, priority: str) -> None:
        self.desk = desk
        desk.at(MONDAY_NINE)
        self.ticket: Ticket = desk.ticket(owned=False, priority=priority)
        self.twin: Ticket = TicketFactory(team=desk.team, owner=desk.owner, requester=self.ticket.requester)
        AlertWatch.objects.filter(ticket=self.twin).delete()
        self.oracle = Oracle(desk.supervisor.name, desk.manager.name)
        self.oracle.begin("not_assigned", desk.now)
        self.oracle.see(self.facts())

    def current(self) -> Ticket:
        return Ticket.objects.get(pk=self.ticket.pk)

    def facts(self) -> Facts:
        ticket = self.current()
        clock = SlaClock.objects.get(ticket=ticket, metric="resolution")
        rules: dict[tuple[str, str], dict[int, tuple[int, list[str]]]] = {}
        for rule in AlertRule.objects.filter(is_active=True):
            cell = rules.setdefault((rule.priority, rule.condition), {})
            cell[rule.level] = (rule.threshold_minutes, rule.recipients)
        return Facts(
            status=ticket.status,
            priority=ticket.priority,
            owner=ticket.owner.name if ticket.owner else "",
            due_at=clock.due_at if clock.state == "running" else None,
            is_paused=clock.state == "paused",
            stops=list(SlaPause.objects.filter(ticket=ticket).values_list("from_at", "to_at")),
            rules=rules,
        )

    def do(self, act: str, number: int) -> None:
        """As far as it is possible; the oracle is told what it means."""
        before = self.current().status
        try:
            with transaction.atomic():
                ACTS[act](self, number)
        except DomainError as refusal:
            note(f"{self.desk.now}: {act} {number} refused: {refusal.code}")
            return
        note(f"{self.desk.now}: {act} {number}")
        after, at = self.current(), self.desk.now
        if before not in OVER and after.status in OVER:
            self.oracle.ended()
        elif before in OVER and after.status not in OVER:
            self.oracle.reopened(at, is_owned=after.owner is not None)
        elif act == "accept":
            self.oracle.accepted(at)
        elif act in BY_STAFF and after.status not in OVER:
            self.oracle.worked_on(at)
        self.oracle.see(self.facts())

    def pass_to(self, moment: datetime) -> None:
        """Nobody looks on the way; then all that is due is done."""
        note(f"on to {moment}")
        self.desk.at(moment)
        for timer in (end_pauses, note_missed):
            while timer(now=moment):
                pass
        facts = self.facts()
        self.oracle.see(facts)
        self.oracle.check(facts, moment)
        for timer in (follow_matrix, raise_due_alerts, tell_of_alerts):
            while timer(now=moment):
                pass

    def next_moment(self) -> datetime | None:
        """When the oracle expects the next level."""
        facts = self.facts()
        coming = [at for condition in CONDITIONS for _level, at in self.oracle.coming(condition, facts)]
        return min((at for at in coming if at > self.desk.now), default=None)

    # Acts -------------------------------------------------------------------------------------------------------------

    def reply(self, number: int, *, then: str = "") -> None:
        """Released at this very minute."""
        now = self.desk.now
        self.desk.clock.move_to(now - MINUTE, tick=False)
        try:
            reply_to_customer(self.ticket.pk, by=self.desk.owner, body_text=f"Look {now}, {number}", then=then)
        finally:
            self.desk.clock.move_to(now, tick=False)
        release_due_messages(now=now)

    def prioritise(self, number: int) -> None:
        ticket = self.current()
        others = [priority for priority in PRIORITIES if priority != ticket.priority]
        values = {"priority": others[number % 3], "reason": "So it is.", "version": ticket.version}
        edit_ticket(ticket.pk, by=self.desk.owner, **values)

    def pause(self, number: int) -> None:
        until = self.desk.now + number * MINUTE
        pause_clocks(self.ticket.pk, by=self.desk.supervisor, reason="vendor", until=until)

    def edit_policy(self, number: int) -> None:
        SlaPolicy.objects.filter(kind="sla", priority=self.current().priority).update(resolution_minutes=60 + number)
        while follow_new_terms(now=self.desk.now):
            pass

    def edit_matrix(self, number: int) -> None:
        condition = CONDITIONS[number % 3]
        rule = AlertRule.objects.get(priority=self.current().priority, condition=condition, level=1 + number // 3 % 3)
        roles = [["tech", "supervisor"], ["supervisor", "group_manager"], ["group_manager"]][number % 3 - 1]
        edit_rule(
            rule.pk,
            by=self.admin,
            reason="So it shall be.",
            threshold_minutes=max(0, rule.threshold_minutes + number % 41 - 20),
            recipients=roles,
            is_active=number % 4 > 0,
        )

    @property
    def admin(self) -> Any:
        return AgentFactory(roles=[Role.ADMIN], is_active=True, name="Ada")

    def acknowledge(self, number: int) -> None:
        alert = Alert.objects.filter(ticket=self.ticket, status="open").order_by("pk").last()
        if alert is not None:
            acknowledge_alert(alert.pk, by=list(alert.recipients.order_by("name"))[number % alert.recipients.count()])
            self.oracle.acknowledged(alert.condition, alert.level)

    # What there is ----------------------------------------------------------------------------------------------------

    def is_as_expected(self) -> None:
        rows_of_alerts = Alert.objects.filter(ticket=self.ticket).prefetch_related("recipients")
        found = {
            (row.condition, row.cycle, row.level): Raised(
                row.triggered_at, row.status, frozenset(person.name for person in row.recipients.all())
            )
            for row in rows_of_alerts
        }
        assert _numbered_anew(found) == _numbered_anew(self.oracle.raised)
        rows = Notification.objects.filter(event_type=EventType.ALERT).select_related("recipient")
        told = [(row.recipient.name, row.payload["condition"], row.payload["level"], row.created_at) for row in rows]
        assert sorted(told) == sorted(self.oracle.messages)

    def foretold_is_what_comes(self) -> None:
        """If nothing else happens. What stands still for a while is not foretold, as nobody knows for how long."""
        if self.facts().is_paused and self.current().status != "waiting_customer":
            return
        foretold = [
            (str(outlook.condition), step.level, step.at, frozenset(each.agent.name for each in step.people))
            for outlook in forecast_of(self.ticket, now=self.desk.now).outlooks
            for step in outlook.steps
        ]
        known = set(Alert.objects.filter(ticket=self.ticket).values_list("pk", flat=True))
        for moment in sorted({at for _condition, _level, at, _people in foretold}):
            self.pass_to(moment)
        self.pass_to(self.desk.now + timedelta(days=30))
        self.is_as_expected()
        come = [
            (row.condition, row.level, row.triggered_at, frozenset(person.name for person in row.recipients.all()))
            for row in Alert.objects.filter(ticket=self.ticket).exclude(pk__in=known)
        ]
        assert sorted(come, key=str) == sorted(foretold, key=str)


ACTS: dict[str, Callable[[Story, int], object]] = {
    "accept": lambda s, _number: accept_ticket(s.ticket.pk, by=s.desk.owner),
    "note": lambda s, number: add_note(s.ticket.pk, by=s.desk.owner, body_text=f"Port {number} is dead."),
    "reply": lambda s, number: s.reply(number),
    "wait": lambda s, number: s.reply(number, then="wait_for_customer"),
    "resume": lambda s, _number: resume_ticket(s.ticket.pk, by=s.desk.owner),
    "customer": lambda s, number: record_customer_message(
        s.ticket.pk, by=s.ticket.requester, message=Message(body_text=f"And now? {number}")
    ),
    "priority": lambda s, number: s.prioritise(number),
    "pause": lambda s, number: s.pause(number),
    "run_on": lambda s, _number: resume_clocks(s.ticket.pk, by=s.desk.supervisor),
    "resolve": lambda s, _number: resolve_ticket(s.ticket.pk, by=s.desk.owner, code="fixed", note="Done."),
    "reopen": lambda s, _number: reopen_ticket(s.ticket.pk, by=s.desk.owner),
    "merge": lambda s, _number: merge_ticket(s.ticket.pk, into=s.twin, by=s.desk.owner),
    "unmerge": lambda s, _number: unmerge_ticket(s.ticket.pk, by=s.desk.owner),
    "policy": lambda s, number: s.edit_policy(number),
    "matrix": lambda s, number: s.edit_matrix(number),
    "acknowledge": lambda s, number: s.acknowledge(number),
}
BY_STAFF = ("note", "reply", "wait", "resume", "priority", "pause", "run_on")
WORK = ("note", "note", "reply", "priority", "pause", "run_on", "resolve", "merge", "policy", "matrix", "acknowledge")
BY_STATUS = {
    "new": ("accept", "accept", "accept", "pause", "customer", "matrix", "policy", "acknowledge"),
    "in_progress": ("wait", "wait", "customer", *WORK),
    "waiting_customer": ("customer", "resume", "resume", *WORK),
    "resolved": ("reopen", "reopen", "customer"),
    "cancelled": ("unmerge", "unmerge", "policy"),
}
PASSES = ("minutes", "before_next", "to_next", "to_next", "over_night")
STEPS = st.tuples(st.sampled_from(PASSES), st.integers(0, 719), st.integers(1, 300))
"""How time passes, which of the acts that are possible, and a number for both."""


def _numbered_anew(raised: Mapping[Key, Raised]) -> dict[Key, Raised]:
    """Cycles of a condition as first, second …: one in which nothing was raised is no matter of anybody's."""
    cycles = {condition: sorted({key[1] for key in raised if key[0] == condition}) for condition in CONDITIONS}
    return {(name, cycles[name].index(cycle), level): each for (name, cycle, level), each in raised.items()}


def moment_of(story: Story, how: str, number: int) -> datetime:
    now = story.desk.now
    following = story.next_moment()
    if how == "over_night":
        return now + timedelta(hours=17)
    if how == "minutes" or following is None:
        return now + number * MINUTE
    return following if how == "to_next" else max(now + MINUTE, following - MINUTE)


@pytest.mark.soak
@pytest.mark.django_db
@settings(max_examples=full_size(60))
@given(priority=st.sampled_from(PRIORITIES), steps=st.lists(STEPS, min_size=4, max_size=12))
def test_what_is_told_over_whole_histories_is_what_the_domain_says(
    priority: str, steps: list[tuple[str, int, int]], desk: Watched
) -> None:
    with transaction.atomic():
        story = Story(desk, priority)
        for how, choice, number in steps:
            story.pass_to(moment_of(story, how, number))
            story.is_as_expected()
            options = BY_STATUS.get(story.current().status, ("note",))
            with suppress(DomainError):
                story.do(options[choice % len(options)], number)
            story.is_as_expected()
        story.foretold_is_what_comes()
        transaction.set_rollback(True)
    forget_book()
