"""No address and no method without its row: Django's resolver is walked whole, and programs find no page anywhere."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.matrix.acts import ACTS
from tests.matrix.asking import Row, rows, send, undone
from tests.matrix.cases import Ask, Case
from tests.matrix.scenes import World

MODULES = (
    "test_tickets",
    "test_lists",
    "test_ownership",
    "test_conversation",
    "test_envelopes",
    "test_texts",
    "test_lifecycle",
    "test_empowerment",
    "test_reports",
    "test_people",
    "test_telling",
    "test_reminders",
    "test_sla",
    "test_mail",
    "test_connections",
    "test_meetings",
    "test_public",
    "test_admin",
)
METHODS = ("get", "post", "put", "patch", "delete")
ELSEWHERE = {
    "admin/": "the operators' pages: test_admin.py names some by hand, the rest follows the same base class",
    "api/v1/": "the last pattern of the API: whatever does not exist (tested here)",
}


def routes() -> list[str]:
    """Every pattern below the root, written as one string."""

    def walk(patterns: Any, prefix: str) -> Iterator[str]:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield route

    return [route for route in walk(get_resolver().url_patterns, "") if not route.startswith("admin/")]


def all_rows() -> list[Row]:
    modules = [import_module(f"tests.matrix.{name}") for name in MODULES]
    tables = [
        text for module in modules for name, text in vars(module).items() if name.isupper() and isinstance(text, str)
    ]
    return [row for table in tables for row in rows(table)]


def asked(world: World) -> dict[tuple[str, str], Ask]:
    """(route, method) -> the question of one row that covers it."""
    found: dict[tuple[str, str], Ask] = {}
    for row in all_rows():
        case, act = Case(world, "owner", row.state), ACTS[row.act]
        for make in filter(None, (act.api, act.page)):
            ask = make(case)
            found[resolve(ask.path.partition("?")[0]).route, ask.method] = ask
    return found


def test_every_act_stands_in_a_table() -> None:
    assert set(ACTS) == {row.act for row in all_rows()}


def test_every_address_has_a_row(world: World) -> None:
    covered = {route for route, _method in asked(world)}
    assert [route for route in routes() if route not in covered and route not in ELSEWHERE] == []


def test_every_method_of_every_address_has_a_row_or_is_refused(world: World) -> None:
    """A method nobody has typed an expectation for must not exist: 405, also for those who may do everything else."""
    questions = asked(world)
    samples = {route: ask for (route, _method), ask in questions.items()}
    untyped = []
    for route, sample in samples.items():
        if route.startswith("admin/"):
            continue  # Django's pages look at the person first; what no policy grants is refused (test_admin.py)
        for method in METHODS:
            if (route, method) in questions:
                continue
            with undone():
                response = send(Case(world, "owner", "owned"), Ask(method, sample.path, {}))
            if response.status_code != 405:
                untyped.append((method, route, response.status_code))
    assert untyped == []


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_addresses_that_do_not_exist_are_missing(method: str, world: World) -> None:
    for column, status in {"anon": 401, "agent": 404, "admin": 404, "client": 404, "gone": 401}.items():
        response = send(Case(world, column, "new"), Ask(method, "/api/v1/nothing/here/", {}))
        assert response.status_code == status, column
    assert send(Case(world, "agent", "new"), Ask("get", "/nothing/here/")).status_code == 404


@pytest.mark.parametrize("column", ["bare", "client"])
def test_programs_have_no_pages(column: str, world: World) -> None:
    """No program can sign in; even a session of its user would open nothing but what is open to everybody."""
    public = {
        ask.path for row in rows(import_module("tests.matrix.test_public").PUBLIC) if (ask := _page_of(row, world))
    }
    opened = []
    for (route, method), ask in asked(world).items():
        if route.startswith("api/") or ask.path in public or ask.path.startswith(("/answer/", "/password-reset/")):
            continue
        with undone():
            status = send(Case(world, column, "owned"), Ask(method, ask.path, ask.data)).status_code
        if status != 403:
            opened.append((method, route, status))
    assert opened == []


def _page_of(row: Row, world: World) -> Ask | None:
    make = ACTS[row.act].page
    return make(Case(world, "owner", row.state)) if make else None
