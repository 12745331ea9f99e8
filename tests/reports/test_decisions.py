"""Decisions looked at again, compensation, what helpers contribute (metrics.md M18, M19, M23), by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from accounts.enums import Role, Scope
from accounts.models import Agent
from core.actors import TIMER
from envelopes import services as help_services
from reports.enums import Part
from reports.measures.decisions import calibration_score, compensation
from reports.measures.helping import contribution
from tests.factories import AgentFactory, ApiClientFactory
from tests.factories.resolutions import a_resolution
from tests.reports.conftest import Desk, at, fresh, march, moment
from tests.reports.test_measures import is_true
from tests.reports.test_pages import MARCH, html_of
from tickets.models import CalibrationSession, Ticket
from tickets.services import approve_resolution, generate_calibration, review_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(desk: Desk) -> Agent:
    found: Agent = AgentFactory(name="Max", roles=[Role.MANAGER])
    desk.team.manager = found
    desk.team.save()
    return found


def reviewed_week(desk: Desk, manager: Agent) -> CalibrationSession:
    """Three decisions of the manager's tier, of which the lead upholds one, revises one, and leaves one."""
    for _each in range(3):
        ticket = desk.accepted("3 09:00", "3 09:10")
        with moment("3 10:00"):
            approve_resolution(a_resolution(ticket, "600.00").pk, by=fresh(manager))
    with moment("9 06:00"):
        session = generate_calibration(2026, 10, by=TIMER)
    for item, outcome in zip(session.items.order_by("created_at", "id"), ("upheld", "revised"), strict=False):
        with moment("9 10:00"):
            review_item(item.pk, by=fresh(desk.lead), outcome=outcome, notes="Looked at.")
    return session


def test_163_m18_calibration_score(desk: Desk, manager: Agent) -> None:
    """One of two reviewed was upheld, 50.0 %: the pending one is backlog."""
    session = reviewed_week(desk, manager)
    figures = {figure.key: figure for figure in calibration_score(march(desk.team, reader=desk.auditor))}
    half = (Decimal("50.0"), 1, 2)
    keys = {"M18", "M18:why:tier3", f"M18:team:{desk.team.pk}", "M18:tier:manager"}
    assert {
        key: (figures[key].value, figures[key].numerator, figures[key].denominator) for key in keys
    } == dict.fromkeys(keys, half)
    assert figures.keys() - keys == {"M18_backlog"}
    assert figures["M18_backlog"].value == 1
    assert figures["M18"].ids(Part.BASE) == set(session.items.filter(status="reviewed").values_list("pk", flat=True))
    for key in keys:
        is_true(figures[key])


def test_m18_tells_no_verdict_to_whom_it_would_sway(desk: Desk, manager: Agent) -> None:
    """The supervisor has still to judge them; the program knows open weeks not at all; the lead has judged."""
    reviewed_week(desk, manager)
    program = ApiClientFactory(scopes=[Scope.METRICS_READ], teams=[desk.team])
    readers = (fresh(desk.supervisor), program, fresh(desk.lead))
    found = [calibration_score(march(desk.team, reader=reader))[0].denominator for reader in readers]
    assert found == [0, 0, 2]
    assert calibration_score(march(reader=desk.mara, person=desk.mara)) == []


def test_163_m19_compensation(desk: Desk) -> None:
    """Mara granted 10.00 and 20.50, Jonas 30.00: 60.50. Two tickets were closed: 30.25 each. In February 13.00: March
    has 743 hours, 13 weeks have 2184, so 13 x 743 / 2184 = 4.42. What waits for approval is not granted.
    """
    for amount, by in (("10.00", desk.mara), ("20.50", desk.mara), ("30.00", desk.jonas)):
        ticket = desk.accepted("2 09:00", "2 09:10", by=by)
        with moment("2 10:00"):
            a_resolution(ticket, amount)
        if amount != "30.00":
            desk.resolves(ticket, "2 11:00")
            desk.closes(ticket, "2 12:00")
    for when, amount in (("2 09:10", "150.00"), ("2-10 09:10", "13.00")):
        ticket = desk.accepted(when, when)
        with moment(when):
            a_resolution(ticket, amount)
    figures = {figure.key: figure for figure in compensation(march(desk.team))}
    values = {key: (figure.value, figure.numerator, figure.denominator) for key, figure in figures.items()}
    assert values["M19:currency:EUR"] == (Decimal("60.50"), 3, 3)
    assert values["M19_mean:currency:EUR"] == (Decimal("30.25"), 3, 2)
    assert values["M19_before:currency:EUR"] == (Decimal("4.42"), 1, 1)
    assert values[f"M19:agent:{desk.mara.pk}-EUR"] == (Decimal("30.50"), 2, 2)
    assert values[f"M19:team:{desk.team.pk}-EUR"] == values["M19:kind:credit-EUR"] == values["M19:why:goodwill-EUR"]
    assert len(figures[f"M19:agent:{desk.jonas.pk}-EUR"].ids(Part.COUNTED)) == 1
    own = {figure.key: figure.value for figure in compensation(march(person=desk.mara))}
    assert own["M19:currency:EUR"] == Decimal("30.50")
    assert not [key for key in own if key.startswith("M19:agent")]


def test_163_m23_contribution(desk: Desk) -> None:
    """Nina sealed two, one of them solved; a third one is still worked on."""
    envelopes = [desk.asks(desk.accepted("2 09:00", "2 09:10"), "2 10:00") for _each in range(3)]
    with moment("2 11:00"):
        for envelope in envelopes:
            help_services.accept_envelope(envelope.pk, by=fresh(desk.nina))
        for envelope, outcome in zip(envelopes, ("solved", "advice_given"), strict=False):
            help_services.complete_envelope(envelope.pk, by=fresh(desk.nina), summary="Port 7.", outcome=outcome)
    figures = {figure.key: figure for figure in contribution(march(desk.other))}
    solved = figures["M23_outcome:outcome:solved"]
    assert (solved.value, solved.numerator, solved.denominator) == (Decimal("50.0"), 1, 2)
    is_true(solved)
    whole = {envelopes[0].pk, envelopes[1].pk}
    for key in ("M23", f"M23:agent:{desk.nina.pk}", f"M23:team:{desk.other.pk}"):
        assert (figures[key].value, figures[key].ids(Part.BASE)) == (2, whole)
    assert contribution(march(desk.team))[0].value == 0
    own = contribution(replace(march(), person=desk.nina))
    assert (own[0].value, {figure.code for figure in own}) == (2, {"M23", "M23_outcome"})
    assert at("1 00:00") <= envelopes[0].opened_at


def test_decisions_and_grants_lead_to_their_tickets(desk: Desk, manager: Agent) -> None:
    reviewed_week(desk, manager)
    with moment("31 12:00"):
        judged = html_of(desk.lead, f"/reports/rows/?figure=M18&part=counted&{MARCH}")
        granted = html_of(desk.lead, f"/reports/rows/?figure=M19:currency:EUR&part=base&{MARCH}")
    references = Ticket.objects.values_list("reference", flat=True)
    assert sum(reference in judged for reference in references) == 1
    assert sum(reference in granted for reference in references) == 3
    assert "Compensation: EUR: 1800.00" in granted
