"""The main job by page: queue, ticket, accept, reply, undo, resolve."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.desk.conftest import Desk
from tests.desk.pages import context_in
from tests.factories import TicketFactory
from tickets.enums import OutboundStatus, TicketStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import release_message

pytestmark = pytest.mark.django_db


def test_from_queue_to_resolution(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline, ward 3")
    browser = desk.browser(desk.mara)
    url = f"/t/{ticket.reference}/"

    queue = browser.get("/queue/unowned/")
    assert (queue.status_code, "Printer offline, ward 3" in queue.content.decode()) == (200, True)
    assert f'action="{url}accept/"' in queue.content.decode()

    assert browser.post(f"{url}accept/").headers["Location"] == url
    page = browser.get(url).content.decode()
    assert f"<title>{ticket.reference} · Dana Roth · Acme GmbH · Standard · Printer offline, ward 3</title>" in page
    assert "Send to Dana Roth" in page

    sent = browser.post(
        f"{url}reply/", {"context": context_in(page), "body": "Hello Dana, please restart it.", "cc": ""}
    )
    message = OutboundMessage.objects.get(ticket=ticket)
    assert (sent.status_code, sent.headers["Location"]) == (302, f"{url}#outgoing")
    assert (message.status, message.recipient) == (OutboundStatus.HELD, "dana@acme.example")
    assert "Undo" in browser.get(url).content.decode()

    undone = browser.post(f"/outbox/{message.pk}/undo/")
    assert undone.headers["Location"] == f"{url}?compose=reply&restore={message.pk}"
    again = browser.get(undone.headers["Location"]).content.decode()
    assert "Hello Dana, please restart it.</textarea>" in again

    browser.post(f"{url}reply/", {"context": context_in(again), "body": "Hello Dana, please restart it now."})
    message = OutboundMessage.objects.get(ticket=ticket, status=OutboundStatus.HELD)
    assert release_message(message.pk, now=timezone.now() + timedelta(seconds=30))
    assert "Waiting to be sent" in browser.get(url).content.decode()

    resolved = browser.post(f"{url}resolve/", {"resolution_code": "fixed", "resolution_note": "Restarted the spooler."})
    assert resolved.headers["Location"] == url
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.RESOLVED
