"""The page that shows the description runs under the same content security policy as every other page."""

from typing import Any

from django.test import Client
from playwright.sync_api import sync_playwright

from tests.journeys.chromium import launch


def test_docs_page_has_nothing_inline_and_the_policy_of_all_pages(db: None) -> None:
    answer = Client().get("/api/v1/docs/")
    assert answer.status_code == 200
    assert "unsafe" not in answer["Content-Security-Policy"]
    text = answer.content.decode()
    assert "<style" not in text
    assert "style=" not in text
    assert text.count("<script") == text.count("<script src=") + text.count('<script type="module" src=')
    assert 'data-schema-url="/api/v1/schema/"' in text


def test_docs_page_shows_the_operations_without_a_policy_violation(live_site: str) -> None:
    found: list[Any] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: found.append(str(error)))
        page.goto(f"{live_site}/api/v1/docs/")
        page.locator(".opblock").first.wait_for(timeout=20_000)
        accept = page.get_by_text("/api/v1/tickets/{reference}/accept/").first
        for _screen in range(200):  # so many operations are drawn as they come into sight
            if accept.count():
                break
            page.mouse.wheel(0, 400)
            page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        accept.wait_for(timeout=5_000)
        browser.close()
    assert found == []
