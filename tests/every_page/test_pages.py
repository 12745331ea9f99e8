"""What must be true on every page, in a real browser (issue 4; acceptance 148; ux.md sections 8 to 12); and every page
in a language of marks and long words: what stands outside marks and is no data is not translatable.

In one file, so that one process has them all: furnishing the desk takes a while.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import resolve
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Page as Tab
from pytest_django import DjangoDbBlocker

from accounts.models import Agent, Contact
from tests.every_page.bare import Data, bare_words
from tests.every_page.furnishing import Places, agent
from tests.every_page.pages import PAGES, Page
from tests.every_page.pseudo import LANGUAGE, spoken
from tests.journeys.chromium import AXE, COLOUR, OVERFLOW, RUN_AXE, Watch
from tests.live import Site
from tests.sessions import sign_in_without_form
from tickets.models import Ticket

WIDTHS = ((1440, 900), (768, 1024), (390, 844))
OF_LAYOUT = ("target-size", "scrollable-region-focusable")
"""Narrower it is the same document in the same colours: what hangs on the layout is asked again of every page."""
FURNITURE = (
    *(
        "queue",
        "list-wide",
        "board",
        "board-lanes",
        "search",
        "new-ticket",
        "help-board",
        "reports",
        "calibration-item",
    ),
    *("ticket", "ticket-new", "ticket-reply", "ticket-waiting", "envelope", "around-company", "fields", "resolve"),
    *("notifications", "reminders", "how-told", "account", "people", "texts", "customer", "mail-message"),
    *("sign-in", "answer-solved", "not-found"),
)
"""One page of each layout, of those with bars and panels that a phone alone shows: asked everything at every width."""
NARROWEST = 360
WHOLE = "document.documentElement.scrollHeight"
REFERENCE = re.compile(r"(INC|REQ)-\d{4}-\d{6}")
STILL = "html[data-started]"
Open = Callable[[str], tuple[Tab, Watch]]


@pytest.fixture(scope="module")
def tabs(chromium: Browser, places: Places, site_processes: Site) -> Iterator[Open]:
    """One tab for each person, who has signed in before."""
    opened: dict[str, tuple[BrowserContext, Tab, Watch]] = {}

    def tab_of(who: str) -> tuple[Tab, Watch]:
        if who not in opened:
            context = chromium.new_context(
                base_url=site_processes.address,
                locale="en-GB",
                reduced_motion="reduce",  # no colour is measured on its way to another
            )
            if who:
                sign_in_without_form(context, agent(who), site_processes.address)
            tab, watch = context.new_page(), Watch(site_processes.address)
            tab.add_init_script(path=AXE)
            watch.over(tab)
            opened[who] = (context, tab, watch)
        _context, tab, watch = opened[who]
        watch.forget()
        return tab, watch

    yield tab_of
    for context, _tab, _watch in opened.values():
        context.close()


def test_the_pages_of_each_layout_are_there() -> None:
    assert set(FURNITURE) <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_148_page_is_accessible_at_every_width_in_both_schemes(page: Page, tabs: Open, places: Places) -> None:
    """WCAG 2.2 A and AA and axe's good practice; nothing scrolls sideways; nothing on the console, from elsewhere, or
    forbidden by the policy; the title says first which ticket or which page it is.
    """
    tab, watch = tabs(page.who)
    watch.expected = (page.status,) if page.status >= 400 else ()
    found: dict[str, Any] = {}
    tab.emulate_media(color_scheme="light")
    for width, height in WIDTHS:
        tab.set_viewport_size({"width": width, "height": height})
        if width == WIDTHS[0][0]:  # panels that open and close follow media queries: no need to load anew
            response = tab.goto(places.path_of(page))
            assert response is not None
            assert response.status == page.status
            tab.wait_for_selector(STILL, state="attached")
        if width == WIDTHS[-1][0]:  # whole, since what stands behind a bar that stays in view counts as out of reach
            tab.set_viewport_size({"width": width, "height": max(height, tab.evaluate(WHOLE))})
        found[f"{width} too wide by"] = max(tab.evaluate(OVERFLOW), 0)
        is_asked_all = width == WIDTHS[0][0] or page.name in FURNITURE
        found[f"{width} light"] = tab.evaluate(RUN_AXE, [None if is_asked_all else OF_LAYOUT, None])
        if not is_asked_all:
            continue
        tab.emulate_media(color_scheme="dark")
        found[f"{width} dark"] = tab.evaluate(RUN_AXE, [COLOUR, None])
        tab.emulate_media(color_scheme="light")
    tab.set_viewport_size({"width": NARROWEST, "height": 740})
    found[f"{NARROWEST} too wide by"] = max(tab.evaluate(OVERFLOW), 0)
    found["title"] = _flaw_of_title(page, tab)
    assert "\n".join(f"{what}: {flaw}" for what, flaw in found.items() if flaw) == ""
    watch.finds_nothing()


def _flaw_of_title(page: Page, tab: Tab) -> str:
    """ux.md sections 3 and 9: first the reference of the ticket, elsewhere the page as its heading names it."""
    title, heading = tab.title(), " ".join(tab.locator("h1").first.inner_text().split())
    parts = title.split(" · ")
    if page.is_of_a_ticket:
        return "" if REFERENCE.fullmatch(parts[0]) else f"{title!r} does not begin with the ticket"
    words = {word.lower() for part in parts[:-1] for word in part.split()}
    names = not words.isdisjoint(heading.lower().split()) or page.status >= 400
    return "" if names and parts[-1] == "ITIL-NEXT" else f"{title!r} does not name the page {heading!r}"


# In a language of marks and long words

Rendered = tuple[dict[str, str], Data]
ALLOWED = (
    "ITIL-NEXT",
    "Slack",
    "Teams",
    "English",  # languages are called by their own names
    "Deutsch",
    *("Shift", "Ctrl", "Alt", "Enter", "Esc", "Space"),  # as they stand on most keyboards
    *("CSV", "XLSX", "VIP", "From"),  # kinds of files, a tier, a header of mails
    *("mailbox", "zzzzz"),  # typed in the addresses of `PAGES`
)
"""Reviewed: words that are the same in every language."""


@pytest.fixture(scope="module")
def rendered(places: Places, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Name -> HTML of each page, for people who read this language; and what the database says."""
    maildirs = override_settings(EMAIL_BACKEND="connectors.mail.maildir.EmailBackend")  # as the demo has it
    with django_db_blocker.unblock(), spoken(tmp_path_factory.mktemp("locale")), maildirs, transaction.atomic():
        Agent.objects.update(language=LANGUAGE)
        for model in (Contact, Ticket):
            model.objects.update(language=LANGUAGE)
        found = {page.name: _html_of(page, places) for page in PAGES}, Data(ALLOWED)
        transaction.set_rollback(True)
    return found


