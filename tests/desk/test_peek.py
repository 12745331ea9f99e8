"""A look at a ticket beside its list."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk.conftest import Desk
from tests.desk.pages import html_of
from tests.factories import TicketFactory
from tickets.services import add_note

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_it_shows_what_the_ticket_is_about_and_writes_nothing(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, subject="Tunnel drops", requester=desk.dana, owner=desk.jonas)
    add_note(ticket.pk, by=desk.jonas, body_text="Looked at the router.")
    browser = desk.browser(desk.mara)
    browser.get(f"/t/{ticket.reference}/peek/", headers=HTMX)
    with CaptureQueriesContext(connection) as asked:
        response = browser.get(f"/t/{ticket.reference}/peek/", headers=HTMX)
    html = html_of(response)
    wanted = ("Tunnel drops", "Dana Roth", "Acme GmbH", "Jonas Kern", "Looked at the router.")
    assert [text in html for text in wanted] == [True] * 5
    assert ("<html" in html, "composer" in html) == (False, False)
    written = [query["sql"] for query in asked if not query["sql"].startswith(("SELECT", "\n", "SAVEPOINT", "RELEASE"))]
    assert (written, len(asked) <= 8) == ([], True)


def test_without_script_the_ticket_opens_and_a_hidden_one_is_missing(desk: Desk) -> None:
    seen, hidden = TicketFactory(team=desk.team), TicketFactory(team=desk.other_team)
    browser = desk.browser(desk.mara)
    assert browser.get(f"/t/{seen.reference}/peek/").headers["Location"] == f"/t/{seen.reference}/"
    assert browser.get(f"/t/{hidden.reference}/peek/", headers=HTMX).status_code == 404
