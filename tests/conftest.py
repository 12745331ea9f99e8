"""Fixtures for all tests. The servers are started by the test settings (itilnext/local/testing.py)."""

import gc
from collections.abc import Generator, Iterator

import pytest
from django.core.cache import cache
from django.db import connections
from django.db.backends.signals import connection_created
from django.test.utils import setup_databases, teardown_databases
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from tests.browser import keep_contexts_of_pages
from tests.database import (
    copy_from_template,
    empty_all_tables,
    keep_as_template,
    keep_statements,
    one_at_a_time,
    remember_initial_rows,
)

# How long an example takes says nothing but how busy the machine is; tests make their rows anew in each.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("suite")

connection_created.connect(keep_statements)
keep_contexts_of_pages()

pytest_plugins = ["tests.live", "tests.killable", "tests.imap_server", "tests.smtp_server"]

LONGEST = (
    "tests/soak/test_mail_under_fire.py",
    "tests/itilnext/test_supervisor.py",  # without the database, which the other process makes meanwhile
    "tests/every_page/",
    "tests/matrix/",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays until the end: no search for garbage in it, neither now nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: begun last, one would keep its process busy while the other has nothing left."""
    items.sort(key=_place)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Create this run's database as the role that owns the tables; tests then use it as the application's role.

    pytest-django's own fixture creates only what the collected tests name, and they name the mirror.
    """
    name = connections["owner"].settings_dict["TEST"]["NAME"]
    with django_db_blocker.unblock():
        with one_at_a_time():
            is_copy = copy_from_template(name)
            created = setup_databases(  # migrates what a copy lacks
                verbosity=0, interactive=False, keepdb=is_copy, serialized_aliases=()
            )
            if not is_copy:
                keep_as_template(name)
        remember_initial_rows()
    yield
    with django_db_blocker.unblock():
        connections.close_all()  # the mirror's connection would keep the database from being dropped
        teardown_databases(created, verbosity=0)


@pytest.fixture(autouse=True)
def _leave_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that commits, empty what it filled: as the owner, since the application's role may not truncate.

    After one that asks for the owner's connection Django empties all tables once more, so before the next test what
    migrations put in comes back.
    """
    if _emptied:
        _emptied.clear()
        empty_all_tables()
    yield
    if _commits(request):
        empty_all_tables()
        cache.clear()
        marker = request.node.get_closest_marker("django_db")
        if marker is not None and "owner" in (marker.kwargs.get("databases") or ()):
            _emptied.append(request.node.nodeid)


_emptied: list[str] = []
"""The test after which Django does so."""


def _place(item: pytest.Item) -> int:
    return next((place for place, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))


def _commits(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    is_transactional = marker is not None and (bool(marker.kwargs.get("transaction")) or True in marker.args[:1])
    return is_transactional or "transactional_db" in request.fixturenames
