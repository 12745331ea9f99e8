"""Own acts of the last five minutes are taken back from the outbox, as far as nobody has changed it since (ux.md 5)."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from desk.services import take_back
from desk.undoing import entries_of_one_act
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import TicketFactory
from tickets.enums import BulkKind, EntryKind, Priority, TicketStatus
from tickets.errors import ChangedSince
from tickets.models import BulkAct, Ticket
from tickets.services import (
    act_on_many,
    add_note,
    ask_many,
    edit_ticket,
    merge_ticket,
    record_customer_message,
    release_message,
    reply_to_customer,
    run_bulk_acts,
    start_many,
    undo_many,
    wait_for_customer,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
FIELDS = {"subject": "Scanner offline", "priority": "high", "tags": "scan, two"}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def version_of(ticket: Ticket) -> int:
    return Ticket.objects.get(pk=ticket.pk).version


def undo_urls(desk: Desk) -> list[str]:
    return re.findall(
        r'action="(/outbox/acts/[^"]+|/bulk/[^"]+/undo/)"', html_of(desk.browser(desk.mara).get("/outbox/"))
    )


def undo_first(desk: Desk) -> Any:
    return desk.browser(desk.mara).post(undo_urls(desk)[0])


def test_fields_tags_and_priority_are_brought_back(desk: Desk, ticket: Ticket) -> None:
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), tags=["old"])
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), tags=["new", "two"], subject="Scanner offline")
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), priority=Priority.HIGH)
    assert len(undo_urls(desk)) == 2  # the first change of tags is no more as it was left
    answer = undo_first(desk)
    assert answer.url == url_of(ticket)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.subject) == (Priority.MEDIUM, "Scanner offline")
    edited = ticket.entries.filter(kind=EntryKind.CHANGE).latest("seq")
    assert desk.browser(desk.mara).post(f"/outbox/acts/{edited.pk}/undo/").status_code == 302
    ticket.refresh_from_db()
    assert (ticket.subject, list(ticket.tags.values_list("name", flat=True))) == ("Printer offline", ["old"])


def test_all_that_one_submit_changed_is_one_thing_to_take_back(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    saved = html_of(browser.post(url_of(ticket, "fields/"), {"version": str(ticket.version), **FIELDS}, follow=True))
    (url,) = undo_urls(desk)
    assert url in saved
    page = html_of(browser.get("/outbox/"))
    assert ("Scanner offline" in page, "Priority" in page) == (True, True), "its words name both"
    for entry in ticket.entries.filter(kind__in=(EntryKind.CHANGE, EntryKind.PRIORITY_CHANGE)):
        assert {each.kind for each in entries_of_one_act(entry)} == {EntryKind.CHANGE, EntryKind.PRIORITY_CHANGE}
    browser.post(url)
    ticket.refresh_from_db()
    state = (ticket.subject, ticket.priority, list(ticket.tags.all()))
    assert state == ("Printer offline", Priority.MEDIUM, [])
    assert len(undo_urls(desk)) == 1, "so is taking it back"


@pytest.mark.parametrize("changed", [{"subject": "Mixer offline"}, {"priority": Priority.LOW}, {"tags": ["fax"]}])
@pytest.mark.parametrize("kind", [EntryKind.CHANGE, EntryKind.PRIORITY_CHANGE])
def test_nothing_of_a_submit_is_taken_back_where_one_field_was_changed_since(
    desk: Desk, ticket: Ticket, changed: dict[str, Any], kind: EntryKind
) -> None:
    values: dict[str, Any] = {"subject": "Scanner offline", "priority": Priority.HIGH, "tags": ["scan"]}
    edit_ticket(ticket.pk, by=desk.mara, version=ticket.version, **values)
    edit_ticket(ticket.pk, by=desk.lea, version=version_of(ticket), **changed)
    before = version_of(ticket)
    with pytest.raises(ChangedSince) as refused:
        take_back(ticket.entries.get(kind=kind, author=desk.mara).pk, by=desk.mara)
    assert (refused.value.status, version_of(ticket), undo_urls(desk)) == (409, before, [])


def test_a_saved_form_says_so_with_its_undo(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = {"version": str(ticket.version), "subject": ticket.subject, "priority": "high", "tags": ""}
    page = html_of(browser.post(url_of(ticket, "fields/"), values, follow=True))
    (undo,) = re.findall(r'action="(/outbox/acts/[^"]+)"', page)
    assert "Undo" in page
    browser.post(undo)
    assert Ticket.objects.get(pk=ticket.pk).priority == Priority.MEDIUM


def test_what_was_changed_since_stays(desk: Desk, ticket: Ticket) -> None:
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), priority=Priority.HIGH)
    (url,) = undo_urls(desk)
    edit_ticket(ticket.pk, by=desk.lea, version=version_of(ticket), priority=Priority.LOW)
    assert undo_urls(desk) == []
    answer = desk.browser(desk.mara).post(url)
    assert (answer.status_code, "It was changed since" in html_of(answer)) == (409, True)
    assert Ticket.objects.get(pk=ticket.pk).priority == Priority.LOW


def test_waiting_and_merging_are_taken_back(desk: Desk, ticket: Ticket) -> None:
    message = reply_to_customer(ticket.pk, by=desk.mara, body_text="Please restart it.")
    release_message(message.pk, now=message.release_at)
    wait_for_customer(ticket.pk, by=desk.mara)
    undo_first(desk)
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.IN_PROGRESS
    other = TicketFactory(team=desk.team, requester=desk.dana, subject="The same again", owner=desk.mara)
    merge_ticket(other.pk, into=Ticket.objects.get(pk=ticket.pk), by=desk.mara)
    assert Ticket.objects.get(pk=other.pk).merged_into_id == ticket.pk
    urls = [url for url in undo_urls(desk) if str(other.entries.filter(facts__event="merged_away").get().pk) in url]
    assert desk.browser(desk.mara).post(urls[0]).url == url_of(other)
    assert Ticket.objects.get(pk=other.pk).merged_into_id is None


def test_acts_of_others_old_ones_and_what_was_said_are_not_there(desk: Desk, ticket: Ticket) -> None:
    edit_ticket(ticket.pk, by=desk.lea, version=version_of(ticket), priority=Priority.HIGH)
    add_note(ticket.pk, by=desk.mara, body_text="Looked at it.")
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text="Hello?"), kind=EntryKind.CHAT)
    assert undo_urls(desk) == []
    others = ticket.entries.get(kind=EntryKind.PRIORITY_CHANGE)
    assert desk.browser(desk.mara).post(f"/outbox/acts/{others.pk}/undo/").status_code == 404


def test_many_tickets_are_taken_back_from_there_too(desk: Desk, ticket: Ticket) -> None:
    given = {"act": "priority", "confirmed": "1", "ticket": [ticket.reference], "priority": "high"}
    desk.browser(desk.mara).post("/queue/all/bulk/", given)
    (url,) = undo_urls(desk)  # the act, not each of its tickets
    assert url.startswith("/bulk/")
    desk.browser(desk.mara).post(url)
    assert Ticket.objects.get(pk=ticket.pk).priority == Priority.MEDIUM


def many(desk: Desk, *tickets: Ticket, kind: BulkKind = BulkKind.PRIORITY, **values: Any) -> BulkAct:
    """Begun for the worker."""
    act = ask_many(kind, by=desk.mara, tickets=[(ticket.pk, ticket.reference) for ticket in tickets])
    return start_many(act.pk, by=desk.mara, **values)


def test_what_belongs_to_an_act_on_many_is_never_listed_one_by_one(
    desk: Desk, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither while it runs, nor once it is taken back: what it and its undo wrote is not the person's single acts."""
    monkeypatch.setattr("tickets.services.bulk_jobs.SLICE", 2)
    monkeypatch.setattr("tickets.services.bulk.MAX_TICKETS", 2)
    tickets = TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), priority=Priority.HIGH)
    (single,) = undo_urls(desk)
    act = many(desk, *tickets, priority="high")
    run_bulk_acts()
    assert undo_urls(desk) == [single]
    run_bulk_acts()
    assert undo_urls(desk) == [f"/bulk/{act.pk}/undo/", single]
    undo_many(act.pk, by=desk.mara)
    run_bulk_acts()
    assert undo_urls(desk) == [single]
    run_bulk_acts()
    assert undo_urls(desk) == [single]


