"""What the palette is told by the server (issue 4, ux.md section 4), and the way from ticket to ticket in a list."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Contact
from envelopes.services import post_in_envelope
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, note_form, statements_of, url_of
from tests.factories import AgentFactory, ContactFactory, EnvelopeFactory, TicketFactory
from tickets.enums import ViewScope
from tickets.models import Ticket
from tickets.services import save_board, save_view

pytestmark = pytest.mark.django_db


def labels(desk: Desk, agent: Any, query: str = "") -> dict[str, list[str]]:
    told = desk.browser(agent).get("/palette/", {"q": query} if query else {}).json()
    return {name: [entry["label"] for entry in entries] for name, entries in told.items()}


def test_it_remembers_views_pages_help_and_the_tickets_opened_last(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, subject="Printer offline", requester=desk.dana)
    save_view(by=desk.mara, base="all", name="My vips", scope=ViewScope.PERSONAL)
    save_view(by=desk.jonas, base="all", name="Somebody else's", scope=ViewScope.PERSONAL)
    board = save_board(by=desk.mara, base="all", name="Cables", scope=ViewScope.PERSONAL)
    save_board(by=desk.jonas, base="all", name="Somebody else's", scope=ViewScope.PERSONAL)
    desk.browser(desk.mara).get(url_of(ticket))
    told = labels(desk, desk.mara)
    assert told["tickets"] == [f"{ticket.reference} Printer offline"]
    usual = ["My queue", "Team", "Unowned", "All"]
    assert told["views"] == [*usual, "My vips", *usual, "Cables"]
    last = desk.browser(desk.mara).get("/palette/").json()["views"][-1]
    assert (last["hint"], last["url"]) == ("Board", f"/board/{board.slug}/")
    assert ("New ticket" in told["pages"], "People" in told["pages"]) == (True, False)
    assert told["help"] == ["Keyboard shortcuts", "Change keys"]
    assert ("New ticket" in labels(desk, desk.aude)["pages"], "People" in labels(desk, desk.lea)["pages"]) == (
        False,
        True,
    )


def test_tickets_are_found_by_reference_and_by_words_within_sight(desk: Desk) -> None:
    seen = TicketFactory(team=desk.team, subject="Tunnel drops", requester=desk.dana)
    hidden = TicketFactory(team=desk.other_team, subject="Tunnel lost", requester=desk.dana)
    assert labels(desk, desk.mara, "tunn")["tickets"] == [f"{seen.reference} Tunnel drops"]
    assert labels(desk, desk.mara, seen.reference.lower())["tickets"] == [f"{seen.reference} Tunnel drops"]
    assert labels(desk, desk.mara, f"INC-{int(seen.reference[-6:])}")["tickets"] == [f"{seen.reference} Tunnel drops"]
    assert labels(desk, desk.mara, hidden.reference)["tickets"] == []


def test_customers_are_found_by_those_who_may_look_them_up(desk: Desk) -> None:
    Contact.objects.filter(pk=desk.dana.pk).update(email="roth@acme.example")  # her first name alone says it
    assert labels(desk, desk.mara, "dana")["customers"] == ["Dana Roth"]
    assert labels(desk, AgentFactory(roles=[Role.ADMIN]), "dana")["customers"] == []


def test_colleagues_are_found_and_lead_to_what_they_own_in_sight(desk: Desk) -> None:
    AgentFactory(name="Jonas Kern", teams=[desk.other_team])  # another of the name
    AgentFactory(name="Jonas Left", is_active=False)
    mine = TicketFactory(team=desk.team, owner=desk.jonas, subject="Tunnel drops")
    TicketFactory(team=desk.other_team, owner=desk.jonas, subject="Out of sight")
    TicketFactory(team=desk.team, owner=desk.mara, subject="Loose cable")
    browser = desk.browser(desk.mara)
    found = browser.get("/palette/", {"q": "jon"}).json()["colleagues"]
    assert [entry["label"] for entry in found] == ["Jonas Kern", "Jonas Kern"]
    pages = [html_of(browser.get(entry["url"])) for entry in found]
    assert sorted(re.findall(r'id="row-([^"]+)"', page) for page in pages) == [[], [mine.reference]]
    assert labels(desk, AgentFactory(roles=[Role.ADMIN]), "jonas")["colleagues"] == []
    assert labels(desk, desk.mara, "j")["colleagues"] == []


def test_a_look_costs_the_same_number_of_statements_however_much_is_found(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    TicketFactory(team=desk.team, subject="Printer offline", requester=desk.dana)
    few = statements_of(browser, "/palette/?q=printer")
    for number in range(10):
        other = ContactFactory(last_name=f"Printer {number}", company=desk.company)
        TicketFactory(team=desk.team, subject="Printer again", requester=other)
    many = statements_of(browser, "/palette/?q=printer")
    assert (len(many), len(many) <= 8) == (len(few), True), many
    assert len(statements_of(browser, "/palette/")) <= 8


def test_without_a_script_the_palette_is_the_search(desk: Desk) -> None:
    html = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    assert 'href="/search/" aria-keyshortcuts="Ctrl+K" data-act="palette" data-key="Ctrl+K"' in html
    assert 'href="/keys/" aria-keyshortcuts="?" data-act="help" data-key="?"' in html


@pytest.fixture
def row(desk: Desk) -> list[Ticket]:
    """Three tickets as the list of all shows them, the newest first."""
    return [TicketFactory(team=desk.team, requester=desk.dana) for _number in range(3)][::-1]


def goes_to(desk: Desk, ticket: Ticket, way: str, origin: str = "all") -> str:
    answer = desk.browser(desk.mara).get(url_of(ticket, f"{way}/"), {"from": origin})
    return str(answer.headers["Location"])


def test_next_and_previous_follow_the_list_the_ticket_was_opened_from(desk: Desk, row: list[Ticket]) -> None:
    first, second, third = row
    assert goes_to(desk, first, "next") == f"/t/{second.reference}/?from=all"
    assert goes_to(desk, third, "previous") == f"/t/{second.reference}/?from=all"
    assert goes_to(desk, third, "next", "all?sort=created_at") == f"/t/{second.reference}/?from=all%3Fsort%3Dcreated_at"
    assert goes_to(desk, third, "next") == f"/t/{third.reference}/?from=all"
    assert "This is the last ticket of the list." in html_of(desk.browser(desk.mara).get(url_of(third)))


def test_a_ticket_that_has_left_the_list_still_has_its_place(desk: Desk, row: list[Ticket]) -> None:
    first, second, third = row
    Ticket.objects.filter(pk=second.pk).update(priority="critical")
    assert goes_to(desk, second, "next", "all?priority=medium") == f"/t/{third.reference}/?from=all%3Fpriority%3Dmedium"
    assert goes_to(desk, second, "previous", "all?priority=medium").startswith(f"/t/{first.reference}/")


def test_the_own_queue_is_followed_as_it_is_grouped(desk: Desk) -> None:
    """Those whose customer has replied come before those on track, whatever the score says."""
    working, asking = (TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara) for _number in range(2))
    Ticket.objects.filter(pk=working.pk).update(last_public_reply_at=timezone.now(), priority_score=79)
    Ticket.objects.filter(pk=asking.pk).update(priority_score=1, last_customer_message_at=timezone.now())
    listed = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    assert listed.index(f"row-{asking.reference}") < listed.index(f"row-{working.reference}")
    assert goes_to(desk, asking, "next", "") == f"/t/{working.reference}/"
    assert goes_to(desk, asking, "previous", "") == f"/t/{asking.reference}/"


def test_the_own_queue_is_followed_with_those_first_whose_envelope_waits_for_the_owner(desk: Desk) -> None:
    working, helped = (TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara) for _number in range(2))
    Ticket.objects.update(last_public_reply_at=timezone.now() + timedelta(hours=1))
    Ticket.objects.filter(pk=working.pk).update(priority_score=79)
    envelope = EnvelopeFactory(ticket=helped, team=desk.other_team, expert=desk.nina)
    post_in_envelope(envelope.pk, by=desk.nina, body_text="Which port?")
    listed = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    assert listed.index(f"row-{helped.reference}") < listed.index(f"row-{working.reference}")
    assert goes_to(desk, helped, "next", "") == f"/t/{working.reference}/"
    assert goes_to(desk, working, "previous", "") == f"/t/{helped.reference}/"


def test_unknown_and_foreign_lists_are_the_first_one_and_hidden_tickets_are_missing(desk: Desk) -> None:
    ticket, hidden = TicketFactory(team=desk.team, owner=desk.mara), TicketFactory(team=desk.other_team)
    for origin in ("gone", "all?priority=wrong", "%00", "a" * 900):
        assert goes_to(desk, ticket, "next", origin).startswith("/t/")
    assert desk.browser(desk.mara).get(url_of(hidden, "next/")).status_code == 404


def test_rows_name_their_list_and_the_ticket_leads_back_to_it(desk: Desk, row: list[Ticket]) -> None:
    browser, reference = desk.browser(desk.mara), row[0].reference
    listed = html_of(browser.get("/queue/team/?priority=medium"))
    address = f"/t/{reference}/?from=team%3Fpriority%3Dmedium"
    assert f'href="{address}"' in listed
    page = html_of(browser.get(address))
    assert 'href="/queue/team/?priority=medium" aria-keyshortcuts="u" data-act="back"' in page
    assert (
        f'href="/t/{reference}/next/?from=team%3Fpriority%3Dmedium" aria-keyshortcuts="j" data-act="ticket_next"'
        in page
    )
    answer = browser.post(url_of(row[0], "accept/"), headers={"Referer": f"http://testserver{address}"})
    assert answer.headers["Location"] == address
    note = note_form(browser, row[0])
    written = browser.post(url_of(row[0], "note/"), note, headers={"Referer": f"http://testserver{address}"})
    assert written.headers["Location"].startswith(f"{address}#e")
    renewed = html_of(browser.post(url_of(row[0], "wait/"), headers={"HX-Request": "true", "HX-Current-URL": address}))
    assert 'href="/queue/team/?priority=medium" aria-keyshortcuts="u" data-act="back"' in renewed
    assert f'href="/t/{reference}/"' not in html_of(browser.get("/queue/mine/?sort=status"))
    assert f'href="/t/{reference}/"' in html_of(browser.get("/queue/mine/"))
