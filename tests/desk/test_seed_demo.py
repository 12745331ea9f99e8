"""The demo desk of interfaces.md section 1: its people, its tickets, and that making it twice changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from accounts.enums import Role
from accounts.models import Absence, Agent, BusinessCalendar, Company, Contact, Team, User
from accounts.selectors import reach_of
from connectors.mail.models import Mailbox
from core.models import EventDelivery
from desk.demo import clock
from desk.demo.acts import message_id_of
from desk.demo.building import STORIES, build
from envelopes.models import Envelope, HelpOffer
from sla.alerts.enums import AlertStatus
from sla.alerts.models import Alert, AlertRecipient
from sla.enums import APPROVED
from sla.models import ScoreOverride, SlaClock, SlaPause
from sla.scores.enums import Section
from sla.scores.sections import with_sections
from sla.services import differences, recorded_tickets
from tests.database import empty_all_tables
from tests.factories import default_calendar
from tickets.enums import EntryKind, FlagType, OutboundStatus, TicketStatus
from tickets.models import (
    CalibrationSession,
    CaseFlag,
    OutboundMessage,
    OwnershipTransfer,
    Resolution,
    SavedView,
    Task,
    Ticket,
    TicketLink,
    TimelineEntry,
)
from tickets.resolution_enums import DamageCheck

NOW = datetime(2026, 11, 19, 14, 30, tzinfo=UTC)  # a Thursday


@pytest.fixture(scope="module")
def desk(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo desk, made once for all tests that only look at it."""
    with django_db_blocker.unblock():
        empty_all_tables()  # what migrations put in is there again, also after tests of which Django has emptied all
    with django_db_blocker.unblock(), transaction.atomic():
        build(timezone.now())
        yield
        transaction.set_rollback(True)


def ticket_of(key: str) -> Ticket:
    return TimelineEntry.objects.get(email_message_id=message_id_of(key)).ticket


def test_lists_are_shared_with_the_team_and_with_everybody(desk: None) -> None:
    shared = {(view.name, view.slug, view.scope, view.owner.name) for view in SavedView.objects.all()}
    assert shared == {
        ("Waiting for customers", "waiting-for-customers", "team", "Lea Brandt"),
        ("High and critical", "high-and-critical", "global", Agent.objects.get(email="admin@itilnext.example").name),
    }


def test_accounts_are_those_that_were_promised(desk: None) -> None:
    found = {
        agent.email.partition("@")[0]: (agent.roles, sorted(team.name for team in agent.teams.all()))
        for agent in Agent.objects.prefetch_related("teams")
    }
    expected = {
        "mara": ([Role.AGENT], ["Service Desk"]),
        "jonas": ([Role.AGENT], ["Service Desk"]),
        "nina": ([Role.AGENT], ["Network"]),
        "lea": ([Role.TEAM_LEAD, Role.AGENT], ["Service Desk"]),
        "sam": ([Role.SUPERVISOR], []),
        "max": ([Role.MANAGER], []),
        "aude": ([Role.AUDITOR], []),
        "admin": ([Role.ADMIN], []),
    }
    assert {name: found[name] for name in expected} == expected
    assert all(
        User.objects.get(email=f"{name}@itilnext.example").check_password("itilnext-demo") for name in ("mara", "admin")
    )
    assert not User.objects.filter(is_superuser=True).exists()
    assert Team.objects.filter(name="Service Desk", lead__name="Lea Brandt", manager__name="Max Hoffmann").exists()
    sam, manager = (Agent.objects.get(email=f"{name}@itilnext.example") for name in ("sam", "max"))
    assert {team.name for team in Team.objects.filter(pk__in=reach_of(sam).supervised)} == {"Service Desk", "Network"}
    assert len(reach_of(manager).managed) == 4
    mailbox = Mailbox.objects.get(address="support@itilnext.example")
    assert (mailbox.backend, mailbox.team.name) == ("files", "Service Desk")


def test_tickets_stand_in_every_state_and_every_team(desk: None) -> None:
    assert Ticket.objects.count() == len(STORIES) == 59
    assert set(Ticket.objects.values_list("status", flat=True)) == set(TicketStatus.values)
    assert set(Ticket.objects.values_list("team__name", flat=True)) == {"Service Desk", "Network", "Applications"}
    assert set(Ticket.objects.values_list("language", flat=True)) == {"de", "en-GB", "en"}
    assert Ticket.objects.filter(offered_to__isnull=False).count() == 1
    assert Ticket.objects.filter(reopen_count=1).count() == 1
    assert TicketLink.objects.get(kind="follow_up_of").to_ticket == ticket_of("umzug-hansen")
    assert set(Company.objects.values_list("tier", flat=True)) == {"standard", "premium", "vip"}
    assert BusinessCalendar.objects.get(name="Berlin").holidays.filter(name="Karfreitag").exists()


