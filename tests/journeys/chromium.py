"""A real browser: Chromium from the machine or as Playwright has installed it."""

import gzip
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, Response

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Playwright) -> Browser:
    """Skips the test where there is no Chromium: `playwright install chromium` or the system's package brings one."""
    found = next(filter(None, map(shutil.which, NAMES)), None) or playwright.chromium.executable_path
    if not Path(found).exists():
        pytest.skip("no Chromium here; install the package `chromium`, or run `playwright install chromium`")
    return playwright.chromium.launch(executable_path=found, args=list(FLAGS))


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
    expected: tuple[int, ...] = ()
    """Statuses of refusals that the story is about."""

    def over(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        page.on("requestfailed", lambda request: self.failed.append(f"{request.url}: {request.failure}"))
        page.on("request", self._on_request)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if not (self.expected and "the server responded with a status of" in message.text):
            self.console.append(f"{message.type}: {message.text}")

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

    def finds_nothing(self) -> None:
        assert (self.console, self.failed, self.foreign, self.csp_reports) == ([], [], [], [])


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
        body = b"" if response.status in (204, 301, 302, 304) else response.body()
        is_text = any(
            word in response.headers.get("content-type", "") for word in ("text", "javascript", "json", "svg")
        )
        size = len(gzip.compress(body)) if is_text else len(body)
        total += size
        sizes[kind] = sizes.get(kind, 0) + size
    return Weight(len(responses), total, sizes["script"], sizes["stylesheet"])
