"""A business calendar is made in the admin: country, region, what it means, saved; without a script of ours."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from accounts.models import BusinessCalendar
from tests.journeys.chromium import AXE, OVERFLOW, RUN_AXE
from tests.journeys.desk import Desk
from tests.sessions import sign_in_without_form


@pytest.fixture
def context(chromium: Browser, live_site: str, desk: Desk) -> Iterator[BrowserContext]:
    """Ada's. Unwatched: axe asks for style sheets of Django's own that import others, which the policy refuses it."""
    found = chromium.new_context(base_url=live_site, locale="en-GB")
    sign_in_without_form(found, desk.ada, live_site)
    yield found
    found.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_calendar_of_a_region_is_looked_at_before_it_is_saved(context: BrowserContext, scheme: str) -> None:
    page = context.new_page()
    page.add_init_script(path=AXE)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/admin/accounts/businesscalendar/add/")
    page.get_by_label("Name:", exact=True).fill("Munich")
    page.get_by_label("Public holidays of").select_option("Germany")
    for number, (opens, closes) in enumerate([("08:00", "18:00"), ("22:00", "06:00")]):
        page.get_by_role("button", name="Add another Window").click()
        page.locator(f"#id_windows-{number}-weekday").select_option("Monday" if number == 0 else "Sunday")
        page.locator(f"#id_windows-{number}-start_minute").fill(opens)
        page.locator(f"#id_windows-{number}-end_minute").fill("07:00" if number else closes)
    page.get_by_role("button", name="Show what this means").click()
    meant = page.get_by_role("region", name="What this would mean")
    expect(meant).to_contain_text("Eight business hours from now")
    page.get_by_label("Region").select_option("Bayern")
    page.get_by_role("button", name="Show what this means").click()
    expect(meant).to_contain_text("Corpus Christi")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(RUN_AXE, [None, "#calendar-preview"]) == []
        assert page.evaluate(OVERFLOW) <= 0
    assert not BusinessCalendar.objects.filter(name="Munich").exists()
    page.get_by_label("Epiphany").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/businesscalendar/")
    calendar = BusinessCalendar.objects.get(name="Munich")
    assert (calendar.region, calendar.left_out, calendar.windows.count()) == ("BY", ["Epiphany"], 2)
