"""`make screenshots`: every page of a fresh demo desk at two widths in both schemes, into docs/screenshots."""

import base64
import time
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, CDPSession, sync_playwright

from itilnext.local.servers import PROJECT
from tests.every_page import pages
from tests.every_page.pages import Page
from tests.every_page.served import Served, demo_desk

FOLDER = PROJECT / "docs" / "screenshots"
SIZES = {1440: 900, 390: 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
QUALITY = {1440: 30, 390: 38}
"""Of WebP: so that all of them together stay below `MOST`."""
MOST = 10 * 1024 * 1024
PAGES = [page for page in pages.PAGES if page.has_picture]


def main() -> None:
    began = time.monotonic()
    with demo_desk(PROJECT / "var" / "screenshots") as desk, sync_playwright() as playwright:
        from tests.journeys.chromium import database_beside_playwright, launch  # needs Django set up

        for old in FOLDER.glob("*.*"):
            old.unlink()
        with database_beside_playwright():
            browser = launch(playwright)
            for width in SIZES:
                _take_all(browser, desk, width)
            browser.close()
    sizes = [path.stat().st_size for path in FOLDER.glob("*.webp")]
    print(f"{len(sizes)} pictures, {sum(sizes) / 1024 / 1024:.1f} MB, {time.monotonic() - began:.0f} s")
    if sum(sizes) > MOST:
        raise SystemExit(f"That is more than {MOST // 1024 // 1024} MB; lower their quality.")


def names_wanted() -> set[str]:
    """Files of all pictures."""
    return {name_of(page, width, scheme) for page in PAGES for width in SIZES for scheme in SCHEMES}


def _take_all(browser: Browser, desk: Served, width: int) -> None:
    from tests.every_page.furnishing import agent  # needs Django set up
    from tests.sessions import sign_in_without_form

    for who in dict.fromkeys(page.who for page in PAGES):
        is_phone = width < 640
        context = browser.new_context(
            base_url=desk.address,
            viewport={"width": width, "height": SIZES[width]},
            is_mobile=is_phone,
            has_touch=is_phone,
            locale="en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        if who:
            sign_in_without_form(context, agent(who), desk.address)
        tab = context.new_page()
        camera = context.new_cdp_session(tab)
        for page in (page for page in PAGES if page.who == who):
            tab.goto(desk.places.path_of(page))
            tab.wait_for_selector("html[data-started]", state="attached")
            tab.wait_for_timeout(300)  # sections that come later
            for scheme in SCHEMES:
                tab.emulate_media(color_scheme=scheme)
                _take(camera, FOLDER / name_of(page, width, scheme), QUALITY[width])
        context.close()


def name_of(page: Page, width: int, scheme: str) -> str:
    return f"{page.name}-{width}-{scheme}.webp"


def _take(camera: CDPSession, path: Path, quality: int) -> None:
    """Playwright itself writes PNG and JPEG only."""
    taken = camera.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
    path.write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    main()
