"""The main job in a real browser with the keyboard; accessibility; weight of the pages (ux.md section 10)."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.factories import ContactFactory, TicketFactory
from tests.factories.people import PASSWORD
from tests.journeys.chromium import Watch, Weight, database_beside_playwright, launch, weight_of
from tests.journeys.desk import Desk
from tickets.enums import OutboundStatus, TicketStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import add_note, reply_to_customer

KB = 1000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright, database_beside_playwright():
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    dana = ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.test")
    found: Ticket = TicketFactory(team=desk.team, requester=dana, subject="Printer in ward 3")
    return found


@pytest.fixture
def mara(chromium: Browser, desk: Desk, live_site: str) -> Iterator[tuple[Page, Watch]]:
    """Mara, signed in by the form."""
    context = chromium.new_context(base_url=live_site, viewport={"width": 1440, "height": 900}, locale="en-GB")
    page, watch = context.new_page(), Watch(live_site)
    watch.over(page)
    page.goto("/login/")
    page.get_by_label("E-mail").fill(desk.mara.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/mine/")
    yield page, watch
    context.close()


def test_main_job_with_the_keyboard(mara: tuple[Page, Watch], desk: Desk, ticket: Ticket) -> None:
    """Accept with A, reply with R, take it back, send again, resolve: nothing on the console, nothing from
    elsewhere.
    """
    page, watch = mara
    page.goto("/queue/unowned/")
    page.get_by_role("link", name="Printer in ward 3").click()
    page.wait_for_url(f"**/t/{ticket.reference}/")
    reply = page.locator("#composer-reply")
    expect(reply).to_have_count(0)

    page.keyboard.press("a")
    expect(reply).to_be_visible()
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.status) == (desk.mara, TicketStatus.IN_PROGRESS)

    page.keyboard.press("r")
    box = page.get_by_role("textbox", name="Reply to Dana Roth")
    expect(box).to_be_focused()
    page.keyboard.type("Hello Dana, please restart it.")
    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    expect(box).to_have_value("Hello Dana, please restart it.")
    assert list(OutboundMessage.objects.values_list("status", flat=True)) == [OutboundStatus.CANCELLED]

    box.fill("Hello Dana, please restart it twice.")
    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    held = OutboundMessage.objects.get(status=OutboundStatus.HELD)
    assert held.body_text == "Hello Dana, please restart it twice."

    page.get_by_role("link", name="Resolve", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("How was it resolved?").select_option("fixed")
    dialog.get_by_label("What was done?").fill("Restarted the spooler.")
    dialog.get_by_role("button", name="Resolve ticket").click()
    expect(page.get_by_role("link", name="Reopen")).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.RESOLVED
    watch.finds_nothing()


def test_what_arrives_takes_no_focus_from_somebody_writing(
    mara: tuple[Page, Watch], desk: Desk, ticket: Ticket
) -> None:
    """Who presses R while the page still renews itself after A would else type shortcuts instead of words."""
    from tickets.services import accept_ticket

    page, _watch = mara
    accept_ticket(ticket.pk, by=desk.mara)
    page.goto(f"/t/{ticket.reference}/")
    arrives = """() => {
        const news = document.createElement("p");
        news.id = "news"; news.tabIndex = -1; news.dataset.takeFocus = "";
        document.querySelector("main").append(news);
        document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: news } }));
        return document.activeElement.id;
    }"""
    assert page.evaluate(arrives) == "news"
    page.evaluate("document.activeElement.remove()")
    page.keyboard.press("r")
    box = page.get_by_role("textbox", name="Reply to Dana Roth")
    expect(box).to_be_focused()
    assert page.evaluate(arrives) == box.get_attribute("id")


def test_second_agent_sees_who_was_faster(mara: tuple[Page, Watch], desk: Desk, ticket: Ticket) -> None:
    from tickets.services import accept_ticket

    page, watch = mara
    watch.expected = (409,)
    page.goto(f"/t/{ticket.reference}/")
    accept_ticket(ticket.pk, by=desk.jonas)
    page.keyboard.press("a")
    expect(page.get_by_role("alert").filter(has_text="already owned by Jonas Kern")).to_be_visible()
    watch.finds_nothing()


def test_filters_are_folded_on_the_phone_alone(mara: tuple[Page, Watch], desk: Desk, ticket: Ticket) -> None:
    page, watch = mara
    button, choice = page.locator("summary", has_text="Filters · 1 set"), page.get_by_label("Priority", exact=True)
    for width, is_folded in ((1440, False), (390, True)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/queue/all/?priority=medium")
        expect(button).to_be_visible(visible=is_folded)
        expect(choice).to_be_visible(visible=not is_folded)
    button.click()
    choice.select_option("high")
    page.wait_for_url("**priority=high**")
    expect(button).to_be_visible()
    watch.finds_nothing()


PAGES = (
    "/queue/mine/",
    "/queue/all/?q=status:open+-tag:none+%22printer%22",
    "/t/{reference}/",
    "/t/{reference}/merge/",
    "/t/{reference}/split/",
    "/search/?q=printer",
    "/t/new/",
    "/account/",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(width: int, scheme: Any, mara: tuple[Page, Watch], desk: Desk, ticket: Ticket) -> None:
    page, watch = mara
    fill(desk, ticket, entries=6)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for address in PAGES:
        page.goto(address.format(reference=ticket.reference))
        found = Axe().run(page).response["violations"]
        assert [(issue["id"], [node["target"] for node in issue["nodes"]]) for issue in found] == [], address
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{address} scrolls sideways by {wide} px"
    watch.finds_nothing()


BUDGETS = {  # ux.md section 10: requests, kB in all, kB of script, kB of style, nodes
    "/login/": (6, 50, 10, 25, 200),
    "/queue/team/": (12, 130, 60, 30, 1500),
    "/t/{reference}/": (14, 145, 60, 30, 1800),
}


@pytest.mark.parametrize("address", BUDGETS)
def test_pages_keep_their_budget(address: str, chromium: Browser, desk: Desk, ticket: Ticket, live_site: str) -> None:
    """With a cold cache; the list with 50 rows, the ticket with more than its last 30 entries."""
    if address != "/login/":
        fill(desk, ticket, entries=40)
        TicketFactory.create_batch(50, team=desk.team)
    context = chromium.new_context(base_url=live_site, viewport={"width": 1440, "height": 900})
    page, watch = context.new_page(), Watch(live_site)
    if address != "/login/":
        sign_in_elsewhere(chromium, context, live_site, desk)
    watch.over(page)
    page.goto(address.format(reference=ticket.reference), wait_until="networkidle")
    weight = weight_of(watch.responses)
    nodes = page.evaluate("document.querySelectorAll('*').length")
    context.close()
    requests, total, js, css, most_nodes = BUDGETS[address]
    assert within(weight, nodes) <= (requests, total, js, css, most_nodes), (weight, nodes)
    watch.finds_nothing()


class Measured(tuple[float, ...]):
    """Compares number by number."""

    def __le__(self, other: Any) -> bool:
        return all(own <= most for own, most in zip(self, other, strict=True))


def within(weight: Weight, nodes: int) -> Measured:
    return Measured((weight.requests, weight.total / KB, weight.js / KB, weight.css / KB, nodes))


def sign_in_elsewhere(chromium: Browser, context: Any, site: str, desk: Desk) -> None:
    """Sign in without filling the cache of `context`: by another one, whose cookies it takes over."""
    other = chromium.new_context(base_url=site)
    page = other.new_page()
    page.goto("/login/")
    page.get_by_label("E-mail").fill(desk.mara.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/mine/")
    context.add_cookies(other.cookies())
    other.close()


def fill(desk: Desk, ticket: Ticket, *, entries: int) -> None:
    """Make the ticket one that has been worked on: owned, with notes and a held reply."""
    from tickets.services import accept_ticket

    accept_ticket(ticket.pk, by=desk.mara)
    for number in range(entries):
        add_note(ticket.pk, by=desk.jonas, body_text=f"Step {number}: the spooler was looked at, nothing was found.")
    reply_to_customer(ticket.pk, by=desk.mara, body_text="Hello Dana, we are on it.")