def test_stories_lie_in_the_past_and_in_their_order(desk: None) -> None:
    now = timezone.now()
    assert not TimelineEntry.objects.filter(created_at__gt=now).exists()
    for ticket in Ticket.objects.prefetch_related("entries"):
        moments = [entry.created_at for entry in sorted(ticket.entries.all(), key=lambda entry: entry.seq)]
        assert moments == sorted(moments)
        assert moments[0] == ticket.created_at
        assert ticket.history.earliest("history_id").history_date == ticket.created_at
    oldest = Ticket.objects.earliest("created_at")
    assert timedelta(days=45) < now - oldest.created_at < timedelta(days=60)
    created = Ticket.objects.filter(type="incident").order_by("reference").values_list("created_at", flat=True)
    assert list(created) == sorted(created)


def test_help_has_been_asked_for_and_given_in_every_way(desk: None) -> None:
    """Domain.md section 5: each step of an envelope's life has been taken by somebody."""
    told = set(TimelineEntry.objects.filter(envelope_post__isnull=False).values_list("facts__event", flat=True))
    steps = {"accepted", "declined", "redirected", "released", "invited", "sealed", "reopened", "cancelled", "task"}
    assert {f"envelope_{step}" for step in steps} <= told
    assert set(Envelope.objects.values_list("status", flat=True)) == {"pending", "active", "completed", "cancelled"}
    assert set(Envelope.objects.values_list("kind", flat=True)) == {"internal", "external_vendor", "legal"}
    assert set(Envelope.objects.values_list("level", flat=True)) == {2, 3}
    offer = HelpOffer.objects.standing().get()
    assert (offer.agent.name, offer.envelope.ticket) == ("Oliver Grant", ticket_of("praxisnetz"))
    again = Envelope.objects.get(ticket=ticket_of("vpn-pryce"))
    assert (again.assigned_to.name, again.outcome) == ("Jonas Weber", "solved")
    helpers = set(again.participants.filter(left_at__isnull=True).values_list("agent__name", flat=True))
    assert helpers == {"Jonas Weber", "Lea Brandt"}, "Petra has given it back"


def test_tasks_stand_in_an_envelope_one_done_and_one_to_do(desk: None) -> None:
    envelope = Envelope.objects.get(ticket=ticket_of("bericht-falk"))
    tasks = Task.objects.filter(envelope_task__envelope=envelope).order_by("created_at")
    assert [(task.assigned_to.name, task.status, task.is_hidden) for task in tasks] == [
        ("Tim Keller", "done", True),
        ("Sofia Marín", "todo", True),
    ]
    assert envelope.assigned_to.name == "Sofia Marín", "after Priya had declined"


def test_each_kind_of_flag_is_on_some_ticket(desk: None) -> None:
    assert set(CaseFlag.objects.values_list("type", flat=True)) == set(FlagType.values)
    damaged = Resolution.objects.get(ticket=ticket_of("umzug-nachtrag"))
    assert (damaged.damage_checklist, damaged.approval_status) == (DamageCheck.values, "pending")
    assert CaseFlag.objects.get(type="physical_damage").waiver_reason


def test_the_oldest_week_of_calibration_is_closed_with_every_item_reviewed(desk: None) -> None:
    sessions = list(CalibrationSession.objects.order_by("iso_year", "iso_week"))
    assert sessions[0].status == "closed"
    assert {session.status for session in sessions[1:]} <= {"open"}
    items = sessions[0].items.all()
    assert items.exists()
    assert {(item.status, item.outcome) for item in items} == {("reviewed", "upheld")}


def test_clocks_are_what_a_rebuild_gives(desk: None) -> None:
    tickets = [pk for batch in recorded_tickets() for pk in batch]
    assert (len(tickets), list(differences(tickets))) == (Ticket.objects.count(), [])


def test_promises_are_kept_missed_and_paused_and_help_is_due(desk: None) -> None:
    clocks = SlaClock.objects.of_customer()
    assert set(clocks.values_list("state", flat=True)) == {"running", "paused", "completed", "cancelled"}
    assert clocks.filter(breached_at__isnull=False).exists()
    (pause,) = SlaPause.objects.filter(reason__in=APPROVED)
    assert (pause.ticket, pause.to_at) == (ticket_of("zeiterfassung"), None)
    running = {clock.ticket for clock in SlaClock.objects.filter(envelope__isnull=False, state="running")}
    assert {ticket_of("praxisnetz"), ticket_of("bericht-falk")} <= running


def test_somebody_has_put_a_ticket_first_for_a_time(desk: None) -> None:
    override = ScoreOverride.objects.standing().get()
    assert (override.ticket, override.by.name) == (ticket_of("mailbox-whitcombe"), "Mara Lindner")
    assert override.ticket.priority_score == override.score


