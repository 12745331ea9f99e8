"""The score on the ticket's page: in words, and set by hand."""

import pytest
import time_machine

from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import TicketFactory
from tests.sla.conftest import MONDAY_NINE
from tickets.models import Ticket
from tickets.services import add_flag

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_111_the_breakdown_is_told_in_words(desk: Desk) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        ticket = TicketFactory(team=desk.team, owner=desk.mara, priority="low")
        add_flag(ticket.pk, by=desk.mara, type="legal", reason="A letter of a lawyer")
        shown = html_of(desk.browser(desk.mara).get(url_of(ticket, "around/score/"), headers=HTMX))
    for words in ("Priority Low", "10.00", "A promise is due soon or missed", "× 1.5", "Legal", "22.50", "Set by hand"):
        assert words in shown, words
    assert "Premium customer" not in shown, "what does not apply is not told"


def test_111_the_form_sets_it_and_the_page_says_who_and_until_when(desk: Desk) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        ticket = TicketFactory(team=desk.team, owner=desk.mara)
        browser = desk.browser(desk.mara)
        missing = browser.post(url_of(ticket, "score/"), {"score": "250", "hours": "4", "reason": ""})
        assert (missing.status_code, str(Ticket.objects.get().priority_score)) == (400, "80.00")
        done = browser.post(url_of(ticket, "score/"), {"score": "250", "hours": "4", "reason": "The board meets"})
        assert (done.status_code, str(Ticket.objects.get().priority_score)) == (302, "250.00")
        shown = html_of(browser.get(url_of(ticket, "around/score/"), headers=HTMX))
        for words in ("250.00", "set by Mara Weiss", "The board meets", "Computed", "80.00", "Compute it again"):
            assert words in shown, words
        assert "Compute it again" in html_of(browser.get(url_of(ticket, "score/free/")))
        assert browser.post(url_of(ticket, "score/free/")).status_code == 302
    assert str(Ticket.objects.get().priority_score) == "80.00"


def test_colleagues_see_the_score_without_the_way_to_set_it(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    shown = html_of(desk.browser(desk.jonas).get(url_of(ticket, "around/score/"), headers=HTMX))
    assert ("Priority score" in shown, "Set by hand" in shown) == (True, False)
