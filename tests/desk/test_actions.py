"""One registry for buttons, menus, keys and the map behind "?" (issue 4, ux.md section 4)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Agent
from desk.actions.keys import acts_of, check_keys, keys_of, read_key, shown
from desk.actions.registry import ACTIONS, SCRIPTED, How, Where
from desk.actions.shown import keymap_of
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import TicketFactory
from tickets.models import Ticket
from tickets.services import reply_to_customer

pytestmark = pytest.mark.django_db
TAG = re.compile(r"<[a-z][^>]*\bdata-(?:act|key)=[^>]*>")


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    found: Ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)
    return found


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', tag)
    return found[1] if found else ""


def keyed(html: str) -> list[tuple[str, str]]:
    """(action, key) of each element that has either."""
    return [(attribute(tag, "data-act"), attribute(tag, "data-key")) for tag in TAG.findall(html)]


def pages(desk: Desk, ticket: Ticket) -> dict[str, str]:
    new = TicketFactory(team=desk.team, requester=desk.dana)
    reply_to_customer(ticket.pk, by=desk.mara, body_text="We are on it.")
    addresses = (
        "/queue/mine/", "/queue/all/?q=status:open", "/board/team/", "/search/?q=printer", "/customers/", "/account/",
        "/outbox/", url_of(ticket), url_of(new), "/t/new/", "/keys/", "/account/keys/", "/notifications/", "/recent/",
    )  # fmt: skip
    return {address: html_of(desk.browser(desk.mara).get(address)) for address in addresses}


def test_every_key_on_a_page_is_that_of_an_action(desk: Desk, ticket: Ticket) -> None:
    """Also with keys of one's own."""
    desk.browser(desk.mara).post("/account/keys/", {**usual(), "accept": "Shift D", "watch": ""})
    expected = {name: act["key"] for name, act in acts_of(Agent.objects.get(pk=desk.mara.pk)).items()}
    assert (expected["accept"], expected["unwatch"], expected["many_accept"]) == ("Shift+D", "", "Shift+D")
    found = {address: keyed(html) for address, html in pages(desk, ticket).items()}
    wrong = [(address, pair) for address, pairs in found.items() for pair in pairs if expected.get(pair[0]) != pair[1]]
    assert wrong == []
    names = {name for pairs in found.values() for name, _key in pairs}
    on_pages = {name for name, action in ACTIONS.items() if action.how != How.KEYS and action.is_for(desk.mara)}
    # Of another state, of one row, of one's own leave, of those in charge, or of a desk with a calendar:
    elsewhere = {
        "meet",
        "seal",
        "envelope_message",
        "resume",
        "confirm",
        "reopen",
        "unmerge",
        "unwatch",
        "stop_work",
        "move",
        "priority",
        "save_view",
        "withdraw_offer",
    }
    assert on_pages - names - elsewhere - {"offer", "change_team", "many_offer", "many_change_team"} == set()


def test_no_template_names_a_key_itself() -> None:
    folder = Path(settings.BASE_DIR) / "templates"
    literal = [
        path.name
        for path in folder.rglob("*.html")
        if re.search(r'data-key=|aria-keyshortcuts=| key="', path.read_text())
    ]
    assert literal == []


def test_every_action_stands_in_the_map_with_its_key(desk: Desk) -> None:
    html = html_of(desk.browser(desk.lea).get("/keys/"))
    rows = dict(re.findall(r'data-of="(\w+)".*?<dt>(.*?)</dt>', html))
    told = {name: " ".join(re.findall(r"<kbd>([^<]+)</kbd>", keys)) for name, keys in rows.items()}
    acts = acts_of(desk.lea)
    wanted = {name: acts[name]["shown"] for name, action in ACTIONS.items() if action.is_for(desk.lea)}
    assert told == {name: key.replace("<", "&lt;") for name, key in wanted.items()}
    assert "many_accept" in told
    hidden = {name for name, action in ACTIONS.items() if not action.is_for(desk.aude)}
    auditors = html_of(desk.browser(desk.aude).get("/keys/"))
    assert hidden >= {"new", "many_accept"}
    assert [name for name in hidden if f'data-of="{name}"' in auditors] == []


