"""Programs talk to the API with real tokens."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tokens import token_for

Client = Callable[[Any], APIClient]


def signed_in(actor: Any) -> APIClient:
    """A client that sends JSON and the bearer token of an agent or API client."""
    token, _ends = token_for(actor.user)
    client = APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def as_(db: None) -> Client:
    return signed_in


def deleted_late(client: APIClient, url: str, version: int) -> list[Any]:
    """What deleting answers to a client that saw this version, told in each of the two ways."""
    return [client.delete(url, {"version": version}), client.delete(url, headers={"If-Match": f'"{version}"'})]
