"""The preview on the page: without script on the page itself, with it as a fragment; nothing is held or stored."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.desk.conftest import Desk
from tests.desk.pages import html_of, reply_form, url_of
from tests.factories import TicketFactory
from tests.factories.mail import MailboxFactory
from tickets.models import Attachment, OutboundMessage, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    MailboxFactory(address="support@desk.test", team=desk.team)
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def previewed(desk: Desk, ticket: Ticket, *, htmx: bool = False, **values: Any) -> Any:
    browser = desk.browser(desk.mara)
    form = reply_form(browser, ticket, **values)
    return browser.post(url_of(ticket, "preview/"), form, headers={"HX-Request": "true"} if htmx else {})


@pytest.mark.parametrize("htmx", [False, True])
def test_it_shows_who_gets_what_from_which_address_and_keeps_the_text(desk: Desk, ticket: Ticket, htmx: bool) -> None:
    desk.mara.signature = "Mara Weiss, Service Desk"
    desk.mara.save()
    files = SimpleUploadedFile("plan.txt", b"the plan")
    answer = previewed(desk, ticket, htmx=htmx, body="Try <b>this</b>.", cc="it@acme.example", attachments=files)
    html = html_of(answer)
    assert answer.status_code == 200
    for shown in (
        "Mara Weiss &lt;support@desk.test&gt;",
        "dana@acme.example",
        "it@acme.example",
        f"RE: [{ticket.reference}] Printer offline",
        "Try &lt;b&gt;this&lt;/b&gt;.",
        "Mara Weiss, Service Desk",
        "plan.txt",
    ):
        assert shown in html, shown
    assert ("<html" in html) is not htmx
    assert htmx or "Try &lt;b&gt;this&lt;/b&gt;.</textarea>" in html
    assert (OutboundMessage.objects.count(), Attachment.objects.count()) == (0, 0)


def test_after_the_preview_the_same_form_sends(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket)
    browser.post(url_of(ticket, "preview/"), values, headers={"HX-Request": "true"})
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 302
    assert OutboundMessage.objects.count() == 1


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"body": " "}, "A reply needs some text."),
        ({"cc": "nobody"}, "“nobody” is not an e-mail address."),
        ({"when": "at"}, "Say when the reply is to be sent."),
        ({"context": "forged"}, "This form is not ours or too old"),
    ],
)
def test_what_would_be_in_the_way_is_said_here_too(
    desk: Desk, ticket: Ticket, htmx: bool, values: dict[str, str], words: str
) -> None:
    answer = previewed(desk, ticket, htmx=htmx, **values)
    assert (answer.status_code, words in html_of(answer)) == (400, True)


def test_a_scheduled_reply_says_when_it_leaves(desk: Desk, ticket: Ticket) -> None:
    with timezone.override(desk.mara.timezone):
        moment = timezone.localtime(timezone.now() + timedelta(days=2))
    html = html_of(previewed(desk, ticket, htmx=True, when="at", send_at=moment.strftime("%Y-%m-%dT%H:%M")))
    assert moment.strftime("%H:%M") in html.split("Leaves")[1].split("</dd>")[0]


def test_without_a_mailbox_it_says_so(desk: Desk, ticket: Ticket) -> None:
    desk.team.mailboxes.update(is_active=False)
    assert "There is no mailbox to send from" in html_of(previewed(desk, ticket, htmx=True))
