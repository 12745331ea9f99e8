from collections.abc import Callable, Iterator
from shutil import rmtree
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from accounts.models import Agent, Contact
from tests.factories import ContactFactory, TicketFactory
from tests.journeys.chromium import UNMEASURED, Watch, database_beside_playwright, launch
from tests.journeys.desk import Desk, open_desk
from tests.sessions import sign_in_without_form
from tickets.models import Ticket

Browsers = Callable[..., Page]


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started, database_beside_playwright():
        yield started


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One for all stories of a process: they share nothing, as each page opens in a context of its own."""
    browser = launch(playwright, more=UNMEASURED)
    yield browser
    browser.close()


@pytest.fixture
def desk(transactional_db: None) -> Iterator[Desk]:
    """People and a shared mailbox; all Maildirs are empty before and after."""
    rmtree(settings.MAIL_ROOT, ignore_errors=True)
    yield open_desk()
    rmtree(settings.MAIL_ROOT, ignore_errors=True)


@pytest.fixture
def dana(transactional_db: None) -> Contact:
    """The customer."""
    found: Contact = ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.test")
    return found


@pytest.fixture
def ticket(desk: Desk, dana: Contact) -> Ticket:
    """Dana's, which Mara has accepted."""
    found: Ticket = TicketFactory(team=desk.team, requester=dana, subject="Printer in ward 3", owner=desk.mara)
    return found


@pytest.fixture
def watch(live_site: str) -> Watch:
    """Over all that `browsers` opens; when the test ends it must have seen nothing but what it was told to expect."""
    return Watch(live_site)


@pytest.fixture
def service_workers() -> str:
    """Or "block", see `without_worker`."""
    return "allow"


@pytest.fixture
def browsers(chromium: Browser, live_site: str, watch: Watch, service_workers: Any) -> Iterator[Browsers]:
    """`browsers(agent)` opens a page in a new browser in which the agent has signed in; without one nobody has."""
    opened: list[BrowserContext] = []

    def open_one(agent: Agent | None = None, **options: Any) -> Page:
        usual = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "service_workers": service_workers}
        wanted = {**usual, **options}
        context = chromium.new_context(base_url=live_site, **wanted)
        if wanted["service_workers"] == "block":  # begun on an open page, a route may be late
            context.route("**/never-asked-for/", lambda route: route.continue_())
        opened.append(context)
        context.on("page", watch.over)
        if agent:
            sign_in_without_form(context, agent, live_site)
        return context.new_page()

    yield open_one
    try:
        watch.finds_nothing()
    finally:
        for context in opened:
            context.close()


@pytest.fixture
def page(browsers: Browsers, desk: Desk) -> Page:
    """Mara at her browser."""
    return browsers(desk.mara)
