"""Fixtures for all tests. The servers are started by the test settings (itilnext/local/testing.py)."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tests.database import copy_from_template, empty_all_tables, keep_as_template, remember_initial_rows

pytest_plugins = ["tests.live", "tests.killable", "tests.imap_server", "tests.smtp_server"]


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Create this run's database as the role that owns the tables; tests then use it as the application's role.

    pytest-django's own fixture creates only what the collected tests name, and they name the mirror.
    """
    name = connections["owner"].settings_dict["TEST"]["NAME"]
    with django_db_blocker.unblock():
        is_copy = copy_from_template(name)
        created = setup_databases(verbosity=0, interactive=False, keepdb=is_copy)  # migrates what a copy lacks
        if not is_copy:
            keep_as_template(name)
        remember_initial_rows()
    yield
    with django_db_blocker.unblock():
        connections.close_all()  # the mirror's connection would keep the database from being dropped
        teardown_databases(created, verbosity=0)


@pytest.fixture(autouse=True)
def _leave_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that commits, empty what it filled: as the owner, since the application's role may not truncate."""
    yield
    if _commits(request):
        empty_all_tables()
        cache.clear()


def _commits(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    is_transactional = marker is not None and (bool(marker.kwargs.get("transaction")) or True in marker.args[:1])
    return is_transactional or "transactional_db" in request.fixturenames
