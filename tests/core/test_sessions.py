"""A session ends 12 hours after its last use, and using it does not write on each request."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from core.sessions import SlidingSessionMiddleware

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def visit(key: str, **headers: str) -> HttpResponse:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse("known" if request.session.get("who") else "unknown")

    request = RequestFactory().get("/", headers=headers)
    request.COOKIES["session"] = key
    response = SessionMiddleware(SlidingSessionMiddleware(page))(request)
    assert isinstance(response, HttpResponse)
    return response


@pytest.fixture
def session_key(settings: Settings) -> str:
    settings.SESSION_COOKIE_NAME = "session"
    with time_machine.travel(START, tick=False):
        store = SessionStore()
        store["who"] = "mara"
        store.create()
        return store.session_key or ""


@pytest.mark.django_db
def test_use_moves_the_end_and_seldom_writes(
    session_key: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with time_machine.travel(START + timedelta(hours=11), tick=False) as clock:
        assert visit(session_key).content == b"known"
        assert Session.objects.get(pk=session_key).expire_date == START + timedelta(hours=23)
        clock.shift(timedelta(minutes=9))
        with django_assert_num_queries(0):
            visit(session_key)
        clock.shift(timedelta(minutes=2))
        visit(session_key)
        assert Session.objects.get(pk=session_key).expire_date == START + timedelta(hours=23, minutes=11)


@pytest.mark.django_db
def test_twelve_hours_without_use_end_it(session_key: str) -> None:
    cache.clear()  # Valkey's clock cannot be moved; the row decides
    with time_machine.travel(START + timedelta(hours=12, seconds=1), tick=False):
        assert visit(session_key).content == b"unknown"


@pytest.mark.django_db
def test_what_a_page_asks_for_by_itself_is_no_use(session_key: str) -> None:
    """A screen left on for the night fetches live updates, and is signed out all the same."""
    with time_machine.travel(START + timedelta(hours=11), tick=False):
        assert visit(session_key, **{"Live-Update": "1"}).content == b"known"
        assert Session.objects.get(pk=session_key).expire_date == START + timedelta(hours=12)
