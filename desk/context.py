"""What every page of the desk needs: navigation, badges, the person's theme, density and language."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.enums import Role
from accounts.models import Agent
from accounts.policies import may_look_up_customers, may_open_admin, may_see_people_page
from desk.selectors import badges, start_view
from notifications.selectors import BADGE_LIMIT
from tickets.policies import may_create


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: lazy, so that fragments without navigation cost nothing."""
    agent: Agent | None = getattr(request, "agent", None)
    if agent is None:
        return {"theme": "system", "density": "comfortable"}
    return {
        "nav_items": SimpleLazyObject(lambda: _items(request, agent)),
        "account": {"name": agent.name, "email": agent.email, "role": _roles(agent)},
        "account_url": _url("desk:account"),
        "account_items": SimpleLazyObject(lambda: _account_items(agent)),
        "theme_url": _url("desk:theme"),
        "theme": agent.theme,
        "density": agent.density,
        "language_url": _url("desk:language"),
        "languages": [{"code": code, "name": _own_name(code, name)} for code, name in settings.LANGUAGES],
        "logout_url": _url("desk:logout"),
        "home_url": reverse("desk:home"),
        "search_url": reverse("desk:search"),
        "shortcuts_enabled": agent.has_shortcuts,
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


def _account_items(agent: Agent) -> list[dict[str, str]]:
    """Pages beside the daily work, in the account menu."""
    items = []
    if may_see_people_page(agent):
        items.append({"label": _("People"), "icon": "users", "url": _url("desk:people")})
    if may_look_up_customers(agent):  # who reads tickets reads their mails; the page knows which
        items.append({"label": _("Mail ledger"), "icon": "mail", "url": _url("mail:ledger")})
    if may_open_admin(agent):
        items.append({"label": _("Set-up and records"), "icon": "settings", "url": _url("admin:index")})
    return items


def _items(request: HttpRequest, agent: Agent) -> list[dict[str, Any]]:
    counts = badges(agent)
    queue = _url("desk:queue", start_view(agent).slug)
    items = [
        _item(request, _("Queue"), "", "inbox", queue, key="g q", on_phone=True, part="/queue/"),
        _item(request, _("Search"), "", "search", _url("desk:search"), key="g s", on_phone=True),
        _item(
            request,
            _("Notifications"),
            _("Alerts"),
            "bell",
            _url("desk:notifications"),
            key="g n",
            badge=_capped(counts.unread),
            on_phone=True,
        ),
        _item(request, _("Outbox"), "", "send", _url("desk:outbox"), key="g o"),
    ]
    if may_create(agent):
        new = _item(request, _("New ticket"), _("New"), "plus", _url("desk:new"), key="c", on_phone=True)
        items.insert(2, new)
    if may_look_up_customers(agent) and (customers := _url("desk:customers")):
        items.append(_item(request, _("Customers"), "", "building-2", customers, key="g c"))
    if counts.quarantined and (ledger := _url("mail:ledger")):
        waiting, badge = f"{ledger}?state=quarantined", _capped(counts.quarantined)
        items.append(_item(request, _("Mail in quarantine"), "", "mail", waiting, badge=badge, part=ledger))
    if mailbox := _url("desk:mailbox") or _url("mailbox"):
        items.append(_item(request, _("Customer's mailbox"), "", "mail-open", mailbox))
    return items


def _capped(count: int) -> int | str:
    return f"{BADGE_LIMIT - 1}+" if count >= BADGE_LIMIT else count


def _item(
    request: HttpRequest,
    label: str,
    short_label: str,
    icon: str,
    url: str,
    *,
    key: str = "",
    badge: Any = 0,
    on_phone: bool = False,
    part: str = "",
) -> dict[str, Any]:
    """One entry; `part` is the beginning of the addresses that belong to it."""
    return {
        "label": label,
        "short_label": short_label,
        "url": url,
        "icon": icon,
        "key": key,
        "badge": badge,
        "badge_is_new": bool(badge),
        "on_phone": on_phone,
        "is_current": request.path.startswith(part or url),
    }
