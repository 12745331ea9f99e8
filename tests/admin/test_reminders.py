"""Reminders in the operators' window: the desk's own in the reader's scope; what people write down is theirs alone."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from sla.reminders.models import Reminder
from sla.reminders.services import create_reminder
from tests.admin.conftest import Office
from tests.factories import AgentFactory, TicketFactory

LIST = "admin:sla_reminder_changelist"


def test_the_desks_reminders_are_read_in_scope_and_nobody_writes_them(office: Office) -> None:
    now = timezone.now()
    rows = []
    for team in (office.team, office.foreign_team):
        owner = AgentFactory(teams=[team])
        ticket = TicketFactory(team=team, owner=owner)
        rows.append(
            Reminder.objects.create(agent=owner, ticket=ticket, kind="stale_ticket", cycle="one", trigger_at=now)
        )
    browser = office.browser(office.supervisor)
    found = browser.get(reverse(LIST)).context["cl"].result_list
    assert list(found) == rows[:1]
    one = reverse("admin:sla_reminder_change", args=[rows[0].pk])
    assert (browser.get(one).status_code, browser.post(one, {"kind": "custom"}).status_code) == (200, 403)
    foreign = reverse("admin:sla_reminder_change", args=[rows[1].pk])
    assert (browser.get(foreign).status_code, office.browser(office.auditor).get(foreign).status_code) == (404, 200)
    searched = browser.get(reverse(LIST), {"q": rows[0].ticket.reference.lower()})
    assert list(searched.context["cl"].result_list) == rows[:1]


def test_what_people_write_down_is_shown_to_no_operator(office: Office) -> None:
    owner = AgentFactory(teams=[office.team])
    ticket = TicketFactory(team=office.team, owner=owner)
    at = timezone.now() + timedelta(hours=1)
    row = create_reminder("follow_up", by=owner, ticket_id=ticket.pk, message="canary", trigger_at=at)
    for name in ("supervisor", "manager", "auditor"):
        browser = office.browser(getattr(office, name))
        assert "canary" not in browser.get(reverse(LIST)).content.decode()
        for view in ("change", "history"):
            assert browser.get(reverse(f"admin:sla_reminder_{view}", args=[row.pk])).status_code == 404
