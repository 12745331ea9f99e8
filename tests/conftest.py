"""Fixtures for all tests. The servers are started by the test settings (itilnext/local/testing.py)."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test.utils import setup_databases, teardown_databases

from tests.database import empty_all_tables

pytest_plugins = ["tests.live"]


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[None]:
    """Create this run's database as the role that owns the tables; tests then use it as the application's role.

    pytest-django's own fixture creates only what the collected tests name, and they name the mirror.
    """
    with django_db_blocker.unblock():
        created = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
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
