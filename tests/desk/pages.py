"""What the tests of the pages share."""

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tickets.models import Ticket


def context_in(html: str) -> str:
    """The signed context of the first composer on a page."""
    found = re.search(r'name="context" value="([^"]+)"', html)
    assert found, "no composer on the page"
    return found[1]


def url_of(ticket: Ticket, act: str = "") -> str:
    return f"/t/{ticket.reference}/{act}"


def html_of(response: Any) -> str:
    return str(response.content.decode())


def reply_form(browser: Client, ticket: Ticket, **values: Any) -> dict[str, Any]:
    """The reply form of the page as a browser sends it, filled with `values`."""
    context = context_in(html_of(browser.get(url_of(ticket))))
    return {"context": context, "restored": "", "cc": "", "body": "Hello Dana.", **values}


def note_form(browser: Client, ticket: Ticket, **values: Any) -> dict[str, Any]:
    """The form of a note, likewise."""
    html = html_of(browser.get(url_of(ticket)))
    return {"context": context_in(html.split('id="composer-note"')[1]), "body": "Looked at it.", **values}


def statements_of(browser: Client, url: str, headers: dict[str, str] | None = None) -> list[str]:
    """SQL of one page, the session being in the cache already; savepoints do not count."""
    browser.get(url, headers=headers)
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(url, headers=headers)
    assert response.status_code == 200, response.status_code
    return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]


def file(name: str = "plan.txt", content: bytes = b"the plan") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/plain")
