"""The address that rate limits count by cannot be made up by the client."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from core.client_ip import client_ip


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.1", "192.0.2.9"),  # no proxy: the header is the client's own invention
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.7, 198.51.100.1", "198.51.100.1"),  # only what our proxy wrote counts
        (2, "203.0.113.7, 198.51.100.1, 198.51.100.2", "198.51.100.1"),
        (1, "", "192.0.2.9"),
        (2, "198.51.100.1", "192.0.2.9"),
    ],
)
def test_client_address(settings: Settings, proxies: int, forwarded: str, expected: str) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.9")
    assert client_ip(request) == expected
