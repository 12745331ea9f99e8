"""Acceptance 185: no EMAIL_URL, no mailbox, no connector: the whole product runs."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from connectors.mail.models import Mailbox
from core.models import Heartbeat
from tests.factories import AgentFactory, TeamFactory
from tests.factories.people import PASSWORD
from tests.journeys.desk import sooner_or_later
from tests.journeys.plain_browser import PlainBrowser
from tests.live import Worker
from tickets.enums import OutboundStatus, TicketStatus
from tickets.models import OutboundMessage, Ticket

CONNECTORS = ("EMAIL_URL", "SITE_URL", "DEFAULT_FROM_EMAIL", "MESSAGE_ID_DOMAIN")


def test_185_a_desk_without_any_connector_works(
    live_site: str, celery_worker_process: Callable[..., Worker], transactional_db: Any
) -> None:
    assert [name for name in CONNECTORS if name in os.environ] == []
    celery_worker_process()
    team = TeamFactory(name="Service Desk")
    agent = AgentFactory(name="Mara Weiss", teams=[team], undo_seconds=5)
    mara = PlainBrowser(live_site)
    assert mara.sign_in(agent.email, PASSWORD).status == 200

    page = mara.get("/t/new/")
    values = {"email": "dana@acme.test", "name": "Dana Roth", "subject": "No sound", "description": "In room 4."}
    created = mara.submit(page, page.form("/t/new/"), **values, team=str(team.pk), accept_now="on")
    ticket = Ticket.objects.get()
    here = f"/t/{ticket.reference}/"
    assert (created.status, created.url, ticket.owner) == (200, live_site + here, agent)

    noted = mara.submit(created, created.form(f"{here}note/"), body="The cable is loose.")
    assert "The cable is loose." in noted.text
    page = mara.get(here)
    assert mara.submit(page, page.form(f"{here}reply/"), body="Hello Dana, I come by.").status == 200
    message = sooner_or_later(
        lambda: OutboundMessage.objects.filter(attempts__gte=1).exclude(last_error="").first(), what="a try to send"
    )
    assert (message.status, message.entry is None) == (OutboundStatus.QUEUED, False), "it waits for a mailbox, visibly"
    assert Mailbox.objects.count() == 0
    assert "There is no active mailbox to send from" in mara.get("/outbox/").text

    page = mara.get(f"{here}resolve/")
    mara.submit(page, page.form(f"{here}resolve/"), resolution_code="fixed", resolution_note="Cable fixed.")
    page = mara.get(here)
    mara.submit(page, page.form(f"{here}confirm/"))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.owner) == (TicketStatus.CLOSED, agent)
    assert "No sound" in mara.get("/search/?q=sound").text
    for address in (
        "/queue/mine/",
        "/queue/all/?status=closed",
        "/notifications/",
        "/account/",
        "/customers/",
        "/mail/",
    ):
        assert mara.get(address).status == 200, address
    assert mara.get("/healthz").status == 200


@pytest.mark.django_db
def test_185_readiness_speaks_of_no_connector(client: Any) -> None:
    """Database, walls, broker and beat alone; here only the sweep has not run yet."""
    Heartbeat.objects.all().delete()
    assert list(client.get("/readyz").json()["missing"]) == ["beat"]