def test_every_section_of_the_first_persons_queue_has_something_to_show(desk: None) -> None:
    mara = Agent.objects.get(email="mara@itilnext.example")
    mine = with_sections(Ticket.objects.worked_by(mara).open(), mara, timezone.now())
    shown = {Section.NEEDS_ATTENTION, Section.WAITING_ON_OTHERS, Section.ON_TRACK}
    assert set(mine.values_list("section", flat=True)) == shown


def test_alerts_stand_open_acknowledged_and_cleared(desk: None) -> None:
    assert set(Alert.objects.values_list("status", flat=True)) == set(AlertStatus.values)
    assert AlertRecipient.objects.filter(told_at__isnull=False).exists()


def test_absent_owner_keeps_tickets_and_the_deputy_answers_for_her(desk: None) -> None:
    absence = Absence.objects.get()
    assert [str(person) for person in (absence.agent, absence.deputy, absence.recorded_by)] == [
        "Petra Vogt",
        "Jonas Weber",
        "Lea Brandt",
    ]
    ticket = ticket_of("diktat-rehm")
    last = ticket.entries.filter(kind=EntryKind.EMAIL_OUTBOUND).latest("seq")
    assert (ticket.owner, last.author, last.on_behalf_of) == (absence.agent, absence.deputy, absence.agent)
    assert ticket in Ticket.objects.worked_by(Agent.objects.get(name="Jonas Weber"))


def test_colleague_who_left_handed_over_by_the_recorded_exception(desk: None) -> None:
    transfer = OwnershipTransfer.objects.get()
    assert (transfer.old_owner.name, transfer.new_owner.name) == ("David Osei", "Mara Lindner")
    assert transfer.ticket == ticket_of("mailbox-whitcombe")
    leaver = Agent.objects.get(name="David Osei")
    assert (leaver.is_active, leaver.user.is_active) == (False, False)
    assert not Ticket.objects.open().filter(owner=leaver).exists()


def test_what_was_not_answered_closed_by_itself_when_it_was_due(desk: None) -> None:
    closed = Ticket.objects.filter(closure_code="auto_closed")
    assert closed.count() > 10
    waits = closed.annotate(wait=F("closed_at") - F("resolved_at")).values_list("wait", flat=True)
    assert all(timedelta(days=5) <= wait <= timedelta(days=16) for wait in waits)
    assert not Ticket.objects.due_to_close(timezone.now()).exists()


def test_old_mail_counts_as_sent_and_old_events_as_told(desk: None) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    old = OutboundMessage.objects.filter(created_at__lt=yesterday)
    assert set(old.values_list("status", flat=True)) == {OutboundStatus.SENT}
    assert OutboundMessage.objects.filter(status=OutboundStatus.QUEUED).exists()
    assert not EventDelivery.objects.filter(created_at__lt=yesterday, done_at=None).exists()


def test_made_again_at_once_and_later_it_adds_nothing(desk: None) -> None:
    made = [model.objects.count() for model in (Ticket, TimelineEntry, Contact, User, Company, Absence)]
    now = timezone.now()
    for later in (timedelta(), timedelta(days=3)):
        with transaction.atomic(), time_machine.travel(now + later, tick=False):
            assert build(timezone.now()).tickets == 0
            counts = [model.objects.count() for model in (Ticket, TimelineEntry, Contact, User, Company, Absence)]
            transaction.set_rollback(True)
        assert counts == made


@pytest.mark.django_db
def test_it_can_be_made_at_a_moment_when_nobody_works() -> None:
    """A Sunday, and five minutes after the year has changed."""
    default_calendar()
    with time_machine.travel(datetime(2023, 1, 1, 0, 5, tzinfo=UTC), tick=False):
        assert build(timezone.now()).tickets == 59


@pytest.mark.django_db
def test_refused_where_it_is_no_demo(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="no demo desk"):
        call_command("seed_demo")
    assert not Agent.objects.exists()


def test_clock_turns_now_and_defaults_and_turns_them_back() -> None:
    past = datetime(2020, 2, 29, 12, tzinfo=UTC)
    with clock.at(past):
        assert timezone.now() == past
        assert Company(name="Then").created_at == past
    assert timezone.now() - Company(name="Now").created_at < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25m", datetime(2026, 11, 19, 14, 5, tzinfo=UTC)),
        ("1d 09:14", datetime(2026, 11, 18, 8, 14, tzinfo=UTC)),
        ("4d 09:14", datetime(2026, 11, 13, 8, 14, tzinfo=UTC)),  # over a weekend
    ],
)
def test_moments_are_working_days_ago(text: str, expected: datetime) -> None:
    assert clock.moment(text, now=NOW) == expected