def test_what_is_done_to_one_of_many_afterwards_is_an_act_of_its_own(desk: Desk, ticket: Ticket) -> None:
    act = act_on_many(BulkKind.PRIORITY, by=desk.mara, references=[ticket.reference], priority="high")
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), priority=Priority.LOW)
    single, whole = undo_urls(desk)
    assert (single.startswith("/outbox/acts/"), whole) == (True, f"/bulk/{act.pk}/undo/")


def test_what_took_longer_than_five_minutes_is_offered_once_it_has_ended(desk: Desk, ticket: Ticket) -> None:
    act = many(desk, ticket, priority="high")
    BulkAct.objects.filter(pk=act.pk).update(created_at=timezone.now() - timedelta(minutes=9))
    run_bulk_acts()
    assert undo_urls(desk) == [f"/bulk/{act.pk}/undo/"]
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert undo_urls(desk) == []


def test_entries_of_acts_on_many_do_not_crowd_out_single_ones(
    desk: Desk, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.undoing.LISTED", 2)
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), priority=Priority.HIGH)
    free = TicketFactory.create_batch(3, team=desk.team)
    act_on_many(BulkKind.CANCEL, by=desk.mara, references=[each.reference for each in free], code="withdrawn")
    assert len(undo_urls(desk)) == 1


