"""What every page of the desk needs: navigation, badges, the person's theme, density and language."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.auth import snapshot_of
from accounts.enums import Role
from accounts.models import Agent
from accounts.panels import Panels
from accounts.policies import may_look_up_customers
from desk.actions.keys import acts_of
from desk.actions.registry import ACTIONS
from desk.actions.shown import address_of, keymap_of
from desk.selectors import badges, start_slug
from notifications.selectors import BADGE_LIMIT

LIVE_URL = "/events/"
"""Of the events process, which knows no other address."""


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: lazy, so that fragments without navigation cost nothing."""
    agent: Agent | None = getattr(request, "agent", None)
    if agent is None:
        return {"theme": "system", "density": "comfortable", "acts": acts_of(None)}
    counts = SimpleLazyObject(lambda: badges(agent))
    return {
        "nav_items": SimpleLazyObject(lambda: _items(request, agent, counts)),
        "account": {"name": agent.name, "email": agent.email, "role": _roles(agent)},
        "account_url": _url("desk:account"),
        "account_items": SimpleLazyObject(lambda: _account_items(agent)),
        "theme_url": _url("desk:theme"),
        "theme": agent.theme,
        "density": agent.density,
        "language_url": _url("desk:language"),
        "languages": [{"code": code, "name": _own_name(code, name)} for code, name in settings.LANGUAGES],
        "logout_url": _url("desk:logout"),
        "session_url": _url("desk:session"),
        "home_url": reverse("desk:home"),
        "search_url": reverse("desk:search"),
        "shortcuts_enabled": agent.has_shortcuts,
        "acts": acts_of(agent),
        "keymap": SimpleLazyObject(lambda: json.dumps(keymap_of(agent), separators=(",", ":"))),
        "keys_url": _url("desk:keys"),
        "palette_url": _url("desk:palette"),
        "live_url": LIVE_URL,
        "live_badges_url": _url("desk:badges"),
        "live_seen": snapshot_of(request.user),
        "panels": Panels.of(agent.panels),
        "panels_url": _url("desk:panels"),
        "recent_url": _url("desk:recent"),
        "my_envelopes_url": _url("desk:my-envelopes"),
        "turns": SimpleLazyObject(lambda: capped(counts.turns)),
    }


def _own_name(code: str, name: Any) -> str:
    return {"en": "English", "de": "Deutsch"}.get(code, str(name))


def _roles(agent: Agent) -> str:
    return ", ".join(str(Role(role).label) for role in agent.roles if role in Role.values)


def _url(name: str, *args: Any) -> str:
    """Address of a page that may not be part of this desk, such as those of the demo."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _account_items(agent: Agent) -> list[dict[str, Any]]:
    """Pages beside the daily work, in the account menu."""
    acts = acts_of(agent)
    names = (
        *("go_help", "go_reports", "go_contribution", "go_calibration"),
        "go_proposals",
        *("go_texts", "go_people", "go_ledger", "go_connections", "go_admin"),
    )
    return [
        {"act": acts[name], "label": acts[name]["label"], "icon": acts[name]["icon"], "url": address_of(ACTIONS[name])}
        for name in names
        if ACTIONS[name].is_for(agent)  # who reads tickets reads their mails; the page of the ledger knows which
    ]


def _items(request: HttpRequest, agent: Agent, counts: Any) -> list[dict[str, Any]]:  # Any: Badges, read when asked
    acts = acts_of(agent)
    queue = _url("desk:queue", start_slug(agent))

    def item(name: str, url: str = "", short: str = "", **more: Any) -> dict[str, Any]:
        act = acts[name]
        return _item(request, act["label"], short, act["icon"], url or address_of(ACTIONS[name]), act=act, **more)

    items = [
        item("go_queue", queue, on_phone=True, part="/queue/"),
        item("go_board"),
        item("go_search", on_phone=True),
        item("go_reminders", badge=capped(counts.reminders), live="reminders"),
        item("go_notifications", short=_("News"), badge=capped(counts.unread), live="unread", on_phone=True),
        item("go_alerts", badge=capped(counts.alerts), live="alerts") | {"is_for_number": True},
        item("go_outbox"),
    ]
    if ACTIONS["new"].is_for(agent):
        items.insert(3, item("new", short=_("New"), on_phone=True))
    if ACTIONS["go_customers"].is_for(agent) and address_of(ACTIONS["go_customers"]):
        items.append(item("go_customers"))
    if ACTIONS["go_approvals"].is_for(agent):
        items.append(item("go_approvals"))
    if may_look_up_customers(agent) and (ledger := _url("mail:ledger")):  # those who see a ledger
        badge, words = capped(counts.quarantined), _("Mail in quarantine")
        waiting = f"{ledger}?state=quarantined"
        entry = _item(request, words, "", "mail", waiting, badge=badge, live="quarantined", part=ledger)
        items.append(entry | {"is_for_number": True})
    if mailbox := _url("desk:mailbox") or _url("mailbox"):
        items.append(_item(request, _("Customer's mailbox"), "", "mail-open", mailbox))
    return items


def capped(count: int) -> int | str:
    return f"{BADGE_LIMIT - 1}+" if count >= BADGE_LIMIT else count


def _item(
    request: HttpRequest,
    label: Any,
    short_label: str,
    icon: str,
    url: str,
    *,
    act: Any = "",
    badge: Any = 0,
    live: str = "",
    on_phone: bool = False,
    part: str = "",
) -> dict[str, Any]:
    """One entry; `part` is the beginning of the addresses that belong to it, `live` names its number to the stream."""
    return {
        "label": label,
        "short_label": short_label,
        "url": url,
        "icon": icon,
        "act": act,
        "badge": badge,
        "badge_is_new": bool(badge),
        "live": live,
        "on_phone": on_phone,
        "is_current": request.path.startswith(part or url),
    }
