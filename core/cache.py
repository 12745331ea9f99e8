"""A cache that is only a cache: with Valkey gone, pages get slower and none fails."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


def _or(fallback: R) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except RedisError:
                logger.warning("cache not reached")
                return fallback

        return run

    return decorate


class ForgivingRedisCache(RedisCache):
    """Answers as if empty while the server is not reached.

    `incr` and the bulk operations stay strict: nobody may count on a number that was never kept.
    """

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or(default)(super().get)(key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        _or(None)(super().set)(key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return _or(True)(super().add)(key, value, timeout, version)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return _or(False)(super().delete)(key, version)

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return _or(False)(super().has_key)(key, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return _or(False)(super().touch)(key, timeout, version)
