"""Cards that are moved on a board, and what comes back."""

import re
from html import unescape
from typing import Any

from tests.desk.conftest import Desk
from tickets.models import Ticket

HTMX = {"HX-Request": "true"}


def drop(desk: Desk, who: str, ticket: Ticket, layout: str = "", *, plain: bool = False, **values: Any) -> Any:
    """As the script does it, or with `plain` as a form without script."""
    data = {"card": ticket.reference, "version": as_it_is(ticket).version, **values}
    headers = {} if plain else HTMX
    browser = desk.browser(getattr(desk, who))
    return browser.post(f"/board/team/move/?{layout}", data, headers=headers)


def as_it_is(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def place_on(html: str, ticket: Ticket) -> str:
    """Column of the card on the board that came back; empty if it stands nowhere."""
    for part in html.split('<div class="board__cell"')[1:]:
        if f'id="card-{ticket.reference}"' in part:
            found = re.search(r'data-column="([^"]+)"', part)
            assert found is not None
            return found[1]
    return ""


def refusal_in(html: str) -> str:
    found = re.search(r'<div role="alert" class="board-refusal">(.*?)</div>\s*</div>\s*</div>', html, re.DOTALL)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", found[1]).split())) if found else ""
