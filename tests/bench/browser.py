"""How soon an agent can work with a page, in Chromium: from the click on its link to the last of its parts that matters
and to its keys (acceptance 146).
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from tests.journeys.chromium import launch

MOST_MS = 3000
"""Acceptance 146, of 50,000 tickets."""
ROUNDS = 5
READY = """() => new Promise((answer) => {
  let largest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) largest = Math.max(largest, entry.startTime);
  }).observe({ type: "largest-contentful-paint", buffered: true });
  const look = () => {
    if (largest && document.documentElement.hasAttribute("data-started") && document.readyState === "complete") {
      answer({ paint: largest, usable: Math.max(largest, performance.now()) });
    } else setTimeout(look, 10);
  };
  look();
})"""
"""Both are counted from the start of the navigation. A page listens to its keys once its root says data-started."""


@dataclass(frozen=True)
class Shown:
    name: str
    cold_ms: float
    """With an empty cache: the slowest of all that follows."""
    usable_ms: float
    """Median of the rounds: largest paint over, everything loaded, keys listened to."""
    worst_ms: float
    paint_ms: float

    @property
    def is_too_slow(self) -> bool:
        return max(self.cold_ms, self.worst_ms) > MOST_MS


def pages_shown(port: int, cookies: dict[str, str], pages: dict[str, str], *, rounds: int = ROUNDS) -> Iterable[Shown]:
    """`pages` by name: their addresses. Raises RuntimeError for one that does not answer as it should."""
    site = f"http://localhost:{port}"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        browser.new_page().goto(f"{site}/login/")  # so that no page pays for the browser's own first steps
        for name, path in pages.items():
            context = browser.new_context(base_url=site, viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": key, "value": value, "url": site} for key, value in cookies.items()])
            page = context.new_page()
            cold, *warm = [_shown(page, path) for _round in range(1 + rounds)]
            usable = [each["usable"] for each in warm]
            paint = statistics.median(each["paint"] for each in warm)
            yield Shown(name, cold["usable"], statistics.median(usable), max(usable), paint)
            context.close()
        browser.close()


def _shown(page: Page, path: str) -> dict[str, float]:
    answer = page.goto(path)
    if answer is None or answer.status != 200 or urlsplit(page.url).path != urlsplit(path).path:
        raise RuntimeError(f"{path} led to {page.url} with {answer and answer.status}")
    found: dict[str, float] = page.evaluate(READY)
    return found
