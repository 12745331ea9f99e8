"""Lists and search hold exactly what the reader may see: permissions.md section 2 "List and read", typed by hand.

Tickets by their state in world.py; `olafs` belongs to the absent owner whom the deputy covers.
"""

import re
from html import unescape
from urllib.parse import urljoin

import pytest

from tests.matrix.asking import send, undone
from tests.matrix.cases import Ask, Case
from tests.matrix.scenes import World

NAMED = {
    "new": "new",
    "offered": "offered",
    "owned": "owned",
    "olafs": "owned:deputy",
    "closed": "closed",
    "open_new": "open_new",  # unowned, of a team that lets others accept
    "foreign_owned": "foreign_owned",  # of the same team, owned
    "network_new": "network_new",  # unowned, of a team that keeps its tickets
}
OWN_TEAM = {"new", "offered", "owned", "olafs", "closed"}
SEES = {
    "agent": OWN_TEAM | {"open_new"},
    "owner": OWN_TEAM | {"open_new"},
    "deputy": {"olafs", "open_new"},
    "lead": OWN_TEAM | {"open_new"},
    "super": OWN_TEAM | {"open_new"},
    "manager": OWN_TEAM,
    "auditor": set(NAMED),
    "admin": set(),
    "outsider": {"network_new", "open_new"},
    "client": set(NAMED),
}
PLACES = (
    "/api/v1/tickets/?page_size=200",
    "/api/v1/search/?q=printer&page_size=200",
    "/queue/all/",
    "/search/?q=printer",
)


def whole_list(case: Case, place: str) -> str:
    """All pages of a list, as far as it has a next one."""
    text = send(case, Ask("get", place)).content.decode()
    following = re.search(r'<a[^>]*rel="next"[^>]*>', text)
    if following is None:
        return text
    address = re.search(r'href="([^"]+)"', following[0])
    assert address is not None
    return text + whole_list(case, urljoin(place, unescape(address[1])))


@pytest.mark.parametrize("column", SEES)
def test_lists_and_search_show_what_may_be_seen_and_nothing_else(column: str, world: World) -> None:
    references = {name: world.scenes[scene].ticket.reference for name, scene in NAMED.items()}
    places = [place for place in PLACES if place.startswith("/api/") or column != "client"]
    for place in places:
        with undone():
            text = whole_list(Case(world, column, "new"), place)
        shown = {name for name, reference in references.items() if reference in text}
        assert shown == SEES[column], place


@pytest.mark.parametrize("column", [column for column in SEES if column != "client"])
def test_search_by_reference_opens_what_may_be_seen_and_nothing_else(column: str, world: World) -> None:
    opened = set()
    for name, scene in NAMED.items():
        reference = world.scenes[scene].ticket.reference
        response = send(Case(world, column, "new"), Ask("get", f"/search/?q={reference}"))
        if response.status_code == 302:
            assert response["Location"] == f"/t/{reference}/"
            opened.add(name)
        else:
            assert not re.search(r'href="/t/INC', response.content.decode())
    assert opened == SEES[column]


def test_undo_seconds_of_nobody_show_in_foreign_outboxes(world: World) -> None:
    """Held words are on the ticket's page for its team, and in the outbox of their author alone."""
    ticket = world.scenes["held"].ticket
    for column, has in {"owner": True, "agent": False, "lead": False, "super": False, "auditor": False}.items():
        page = send(Case(world, column, "held"), Ask("get", "/outbox/")).content.decode()
        assert (ticket.reference in page) is has, column
