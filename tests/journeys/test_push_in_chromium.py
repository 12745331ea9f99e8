"""Push messages in a real browser: asked for by a button alone, shown without a customer's name (acceptance 147)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from accounts.models import Contact
from connectors.push.sending import payload_of
from notifications.enums import EventType, Urgency
from notifications.letters import letter_of
from notifications.models import Delivery, DeliveryItem, Notification
from tests.factories import TicketFactory
from tests.journeys.chromium import WITH_NOTIFICATIONS, launch
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.models import Ticket

SHOWN = """navigator.serviceWorker.ready.then((it) => it.getNotifications())
    .then((all) => all.map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url })))"""


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright, names=WITH_NOTIFICATIONS)
    yield browser
    browser.close()


@pytest.fixture
def ticket(desk: Desk, dana: Contact) -> Ticket:
    found: Ticket = TicketFactory(team=desk.team, requester=dana, subject="Printer in ward 3", owner=desk.mara)
    return found


@pytest.fixture
def page(browsers: Browsers, desk: Desk) -> Page:
    found = browsers(desk.mara)
    found.context.grant_permissions(["notifications"])
    return found


def a_breach(ticket: Ticket, person: Any) -> dict[str, Any]:
    """What a push service is given for it."""
    facts = {"reference": ticket.reference, "subject": ticket.subject}
    row = Notification(recipient=person, event_type=EventType.SLA_BREACH, ticket=ticket, payload=facts)
    row.urgency, row.dedupe_key, row.planned_at = Urgency.BREACH, "push", ticket.created_at
    row.save()
    delivery = Delivery(recipient=person, channel="push", urgency=Urgency.BREACH, scheduled_for=ticket.created_at)
    delivery.save()
    DeliveryItem.objects.create(delivery=delivery, notification=row, channel="push")
    return payload_of(letter_of(delivery))


def push(page: Page, payload: dict[str, Any]) -> None:
    """As the browser's push service hands it to the service worker."""
    session = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    for _ in range(100):
        if found:
            break
        page.wait_for_timeout(50)
    origin = page.evaluate("window.location.origin")
    told = {"origin": origin, "registrationId": found[0]["registrationId"], "data": json.dumps(payload)}
    session.send("ServiceWorker.deliverPushMessage", told)


def test_147_a_push_message_is_shown_once_and_names_ticket_and_kind_alone(
    page: Page, desk: Desk, ticket: Ticket
) -> None:
    page.goto("/queue/mine/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    payload = a_breach(ticket, desk.mara)
    for _ in range(2):  # a worker of ours may have died before it could note the first
        push(page, payload)
    page.wait_for_function(f"{SHOWN}.then((all) => all.length)")
    assert page.evaluate(SHOWN) == [
        {
            "title": f"{ticket.reference}: Overdue",
            "body": "",
            "tag": payload["key"],
            "url": f"/t/{ticket.reference}/",
        }
    ]


def test_the_button_is_there_by_script_and_says_when_the_service_is_not_reached(page: Page) -> None:
    page.goto("/queue/mine/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.goto("/account/notifications/")
    page.get_by_role("button", name="Allow messages in this browser").click()
    expect(page.get_by_text("The push service of this browser was not reached.")).to_be_visible()
