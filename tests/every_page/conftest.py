from collections.abc import Iterator
from shutil import rmtree

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.database import empty_all_tables
from tests.every_page.furnishing import Places, furnish
from tests.factories import default_calendar
from tests.journeys.chromium import UNMEASURED, database_beside_playwright, launch


@pytest.fixture(scope="package")
def places(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Places]:
    """The furnished demo desk, committed, once for all tests of this package, which only look at it."""
    with django_db_blocker.unblock():
        rmtree(settings.MAIL_ROOT, ignore_errors=True)  # letters of other tests
        default_calendar()
        try:
            yield furnish()
        finally:
            connections.close_all()
            empty_all_tables()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright, database_beside_playwright():
        browser = launch(playwright, more=UNMEASURED)
        yield browser
        browser.close()
