"""What happens because time has passed is wired: each timer by its name, and what the weekly and daily ones do when
beat runs them all.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.enums import Role
from core import timers
from core.timers import registered, run_all
from envelopes.models import Envelope
from notifications.models import Notification
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tickets.models import CalibrationSession, Resolution
from tickets.services import add_flag, approve_resolution

MONDAY_SIX = datetime(2026, 3, 9, 5, tzinfo=UTC)
"""Six o'clock in Berlin."""
BY_NAME = [
    "backlog_kept",
    "public_holidays_taken",
    "offers_lapsed",
    "tickets_closed",
    "replies_released",
    "envelopes_timed_out",
    "legal_advice_asked",
    "files_scanned",
    "approvals_reminded",
    "bulk_acts_run",
    "bulk_acts_forgotten",
    "clocks_breached",
    "pauses_ended",
    "terms_followed",
    "idle_tickets_checked",
    "mail_polled",
    "matrix_followed",
    "scores_refreshed",
    "alerts_raised",
    "connections_filled",
    "connections_tested",
    "connections_told",
    "reminders_triggered",
    "alerts_told",
    "graph_subscriptions_kept",
    "customers_asked_again",
    "calibration_generated",
    "mail_processed",
    "events_delivered",
    "mail_compared",
    "mail_sent",
    "mail_copied",
    "mail_drafts_cleaned",
    "notifications_delivered",
    "cards_posted",
    "meetings_sent",
    "meetings_followed",
    "cards_forgotten",
    "changes_forgotten",
    "deliveries_forgotten",
    "events_forgotten",
    "failed_sign_ins_forgotten",
    "former_readers_forgotten",
    "idempotency_keys_forgotten",
    "sessions_forgotten",
    "tokens_forgotten",
    "work_said_forgotten",
]
"""In their order; of equal order by name."""


def test_every_timer_is_registered() -> None:
    order = {name: timers._timers[name][0] for name in registered()}
    assert sorted(registered(), key=lambda name: (order[name], name)) == BY_NAME


@pytest.mark.django_db
def test_074_on_monday_at_six_the_week_before_is_there_to_be_looked_at() -> None:
    with time_machine.travel(MONDAY_SIX - timedelta(days=4), tick=False):
        manager = AgentFactory(roles=[Role.MANAGER])
        team = TeamFactory(manager=manager)
        row = a_resolution(TicketFactory(team=team, owner=AgentFactory(teams=[team])), "600.00")
        approve_resolution(row.pk, by=manager)
    before = run_all(now=MONDAY_SIX - timedelta(seconds=1))
    assert (before.failed, CalibrationSession.objects.filter(iso_year=2026, iso_week=10).exists()) == ([], False)
    run = run_all(now=MONDAY_SIX)
    session = CalibrationSession.objects.get(iso_year=2026, iso_week=10)
    assert (run.failed, run.counts["calibration_generated"]) == ([], 1)
    assert [(item.resolution, item.reasons) for item in session.items.all()] == [(row, ["tier3"])]
    assert run_all(now=MONDAY_SIX).counts["calibration_generated"] == 0


@pytest.mark.django_db
def test_an_approval_that_is_late_is_reminded_of_once() -> None:
    noon = datetime(2026, 3, 2, 11, tzinfo=UTC)
    with time_machine.travel(noon, tick=False):
        team = TeamFactory(lead=AgentFactory(name="Lea Brandt", roles=[Role.TEAM_LEAD]))
        row = a_resolution(TicketFactory(team=team, owner=AgentFactory(teams=[team])), "150.00")
        assert run_all(now=noon).counts["approvals_reminded"] == 0
    late = noon + timedelta(hours=4, seconds=1)
    with time_machine.travel(late, tick=False):
        first, second = run_all(now=late), run_all(now=late)
    assert (first.failed, first.counts["approvals_reminded"], second.counts["approvals_reminded"]) == ([], 1, 0)
    assert Resolution.objects.get(pk=row.pk).reminder_due_at is None
    told = Notification.objects.filter(event_type="approval_overdue").select_related("recipient")
    assert [row.recipient.name for row in told] == ["Lea Brandt"]


@pytest.mark.django_db
def test_113_advice_that_could_not_be_asked_for_is_asked_as_soon_as_there_is_a_legal_team() -> None:
    ticket = TicketFactory(owner=AgentFactory())
    add_flag(ticket.pk, by=ticket.owner, type="legal", reason="A lawyer writes")
    assert (run_all().failed, Envelope.objects.count()) == ([], 0)
    legal = TeamFactory(name="Legal", is_legal=True)
    run = run_all()
    assert (run.failed, run.counts["legal_advice_asked"]) == ([], 1)
    assert [(each.ticket, each.team, each.kind) for each in Envelope.objects.all()] == [(ticket, legal, "legal")]
    assert run_all().counts["legal_advice_asked"] == 0
