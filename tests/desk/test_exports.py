"""Lists as files: the rows of the list and no others, in its order, nothing in them run (acceptance 145)."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.enums import Role
from accounts.models import Agent
from tests.core.test_tables import read_xlsx
from tests.desk.conftest import Desk
from tests.desk.pages import html_of
from tests.factories import AgentFactory, ContactFactory, TicketFactory
from tickets.enums import Priority
from tickets.models import Tag, TicketTag
from tickets.services import add_flag, resolve_ticket

pytestmark = pytest.mark.django_db


def table(desk: Desk, agent: Agent, url: str) -> list[list[str]]:
    response: Any = desk.browser(agent).get(url)
    assert response.status_code == 200, response.status_code
    content = b"".join(response.streaming_content)
    if ".csv" in url:
        return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))
    [rows] = read_xlsx(content).values()
    return rows


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_145_a_file_holds_the_rows_of_its_list_in_their_order(desk: Desk, kind: str) -> None:
    TicketFactory(team=desk.team, subject="low", priority=Priority.LOW, requester=desk.dana)
    TicketFactory(team=desk.team, subject="critical", priority=Priority.CRITICAL, owner=desk.mara)
    done = TicketFactory(team=desk.team, subject="done", owner=desk.mara)
    resolve_ticket(done.pk, by=desk.mara, code="fixed", note="Done.")
    TicketFactory(team=desk.other_team, subject="hidden", priority=Priority.CRITICAL)
    subjects = {
        "team/export.{}": ["critical", "low"],
        "mine/export.{}": ["critical"],
        "unowned/export.{}": ["low"],
        "all/export.{}": ["done", "critical", "low"],
        "all/export.{}?priority=low": ["low"],
        "all/export.{}?q=status:resolved": ["done"],
        "team/export.{}?q=priority:critical&owner=none": [],
    }
    for url, expected in subjects.items():
        header, *rows = table(desk, desk.mara, f"/queue/{url.format(kind)}")
        assert ([row[1] for row in rows], header[:2]) == (expected, ["Reference", "Subject"]), url


def test_145_another_reader_gets_what_that_one_sees(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="ours")
    TicketFactory(team=desk.other_team, subject="theirs")
    found = {
        agent.name: {row[1] for row in table(desk, agent, "/queue/all/export.csv")[1:]}
        for agent in (desk.mara, desk.nina, desk.aude)
    }
    assert found == {"Mara Weiss": {"ours"}, "Nina Vogt": {"theirs"}, "Aude Petit": {"ours", "theirs"}}


def test_a_row_tells_what_a_ticket_is(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, subject="Tunnel drops", requester=desk.dana, owner=desk.mara)
    for name in ("vpn", "slow line"):
        TicketTag.objects.create(ticket=ticket, tag=Tag.objects.create(name=name))
    for flag in ("legal", "complaint"):
        add_flag(ticket.pk, by=desk.mara, type=flag, reason="A lawyer writes")
    desk.mara.timezone, desk.mara.language = "Asia/Tokyo", "de"
    desk.mara.save()
    [header, row] = table(desk, desk.mara, "/queue/mine/export.csv")
    told = dict(zip(header, row, strict=True))
    assert told.pop("Eröffnet").endswith("+09:00")
    assert told == {
        "Referenz": ticket.reference,
        "Betreff": "Tunnel drops",
        "Typ": "Störung",
        "Status": "In Bearbeitung",
        "Priorität": "Mittel",
        "Kanal": "E-Mail",
        "Team": "Service Desk",
        "Verantwortlich": "Mara Weiss",
        "Kunde": "Dana Roth",
        "E-Mail-Adresse": "dana@acme.example",
        "Firma": "Acme GmbH",
        "Kategorie": "",
        "Schlagwörter": "slow line, vpn",
        "Kennzeichen": "Beschwerde, Rechtsfall",
        "Gelöst": "",
        "Geschlossen": "",
    }
    assert translation.get_language() == "en"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_145_what_a_customer_wrote_is_no_formula(desk: Desk, kind: str) -> None:
    mallory = ContactFactory(first_name="+cmd", last_name="|calc", email="m@acme.example")
    TicketFactory(team=desk.team, subject='=HYPERLINK("http://evil.example","x")', requester=mallory)
    [_header, row] = table(desk, desk.mara, f"/queue/all/export.{kind}")
    assert (row[1], row[8]) == ('\'=HYPERLINK("http://evil.example","x")', "'+cmd |calc")


def test_the_list_offers_the_file_of_what_it_shows_to_those_who_may_have_it(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="tunnel")
    TicketFactory(team=desk.team, subject="tunnel", priority=Priority.LOW)
    html = html_of(desk.browser(desk.mara).get("/queue/all/?priority=low&q=tunnel"))
    assert 'href="/queue/all/export.csv?priority=low&amp;q=tunnel"' in html
    assert 'href="/queue/all/export.xlsx?priority=low&amp;q=tunnel"' in html
    admin = AgentFactory(roles=[Role.ADMIN], teams=[desk.team])
    response = desk.browser(admin).get("/queue/all/")
    assert (response.status_code, "export." in html_of(response)) == (200, False)
    assert desk.browser(admin).get("/queue/all/export.csv").status_code == 403


def test_bad_addresses(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    assert browser.get("/queue/all/export.pdf").status_code == 404
    assert browser.get("/queue/nothing/export.csv").status_code == 404
    response = browser.get("/queue/all/export.csv?q=state:new")
    assert (response.status_code, response.headers["Location"]) == (302, "/queue/all/?q=state%3Anew")


def test_more_rows_cost_no_more_statements(desk: Desk) -> None:
    costs = []
    table(desk, desk.mara, "/queue/all/export.csv")
    for _round in range(2):
        for _number in range(2):
            TicketFactory(team=desk.team, requester=ContactFactory(company=desk.company), owner=desk.mara)
        with CaptureQueriesContext(connection) as captured:
            rows = table(desk, desk.mara, "/queue/all/export.csv")
        costs.append(len(captured))
    assert (len(rows), costs[0] == costs[1]) == (5, True)
