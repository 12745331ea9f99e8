"""The customer's page behind the links of a resolution mail."""

from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client

from tests.desk.conftest import Desk
from tests.desk.pages import html_of
from tests.factories import TicketFactory
from tickets.enums import AuthorType, ClosureCode, TicketStatus, Visibility
from tickets.links import SALT, Answer, sign_answer
from tickets.models import Ticket
from tickets.services import add_note, reopen_ticket, resolve_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)
    return resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="New roller.")


def link(ticket: Ticket, answer: Answer) -> str:
    return f"/answer/{sign_answer(ticket, answer)}/"


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_looking_changes_nothing(ticket: Ticket) -> None:
    for answer in Answer:
        assert Client().get(link(ticket, answer)).status_code == 200
        assert Client().head(link(ticket, answer)).status_code in (200, 405)
    assert (fresh(ticket).status, fresh(ticket).version) == (TicketStatus.RESOLVED, ticket.version)


def test_solved_closes(ticket: Ticket) -> None:
    answer = Client().post(link(ticket, Answer.SOLVED))
    assert (answer.status_code, "Thank you" in html_of(answer)) == (200, True)
    assert (fresh(ticket).status, fresh(ticket).closure_code) == (TicketStatus.CLOSED, ClosureCode.CONFIRMED)


def test_not_solved_reopens_with_the_same_owner_and_keeps_the_words(desk: Desk, ticket: Ticket) -> None:
    answer = Client().post(link(ticket, Answer.NOT_SOLVED), {"text": "It <b>still</b> jams."})
    assert (answer.status_code, "Mara Weiss will get back to you" in html_of(answer)) == (200, True)
    assert (fresh(ticket).status, fresh(ticket).owner) == (TicketStatus.IN_PROGRESS, desk.mara)
    entry = ticket.entries.public().order_by("seq").last()
    assert entry is not None
    assert (entry.body_text, entry.author_type, entry.visibility) == (
        "It <b>still</b> jams.",
        AuthorType.CUSTOMER,
        Visibility.PUBLIC,
    )


def test_not_solved_needs_no_words(ticket: Ticket) -> None:
    before = ticket.entries.public().count()
    assert Client().post(link(ticket, Answer.NOT_SOLVED)).status_code == 200
    assert (fresh(ticket).status, ticket.entries.public().count()) == (TicketStatus.IN_PROGRESS, before)


def test_used_and_old_links_explain_themselves_and_do_nothing(desk: Desk, ticket: Ticket) -> None:
    old = {answer: link(ticket, answer) for answer in Answer}
    reopen_ticket(ticket.pk, by=desk.mara)
    for url in old.values():
        assert "we are working on it" in html_of(Client().get(url))
        assert Client().post(url, {"text": "again"}).status_code == 409
    resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="Newer roller.")
    assert "There is a newer answer for you" in html_of(Client().get(old[Answer.SOLVED]))
    assert Client().post(old[Answer.SOLVED]).status_code == 409
    assert fresh(ticket).status == TicketStatus.RESOLVED
    current = link(fresh(ticket), Answer.SOLVED)
    Client().post(current)
    assert "You have already told us that it is solved" in html_of(Client().get(current))
    answer = Client().post(link(fresh(ticket), Answer.NOT_SOLVED), {"text": "no"})
    assert (answer.status_code, fresh(ticket).status) == (409, TicketStatus.CLOSED)


def test_forged_links_are_missing(ticket: Ticket) -> None:
    good = sign_answer(ticket, Answer.SOLVED)
    forged = [
        "x",
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        signing.dumps([str(ticket.pk), "solved", 0], salt="other"),
    ]
    forged += [
        signing.dumps([str(uuid4()), "solved", 0], salt=SALT),
        signing.dumps([str(ticket.pk), "maybe", 0], salt=SALT),
    ]
    for token in forged:
        assert Client().post(f"/answer/{token}/").status_code == 404, token
    assert fresh(ticket).status == TicketStatus.RESOLVED


def test_the_page_speaks_the_customers_language(ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(language="de-AT")
    assert '<html lang="de"' in html_of(Client().get(link(ticket, Answer.SOLVED)))


def test_nothing_internal_reaches_the_page(desk: Desk, ticket: Ticket) -> None:
    canary = f"canary-{uuid4().hex}"
    add_note(ticket.pk, by=desk.jonas, body_text=canary)
    pages = [html_of(Client().get(link(ticket, answer))) for answer in Answer]
    pages.append(html_of(Client().post(link(ticket, Answer.NOT_SOLVED), {"text": "no"})))
    for html in pages:
        for secret in (canary, "Jonas Kern", "Service Desk", "/queue/", "Medium"):
            assert secret not in html, secret


def test_too_long_an_answer_is_refused_with_its_form(ticket: Ticket) -> None:
    answer = Client().post(link(ticket, Answer.NOT_SOLVED), {"text": "x" * 20_001})
    assert (answer.status_code, fresh(ticket).status) == (400, TicketStatus.RESOLVED)
