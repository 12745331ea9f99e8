"""The page of what helpers contributed (metrics.md M23): period, team, the envelopes behind a figure."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.enums import Role
from accounts.models import Agent
from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.factories import AgentFactory, EnvelopeFactory, TicketFactory

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 4, 9, tzinfo=UTC)
PERIOD = {"first": "2026-03-01", "last": "2026-03-31"}


@pytest.fixture
def lead(desk: Desk) -> Agent:
    """Of Network, which helps."""
    found: Agent = AgentFactory(name="Ole Thor", roles=[Role.TEAM_LEAD], teams=[desk.other_team])
    desk.other_team.lead = found
    desk.other_team.save()
    return found


def sealed(desk: Desk, expert: Agent, outcome: str = "", *, subject: str = "Printer offline") -> Envelope:
    ticket = TicketFactory(team=desk.team, requester=desk.dana, subject=subject, owner=desk.mara)
    envelope: Envelope = EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=expert)
    services.complete_envelope(envelope.pk, by=expert, summary="Port 7.", outcome=outcome)
    return envelope


def body_of(browser: Client, **query: Any) -> str:
    html = html_of(browser.get("/envelopes/contribution/", query))
    return html[html.index("<main") : html.index("</main>")]


def test_a_lead_sees_the_own_team_and_a_helper_only_themselves(desk: Desk, lead: Agent) -> None:
    noah = AgentFactory(name="Noah Beck", teams=[desk.other_team])
    sealed(desk, desk.nina, "solved")
    sealed(desk, noah)
    whole = body_of(desk.browser(lead))
    assert ("Nina Vogt" in whole, "Noah Beck" in whole, 'id="by-team"' in whole) == (True, True, True)
    own = body_of(desk.browser(desk.nina))
    assert ("Nina Vogt" in own, "Noah Beck" in own, 'id="by-team"' in own) == (True, False, False)
    assert "Nina Vogt" not in body_of(desk.browser(desk.mara)), "whoever was helped is told on the ticket"
    assert desk.browser(noah).get("/envelopes/contribution/", {"of": f"agent:{desk.nina.pk}"}).status_code == 404
    assert desk.browser(noah).get("/envelopes/contribution/", {"of": "agent:nobody"}).status_code == 404


def test_the_period_and_the_team_say_what_counts(desk: Desk, lead: Agent) -> None:
    with time_machine.travel(MARCH, tick=False):
        sealed(desk, desk.nina, "solved")
    browser = desk.browser(lead)
    assert "Nothing was sealed in this period" in body_of(browser, first="2026-04-01", last="2026-04-30")
    assert "Nina Vogt" in body_of(browser, **PERIOD)
    assert "Nina Vogt" in body_of(browser, **PERIOD, team=desk.other_team.pk)
    refused = browser.get("/envelopes/contribution/", {"first": "2026-03-31", "last": "2026-03-01"})
    assert (refused.status_code, "The last day is not before the first one." in html_of(refused)) == (400, True)
    strange = browser.get("/envelopes/contribution/", PERIOD | {"team": desk.team.pk})
    assert strange.status_code == 400, "no team of theirs"


def test_a_figure_leads_to_its_envelopes_as_far_as_they_are_open_to_the_reader(desk: Desk, lead: Agent) -> None:
    with time_machine.travel(MARCH, tick=False):
        solved = sealed(desk, desk.nina, "solved", subject="No paper in ward 3")
        advised = sealed(desk, desk.nina, "advice_given", subject="No toner in ward 4")
    browser, of = desk.browser(lead), f"agent:{desk.nina.pk}"
    page = body_of(browser, **PERIOD)
    assert f"of=agent%3A{desk.nina.pk}&amp;outcome=solved" in page
    both = body_of(browser, **PERIOD, of=of)
    assert [tab_url(each.ticket.reference, 1) in both for each in (solved, advised)] == [True, True]
    one = body_of(browser, **PERIOD, of=of, outcome="solved")
    assert ("No paper in ward 3" in one, "No toner in ward 4" in one) == (True, False)
    assert browser.get("/envelopes/contribution/", PERIOD | {"of": of, "outcome": "wrong_team"}).status_code == 404
    nina = body_of(desk.browser(desk.nina), **PERIOD, of=of)
    assert ("No paper in ward 3" in nina, "2 more are not open to you any more." in nina) == (False, True), (
        "30 days after the end the ticket is out of sight"
    )


def test_it_is_linked_for_those_whom_it_concerns_and_costs_the_same_for_many(desk: Desk, lead: Agent) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    linked = {
        person: 'href="/envelopes/contribution/"' in html_of(desk.browser(person).get("/notifications/"))
        for person in (desk.nina, lead, desk.sam, desk.aude, admin)
    }
    assert linked == {desk.nina: True, lead: True, desk.sam: True, desk.aude: True, admin: False}
    sealed(desk, desk.nina, "solved")
    one = len(statements_of(desk.browser(lead), "/envelopes/contribution/"))
    for _number in range(3):
        sealed(desk, AgentFactory(teams=[desk.other_team]))
    assert len(statements_of(desk.browser(lead), "/envelopes/contribution/")) == one
