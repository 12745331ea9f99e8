"""From a click to what it changes on the screen, in Chromium, at the size that is measured: "Accept", and help asked
for by one click and one submit.
"""

from playwright.sync_api import Locator, Page, sync_playwright

from tests.bench.measuring import WARM_UP, Bench, Figure, figure_of
from tests.bench.pages import front_and_events
from tests.journeys.chromium import database_beside_playwright, launch, listens
from tests.sessions import sign_in_without_form

ACCEPTS = 40
MOST_MS = 100
"""At the 95th percentile (issue 4, "What must be true")."""
MOST_TO_ASK_MS = 150
"""At the 95th percentile, for the form and for the open envelope (issue 5, "What must be true")."""
MOST = (MOST_MS, MOST_TO_ASK_MS, MOST_TO_ASK_MS)
WATCH = """(what) => {
    const isShown = {
        accepted: () => !document.querySelector("form[action$='/accept/']"),
        form: () => document.querySelector("#envelope-dialog[open]") !== null,
        envelope: () => document.querySelector("#ticket-tabs a[href*='/e/1/']") !== null,
    }[what];
    window.clicked = new Promise((resolve) => {
        addEventListener("click", (event) => {
            const seen = new MutationObserver(() => {
                if (!isShown()) return;
                seen.disconnect();
                // a task after the frame that shows it
                requestAnimationFrame(() => {
                    const after = new MessageChannel();
                    after.port1.onmessage = () => resolve(performance.now() - event.timeStamp);
                    after.port2.postMessage(null);
                });
            });
            seen.observe(document.body, { attributes: true, childList: true, subtree: true });
        }, { capture: true, once: true });
    });
}"""


def clicking(bench: Bench, web_port: int) -> list[Figure]:
    """New tickets accepted one after the other by mouse, each on its page, which has come and listens; then help is
    asked for on it.
    """
    references = [bench.create(number) for number in range(ACCEPTS + WARM_UP)]
    with front_and_events(web_port) as (port, _), sync_playwright() as playwright, database_beside_playwright():
        address = f"http://localhost:{port}"
        browser = launch(playwright)
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
        sign_in_without_form(context, bench.agent, address)
        page = context.new_page()
        times = [_accept_and_ask(page, reference) for reference in references]
        browser.close()
    names = ("click to accepted, on screen", "click to the form of an envelope", "submit to the open envelope, its tab")
    return [figure_of(name, list(row)[WARM_UP:]) for name, row in zip(names, zip(*times, strict=True), strict=True)]


def _accept_and_ask(page: Page, reference: str) -> tuple[float, float, float]:
    page.goto(f"/t/{reference}/")
    listens(page)
    accepted = _timed(page, "accepted", page.get_by_role("button", name="Accept").first)
    opener = page.locator(".composer__envelope")
    opener.wait_for()  # the composers follow the head
    shown = _timed(page, "form", opener)
    dialog = page.locator("#envelope-dialog")
    dialog.locator("select").select_option(index=1)
    dialog.locator("[name=reason]").fill("Which port is it?")
    return accepted, shown, _timed(page, "envelope", dialog.locator("[data-submit]"))


def _timed(page: Page, what: str, button: Locator) -> float:
    """Milliseconds from the click to the frame that shows it."""
    page.evaluate(WATCH, what)
    button.click()
    return float(page.evaluate("window.clicked"))
