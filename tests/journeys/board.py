"""A board under the hand."""

from playwright.sync_api import Locator, Page


def drag(page: Page, card: Locator, target: Locator, *, drop: bool = True) -> None:
    start, end = card.bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 30, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 40, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 30, steps=5)
    if drop:
        page.mouse.up()
