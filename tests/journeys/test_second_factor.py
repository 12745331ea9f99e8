"""The second factor in a real browser, by keyboard: set up, at sign-in, and over a page whose session is over."""

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import totp
from accounts.models import SecondFactor
from accounts.services import end_access
from accounts.services.second_factors import shown
from tests.factories.people import PASSWORD
from tests.journeys.chromium import Watch, axe_finds_nothing, scrolls_no_wider
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk


def test_second_factor_is_set_up_and_asked_for(browsers: Browsers, desk: Desk, watch: Watch) -> None:
    watch.expected = (400, 401)
    page = browsers(desk.mara)
    page.goto("/account/second-factor/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set up a second factor").press("Enter")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    looks_right(page, "setting up")
    secret = shown(SecondFactor.objects.select_related("user").get()).secret
    page.get_by_label("Code", exact=True).fill(totp.code_at(secret, totp.step_at(timezone.now()) - 1))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    looks_right(page, "recovery codes")

    page.goto("/account/second-factor/")
    looks_right(page, "in use")
    page.goto("/account/")
    end_access(desk.mara.user_id)
    page.get_by_label("Signature").fill("Mara, at your service")
    page.get_by_role("button", name="Save preferences").press("Enter")
    dialog = page.get_by_role("dialog", name="Sign in to go on")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    code = dialog.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    axe_finds_nothing(page, "the dialog", within="#sign-in-again")
    code.fill("000000")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("This code is not right").first).to_be_visible()
    dialog.get_by_label("Code", exact=True).fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()

    stranger = browsers()
    stranger.goto("/login/?next=/account/")
    stranger.get_by_label("E-mail address").fill(desk.mara.email)
    stranger.get_by_label("Password", exact=True).fill(PASSWORD)
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_label("Code", exact=True)).to_be_focused()
    looks_right(stranger, "sign-in")
    stranger.keyboard.insert_text(codes[1])
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("heading", name="Profile and absence")).to_be_visible()


def looks_right(page: Page, what: str) -> None:
    axe_finds_nothing(page, what)
    scrolls_no_wider(page, what)
    page.set_viewport_size({"width": 390, "height": 844})
    scrolls_no_wider(page, what)
    page.set_viewport_size({"width": 1440, "height": 900})
