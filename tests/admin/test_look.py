"""The operators' window keeps the content security policy and the person's theme."""

import re

import pytest

from tests.admin.conftest import Office
from tests.factories import TicketFactory

PAGES = (
    "/admin/",
    "/admin/transfer/",
    "/admin/redaction/",
    "/admin/accounts/agent/",
    "/admin/accounts/agent/add/",
    "/admin/accounts/absence/add/",
    "/admin/accounts/businesscalendar/add/",
    "/admin/accounts/apiclient/add/",
)


@pytest.mark.parametrize("url", PAGES)
def test_nothing_inline_that_the_policy_would_refuse(office: Office, url: str) -> None:
    answer = office.browser(office.admin).get(url)
    page = answer.content.decode()
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|<style|\sstyle=|\son[a-z]+=", page)


def test_theme_is_the_persons(office: Office) -> None:
    office.admin.theme = "dark"
    office.admin.save()
    assert "theme-dark" in office.browser(office.admin).get("/admin/").content.decode()


def test_ticket_page_leads_to_the_desk_and_to_the_transfer(office: Office) -> None:
    ticket = TicketFactory(team=office.team)
    url = f"/admin/tickets/ticket/{ticket.pk}/change/"
    supervisor = office.browser(office.supervisor).get(url).content.decode()
    assert f'href="/t/{ticket.reference}/"' in supervisor
    assert f'href="/admin/transfer/?reference={ticket.reference}"' in supervisor
    assert "/admin/transfer/" not in office.browser(office.auditor).get(url).content.decode()
