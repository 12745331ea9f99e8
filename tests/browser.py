"""Django's test client, for tests that ask thousands of questions."""

from copy import copy
from typing import Any

from django.template import Context, RequestContext
from django.test import Client
from django.test import client as client_module
from django.test.client import ClientHandler
from django.test.utils import ContextList


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


def keep_contexts_of_pages() -> None:
    """From now on `response.context` holds what a page or a fragment was rendered with, and no copy for each of the
    hundreds of parts that it includes; `response.templates` is empty.
    """
    client_module.store_rendered_templates = _store


def _store(store: dict[str, Any], *, template: Any, context: Context, **_more: Any) -> None:
    if isinstance(context, RequestContext) and context.template is template:
        store.setdefault("context", ContextList()).append(copy(context))
