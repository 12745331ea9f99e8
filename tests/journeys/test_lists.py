"""Lists in a real browser: ticked and worked on by keyboard, edited in their rows, kept under a name; accessibility."""

from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.factories import TicketFactory
from tests.journeys.chromium import Watch, axe_finds_nothing, listens, open_page, scrolls_no_wider, tab_to
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.enums import BulkKind
from tickets.models import BulkAct, SavedView, Ticket
from tickets.services import ask_many, run_bulk_acts, save_view, start_many


@pytest.fixture
def page(page: Page, desk: Desk) -> Page:
    """Mara has five tickets."""
    for number in range(5):
        TicketFactory(team=desk.team, subject=f"Printer {number}", owner=desk.mara)
    return page


def priorities() -> list[str]:
    return list(Ticket.objects.order_by("subject").values_list("priority", flat=True))


def test_rows_are_ticked_and_changed_and_taken_back_by_keyboard_alone(page: Page) -> None:
    open_page(page, "/queue/team/?sort=created_at")
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    for key in ("j", "x", "Shift+ArrowDown", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(bar.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("x")
    expect(bar.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(bar.get_by_text("5 selected")).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.keyboard.press("p")
    tab_to(page, page.get_by_label("Priority", exact=True))
    page.keyboard.press("h")  # as in any native choice: the one that begins with this letter
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Change priority: 4 tickets"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Done: 4")).to_be_visible()
    assert sorted(priorities()) == ["high"] * 4 + ["medium"]
    page.keyboard.press("z")
    expect(page.get_by_text("Taken back: 4")).to_be_visible()
    assert priorities() == ["medium"] * 5
    page.keyboard.press("u")
    page.wait_for_url("**/queue/team/?sort=created_at")


def test_keys_tick_nothing_while_somebody_types(page: Page) -> None:
    open_page(page, "/queue/team/")
    page.keyboard.press("/")
    page.keyboard.type("xx")
    page.keyboard.press("Control+a")
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.locator("#search")).to_have_value("xx")
    assert page.locator("[data-pick]:checked").count() == 0


def test_a_click_with_shift_ticks_all_between(page: Page) -> None:
    open_page(page, "/queue/team/")
    boxes = page.locator("[data-pick]")
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("#bulk").get_by_text("4 selected")).to_be_visible()
    page.get_by_role("button", name="Clear selection").click()
    assert page.locator("[data-pick]:checked").count() == 0


def test_a_priority_is_edited_in_its_row(page: Page, watch: Watch) -> None:
    watch.expected = (400,)
    open_page(page, "/queue/team/?sort=created_at&columns=reference,tags,status")
    row = page.locator(".queue-row").nth(1)
    reference = str(row.get_attribute("id")).removeprefix("row-")
    row.locator("[data-pick]").check()
    row.get_by_role("link", name="Priority of").click()
    control = row.get_by_label("Priority", exact=True)
    expect(control).to_be_focused()
    control.select_option("critical")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_text("Say why the priority is raised").first).to_be_visible()
    row.get_by_label("Why this priority?").fill("Everybody is affected.")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_role("link", name="Critical. Change")).to_be_visible()
    assert Ticket.objects.get(reference=reference).priority == "critical"
    expect(row.locator("[data-pick]")).to_be_checked()
    row.get_by_role("link", name="Change the tags").click()
    row.get_by_label("Tags, separated by commas").fill("vpn")
    page.keyboard.press("Enter")
    expect(row.get_by_text("vpn")).to_be_visible()
    row.get_by_role("link", name="Change the tags").click()
    row.get_by_label("Tags, separated by commas").fill("forgotten")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(row.locator("form.inline-edit")).to_have_count(0)
    assert [tag.name for tag in Ticket.objects.get(reference=reference).tags.all()] == ["vpn"]


def test_a_list_is_looked_at_otherwise_and_kept_under_a_name(page: Page) -> None:
    open_page(page, "/queue/team/")
    page.get_by_role("link", name="Status").first.click()
    page.wait_for_url("**sort=status")
    page.locator("summary", has_text="Display").click()
    page.get_by_label("Tags", exact=True).check()
    page.get_by_role("button", name="Show like this").click()
    expect(page.get_by_text("Changed, not saved")).to_be_visible()
    listens(page)
    page.keyboard.press("Shift+V")
    page.get_by_label("Name").fill("By status")
    page.get_by_role("button", name="Save view").click()
    page.wait_for_url("**/queue/my-by-status/")
    expect(page.get_by_text("Changed, not saved")).to_have_count(0)
    expect(page.get_by_role("link", name="By status 5", exact=True)).to_be_visible()
    assert SavedView.objects.get().columns == ["reference", "customer", "tags", "status", "owner", "changed"]


