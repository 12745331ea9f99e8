"""The pages of proposals: managers fill in a form that begins with how things are, admins decide on one page."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import Agent
from core.events import deliver_due
from notifications.models import Notification
from sla.alerts.models import AlertRule
from sla.models import SlaPolicy
from sla.proposals.models import Proposal
from sla.proposals.services import accept_proposal, propose
from sla.services import save_policy
from tests.factories import AgentFactory, CompanyFactory, TicketFactory, default_calendar

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(db: None) -> Agent:
    found: Agent = AgentFactory(name="Max", roles=[Role.MANAGER])
    return found


@pytest.fixture
def admin(db: None) -> Agent:
    found: Agent = AgentFactory(name="Ada", roles=[Role.ADMIN])
    return found


def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent.user)
    return client


def sent_by(client: Client, url: str, **changed: Any) -> dict[str, Any]:
    """What a browser would send of the form as it is shown, with some of it changed."""
    page = client.get(url)
    assert page.status_code == 200, page.content[:500]
    form = page.context["form"]
    sent = {field.name: field.value() for field in form if field.value() not in (None, False, "")}
    return {**sent, **changed}


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def medium() -> SlaPolicy:
    return SlaPolicy.objects.get(name="Medium")


def url_of(row: Any) -> str:
    kind = {"slapolicy": "policy", "businesscalendar": "calendar", "alertrule": "alerts"}[row._meta.model_name]
    return f"/proposals/new/{kind}/{row.pk}/"


def test_a_policy_is_proposed_looked_at_and_accepted(manager: Agent, admin: Agent) -> None:
    TicketFactory()
    mine, theirs = browser(manager), browser(admin)
    url = url_of(medium())
    values = sent_by(mine, url, resolution_minutes="240", time_to_value_minutes="240", reason="The board")
    looked = mine.post(url, values | {"preview": "1"})
    assert looked.status_code == 200
    assert "Of the 1 newest open tickets 1 would be promised something else" in text_of(looked)
    assert not Proposal.objects.exists()
    answer = mine.post(url, values)
    found = Proposal.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/proposals/{found.pk}/")
    assert found.values == {"resolution_minutes": 240, "time_to_value_minutes": 240}
    page = theirs.get(f"/proposals/{found.pk}/")
    assert "Resolution 480 min 240 min" in text_of(page)
    now = theirs.post(f"/proposals/{found.pk}/accept/", {"preview": "1", "note": "Let me see"})
    assert ("Now: Of the 1 newest open tickets" in text_of(now), "Let me see" in text_of(now)) == (True, True)
    assert medium().resolution_minutes == 480
    assert theirs.post(f"/proposals/{found.pk}/accept/", {"note": ""}).status_code == 302
    assert medium().resolution_minutes == 240
    assert "Accepted" in text_of(mine.get(f"/proposals/{found.pk}/"))


def test_a_new_policy(manager: Agent) -> None:
    client = browser(manager)
    values = sent_by(client, "/proposals/new/policy/", name="Gold", resolution_minutes="60", reason="A contract")
    assert client.post("/proposals/new/policy/", values).status_code == 302
    assert Proposal.objects.get().title == "Gold"


@pytest.mark.parametrize("written", ["acme GmbH", "ACME.test", "cme Gm"])
def test_a_company_is_named_by_name_domain_or_part_of_its_name(manager: Agent, written: str) -> None:
    acme = CompanyFactory(name="Acme GmbH", domains=["acme.test"])
    CompanyFactory(name="Acme GmbH & Co. KG", domains=["kg.test"]) if written == "acme GmbH" else None
    client = browser(manager)
    values = sent_by(client, "/proposals/new/policy/", name="Gold", resolution_minutes="60", reason="A contract")
    assert client.post("/proposals/new/policy/", values | {"company": written}).status_code == 302
    assert Proposal.objects.get().values["company"] == str(acme.pk)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Roth", "No company is called “Roth”."),
        ("works", "Several companies fit “works”: Glassworks, Ironworks. Write one in full."),
    ],
)
def test_a_name_that_fits_no_company_or_several_says_so(manager: Agent, written: str, said: str) -> None:
    for name in ("Ironworks", "Glassworks"):
        CompanyFactory(name=name)
    client = browser(manager)
    values = sent_by(client, "/proposals/new/policy/", name="Gold", resolution_minutes="60", reason="A contract")
    answer = client.post("/proposals/new/policy/", values | {"company": written})
    assert (answer.status_code, said in text_of(answer)) == (400, True)
    assert f'value="{written}"' in answer.content.decode()
    assert not Proposal.objects.exists()


def test_forms_of_policies_list_no_companies(manager: Agent, admin: Agent) -> None:
    """However many there are, the pages are as long."""
    urls = [(browser(manager), "/proposals/new/policy/"), (browser(admin), "/admin/sla/slapolicy/add/")]
    urls += [(browser(admin), "/admin/sla/companypolicy/add/")]

    def lengths() -> list[int]:
        """In characters, without the transactions that other processes of the tests have open."""
        return [len(re.sub('data-live-seen="[^"]*"', "", client.get(url).content.decode())) for client, url in urls]

    before = lengths()
    CompanyFactory.create_batch(30)
    after = lengths()
    assert [more - less for less, more in zip(before, after, strict=True)] == [0, 0, 0]


def test_the_company_of_a_policy_stands_in_its_forms_and_may_be_taken_out(manager: Agent, admin: Agent) -> None:
    acme = CompanyFactory(name="Acme GmbH")
    policy = medium()
    SlaPolicy.objects.filter(pk=policy.pk).update(company=acme)
    mine, theirs = browser(manager), browser(admin)
    page = theirs.get(f"/admin/sla/slapolicy/{policy.pk}/change/")
    assert 'name="company" value="Acme GmbH"' in page.content.decode()
    values = sent_by(mine, url_of(policy), reason="It holds for all")
    assert values["company"] == "Acme GmbH"
    assert "nothing would change" in text_of(mine.post(url_of(policy), values))
    assert mine.post(url_of(policy), values | {"company": ""}).status_code == 302
    assert Proposal.objects.get().values == {"company": None}


def test_hours_are_written_as_people_write_them(manager: Agent) -> None:
    client, url = browser(manager), url_of(default_calendar())
    values = sent_by(client, url)
    assert values["hours_0"] == "08:00–18:00"
    wanted = {
        "hours_0": "8:00-12:00, 13:00 – 18:00",
        "hours_5": "22:00–06:00",
        "hours_6": "20:00–00:00",
        "holidays": "2026-12-24 Christmas Eve 08:00–12:00 *\n2026-06-01 Works outing",
        "reason": "We stay longer",
    }
    assert client.post(url, values | wanted).status_code == 302
    found = Proposal.objects.get()
    spans = [(part["weekday"], part["start_minute"], part["end_minute"]) for part in found.values["windows"]]
    assert spans[:2] == [(0, 480, 720), (0, 780, 1080)]
    assert spans[-2:] == [(5, 1320, 360), (6, 1200, 1440)]
    outing, eve = found.values["holidays"]
    assert outing == {
        "on": "2026-06-01", "name": "Works outing", "is_recurring": False, "start_minute": None, "end_minute": None,
    }  # fmt: skip
    assert eve == {
        "on": "2026-12-24", "name": "Christmas Eve", "is_recurring": True, "start_minute": 480, "end_minute": 720,
    }  # fmt: skip
    text = text_of(client.get(f"/proposals/{found.pk}/"))
    assert "Monday 08:00–12:00, 13:00–18:00" in text
    assert "2026-12-24 Christmas Eve 08:00–12:00 *" in text


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("hours_1", "from eight on", "Write hours as 08:00–12:00"),
        ("hours_1", "08:00–25:00", "24:00 is the end of the day"),
        ("hours_1", "08:00–12:00, 11:00–14:00", "overlap"),
        ("hours_1", "08:00–08:00", "A window needs a length"),
        ("holidays", "Christmas", "This line is no date with a name: Christmas"),
        ("holidays", "2026-02-30 Never", "This line is no date with a name"),
        ("timezone", "Europe/Bielefeld", "Write the IANA name of a time zone"),
        ("reason", "", "This field is required"),
        ("reason", "so", "Say why"),
    ],
)
def test_nonsense_stands_in_the_form_with_what_was_typed(manager: Agent, field: str, text: str, said: str) -> None:
    client, url = browser(manager), url_of(default_calendar())
    values = sent_by(client, url, name="Hours of the house", reason="We move")
    answer = client.post(url, values | {field: text})
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert 'value="Hours of the house"' in answer.content.decode()
    assert not Proposal.objects.exists()


def test_a_form_that_was_overtaken_says_so(manager: Agent, admin: Agent) -> None:
    client, policy = browser(manager), medium()
    values = sent_by(client, url_of(policy), order="3", reason="The board")
    policy.order = 9
    save_policy(policy, by=admin, reason="Order")
    answer = client.post(url_of(policy), values)
    assert (answer.status_code, Proposal.objects.exists()) == (409, False)
    assert "has been changed since this was written" in text_of(answer)


def test_the_second_of_two_admins_is_told_who_was_faster(manager: Agent, admin: Agent) -> None:
    found = propose("policy", medium().pk, {"order": 3}, by=manager, reason="The board")
    other = browser(AgentFactory(roles=[Role.ADMIN]))
    assert "Your decision" in text_of(other.get(f"/proposals/{found.pk}/"))
    accept_proposal(found.pk, by=admin)
    answer = other.post(f"/proposals/{found.pk}/decline/", {"note": "Too dear"})
    assert answer.status_code == 409
    assert "Ada was faster: this proposal is “Accepted” already" in text_of(answer)
    assert "Your decision" not in text_of(answer)


def test_declining_asks_for_a_note_and_keeps_the_form(manager: Agent, admin: Agent) -> None:
    found = propose("policy", medium().pk, {"order": 3}, by=manager, reason="The board")
    client = browser(admin)
    answer = client.post(f"/proposals/{found.pk}/decline/", {"note": ""})
    assert (answer.status_code, "Say why: whoever proposed it reads it" in text_of(answer)) == (400, True)
    assert client.post(f"/proposals/{found.pk}/decline/", {"note": "Too dear"}).status_code == 302
    assert "Too dear" in text_of(browser(manager).get(f"/proposals/{found.pk}/"))


def test_who_sees_which_buttons(manager: Agent, admin: Agent) -> None:
    found = propose("policy", medium().pk, {"order": 3}, by=manager, reason="The board")
    url = f"/proposals/{found.pk}/"
    people = [manager, admin, AgentFactory(roles=[Role.MANAGER]), AgentFactory(roles=[Role.AUDITOR])]
    shown = [text_of(browser(person).get(url)) for person in people]
    assert [("Withdraw" in text, "Your decision" in text) for text in shown] == [
        (True, False), (False, True), (False, False), (False, False),
    ]  # fmt: skip
    lists = [text_of(browser(person).get("/proposals/")) for person in people]
    assert ["Propose a change" in text for text in lists] == [True, False, True, False]
    assert browser(manager).post(f"{url}withdraw/").status_code == 302
    assert "No proposal waits" in text_of(browser(admin).get("/proposals/"))
    assert "Withdrawn" in text_of(browser(admin).get("/proposals/?status=all"))


def test_notifications_lead_to_the_proposal(manager: Agent, admin: Agent) -> None:
    found = propose("policy", medium().pk, {"order": 3}, by=manager, reason="The board")
    deliver_due()
    row = Notification.objects.get(recipient=admin)
    answer = browser(admin).post(f"/notifications/{row.pk}/open/")
    assert answer["Location"] == f"/proposals/{found.pk}/"


def test_the_list_costs_the_same_at_one_row_and_at_three(manager: Agent, admin: Agent) -> None:
    client = browser(admin)
    counts = []
    for number in (3, 4, 5):
        propose("policy", medium().pk, {"order": number}, by=manager, reason="The board")
        if number != 4:
            client.get("/proposals/")
            counts.append(_count(client))
    assert counts[0] == counts[1]


def _count(client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get("/proposals/")
    return len(asked)


def test_what_can_be_proposed_about_is_one_page_away(manager: Agent) -> None:
    page = browser(manager).get("/proposals/new/").content.decode()
    rule = AlertRule.objects.get(priority="critical", condition="not_updated", level=2)
    assert all(url_of(row) in page for row in (medium(), default_calendar(), rule))
