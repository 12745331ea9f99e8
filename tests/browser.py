"""Django's test client, for tests that ask thousands of questions."""

from typing import Any

from django.test import Client
from django.test.client import ClientHandler


class Browser(Client):
    """Django's test client without its copies of every template's context, which cost more than the answer itself, and
    with one chain of middleware for all requests.
    """

    chain = ClientHandler(enforce_csrf_checks=False)

    def __init__(self) -> None:
        super().__init__()
        self.handler = self.chain

    def request(self, **request: Any) -> Any:
        response: Any = self.handler(self._base_environ(**request))  # type: ignore[attr-defined]  # of its base class
        if response.streaming:
            response.whole = b"".join(response.streaming_content)  # to the end, which closes the file
        return response