def _html_of(page: Page, places: Places) -> str:
    browser = Client(headers={"Accept-Language": LANGUAGE})
    if page.who:
        browser.force_login(agent(page.who).user, backend="accounts.auth.AgentBackend")
    response = browser.get(places.path_of(page), follow=True)
    assert response.status_code == page.status, page.name
    assert resolve(response.request["PATH_INFO"]).route == page.route, page.name
    return str(response.content.decode())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_all_words_of_the_page_can_be_translated(page: Page, rendered: Rendered) -> None:
    pages, data = rendered
    assert f'lang="{LANGUAGE}"' in pages[page.name]
    assert "\n".join(bare_words(pages[page.name], data)) == ""


def test_no_page_is_wider_than_the_screen_with_long_words(
    rendered: Rendered, places: Places, chromium: Browser, site_processes: Site
) -> None:
    """The pages as rendered above, with the styles and scripts of a real server."""
    pages, _data = rendered
    context = chromium.new_context(base_url=site_processes.address, service_workers="block")
    tab = context.new_page()
    shown = _in_place_of_pages(context, tab)
    too_wide = []
    for page in PAGES:
        shown["html"] = pages[page.name]
        tab.set_viewport_size({"width": 390, "height": 844})
        tab.goto(f"/t/{page.name}/")
        assert tab.evaluate("document.styleSheets[0].cssRules.length") > 5, "the style sheet is there"
        assert tab.evaluate("document.documentElement.lang") == LANGUAGE
        for width in (390, 1440):
            tab.set_viewport_size({"width": width, "height": 844})
            more = tab.evaluate(OVERFLOW)
            too_wide += [f"{page.name} at {width} by {more} px"] if more > 0 else []
    context.close()
    assert too_wide == []


def _in_place_of_pages(context: BrowserContext, tab: Tab) -> dict[str, str]:
    """What is put under "html" comes in place of every page; what pages ask for later is refused: it speaks another
    language. Unlike Playwright's own routes it leaves the cache to styles and scripts, which are hundreds of kB a page.
    """
    shown: dict[str, str] = {}
    devtools = context.new_cdp_session(tab)

    def answer(paused: dict[str, Any]) -> None:
        asked = {"requestId": paused["requestId"]}
        if paused["resourceType"] != "Document":
            devtools.send("Fetch.failRequest", {**asked, "errorReason": "Aborted"})
            return
        headers = [{"name": "Content-Type", "value": "text/html; charset=utf-8"}]
        body = b64encode(shown["html"].encode()).decode()
        devtools.send("Fetch.fulfillRequest", {**asked, "responseCode": 200, "responseHeaders": headers, "body": body})

    devtools.on("Fetch.requestPaused", answer)
    kinds = ("Document", "XHR", "Fetch", "EventSource", "Ping", "Image")
    devtools.send("Fetch.enable", {"patterns": [{"urlPattern": "*", "resourceType": kind} for kind in kinds]})
    return shown