def test_scripts_are_told_the_keys_of_what_has_nothing_to_click(desk: Desk, ticket: Ticket) -> None:
    assert keymap_of(desk.mara) == {
        "j": "row_next", "k": "row_previous", "w": "panel_next", "x": "select", "v": "view", "s": "status",
        "p": "priority", "m": "move", "/": "search",
    }  # fmt: skip
    assert set(keymap_of(desk.mara).values()) == set(SCRIPTED)
    desk.browser(desk.mara).post("/account/keys/", {**usual(), "row_next": "g j", "select": ""})
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert "&quot;g j&quot;:&quot;row_next&quot;" in html
    assert "&quot;select&quot;" not in html
    assert '/next/" data-act="ticket_next" data-key="g j"' in html


def test_the_usual_keys_are_the_map_of_the_guide() -> None:
    """ux.md section 4, for everything there is; O opens the switcher, on a ticket Shift L the list at its left, M
    writes in an envelope; G E and G F lead to envelopes.
    """
    wanted = {
        "palette": "Ctrl+K", "search": "/", "help": "?", "new": "c", "undo": "z", "refresh": ".", "rail": "Shift+L",
        "details": "Shift+I", "panel_next": "w", "go_queue": "g q", "go_board": "g b", "go_notifications": "g n",
        "go_outbox": "g o", "go_customers": "g c", "row_next": "j", "row_previous": "k", "select": "x", "filter": "f",
        "view": "v", "save_view": "Shift+V", "move": "m", "accept": "a", "reply": "r", "note": "n", "status": "s",
        "priority": "p", "add_task": "t", "watch": "i", "back": "u", "copy_reference": "y", "copy_link": "Shift+Y",
        "ticket_next": "j", "ticket_previous": "k", "recent": "o", "envelope": "e", "seal": "Shift+E", "flag": "l",
        "tab": "1–9", "entries": "Alt+ArrowDown Alt+ArrowUp", "find": "f", "list": "Shift+L", "envelope_message": "m",
        "unwatch": "i", "close": "Escape", "go_envelopes": "g e", "go_help": "g f", "go_search": "g s",
        "go_reminders": "g r", "go_alerts": "g a",
        "row_arrows": "ArrowDown ArrowUp", "row_open": "Enter", "row_look": "Space", "select_all": "Ctrl+A",
        "select_more": "Shift+ArrowDown Shift+ArrowUp", "columns": "ArrowRight ArrowLeft", "many_accept": "a",
        "many_priority": "p", "many_watch": "i", "send": "Ctrl+Enter", "send_and_wait": "Ctrl+Shift+Enter",
        "remind": "h", "keep_draft": "Ctrl+S", "insert_text": "/", "mention": "@", "bold": "Ctrl+B", "italic": "Ctrl+I",
    }  # fmt: skip
    usual_keys = {name: act["key"] for name, act in acts_of(None).items()}
    assert {name: key for name, key in usual_keys.items() if key} == wanted
    assert check_keys(usual()) == {}, "the usual keys are not in each other's way"


def usual() -> dict[str, str]:
    """What the form of one's own keys holds while nothing is chosen."""
    return {name: shown(action.key) for name, action in ACTIONS.items() if action.owns_key}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        *[("a", "a"), ("A", "a"), (" shift e ", "Shift+E"), ("Shift+E", "Shift+E")],
        *[("g Q", "g q"), ("?", "?"), ("", ""), ("ä", "ä")],
    ],
)
def test_keys_are_read_as_people_write_them(typed: str, key: str) -> None:
    assert read_key(typed) == key
    assert read_key(shown(key)) == key


