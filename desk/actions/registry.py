"""Every action of the desk's pages: what it is called, its usual key, where it is valid, who may do it, how it is done.

Buttons, menus, the help behind "?" and the palette take label and key from here, so that they cannot disagree (ux.md
section 4). Who may do it is asked of the policies and `Abilities` that the pages ask anyway; the services check again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from accounts.policies import may_look_up_customers, may_open_admin, may_see_people_page
from connectors.base.policies import may_see_connections
from desk.bulk import ACTS
from envelopes.policies import may_see_contribution
from reports.policies import may_read_figures
from sla.proposals.policies import may_see_proposals
from tickets.enums import BulkKind
from tickets.policies import may_act_in_bulk, may_approve, may_create, may_keep_views, may_read_calibration

if TYPE_CHECKING:
    from desk.workspace import Abilities


class Where(StrEnum):
    EVERYWHERE = "everywhere"
    LIST = "list"
    BOARD = "board"
    TICKET = "ticket"
    COMPOSER = "composer"


class How(StrEnum):
    LINK = "link"
    """Opens a page."""
    FORM = "form"
    """Writes, by a plain form."""
    FOCUS = "focus"
    """Goes to a field or a part of the page."""
    BUTTON = "button"
    """Opens or shows something on the page."""
    KEYS = "keys"
    """By the keyboard alone; there is nothing on the page to click."""


@dataclass(frozen=True)
class Scene:
    """What the state of a ticket allows this person now."""

    able: "Abilities"
    is_watched: bool = False
    is_worked_on: bool = False
    """By this person, who has said so."""


def anybody(_agent: Agent) -> bool:
    return True


def always(_scene: Scene) -> bool:
    return True


def _is_at_it(scene: Scene) -> bool:
    return scene.is_worked_on


def _may_begin(scene: Scene) -> bool:
    return scene.able.work_on and not scene.is_worked_on


def able(*names: str) -> Callable[[Scene], bool]:
    """Allowed where one of these `Abilities` is given."""
    return lambda scene: any(getattr(scene.able, name) for name in names)


@dataclass(frozen=True, kw_only=True)
class Action:
    name: str
    label: Promise | str
    where: tuple[Where, ...]
    how: How
    key: str = ""
    """Usual key, as `data-key` writes it: "a", "Shift+E", "g q" one after the other; empty: none."""
    is_fixed: bool = False
    """Whether the key is the browser's or the pattern's own, as Enter and Ctrl+K, and cannot be chosen."""
    like: str = ""
    """The action whose key it shares: the same thing done elsewhere."""
    is_for: Callable[[Agent], bool] = anybody
    may: Callable[[Scene], bool] = always
    route: str = ""
    """Page or form address: of the desk, below the ticket for those with a `place`."""
    place: str = ""
    """Where it stands on the ticket page: `head` or `menu`."""
    group: str = ""
    """Which picker offers it: `status`."""
    icon: str = ""
    more: tuple[tuple[str, Any], ...] = ()
    """Further values of its button: tone, dialog, rule_before."""

    @property
    def owns_key(self) -> bool:
        """Whether a person can choose its key."""
        return not self.is_fixed and not self.like


E, L, B, T, C = Where.EVERYWHERE, Where.LIST, Where.BOARD, Where.TICKET, Where.COMPOSER
LINK, FORM, FOCUS, BUTTON, KEYS = How.LINK, How.FORM, How.FOCUS, How.BUTTON, How.KEYS


def _go(name: str, label: Promise, key: str, route: str, icon: str, **more: Any) -> Action:
    return Action(name=f"go_{name}", label=label, where=(E,), how=LINK, key=key, route=route, icon=icon, **more)


def _fixed(name: str, label: Promise, key: str, *where: Where, how: How = KEYS) -> Action:
    return Action(name=name, label=label, where=where, how=how, key=key, is_fixed=True)


def _on_ticket(name: str, label: Promise, how: How, route: str = "", key: str = "", **more: Any) -> Action:
    given = {"may": able(name), **more}
    return Action(name=name, label=label, where=(T,), how=how, key=key, route=route or name.replace("_", "-"), **given)


def _in_head(name: str, label: Promise, how: How, icon: str, key: str = "", **more: Any) -> Action:
    return _on_ticket(name, label, how, key=key, place="head", icon=icon, **more)


def _in_menu(name: str, label: Promise, how: How, icon: str, route: str = "", key: str = "", **more: Any) -> Action:
    return _on_ticket(name, label, how, route, key, place="menu", icon=icon, **more)


def _on_many(kind: BulkKind, like: str = "") -> Action:
    """An act of the bar below a list. With a selection the key of the ticket page acts on all of it."""
    act = ACTS[kind]
    return Action(
        name=f"many_{kind}",
        label=act.label,
        where=(L,),
        how=FORM,
        like=like,
        is_for=lambda agent: may_act_in_bulk(agent) and act.is_for(agent),
    )


EVERYWHERE = (
    _fixed("palette", _("Find or do anything"), "Ctrl+K", E, how=BUTTON),
    Action(name="search", label=_("Search tickets"), where=(E,), how=FOCUS, key="/"),
    Action(name="help", label=_("Keyboard shortcuts"), where=(E,), how=LINK, key="?", route="keys", icon="keyboard"),
    Action(
        name="new", label=_("New ticket"), where=(E,), how=LINK, key="c", is_for=may_create, route="new", icon="plus"
    ),
    Action(name="undo", label=_("Undo"), where=(E,), how=FORM, key="z", icon="undo-2"),
    Action(name="refresh", label=_("Refresh"), where=(E,), how=BUTTON, key=".", icon="refresh-cw"),
    Action(name="rail", label=_("Wide navigation"), where=(E,), how=FORM, key="Shift+L", icon="panel-right"),
    Action(name="details", label=_("Details"), where=(E,), how=FORM, key="Shift+I", icon="panel-right"),
    Action(name="panel_next", label=_("Next panel"), where=(E,), how=KEYS, key="w"),
    Action(name="recent", label=_("Recently opened"), where=(E,), how=BUTTON, key="o", icon="history"),
    _go("queue", _("Queue"), "g q", "home", "inbox"),
    _go("board", _("Board"), "g b", "board-home", "layout-list"),
    _go("search", _("Search"), "g s", "search", "search"),
    _go("reminders", _("Reminders"), "g r", "reminders", "clock"),
    _go("notifications", _("Notifications"), "g n", "notifications", "bell"),
    _go("alerts", _("Alerts"), "g a", "alerts", "triangle-alert"),
    _go("outbox", _("Outbox"), "g o", "outbox", "send"),
    _go("envelopes", _("My envelopes"), "g e", "my-envelopes", "mail"),
    _go("help", _("Help board"), "g f", "help-board", "users"),
    _go("contribution", _("What helpers contributed"), "", "contribution", "badge-check", is_for=may_see_contribution),
    _go("customers", _("Customers"), "g c", "customers", "building-2", is_for=may_look_up_customers),
    _go("approvals", _("Approvals"), "", "approvals", "badge-check", is_for=may_approve),
    _go("calibration", _("Calibration"), "", "calibration", "list-checks", is_for=may_read_calibration),
    _go("proposals", _("Proposals"), "", "proposals", "pencil", is_for=may_see_proposals),
    _go("reports", _("Figures"), "", "reports:overview", "hash", is_for=may_read_figures),
    _go("account", _("Profile and absence"), "", "account", "user"),
    _go("texts", _("Texts and templates"), "", "texts", "file-text"),
    _go("people", _("People"), "", "people", "users", is_for=may_see_people_page),
    _go("ledger", _("Mail ledger"), "", "mail:ledger", "mail", is_for=may_look_up_customers),
    _go("connections", _("Connections"), "", "connections:connections", "link", is_for=may_see_connections),
    _go("admin", _("Set-up and records"), "", "admin:index", "settings", is_for=may_open_admin),
    _go("keys", _("Change keys"), "", "own-keys", "keyboard"),
    _fixed("close", _("Close, then leave the field"), "Escape", E),
)

LISTS = (
    Action(name="row_next", label=_("Next row"), where=(L, B), how=KEYS, key="j"),
    Action(name="row_previous", label=_("Previous row"), where=(L, B), how=KEYS, key="k"),
    _fixed("row_arrows", _("Next and previous row"), "ArrowDown ArrowUp", L, B),
    _fixed("row_open", _("Open the ticket"), "Enter", L, B),
    _fixed("row_look", _("Look at the ticket beside the list"), "Space", L),
    Action(name="select", label=_("Select the row"), where=(L,), how=KEYS, key="x", is_for=may_act_in_bulk),
    _fixed("select_more", _("Select more rows"), "Shift+ArrowDown Shift+ArrowUp", L),
    _fixed("select_all", _("Select all rows"), "Ctrl+A", L),
    _on_many(BulkKind.ACCEPT, "accept"),
    _on_many(BulkKind.PRIORITY, "priority"),
    _on_many(BulkKind.ADD_TAGS),
    _on_many(BulkKind.REMOVE_TAGS),
    _on_many(BulkKind.WATCH, "watch"),
    _on_many(BulkKind.OFFER, "offer"),
    _on_many(BulkKind.CHANGE_TEAM, "change_team"),
    _on_many(BulkKind.CANCEL, "cancel"),
    Action(name="filter", label=_("Filter the list"), where=(L, B), how=FOCUS, key="f"),
    Action(name="view", label=_("Switch view"), where=(L, B), how=KEYS, key="v"),
    Action(
        name="save_view", label=_("Save as…"), where=(L, B), how=LINK, key="Shift+V", is_for=may_keep_views, icon="plus"
    ),
    _fixed("columns", _("Next and previous column"), "ArrowRight ArrowLeft", B),
    Action(name="move", label=_("Move to…"), where=(B,), how=LINK, key="m"),
)

STATUS = {"group": "status"}
TICKET = (
    _in_head("accept", _("Accept ticket"), FORM, "hand", "a", more=(("tone", "primary"),), **STATUS),
    Action(name="reply", label=_("Reply to customer"), where=(T,), how=BUTTON, key="r", may=able("reply")),
    Action(name="note", label=_("Internal note"), where=(T,), how=BUTTON, key="n", may=able("note")),
    Action(
        name="envelope",
        label=_("New envelope"),
        where=(T,),
        how=LINK,
        key="e",
        may=able("open_envelope"),
        route="envelopes",
        icon="mail",
    ),
    Action(name="envelope_message", label=_("Write in the envelope"), where=(T,), how=BUTTON, key="m", icon="mail"),
    Action(name="seal", label=_("Seal envelope"), where=(T,), how=LINK, key="Shift+E", icon="check"),
    Action(name="status", label=_("Change status"), where=(T,), how=KEYS, key="s"),
    Action(name="priority", label=_("Change priority"), where=(T,), how=FORM, key="p", may=able("prioritise")),
    _in_head("wait", _("Wait for customer"), FORM, "hourglass", **STATUS),
    _in_head("resume", _("Resume"), FORM, "play", **STATUS),
    _in_head("resolve", _("Resolve"), LINK, "circle-check", more=(("dialog", "resolve-dialog"),), **STATUS),
    _in_head("confirm", _("Close as confirmed"), FORM, "check", **STATUS),
    _in_head("reopen", _("Reopen"), LINK, "rotate-ccw", **STATUS),
    _in_menu("edit", _("Edit ticket"), LINK, "pencil", "fields", may=able("edit", "prioritise")),
    _in_menu("flag", _("Add flag"), LINK, "flag", "flags", "l"),
    _in_menu("add_task", _("Add task"), LINK, "list-checks", "tasks", "t"),
    _in_menu("record_resolution", _("Record resolution"), LINK, "file-text", "resolutions"),
    _in_menu("log", _("Log a call or chat"), LINK, "phone", may=able("note")),
    _in_menu("links", _("Link a ticket"), LINK, "link", may=able("edit")),
    _in_menu("requester", _("Change requester"), LINK, "user-plus", may=able("edit")),
    _in_menu("meet", _("Meetings"), LINK, "calendar", "meetings"),
    _in_menu("remind", _("Remind me"), LINK, "clock", key="h"),
    _in_menu("watch", _("Watch"), FORM, "eye", key="i", may=lambda scene: not scene.is_watched),
    _in_menu("unwatch", _("Stop watching"), FORM, "eye", like="watch", may=lambda scene: scene.is_watched),
    _in_menu("work_on", _("Work on it for an hour"), FORM, "clock", "start-working", may=_may_begin),
    _in_menu("stop_work", _("Work on it no longer"), FORM, "clock", "stop-working", may=_is_at_it),
    _in_menu("history", _("Change history"), LINK, "history"),
    _in_menu("offer", _("Offer to a colleague"), LINK, "user-plus", more=(("rule_before", True),)),
    _in_menu("withdraw_offer", _("Withdraw the offer"), FORM, "undo-2"),
    _in_menu("change_team", _("Change team"), LINK, "users"),
    _in_menu("merge", _("Merge into another ticket"), LINK, "arrow-right"),
    _in_menu("unmerge", _("Undo the merge"), FORM, "undo-2"),
    _in_menu(
        "cancel",
        _("Cancel ticket"),
        LINK,
        "circle-x",
        more=(("dialog", "cancel-dialog"), ("rule_before", True)),
        **STATUS,
    ),
    _in_menu("spam", _("Spam, block the sender"), LINK, "ban", may=able("cancel"), more=(("tone", "danger"),)),
    Action(name="ticket_next", label=_("Next ticket"), where=(T,), how=LINK, like="row_next", icon="chevron-down"),
    Action(
        name="ticket_previous",
        label=_("Previous ticket"),
        where=(T,),
        how=LINK,
        like="row_previous",
        icon="chevron-up",
    ),
    Action(name="list", label=_("List beside the ticket"), where=(T,), how=FORM, like="rail", icon="panel-right"),
    Action(name="back", label=_("Back to the list"), where=(T,), how=LINK, key="u", icon="arrow-left"),
    _fixed("entries", _("Next and previous entry"), "Alt+ArrowDown Alt+ArrowUp", T),
    _fixed("tab", _("Tab, then part of the timeline"), "1–9", T),
    Action(name="find", label=_("Find in this ticket"), where=(T,), how=FOCUS, key="f"),
    Action(name="copy_reference", label=_("Copy reference"), where=(T,), how=BUTTON, key="y", icon="copy"),
    Action(name="copy_link", label=_("Copy link"), where=(T,), how=BUTTON, key="Shift+Y", icon="link"),
)

WRITING = (
    _fixed("send", _("Send or save what is written"), "Ctrl+Enter", C),
    _fixed("send_and_wait", _("Send and wait for customer"), "Ctrl+Shift+Enter", C),
    _fixed("keep_draft", _("Keep the draft"), "Ctrl+S", C),
    _fixed("insert_text", _("Insert a text, at the beginning of a line"), "/", C),
    _fixed("mention", _("Mention a colleague, in notes"), "@", C),
    _fixed("bold", _("Bold"), "Ctrl+B", C),
    _fixed("italic", _("Italic"), "Ctrl+I", C),
)

ACTIONS: dict[str, Action] = {action.name: action for action in (*EVERYWHERE, *LISTS, *TICKET, *WRITING)}
"""In the order in which help and palette show them."""

CHOSEN = ("priority", "move", "search")
"""What has several buttons on a page, of which a picker or the focus says the one; or none: the palette does it."""
SCRIPTED = (
    *(action.name for action in ACTIONS.values() if action.how == KEYS and not action.is_fixed),
    *CHOSEN,
)
"""What static/js does by itself, by the key it is told."""