def test_five_minutes_later_nothing_is_offered(desk: Desk, ticket: Ticket) -> None:
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), priority=Priority.HIGH)
    (url,) = undo_urls(desk)
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert undo_urls(desk) == []
        assert desk.browser(desk.mara).post(url).status_code == 404


HTMX = {"HX-Request": "true"}


def offered(answer: Any) -> str:
    """Where the act that a partial answer tells of is taken back, if it says so."""
    return str(json.loads(answer.headers["HX-Trigger"])["say"].get("undo", ""))


def test_partial_answers_offer_the_undo_of_their_act(desk: Desk, ticket: Ticket) -> None:
    """With a script the page stays, and shows the way back beside what it says."""
    browser = desk.browser(desk.mara)
    Ticket.objects.filter(pk=ticket.pk).update(last_public_reply_at=timezone.now())
    row = f"/t/{ticket.reference}/inline/priority/?columns=status"
    for url, values in (
        (url_of(ticket, "wait/"), {}),
        (url_of(ticket, "resume/"), {}),
        (url_of(ticket, "fields/priority/"), {"priority": "high", "version": str(version_of(ticket) + 2)}),
        (row, {"priority": "low"}),
        ("/board/team/move/?by=priority", {"card": ticket.reference, "column": "high"}),
    ):
        answer = browser.post(url, values, headers=HTMX)
        assert answer.status_code == 200, url
        newest = ticket.entries.filter(author=desk.mara).latest("seq")
        assert offered(answer) == f"/outbox/acts/{newest.pk}/undo/", url
    assert browser.post(offered(answer), {"next": "/board/team/?by=priority"}).url == "/board/team/?by=priority"
    assert Ticket.objects.get(pk=ticket.pk).priority == Priority.LOW
    assert browser.post(url_of(ticket, "watch/"), headers=HTMX).status_code == 200


def test_a_move_by_two_acts_and_one_that_cannot_be_taken_back_offer_no_undo(desk: Desk, ticket: Ticket) -> None:
    """Neither half of what was done, nor what was done before it."""
    browser = desk.browser(desk.mara)
    Ticket.objects.filter(pk=ticket.pk).update(last_public_reply_at=timezone.now())
    both = {"card": ticket.reference, "column": "waiting", "lane": "high"}
    answer = browser.post("/board/team/move/?by=status&lanes=priority", both, headers=HTMX)
    assert (answer.status_code, offered(answer)) == (200, "")
    free = TicketFactory(team=desk.team, requester=desk.dana, subject="Scanner jams")
    edit_ticket(free.pk, by=desk.lea, version=free.version, priority=Priority.HIGH)
    accepting = {"card": free.reference, "column": "in_progress"}
    answer = desk.browser(desk.lea).post("/board/team/move/", accepting, headers=HTMX)
    assert (answer.status_code, offered(answer)) == (200, "")


def test_an_undo_leads_to_no_foreign_page(desk: Desk, ticket: Ticket) -> None:
    edit_ticket(ticket.pk, by=desk.mara, version=version_of(ticket), priority=Priority.HIGH)
    answer = desk.browser(desk.mara).post(undo_urls(desk)[0], {"next": "https://elsewhere.test/"})
    assert answer.url == url_of(ticket)
