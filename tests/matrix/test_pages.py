"""Every address that answers an agent with a page stands in the list that the tests of all pages go through."""

from django.urls import resolve

from desk.empowerment.views import resolutions
from desk.sections import above_feed, beside_feed
from desk.views import around, flags
from tests.every_page.pages import ELSEWHERE, PAGES
from tests.matrix.acts import ACTS
from tests.matrix.asking import send
from tests.matrix.cases import Ask, Case
from tests.matrix.scenes import PROGRAMS, World
from tests.matrix.test_routes import all_rows


def test_every_page_is_looked_at(world: World) -> None:
    """A page is what answers a GET with a whole document, to whichever column of the row; those listed are not asked."""
    listed = {page.route for page in PAGES} | set(ELSEWHERE)
    unlisted, asked = set(), set()
    for row in all_rows():
        for column, word in row.expected.items():
            if word != "ok" or column in PROGRAMS or (make := ACTS[row.act].page) is None:
                continue
            case = Case(world, column, row.state)
            ask = make(case)
            route = resolve(ask.path.partition("?")[0]).route
            is_known = route in listed or route in unlisted or (route, column) in asked
            if ask.method != "get" or ask.goes_to or route.startswith("admin/") or is_known:
                continue
            asked.add((route, column))
            if is_page(case, ask):
                unlisted.add(route)
    assert is_page(Case(world, "agent", "new"), Ask("get", "/queue/all/")), "one that is listed is told as a page"
    assert len({route for route, _column in asked}) > 10, "what is no page was asked for"
    assert sorted(unlisted) == [], "not looked at: name them in tests/every_page/pages.py"


def is_page(case: Case, ask: Ask) -> bool:
    response = send(case, ask)
    is_document = "text/html" in response["Content-Type"] and b"<html" in response.content[:2000].lower()
    return response.status_code == 200 and is_document


def test_every_step_with_a_form_is_looked_at() -> None:
    """Where one route is many pages, each of them."""
    at = "t/<slug:reference>/"
    steps = {f"{at}flags/<uuid:flag_id>/{name}/" for name in flags.STEPS}
    steps |= {f"{at}resolutions/<uuid:resolution_id>/{name}/" for name in resolutions.STEPS}
    steps |= {f"{at}around/{name}/" for name in (*around.SECTIONS, *above_feed, *beside_feed)} | {
        f"{at}tasks/<uuid:task_id>/cancel/"
    }
    assert len(steps) >= 11
    assert sorted(steps - {page.place for page in PAGES}) == [], "not looked at: name them in tests/every_page/pages.py"