@pytest.mark.parametrize(
    "typed",
    [
        *["Ctrl+K", "ctrl k", "Strg E", "Alt+A", "AltGr Q", "⌘K", "@", "{", "€", "\\", "g @", "1", "g 1"],
        *["abc", "a b c", "? q", "Shift 1", "Shift g q", "shift"],
    ],
)
def test_keys_of_the_browser_of_altgr_and_of_the_pages_are_reserved(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read_key(typed)


def test_own_keys_are_chosen_shown_and_given_back(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    answer = browser.post("/account/keys/", {**usual(), "reply": "Shift D", "go_queue": "g x"})
    assert (answer.status_code, answer.url) == (302, "/account/keys/")
    mara = Agent.objects.get(pk=desk.mara.pk)
    assert mara.keys == {"reply": "Shift+D", "go_queue": "g x"}
    assert (mara.history.first().keys, mara.history.first().actor_name) == (mara.keys, "Mara Weiss")
    page = html_of(browser.get(url_of(ticket)))
    assert '<summary aria-keyshortcuts="Shift+D" data-act="reply" data-key="Shift+D">' in page
    assert '<kbd aria-hidden="true">Shift D</kbd>' in page
    assert "<kbd>G</kbd> <kbd>X</kbd>" in html_of(browser.get("/keys/"))
    assert keys_of(desk.jonas)["reply"] == "r"
    assert browser.post("/account/keys/", {"reset": "1"}).status_code == 302
    assert Agent.objects.get(pk=desk.mara.pk).keys == {}


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("reply", "n", "already the key of “Internal note”"),
        ("reply", "C", "already the key of “New ticket”"),
        ("select", "f", "already the key of “Filter the list”"),
        ("accept", "g", "already the key of “Queue”"),
        ("accept", "j", "already the key of “Next row”"),
        ("reply", "Ctrl+E", "belong to the browser"),
        ("reply", "@", "needs AltGr"),
        ("reply", "3", "digits choose"),
    ],
)
def test_a_taken_or_reserved_key_changes_nothing(name: str, typed: str, says: str, desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    browser.post("/account/keys/", {**usual(), "note": "n", "watch": "Shift W"})
    answer = browser.post("/account/keys/", {**usual(), "watch": "Shift Q", name: typed})
    assert (answer.status_code, says in html_of(answer)) == (400, True)
    assert f'value="{typed}"' in html_of(answer), "what was typed stays"
    assert Agent.objects.get(pk=desk.mara.pk).keys == {"watch": "Shift+W"}


def test_the_same_key_may_mean_two_things_in_two_places(desk: Desk) -> None:
    """F filters a list and finds in a ticket; two keys may also change places."""
    assert check_keys({**usual(), "filter": "y"}) == {"filter": "y"}
    assert check_keys({**usual(), "reply": "n", "note": "r"}) == {"reply": "n", "note": "r"}
    assert {place for place in Where if place == Where.COMPOSER} & set(ACTIONS["search"].where) == set()


def test_kept_keys_of_actions_that_are_gone_are_left_aside(desk: Desk, ticket: Ticket) -> None:
    Agent.objects.filter(pk=desk.mara.pk).update(keys={"gone": "a", "send": "q", "reply": "q"})
    mara = Agent.objects.get(pk=desk.mara.pk)
    assert (keys_of(mara)["reply"], keys_of(mara)["send"], "gone" in keys_of(mara)) == ("q", "Ctrl+Enter", False)
    assert desk.browser(mara).get(url_of(ticket)).status_code == 200


def test_priority_is_changed_by_a_button_of_the_page(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    page = html_of(browser.get(url_of(ticket)))
    choices = re.findall(r'name="priority" value="(\w+)" data-act-group="priority"', page)
    assert choices == ["high", "medium", "low"]
    assert f'href="/t/{ticket.reference}/fields/#fields-priority" data-act-group="priority"' in page
    browser.post(url_of(ticket, "fields/priority/"), {"priority": "high", "version": ticket.version})
    ticket.refresh_from_db()
    assert ticket.priority == "high"
    others = html_of(desk.browser(desk.aude).get(url_of(ticket)))
    assert "data-act-group" not in others
