"""Requests a minute, counted in the cache per signed-in user and per address; a lost cache never blocks anybody."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.client_ip import client_ip

WINDOW_SECONDS = 60


class _Window(BaseThrottle):
    scope: str

    def identity(self, request: Request) -> str:
        """Who is counted; an empty string for nobody."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:  # Any: the library's signature
        identity = self.identity(request)
        limit = settings.API_REQUESTS_PER_MINUTE[self.scope]
        return not identity or not limit or count(f"{self.scope}:{identity}") <= limit

    def wait(self) -> float:
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS


def count(name: str) -> int:
    """How many requests `name` has made in this minute, this one included; 0 when the cache is not reached."""
    key = f"throttle:{name}:{int(time.time()) // WINDOW_SECONDS}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
        return int(cache.incr(key))
    except (RedisError, ValueError):
        return 0


class UserThrottle(_Window):
    scope = "user"

    def identity(self, request: Request) -> str:
        return str(request.user.pk or "")


class AddressThrottle(_Window):
    """Counts before anybody is known, so that guessing tokens is limited too."""

    scope = "address"

    def identity(self, request: Request) -> str:
        return client_ip(request._request)  # noqa: SLF001  # the library's documented way to Django's request


class SignInThrottle(AddressThrottle):
    scope = "sign_in"