def test_space_shows_the_ticket_beside_the_list_and_follows_from_row_to_row(page: Page) -> None:
    open_page(page, "/queue/team/?sort=created_at")
    preview = page.get_by_role("complementary", name="Preview")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(preview.get_by_role("link", name="Printer 0")).to_be_visible()
    page.keyboard.press("j")
    expect(preview.get_by_role("link", name="Printer 1")).to_be_visible()
    expect(page.locator(".queue-row__subject", has_text="Printer 1")).to_be_focused()
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    page.keyboard.press("Space")
    expect(preview.get_by_role("link", name="Printer 1")).to_be_visible()
    page.keyboard.press("Space")
    expect(preview).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/*/?from=*")


def test_the_next_two_tickets_are_there_before_they_are_asked_for(page: Page, watch: Watch) -> None:
    """ux.md section 2: J shows them at once, here without any server; nobody asks for more than two ahead."""
    watch.expected = ("net::ERR_FAILED",)
    asked: list[dict[str, str]] = []
    page.on("requestfinished", lambda request: asked.append(request.headers) if is_look(request) else None)
    open_page(page, "/queue/team/?sort=created_at")
    preview = page.get_by_role("complementary", name="Preview")
    page.keyboard.press("j")
    with page.expect_event("requestfinished", lambda request: is_look(request) and len(asked) == 3):
        page.keyboard.press("Space")
    assert ["live-update" in headers for headers in asked] == [False, True, True], "what comes by itself says so"
    page.route("**/peek/", lambda route: route.abort())
    for name in ("Printer 1", "Printer 2"):
        page.keyboard.press("j")
        expect(preview.get_by_role("link", name=name)).to_be_visible()


def is_look(request: Request) -> bool:
    return request.url.endswith("/peek/")


def test_the_page_of_a_long_act_follows_the_worker_and_ends_with_the_receipt(page: Page, desk: Desk) -> None:
    TicketFactory.create_batch(7, team=desk.team, owner=desk.mara)
    tickets = list(Ticket.objects.values_list("pk", "reference"))
    act = start_many(ask_many(BulkKind.PRIORITY, by=desk.mara, tickets=tickets).pk, by=desk.mara, priority="high")
    open_page(page, "/bulk/")
    page.get_by_role("link", name="Change priority: Priority: High").click()
    expect(page.get_by_text("0 of 12 tickets")).to_be_visible()
    axe_finds_nothing(page)
    assert run_bulk_acts() == 10
    expect(page.get_by_text("10 of 12 tickets")).to_be_visible()
    assert run_bulk_acts() == 2
    expect(page.get_by_text("Done: 12")).to_be_visible()
    expect(page.get_by_role("button", name="Take all back")).to_be_visible()
    act.refresh_from_db()
    assert act.stage == "done"


def test_everything_is_done_without_script_too(browsers: Browsers, desk: Desk) -> None:
    tickets = [TicketFactory(team=desk.team, subject=f"Printer {number}", owner=desk.mara) for number in range(2)]
    page = browsers(desk.mara, java_script_enabled=False)
    page.goto("/queue/mine/")
    page.get_by_label(f"Select {tickets[0].reference}").check()
    page.get_by_role("button", name="Add tags…").click()
    page.get_by_label("Tags").fill("vpn")
    page.get_by_role("button", name="Add tags: 1 ticket").click()
    page.get_by_role("button", name="Take all back").click()
    expect(page.get_by_text("Taken back: 1")).to_be_visible()
    assert BulkAct.objects.get().undone_at is not None
    page.goto("/queue/mine/")
    page.get_by_role("link", name="Priority of").first.click()
    page.wait_for_url("**/fields/")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (768, "dark"), (390, "light")])
def test_axe_finds_nothing_in_what_lists_open(width: int, scheme: Any, page: Page, desk: Desk) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    save_view("Ours", by=desk.mara, base="team", filters={"q": "status:open"})

    def check(where: str, *, within: str | None = None) -> None:
        axe_finds_nothing(page, where, within=within)
        scrolls_no_wider(page, where)

    open_page(page, "/queue/my-ours/?sort=status&columns=reference,customer,team,tags,opened,status,owner,changed")
    page.locator("[data-pick]").first.check()
    check("list")
    page.locator("summary", has_text="Display").click()
    check("display", within=".list-bar__display")
    open_page(page, "/queue/team/?columns=reference,tags")
    page.get_by_role("link", name="Priority of").first.click()
    expect(page.locator("form.inline-edit")).to_be_visible()
    check("inline")
    open_page(page, "/queue/team/")
    page.locator("[data-pick]").first.check()
    page.get_by_role("button", name="Priority…").click()
    check("form")
