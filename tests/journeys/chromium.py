"""A real browser: Chromium from the machine or as Playwright has installed it."""

import gzip
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Playwright, Request, Response, Route, expect

from accounts.models import Agent
from tests.factories.people import PASSWORD

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))
RUN_AXE = """async ([rules, within]) => {
    const passing = document.getAnimations().filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime));
    await Promise.allSettled(passing.map((one) => one.finished));
    const all = { rules: { "target-size": { enabled: true } } };
    const chosen = rules ? { runOnly: { type: "rule", values: rules } } : all;
    const frugal = { resultTypes: ["violations"], preload: { assets: ["media"] } };
    const { violations } = await axe.run(within ?? document, { ...chosen, ...frugal });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""
"""WCAG 2.2 A and AA and axe's good practice, or the rules named; answers what is against them. Colours on their
way to others are waited for. Style sheets are not copied, as no rule but one of its experimental ones reads them."""
COLOUR = ("color-contrast", "link-in-text-block")
"""The rules whose answer may differ in the other scheme, of which nothing but colours changes."""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same engine without windows: a new page takes it a fifth of the time."""
WITH_NOTIFICATIONS = NAMES[1:]
"""The engine without windows shows no notifications either."""
NO_FAULTS = (
    "Clear-Site-Data header on",
    "Service Worker registration blocked by Playwright",
    "Chrome currently does not support the Push API in incognito mode",
)
"""What Chromium's console is told of signing out, by `service_workers="block"`, and of a context of its own."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
UNMEASURED = ("--js-flags=--no-opt",)
"""For tests that ask for no times: pages are left before code that is compiled anew has paid for it."""


expect.set_options(timeout=15_000)  # on busy machines; what holds is told at once all the same

without_worker = pytest.mark.parametrize("service_workers", ["block"])
"""For tests that hold back or break what a page writes: past a service worker that has just begun, nothing is."""


def launch(playwright: Playwright, *, names: Sequence[str] = NAMES, more: Sequence[str] = ()) -> Browser:
    """Skips the test where there is no Chromium: `playwright install chromium` or the system's package brings one."""
    found = next(filter(None, map(shutil.which, names)), None) or playwright.chromium.executable_path
    if not Path(found).exists():
        pytest.skip("no Chromium here; install the package `chromium`, or run `playwright install chromium`")
    return playwright.chromium.launch(executable_path=found, args=[*FLAGS, *more])


def sign_in(page: Page, agent: Agent) -> None:
    """By the form; `tests.sessions` is quicker where the story is about something else."""
    page.goto("/login/")
    page.get_by_label("E-mail").fill(agent.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/**")


def open_page(page: Page, address: str) -> None:
    """Returns once the page listens to keys, which comes a moment after the page itself."""
    page.goto(address)
    listens(page)


def listens(page: Page) -> None:
    page.wait_for_selector("html[data-started]", state="attached")


def held_back(page: Page, address: str) -> list[Route]:
    """What the page asks of this address waits until one says `continue_()`."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(address, hold)
    return held


def first_held(page: Page, held: list[Route]) -> Route:
    """The first that waits; the page shows that it asks a moment before it does."""
    for _moment in range(500):
        if held:
            return held[0]
        page.wait_for_timeout(10)  # in which what the browser tells is heard
    raise AssertionError("nothing was asked for")


def tab_to(page: Page, target: Locator, *, key: str = "Tab", most: int = 40) -> None:
    """As people do who have no mouse: Playwright's own `press`, `fill` and `focus` would go there by themselves."""
    for _stop in range(most):
        if target.evaluate("el => el === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"not reached by pressing {key} {most} times: {target}")


def axe_finds_nothing(page: Page, what: str = "", *, rules: tuple[str, ...] = (), within: str | None = None) -> None:
    """`what` is looked at, in the words of the failure; `rules`: these alone; `within`: what lies over other things, of
    which it may leave a part to be seen.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN_AXE, [rules or None, within])
    assert not found, f"{what}: {found}"


def scrolls_no_wider(page: Page, what: str = "") -> None:
    wide = page.evaluate(OVERFLOW)
    assert wide <= 0, f"{what} scrolls sideways by {wide} px"


@contextmanager
def database_beside_playwright() -> Iterator[None]:
    """Playwright keeps an event loop in this thread, in which Django would refuse its synchronous database calls."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Watch:
    """What a page did that people do not see."""

    site: str
    console: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    csp_reports: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    expected: tuple[int | str, ...] = ()
    """What the story is about: statuses of refusals, and failures of the network by Chromium's names (`net::…`)."""

    def over(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        page.on("requestfailed", self._on_failure)
        page.on("request", self._on_request)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if not (message.text.startswith(NO_FAULTS) or self._is_expected(message.text)):
            self.console.append(f"{message.type}: {message.text}")

    def _is_expected(self, text: str) -> bool:
        """Of what is expected, Chromium and htmx each write a line; of a lost network, htmx names its events alone."""
        if text.startswith("htmx:"):
            return any(str(what).startswith("net::") for what in self.expected)
        is_of_an_answer = text.startswith(("Failed to load resource: ", "Response Status Error Code "))
        return is_of_an_answer and any(str(what) in text for what in self.expected)

    def _on_failure(self, request: Request) -> None:
        if request.failure not in ("net::ERR_ABORTED", *self.expected):  # aborted: the page was left before it had come
            self.failed.append(f"{request.url}: {request.failure}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and f"{parts.scheme}://{parts.netloc}" != self.site:
            self.foreign.append(request.url)
        if parts.path == "/csp-report/":
            self.csp_reports.append(request.post_data or "")

    def _on_response(self, response: Response) -> None:
        self.responses.append(response)
        if response.status >= 400 and response.status not in self.expected:
            self.failed.append(f"{response.url}: {response.status}")

    def forget(self) -> None:
        """Begin anew, for the next page."""
        for seen in (self.console, self.failed, self.foreign, self.csp_reports, self.responses):
            seen.clear()

    def finds_nothing(self) -> None:
        found = (self.console, self.failed, self.foreign, self.csp_reports)
        assert found == ([], [], [], []), found


@dataclass(frozen=True)
class Weight:
    requests: int
    total: int
    js: int
    css: int
    """Bytes of the bodies, text compressed as a server in production does."""


def weight_of(responses: list[Response]) -> Weight:
    sizes: dict[str, int] = {"script": 0, "stylesheet": 0}
    total = 0
    for response in responses:
        kind = response.request.resource_type
        if kind == "eventsource":  # its body never ends
            continue
        body = b"" if response.status in (204, 301, 302, 304) else response.body()
        is_text = any(
            word in response.headers.get("content-type", "") for word in ("text", "javascript", "json", "svg")
        )
        size = len(gzip.compress(body)) if is_text else len(body)
        total += size
        sizes[kind] = sizes.get(kind, 0) + size
    return Weight(len(responses), total, sizes["script"], sizes["stylesheet"])
