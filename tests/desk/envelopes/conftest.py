"""A ticket of Mara's with an envelope that Nina of Network has accepted."""

import re
from typing import Any

import pytest
from django.test import Client

from envelopes.models import Envelope
from tests.desk.conftest import Desk
from tests.desk.pages import html_of
from tests.factories import EnvelopeFactory, TicketFactory
from tickets.models import Ticket

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


@pytest.fixture
def envelope(desk: Desk, ticket: Ticket) -> Envelope:
    """Asked of Network, accepted by Nina."""
    found: Envelope = EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina, reason="Packets drop.")
    return found


def message_form(browser: Client, url: str, **values: Any) -> dict[str, Any]:
    """The composer of the tab as a browser sends it."""
    html = html_of(browser.get(url))
    form = html[html.index('id="composer-envelope-') :]
    found = re.search(r'name="context" value="([^"]+)"', form)
    assert found
    return {"context": found[1], "body": "Port 7.", **values}


def from_page(url: str, target: str = "ticket-head") -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": target, "HX-Current-URL": f"https://desk.example{url}?from=mine"}
