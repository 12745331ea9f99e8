from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.matrix.scenes import World
from tests.matrix.world import build


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The small desk, once for all tables; each cell takes back what it did (`asking.undone`)."""
    settings = override_settings(
        DEBUG_PROPAGATE_EXCEPTIONS=True,  # a bug shows its traceback
        API_REQUESTS_PER_MINUTE={"user": 0, "address": 0, "sign_in": 0},
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},  # thousands of sessions read
    )
    with django_db_blocker.unblock(), settings, transaction.atomic():
        yield build()
        transaction.set_rollback(True)
