"""Policies that are named for a company or a ticket come before those that are found (domain.md sections 9 and 16)."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Agent, Company
from core.actors import DESK
from core.errors import Forbidden, Invalid, StaleVersion
from core.history import record
from core.timers import run_all
from sla.enums import ChosenFor, Metric, PolicyKind
from sla.errors import PoliciesNotEditable
from sla.models import CompanyPolicy, SlaPolicy, TicketPolicy
from sla.selectors import clocks_shown_to, explain
from sla.services import choose_for_company, choose_for_ticket
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TicketFactory
from tests.sla.conftest import MONDAY_NINE, Desk, clock_of, due_of, minutes, travel
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def policy(name: str, resolution: int, **values: Any) -> SlaPolicy:
    """Behind all others, so that it holds only where it is named."""
    made: SlaPolicy = SlaPolicy.objects.create(name=name, resolution_minutes=resolution, order=9999, **values)
    return made


@pytest.fixture
def admin(db: None) -> Agent:
    found: Agent = AgentFactory(roles=[Role.ADMIN])
    return found


@pytest.fixture
def acme(db: None) -> Company:
    found: Company = CompanyFactory(name="Acme")
    return found


def ticket_of(desk: Desk, company: Company, **values: Any) -> Ticket:
    return desk.ticket(requester=ContactFactory(company=company), **values)


def later(number: int) -> None:
    """The timers run so many minutes after nine."""
    moment = MONDAY_NINE + minutes(number)
    with travel(moment):
        assert run_all(now=moment).failed == []


def test_what_is_named_for_a_company_comes_first_and_clocks_follow(desk: Desk, admin: Agent, acme: Company) -> None:
    SlaPolicy.objects.create(name="Found", company=acme, order=1, resolution_minutes=400)
    ticket, other = ticket_of(desk, acme), desk.ticket()
    assert due_of(ticket) == MONDAY_NINE + minutes(400)
    with travel(MONDAY_NINE + minutes(5)):
        choose_for_company(acme.pk, by=admin, policy=policy("Gold", 200), reason="Contract of March")
    later(6)
    assert (due_of(ticket), due_of(other)) == (MONDAY_NINE + minutes(200), MONDAY_NINE + minutes(480))
    assert due_of(ticket_of(desk, acme)) == MONDAY_NINE + minutes(200), "a new one"
    with travel(MONDAY_NINE + minutes(8)):
        choose_for_company(acme.pk, by=admin, policy=None, reason="It has ended")
    later(9)
    assert due_of(ticket) == MONDAY_NINE + minutes(400)
    reasons = CompanyPolicy.objects.get().history.values_list("history_change_reason", "actor_name")
    assert list(reasons) == [("It has ended", admin.name), ("Contract of March", admin.name)]


def test_what_is_named_for_a_company_holds_where_its_conditions_do(desk: Desk, admin: Agent, acme: Company) -> None:
    choose_for_company(acme.pk, by=admin, policy=policy("Night", 30, priority="critical"), reason="Contract")
    assert due_of(ticket_of(desk, acme, priority="critical")) == MONDAY_NINE + minutes(30)
    assert due_of(ticket_of(desk, acme)) == MONDAY_NINE + minutes(480)


def test_one_that_was_switched_off_holds_no_more(desk: Desk, admin: Agent, acme: Company) -> None:
    gold = policy("Gold", 200)
    choose_for_company(acme.pk, by=admin, policy=gold, reason="Contract")
    gold.is_active = False
    record(gold, by=admin)
    assert due_of(ticket_of(desk, acme)) == MONDAY_NINE + minutes(480)


def test_what_is_named_for_a_ticket_comes_before_its_companys_and_stays(
    desk: Desk, admin: Agent, acme: Company
) -> None:
    choose_for_company(acme.pk, by=admin, policy=policy("Gold", 200), reason="Contract")
    ticket = ticket_of(desk, acme)
    own = policy("Own", 100, priority="low")
    choose_for_ticket(ticket.pk, by=DESK, policy=own, reason="Rule 7", at=MONDAY_NINE + minutes(10))
    assert due_of(ticket) == MONDAY_NINE + minutes(100), "whatever its conditions say"
    desk.raise_to("critical", ticket, MONDAY_NINE + minutes(20))
    later(30)
    assert (due_of(ticket), clock_of(ticket, Metric.RESOLUTION).policy) == (MONDAY_NINE + minutes(100), own)
    choose_for_ticket(ticket.pk, by=DESK, policy=None, reason="Rule 8", at=MONDAY_NINE + minutes(40))
    assert due_of(ticket) == MONDAY_NINE + minutes(200)
    assert TicketPolicy.objects.get().history.count() == 2


def test_what_would_have_been_due_already_is_missed_at_once(desk: Desk, admin: Agent, acme: Company) -> None:
    ticket = ticket_of(desk, acme)
    choose_for_ticket(ticket.pk, by=DESK, policy=policy("Own", 20), reason="Rule 7", at=MONDAY_NINE + minutes(30))
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.breached_at, clock.breached_by_retarget) == (MONDAY_NINE + minutes(30), True)


def test_the_explanation_says_for_whom_it_was_named(desk: Desk, admin: Agent, acme: Company) -> None:
    choose_for_company(acme.pk, by=admin, policy=policy("Gold", 200), reason="Contract")
    tickets = [ticket_of(desk, acme), ticket_of(desk, acme), desk.ticket()]
    choose_for_ticket(tickets[0].pk, by=DESK, policy=policy("Own", 100), reason="Rule 7", at=MONDAY_NINE)
    found = []
    for ticket in tickets:
        (one,) = explain(
            clocks_shown_to(desk.owner, ticket).filter(metric=Metric.RESOLUTION, state="running"), MONDAY_NINE
        )
        found.append((one.clock.policy.name, one.chosen_for))
    assert found == [("Own", ChosenFor.TICKET), ("Gold", ChosenFor.COMPANY), ("Medium", None)]


def test_nonsense_is_refused_and_nothing_kept(desk: Desk, admin: Agent, acme: Company) -> None:
    helpers = SlaPolicy.objects.get(kind=PolicyKind.OLA)
    foreign = policy("Foreign", 200, company=CompanyFactory())
    off = policy("Off", 200, is_active=False)
    gold = policy("Gold", 300)
    for wanted, reason, name in [
        (helpers, "As agreed", "policy"),
        (foreign, "As agreed", "policy"),
        (off, "As agreed", "policy"),
        (gold, " ", "reason"),
    ]:
        with pytest.raises(Invalid) as refused:
            choose_for_company(acme.pk, by=admin, policy=wanted, reason=reason)
        assert list(refused.value.fields) == [name]
    assert not CompanyPolicy.objects.exists()
    choice = choose_for_company(acme.pk, by=admin, policy=gold, reason="As agreed")
    choose_for_company(acme.pk, by=admin, policy=None, reason="As agreed", version=choice.version)
    with pytest.raises(StaleVersion):
        choose_for_company(acme.pk, by=admin, policy=gold, reason="As agreed", version=choice.version)


def test_admins_name_it_for_companies_and_no_person_for_a_ticket(desk: Desk, acme: Company) -> None:
    ticket, gold = ticket_of(desk, acme), policy("Gold", 200)
    for role in Role:
        person = AgentFactory(roles=[role], teams=[desk.team])
        with pytest.raises(PoliciesNotEditable):
            choose_for_ticket(ticket.pk, by=person, policy=gold, reason="As agreed")
        if role != Role.ADMIN:
            with pytest.raises(Forbidden):
                choose_for_company(acme.pk, by=person, policy=gold, reason="As agreed")
    assert (CompanyPolicy.objects.count(), TicketPolicy.objects.count()) == (0, 0)


def test_it_is_named_in_the_admin_with_a_reason(admin: Agent, acme: Company) -> None:
    gold, client = policy("Gold", 200), Client()
    client.force_login(admin.user)
    url = reverse("admin:sla_companypolicy_add")
    assert client.post(url, {"company": acme.name, "policy": gold.pk}).status_code == 400
    assert client.post(url, {"company": acme.name, "policy": gold.pk, "reason": "Contract"}).status_code == 302
    choice = CompanyPolicy.objects.get()
    assert (choice.company, choice.policy, choice.history.get().history_change_reason) == (acme, gold, "Contract")
    url = reverse("admin:sla_companypolicy_change", args=[choice.pk])
    assert client.post(url, {"policy": "", "reason": "It has ended"}).status_code == 302
    assert CompanyPolicy.objects.get().policy is None


def test_the_api_names_it_on_ticket_and_company(desk: Desk, admin: Agent, acme: Company, client: Client) -> None:
    gold = policy("Gold", 200)
    ticket = ticket_of(desk, acme)
    client.force_login(desk.supervisor.user)
    urls = [f"/api/v1/tickets/{ticket.reference}/", f"/api/v1/companies/{acme.pk}/"]
    assert [client.get(url).json()["sla_policy"] for url in urls] == [None, None]
    choose_for_company(acme.pk, by=admin, policy=gold, reason="Contract")
    choose_for_ticket(ticket.pk, by=DESK, policy=gold, reason="Rule 7", at=MONDAY_NINE)
    named = {"id": str(gold.pk), "name": "Gold"}
    assert [client.get(url).json()["sla_policy"] for url in urls] == [named, named]
    assert client.get("/api/v1/companies/").json()["results"][0]["sla_policy"] == named


def test_a_new_ticket_asks_nothing_more_for_it(desk: Desk, admin: Agent, acme: Company) -> None:
    """What is named for companies is read with the policies, once for many tickets."""
    contact = ContactFactory(company=acme)
    TicketFactory(team=desk.team, requester=contact)
    before = _queries_of_a_ticket(desk, contact)
    choose_for_company(acme.pk, by=admin, policy=policy("Gold", 200), reason="Contract")
    TicketFactory(team=desk.team, requester=contact)
    assert _queries_of_a_ticket(desk, contact) == before


def _queries_of_a_ticket(desk: Desk, contact: Any) -> int:
    with CaptureQueriesContext(connection) as asked:
        TicketFactory(team=desk.team, requester=contact)
    return len(asked)
