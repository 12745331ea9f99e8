"""The pages of meetings: arranged by the reader's clock, shown as they stand, told of where they belong."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.services import add_connection
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.services import Wanted, arrange_meeting, cancel_meeting, change_meeting
from envelopes.models import Envelope
from envelopes.services import complete_envelope
from sla.reminders.services import open_feed
from tests.factories import AgentFactory, ContactFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tickets.models import Ticket
from tickets.services import merge_ticket

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def calendar(db: None) -> Connection:
    admin = AgentFactory(roles=[Role.ADMIN])
    ids = {"tenant_id": "acme.example", "client_id": "1"}
    application = add_connection("microsoft365", by=admin, name="Microsoft 365", settings=ids)
    values = {"microsoft365": str(application.pk), "mailbox": "desk@acme.example", "meets_for": "all"}
    return add_connection("calendar", by=admin, name="Calendar", settings=values)


@pytest.fixture
def mara(db: None) -> Agent:
    made: Agent = AgentFactory(
        name="Mara Weiss", email="mara@desk.test", timezone="Europe/Berlin", language="en", teams=[TeamFactory()]
    )
    return made


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    made: Ticket = TicketFactory(
        team=mara.teams.get(), owner=mara, requester=ContactFactory(email="dana@customer.test"), subject="No printer"
    )
    return made


@pytest.fixture
def envelope(ticket: Ticket) -> Envelope:
    made: Envelope = EnvelopeFactory(ticket=ticket, expert=AgentFactory(name="Nina Vogt", email="nina@desk.test"))
    return made


def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    return client


def typed(**more: object) -> dict[str, object]:
    return {
        "title": "Look at the printer",
        "starts_at": "2026-03-05T10:30",
        "minutes": "45",
        "attendees": "mara@desk.test, dana@customer.test",
        "text": "Bring a cable.",
        "is_online": "on",
    } | more


def test_a_meeting_is_arranged_by_the_clock_of_whoever_arranges_it(
    calendar: Connection, mara: Agent, ticket: Ticket
) -> None:
    page, here = browser(mara), f"/t/{ticket.reference}/meetings/"
    html = page.get(here).content.decode()
    assert "By your own clock (Europe/Berlin)" in html
    assert re.search(r"<textarea[^>]*>\s*mara@desk.test\ndana@customer.test</textarea>", html)
    answer = page.post(here, typed())
    meeting = Meeting.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{here}{meeting.pk}/")
    assert (meeting.starts_at, meeting.minutes) == (datetime(2026, 3, 5, 9, 30, tzinfo=UTC), 45)
    assert meeting.attendees == ["mara@desk.test", "dana@customer.test"]
    html = page.get(answer["Location"]).content.decode()
    assert "On its way" in html
    assert "No answer yet" in html
    assert "Look at the printer" in page.get(here).content.decode()


@pytest.mark.parametrize("at", ["2026-03-29T02:30", "2026-10-25T02:30"], ids=["skipped", "twice"])
def test_a_time_that_a_clock_change_takes_away_or_doubles_is_refused(
    at: str, calendar: Connection, mara: Agent, ticket: Ticket
) -> None:
    answer = browser(mara).post(f"/t/{ticket.reference}/meetings/", typed(starts_at=at))
    assert answer.status_code == 400
    assert "That night the clocks change" in answer.content.decode()
    assert not Meeting.objects.exists()


def test_what_is_refused_comes_back_as_typed(calendar: Connection, mara: Agent, ticket: Ticket) -> None:
    answer = browser(mara).post(f"/t/{ticket.reference}/meetings/", typed(starts_at="2026-03-01T10:00"))
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "This moment is over" in html
    assert "Bring a cable." in html


def test_without_a_calendar_nothing_offers_one(mara: Agent, ticket: Ticket) -> None:
    page = browser(mara)
    assert "/meetings/" not in page.get(f"/t/{ticket.reference}/").content.decode()
    assert "Send the invitation" not in page.get(f"/t/{ticket.reference}/meetings/").content.decode()
    answer = page.post(f"/t/{ticket.reference}/meetings/", typed())
    assert answer.status_code == 409
    assert "No calendar is connected for the team" in answer.content.decode()


def test_the_ticket_leads_to_its_meetings_and_tells_of_them(calendar: Connection, mara: Agent, ticket: Ticket) -> None:
    page = browser(mara)
    assert f'href="/t/{ticket.reference}/meetings/"' in page.get(f"/t/{ticket.reference}/").content.decode()
    page.post(f"/t/{ticket.reference}/meetings/", typed())
    meeting = Meeting.objects.get()
    html = page.get(f"/t/{ticket.reference}/").content.decode()
    assert "Meeting “Look at the printer” arranged for" in html
    assert f'href="/t/{ticket.reference}/meetings/{meeting.pk}/"' in html


def test_the_ticket_page_asks_nothing_more_for_meetings(
    calendar: Connection, mara: Agent, ticket: Ticket, django_assert_max_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page, here = browser(mara), f"/t/{ticket.reference}/"
    counts = []
    for number in range(3):
        page.get(here)
        with CaptureQueriesContext(
            connection,
        ) as found:
            page.get(here)
        counts.append(len(found))
        Connection.objects.filter(kind="calendar").update(is_active=True)
        page.post(f"{here}meetings/", typed(title=f"Meeting {number}"))
    assert counts[0] >= counts[1] - 1
    assert counts[1] == counts[2]


def test_moved_by_the_form_only_what_was_changed_is_written(calendar: Connection, mara: Agent, ticket: Ticket) -> None:
    page = browser(mara)
    page.post(f"/t/{ticket.reference}/meetings/", typed())
    meeting = Meeting.objects.get()
    here = f"/t/{ticket.reference}/meetings/{meeting.pk}/"
    kept = {"title": meeting.title, "minutes": "45", "attendees": "\r\n".join(meeting.attendees), "version": "1"}
    answer = page.post(here, kept | {"starts_at": "2026-03-05T14:00"})
    assert answer.status_code == 302
    meeting.refresh_from_db()
    assert (meeting.starts_at, meeting.minutes, meeting.version) == (datetime(2026, 3, 5, 13, tzinfo=UTC), 45, 2)


def test_over_an_older_version_both_are_shown_and_saved_once_more_ones_own_goes(
    calendar: Connection, mara: Agent, ticket: Ticket
) -> None:
    page = browser(mara)
    page.post(f"/t/{ticket.reference}/meetings/", typed())
    meeting = Meeting.objects.get()
    here = f"/t/{ticket.reference}/meetings/{meeting.pk}/"
    kept = {name: getattr(meeting, name) for name in ("title", "minutes", "version")}
    kept |= {"attendees": "\r\n".join(meeting.attendees), "starts_at": "2026-03-06T14:00"}
    change_meeting(meeting.pk, by=mara, starts_at=NOW + timedelta(days=2))
    stale = page.post(here, kept)
    html = stale.content.decode()
    assert (stale.status_code, "Yours differs from what stands there now" in html) == (409, True)
    assert '<th scope="row">Begins</th>' in html
    assert '<th scope="row">Attendees</th>' not in html
    assert 'name="version" value="2"' in html
    assert page.post(here, kept | {"version": "2"}).status_code == 302
    meeting.refresh_from_db()
    assert meeting.starts_at == datetime(2026, 3, 6, 13, tzinfo=UTC)


def test_what_outlook_has_set_does_not_stand_in_the_way(calendar: Connection, mara: Agent, ticket: Ticket) -> None:
    page = browser(mara)
    page.post(f"/t/{ticket.reference}/meetings/", typed())
    Meeting.objects.update(ends_at=F("starts_at") + timedelta(hours=48), attendees=["mara@desk.test", "room 1"])
    meeting = Meeting.objects.get()
    here = f"/t/{ticket.reference}/meetings/{meeting.pk}/"
    kept = {"minutes": 48 * 60, "attendees": "mara@desk.test\r\nroom 1", "version": "1"}
    kept |= {"starts_at": f"{timezone.localtime(meeting.starts_at, ZoneInfo('Europe/Berlin')):%Y-%m-%dT%H:%M}"}
    assert page.post(here, kept | {"title": "Another title"}).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.title, meeting.minutes) == ("Another title", 48 * 60)


def test_a_refused_farewell_is_still_there(calendar: Connection, mara: Agent, ticket: Ticket) -> None:
    page = browser(mara)
    page.post(f"/t/{ticket.reference}/meetings/", typed())
    here = f"/t/{ticket.reference}/meetings/{Meeting.objects.get().pk}/"
    answer = page.post(f"{here}cancel/", {"farewell": "Goodbye " * 200})
    assert answer.status_code == 400
    assert "Goodbye Goodbye" in answer.content.decode()
    assert 'id="farewell-farewell_error"' in answer.content.decode()
    assert not Meeting.objects.get().is_cancelled


def test_after_a_merge_it_stands_with_the_other_ticket(calendar: Connection, mara: Agent, ticket: Ticket) -> None:
    page = browser(mara)
    page.post(f"/t/{ticket.reference}/meetings/", typed())
    other = TicketFactory(team=ticket.team, owner=mara, requester=ticket.requester)
    merge_ticket(ticket.pk, into=other, by=mara)
    meeting = Meeting.objects.get()
    assert meeting.title in page.get(f"/t/{other.reference}/meetings/").content.decode()
    assert page.get(f"/t/{ticket.reference}/meetings/{meeting.pk}/").status_code == 200
    assert "No meetings yet" in page.get(f"/t/{ticket.reference}/meetings/").content.decode()


def test_cancelled_with_a_word_and_tried_again(calendar: Connection, mara: Agent, ticket: Ticket) -> None:
    page = browser(mara)
    page.post(f"/t/{ticket.reference}/meetings/", typed())
    meeting = Meeting.objects.get()
    here = f"/t/{ticket.reference}/meetings/{meeting.pk}/"
    CalendarCopy.objects.update(state="failed", next_attempt_at=None, failed_at=timezone.now())
    assert "Try again" in page.get(here).content.decode()
    assert page.post(f"{here}retry/").status_code == 302
    assert page.post(f"{here}cancel/", {"farewell": "It prints."}).status_code == 302
    html = page.get(here).content.decode()
    assert "It prints." in html
    assert "Change the meeting" not in html
    assert page.post(f"{here}cancel/").status_code == 409


def test_a_link_to_join_is_shown_to_those_who_read_it_until_it_is_over(
    calendar: Connection, mara: Agent, ticket: Ticket
) -> None:
    wanted = Wanted(title="Call", starts_at=NOW + timedelta(days=1), minutes=30, attendees=["dana@customer.test"])
    meeting = arrange_meeting(ticket.pk, wanted, by=mara)
    CalendarCopy.objects.update(state="done", done=1, join_url="https://teams.test/join")
    here = f"/t/{ticket.reference}/meetings/{meeting.pk}/"
    assert 'href="https://teams.test/join"' in browser(AgentFactory(teams=[ticket.team])).get(here).content.decode()
    with time_machine.travel(NOW + timedelta(days=2)):
        assert "https://teams.test/join" not in browser(mara).get(here).content.decode()


def test_an_envelopes_meetings_are_pages_of_its_readers(
    calendar: Connection, mara: Agent, ticket: Ticket, envelope: Envelope
) -> None:
    nina = envelope.assigned_to
    assert nina is not None
    page, here = browser(nina), f"/t/{ticket.reference}/e/1/meetings/"
    tab = page.get(f"/t/{ticket.reference}/e/1/").content.decode()
    assert f'href="{here}"' in tab
    assert "nina@desk.test\nmara@desk.test</textarea>" in page.get(here).content.decode()
    answer = page.post(here, typed(attendees="nina@desk.test\nmara@desk.test"))
    meeting = Meeting.objects.get()
    assert (answer.status_code, meeting.envelope) == (302, envelope)
    assert "Look at the printer" in browser(mara).get(f"/t/{ticket.reference}/e/1/").content.decode()
    mate = browser(AgentFactory(teams=[ticket.team]))
    assert mate.get(here).status_code == mate.get(answer["Location"]).status_code == 404
    assert "Look at the printer" not in mate.get(f"/t/{ticket.reference}/").content.decode()
    assert "Look at the printer" not in mate.get(f"/t/{ticket.reference}/meetings/").content.decode()
    refused = page.post(here, typed(attendees="dana@customer.test"))
    assert (refused.status_code, "takes no part in this envelope" in refused.content.decode()) == (400, True)


def test_the_meetings_of_a_sealed_envelope_are_found_by_all_who_read_it(
    calendar: Connection, mara: Agent, ticket: Ticket, envelope: Envelope
) -> None:
    auditor = AgentFactory(roles=[Role.AUDITOR])
    here = f"/t/{ticket.reference}/e/1/"
    assert f'href="{here}meetings/"' not in browser(auditor).get(here).content.decode()
    wanted = Wanted(title="Call", starts_at=NOW + timedelta(days=1), minutes=30, attendees=["mara@desk.test"])
    arrange_meeting(ticket.pk, wanted, by=mara, envelope_id=envelope.pk)
    complete_envelope(envelope.pk, by=mara, summary="Done.")
    for reader in (mara, auditor):
        assert f'href="{here}meetings/"' in browser(reader).get(here).content.decode()


def test_own_meetings_stand_in_the_own_calendar(calendar: Connection, mara: Agent, ticket: Ticket) -> None:
    wanted = Wanted(
        title="Look, please; now", starts_at=NOW + timedelta(days=1), minutes=45, attendees=["mara@desk.test"]
    )
    arrange_meeting(ticket.pk, wanted, by=mara)
    colleague = AgentFactory(email="jo@desk.test", teams=[ticket.team])
    other = Wanted(title="Secret words", starts_at=NOW + timedelta(days=2), minutes=30, attendees=["jo@desk.test"])
    gone = arrange_meeting(ticket.pk, other, by=mara)
    text = Client().get(f"/calendar/{open_feed(mara, by=mara)}/reminders.ics").content.decode()
    assert "DTSTART:20260303T090000Z\r\nDURATION:PT45M\r\n" in text
    assert f"SUMMARY:{ticket.reference} Look\\, please\\; now\r\n" in text
    assert text.count("BEGIN:VEVENT") == 2
    token = open_feed(colleague, by=colleague)
    told = Client().get(f"/calendar/{token}/reminders.ics").content.decode()
    assert f"SUMMARY:{ticket.reference} Meeting\r\n" in told
    assert "Secret words" not in told
    cancel_meeting(gone.pk, by=mara)
    assert "BEGIN:VEVENT" not in Client().get(f"/calendar/{token}/reminders.ics").content.decode()
