"""Replies that wait for a moment, on the pages: chosen, shown, steered, offered again."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.desk.conftest import Desk
from tests.desk.pages import html_of, reply_form, statements_of, url_of
from tests.factories import AbsenceFactory, TicketFactory
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import NewFile, record_customer_message, reply_to_customer
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
TOMORROW = timedelta(days=1)


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def local(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def scheduled(ticket: Ticket, desk: Desk, **more: Any) -> OutboundMessage:
    moment = timezone.now() + TOMORROW
    return reply_to_customer(
        ticket.pk, by=desk.mara, body_text="It arrives tomorrow.", when="at", send_at=moment, **more
    )


def test_the_composer_offers_three_moments_and_holds_the_reply_for_the_one_chosen(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    with timezone.override(desk.mara.timezone):
        moment = local(timezone.now() + TOMORROW)
    html = html_of(browser.get(url_of(ticket)))
    for words in ("Now", "When the customer is at work", "At a moment I name", 'type="datetime-local"'):
        assert words in html
    answer = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, when="at", send_at=moment))
    message = OutboundMessage.objects.get()
    assert (answer.status_code, message.status, message.is_scheduled) == (302, OutboundStatus.HELD, True)
    with timezone.override(desk.mara.timezone):
        assert local(message.release_at) == moment


def test_a_moment_left_over_in_its_field_counts_for_nothing(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, when="now", send_at="2031-01-01T08:00")
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 302
    assert not OutboundMessage.objects.get().is_scheduled


@pytest.mark.parametrize(
    ("send_at", "words"),
    [
        ("", "Say when the reply is to be sent."),
        ("2020-01-01T08:00", "This moment has passed."),
        ("soon", "Enter a valid date/time."),
    ],
)
def test_a_moment_that_makes_no_sense_comes_back_with_the_text(
    desk: Desk, ticket: Ticket, send_at: str, words: str
) -> None:
    browser = desk.browser(desk.mara)
    answer = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, when="at", send_at=send_at))
    html = html_of(answer)
    assert (answer.status_code, words in html, "Hello Dana." in html) == (400, True, True)
    assert OutboundMessage.objects.count() == 0


def test_ticket_and_outbox_show_its_moment_by_both_clocks(desk: Desk, ticket: Ticket) -> None:
    desk.dana.timezone = "Asia/Tokyo"
    desk.dana.save()
    scheduled(ticket, desk)
    browser = desk.browser(desk.mara)
    page, outbox = html_of(browser.get(url_of(ticket))), html_of(browser.get("/outbox/"))
    for html in (page, outbox):
        assert "for the customer" in html
    for words in ("Send now", "Another moment", "Take back"):
        assert words in page
    assert "Another moment" in outbox
    assert "Scheduled" in outbox


def test_it_is_moved_and_sent_at_once_from_its_page(desk: Desk, ticket: Ticket) -> None:
    message = scheduled(ticket, desk)
    browser = desk.browser(desk.mara)
    url = f"/outbox/{message.pk}/schedule/"
    with timezone.override(desk.mara.timezone):
        later = local(timezone.now() + 3 * TOMORROW)
    assert 'type="datetime-local"' in html_of(browser.get(url))
    assert browser.post(url, {"when": "at", "send_at": later}).status_code == 302
    with timezone.override(desk.mara.timezone):
        assert local(OutboundMessage.objects.get().release_at) == later
    assert browser.post(url, {"when": "at", "send_at": ""}).status_code == 400
    assert browser.post(url, {"when": "now", "send_at": later}).status_code == 302
    assert OutboundMessage.objects.get().release_at < timezone.now() + timedelta(minutes=1)
    assert "Undo" in html_of(browser.get(url_of(ticket)))


def test_the_bar_after_send_now_counts_the_undo_time_and_not_the_hours_before(desk: Desk, ticket: Ticket) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=5)):
        message = scheduled(ticket, desk)
    browser = desk.browser(desk.mara)
    browser.post(f"/outbox/{message.pk}/schedule/", {"when": "now"})
    html = html_of(browser.get(url_of(ticket)))
    assert f'<progress class="outgoing__progress" max="{desk.mara.undo_seconds}"' in html


def test_an_ordinary_reply_has_no_moment_to_change(desk: Desk, ticket: Ticket) -> None:
    message = reply_to_customer(ticket.pk, by=desk.mara, body_text="Hello.")
    answer = desk.browser(desk.mara).get(f"/outbox/{message.pk}/schedule/")
    assert (answer.status_code, "waits for no moment" in html_of(answer)) == (409, True)


@pytest.mark.parametrize("who", ["mara", "jonas"])
def test_after_the_customer_wrote_its_text_is_offered_again(desk: Desk, ticket: Ticket, who: str) -> None:
    """To its author, and to the deputy of an author who is away."""
    message = scheduled(ticket, desk, cc=["it@acme.example"], files=[NewFile("plan.txt", b"the plan")])
    AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text="It works again."))
    browser = desk.browser(getattr(desk, who))
    html = html_of(browser.get(url_of(ticket)))
    way_on = f"{url_of(ticket)}?compose=reply&amp;restore={message.pk}"
    assert "A scheduled reply was not sent: the customer wrote first" in html
    assert way_on in html
    restored = html_of(browser.get(way_on.replace("&amp;", "&")))
    assert "It arrives tomorrow.</textarea>" in restored
    assert "it@acme.example" in restored
    assert "plan.txt" in restored


def test_its_text_is_offered_to_nobody_else(desk: Desk, ticket: Ticket) -> None:
    message = scheduled(ticket, desk)
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text="It works again."))
    html = html_of(desk.browser(desk.jonas).get(f"{url_of(ticket)}?compose=reply&restore={message.pk}"))
    assert "It arrives tomorrow." not in html


def test_scheduled_replies_cost_the_page_no_statement_more_than_held_ones(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    reply_to_customer(ticket.pk, by=desk.mara, body_text="Hello.")
    held = len(statements_of(browser, url_of(ticket)))
    scheduled(ticket, desk)
    scheduled(ticket, desk)
    assert len(statements_of(browser, url_of(ticket))) == held
