"""Resolutions, approvals and calibration at the API: shapes, refusals, and what is not told (acceptance 063-078)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accounts.enums import Role, Scope
from accounts.models import Agent
from core.actors import TIMER
from core.events import deliver_due
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, ApiClientFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import VALUES, a_resolution
from tickets.models import Resolution, Task, Ticket
from tickets.services import (
    add_flag,
    approve_resolution,
    close_calibration,
    generate_calibration,
    reject_resolution,
    review_item,
    waive_photo,
)

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 3, 4, 9, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)


class People:
    def __init__(self) -> None:
        self.lead: Agent = AgentFactory(name="Lea Brandt", roles=[Role.TEAM_LEAD])
        self.supervisor: Agent = AgentFactory(name="Sam Okafor", roles=[Role.SUPERVISOR])
        self.manager: Agent = AgentFactory(name="Max Ott", roles=[Role.MANAGER])
        self.team = TeamFactory(name="Service Desk", lead=self.lead, supervisor=self.supervisor, manager=self.manager)
        self.owner: Agent = AgentFactory(name="Mara Weiss", teams=[self.team])
        self.ticket: Ticket = TicketFactory(team=self.team, owner=self.owner)

    @property
    def url(self) -> str:
        return f"/api/v1/tickets/{self.ticket.reference}/resolutions/"


@pytest.fixture
def people() -> People:
    return People()


def test_063_a_grant_is_written_down_and_listed(people: People) -> None:
    answer = signed_in(people.owner).post(people.url, {**VALUES, "amount": "100.00"})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert {name: body[name] for name in ("ticket", "amount", "currency", "empowerment_tier", "approval_status")} == {
        "ticket": people.ticket.reference,
        "amount": "100.00",
        "currency": "EUR",
        "empowerment_tier": "agent",
        "approval_status": "not_required",
    }
    assert (body["agent"]["name"], body["channel"], body["approved_by"]) == ("Mara Weiss", "email", None)
    assert [row["id"] for row in signed_in(people.lead).get(people.url).json()["results"]] == [body["id"]]
    more = signed_in(people.owner).post(people.url, {**VALUES, "amount": "0.01"}).json()
    assert (more["empowerment_tier"], more["approval_status"]) == ("team_lead", "pending")


def test_068_what_is_missing_is_named_field_by_field(people: People) -> None:
    answer = signed_in(people.owner).post(people.url, {"amount": "10.00", "resolution_type": "credit"})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    missing = ("what_went_wrong", "what_went_wrong_category", "why_eligible", "why_eligible_category")
    assert sorted(answer.json()["fields"]) == sorted(missing)
    for amount in ("0.00", "-1", "1.001", "many"):
        refused = signed_in(people.owner).post(people.url, {**VALUES, "amount": amount})
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["amount"])
    assert not Resolution.objects.exists()


def test_116_damage_is_compensated_with_a_photo_or_a_waiver(people: People) -> None:
    flag = add_flag(people.ticket.pk, by=people.owner, type="physical_damage", reason="The case is broken")
    owner = signed_in(people.owner)
    for values in ({"amount": "10.00"}, {"resolution_type": "replacement"}, {"resolution_type": "repair"}):
        answer = owner.post(people.url, VALUES | values)
        assert (answer.status_code, answer.json()["code"]) == (409, "photo_missing"), values
    assert not Resolution.objects.exists()
    assert owner.post(people.url, VALUES | {"resolution_type": "information"}).status_code == 201
    waive_photo(flag.pk, by=people.owner, reason="Thrown away")
    checked = {"damage_checklist": ["device", "evidence", "cause", "warranty"]}
    assert owner.post(people.url, VALUES | checked | {"resolution_type": "replacement"}).status_code == 201


def test_068_money_needs_its_amount(people: People) -> None:
    """Without it nobody could tell whose tier it is, whatever the details say."""
    for kind in ("credit", "refund_partial", "refund_full"):
        answer = signed_in(people.owner).post(people.url, VALUES | {"resolution_type": kind})
        assert (answer.status_code, answer.json()["fields"]) == (400, {"amount": ["Give the amount."]})


def test_069_refusals_name_who_can_decide(people: People) -> None:
    row = a_resolution(people.ticket, "600.00")
    for by, code in ((people.owner, "self_approval"), (people.lead, "tier_exceeded")):
        answer = signed_in(by).post(f"/api/v1/resolutions/{row.pk}/approve/", {})
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["hint"]) == (403, code, "Max Ott can decide this.")


def test_decisions_and_versions(people: People) -> None:
    row = a_resolution(people.ticket, "150.00")
    url = f"/api/v1/resolutions/{row.pk}"
    lead = signed_in(people.lead)
    assert lead.post(f"{url}/approve/", {"version": 7}).json()["code"] == "stale_version"
    assert lead.post(f"{url}/reject/", {}).json()["fields"].keys() == {"reason"}
    body = lead.post(f"{url}/approve/", {"version": 1, "note": "Fine."}).json()
    assert (body["approval_status"], body["approved_by"]["name"], body["approval_note"], body["version"]) == (
        "approved",
        "Lea Brandt",
        "Fine.",
        2,
    )
    assert lead.post(f"{url}/reject/", {"reason": "No"}).json()["code"] == "invalid_transition"
    asked = a_resolution(people.ticket, "160.00")
    gone = signed_in(people.owner).post(f"/api/v1/resolutions/{asked.pk}/withdraw/", {}).json()
    assert gone["approval_status"] == "withdrawn"


def test_lists_hold_what_is_mine_to_decide_and_to_read(people: People) -> None:
    low, high = a_resolution(people.ticket, "150.00"), a_resolution(people.ticket, "600.00")
    foreign = a_resolution(TicketFactory(owner=AgentFactory()), "150.00")
    reject_resolution(low.pk, by=people.lead, reason="No")

    def ids(by: Agent, query: str) -> list[str]:
        return [row["id"] for row in signed_in(by).get(f"/api/v1/resolutions/?{query}").json()["results"]]

    assert ids(people.manager, "awaiting=me") == [str(high.pk)]
    assert ids(people.lead, "awaiting=me") == []
    assert ids(people.owner, "") == ids(people.lead, "") == [str(low.pk), str(high.pk)]
    assert ids(people.lead, "approval_status=rejected") == [str(low.pk)]
    assert str(foreign.pk) not in ids(people.manager, "")
    assert ids(AgentFactory(teams=[people.team]), "") == []


def test_what_customers_were_granted_stays_with_owner_lead_and_above(people: People) -> None:
    """Object rule 11, also in the timeline that the whole team reads, and for programs with every scope."""
    row = a_resolution(people.ticket, "77.77", why_eligible="canary-of-goodwill")
    colleague = signed_in(AgentFactory(teams=[people.team]))
    program = signed_in(ApiClientFactory(scopes=list(Scope), teams=[people.team]))
    for reader in (colleague, program):
        for url in (people.url, f"/api/v1/resolutions/{row.pk}/"):
            assert reader.get(url).status_code == 403
        for url in ("timeline/", "", "tasks/"):
            text = reader.get(f"/api/v1/tickets/{people.ticket.reference}/{url}").content.decode()
            assert ("77.77" in text, "canary" in text) == (False, False)
    assert "canary-of-goodwill" in signed_in(people.lead).get(people.url).content.decode()


def reviewed(people: People) -> tuple[Any, Resolution]:
    """An item that the lead has reviewed, in an open week."""
    with time_machine.travel(WEDNESDAY):
        row = approve_resolution(a_resolution(people.ticket, "600.00").pk, by=people.manager)
    with time_machine.travel(MONDAY):
        item = generate_calibration(2026, 10, by=TIMER).items.get()
        review_item(item.pk, by=people.lead, outcome="revised", notes="canary-of-the-lead")
    return item, row


def test_076_reviews_are_blind_at_every_address(people: People) -> None:
    item, row = reviewed(people)
    supervisor = signed_in(people.supervisor)
    urls = (
        "/api/v1/calibration/items/",
        f"/api/v1/calibration/items/{item.pk}/",
        "/api/v1/calibration/items/?awaiting=me",
        "/api/v1/calibration/export.csv",
        "/api/v1/calibration/report/?first=2026-01-01&last=2027-12-31",
        f"/api/v1/resolutions/{row.pk}/",
        people.url,
    )

    def told() -> list[bool]:
        texts = []
        for url in urls:
            answer = supervisor.get(url)
            assert answer.status_code == 200, url
            streamed = getattr(answer, "streaming_content", None)
            texts.append((b"".join(streamed) if streamed else answer.content).decode().lower())
        return ["canary" in text or '"revised"' in text.replace('"revised":0', "") for text in texts]

    assert told() == [False] * 7
    blind = supervisor.get(urls[1]).json()
    assert (blind["status"], blind["outcome"], blind["reviewer"], blind["version"]) == ("pending", "", None, 1)
    versions = [signed_in(by).get(urls[5]).json()["version"] for by in (people.supervisor, people.lead)]
    assert versions == [2, 3]  # the verdict moves it
    week = supervisor.get("/api/v1/calibration/sessions/").json()["results"][0]
    assert (week["items"], week["left"]) == (1, 1)
    verdict = {"outcome": "upheld", "notes": "Fine.", "version": blind["version"]}
    answer = supervisor.post(f"/api/v1/calibration/items/{item.pk}/review/", verdict)
    assert answer.status_code == 200, answer.content
    own = answer.json()
    assert (own["outcome"], own["own_outcome"], own["reviewer_notes"]) == ("revised", "upheld", "canary-of-the-lead")
    assert told() == [True, True, False, True, True, True, True]


def test_076_no_coaching_betrays_a_verdict(people: People) -> None:
    """Neither to who has still to review, nor ever to the team: in tasks, timeline, notifications."""
    with time_machine.travel(WEDNESDAY):
        row = approve_resolution(a_resolution(people.ticket, "600.00").pk, by=people.manager)
    with time_machine.travel(MONDAY):
        item = generate_calibration(2026, 10, by=TIMER).items.get()
        deliver_due(limit=1000)
    colleague = AgentFactory(name="Jonas Kern", teams=[people.team])
    team = (people.lead, people.supervisor, people.owner, colleague)

    def known() -> dict[str, list[Any]]:
        deliver_due(limit=1000)
        found: dict[str, list[Any]] = {}
        for agent in team:
            client, ticket = signed_in(agent), f"/api/v1/tickets/{people.ticket.reference}"
            tasks, timeline = client.get(f"{ticket}/tasks/").json(), client.get(f"{ticket}/timeline/").json()
            news = client.get("/api/v1/notifications/").json()
            found[agent.name] = [len(rows["results"]) for rows in (tasks, timeline, news)]
        return found

    with time_machine.travel(MONDAY):
        before = known()
        review_item(item.pk, by=people.supervisor, outcome="coaching_needed", notes="canary-of-the-supervisor")
        assert known() == before
        close_calibration(item.session_id, by=people.manager)
        tasks, timeline, news = before["Lea Brandt"]
        assert known() == before | {
            "Lea Brandt": [tasks + 1, timeline, news + 1],
            "Sam Okafor": [before["Sam Okafor"][0] + 1, *before["Sam Okafor"][1:]],
        }
        task = Task.objects.get(coaching_item__resolution=row)
        assert [signed_in(by).get(f"/api/v1/tasks/{task.pk}/").status_code for by in team] == [200, 200, 404, 404]


def test_074_a_manager_generates_and_closes(people: People) -> None:
    with time_machine.travel(WEDNESDAY):
        a_resolution(people.ticket, "600.00")
    with time_machine.travel(MONDAY):
        manager = signed_in(people.manager)
        week = manager.post("/api/v1/calibration/sessions/", {"iso_year": 2026, "iso_week": 10})
        assert (week.status_code, week.json()["items"], week.json()["left"]) == (201, 1, 1)
        early = manager.post("/api/v1/calibration/sessions/", {"iso_year": 2026, "iso_week": 11})
        assert (early.status_code, list(early.json()["fields"])) == (400, ["iso_week"])
        close = f"/api/v1/calibration/sessions/{week.json()['id']}/close/"
        assert manager.post(close, {}).json()["allowed"] == ["carry_over", "review"]
        done = manager.post(close, {"carry_over": True}).json()
        assert (done["status"], done["held_on"], done["left"]) == ("closed", "2026-03-09", 0)


def test_078_the_report_shows_shares_and_sums_with_the_rows_behind_them(people: People) -> None:
    item, row = reviewed(people)
    with time_machine.travel(WEDNESDAY - timedelta(days=40)):
        a_resolution(TicketFactory(team=people.team, owner=people.owner), "26.00")
        jonas = AgentFactory(name="Jonas Kern", teams=[people.team])
        a_resolution(TicketFactory(team=people.team, owner=jonas), "13.00", why_eligible_category="contractual")
    with time_machine.travel(MONDAY):
        answer = signed_in(people.lead).get("/api/v1/calibration/report/?first=2026-03-02&last=2026-03-15")
    body = answer.json()
    share = {"numerator": 0, "denominator": 1, "percent": "0.0", "ids": [str(item.pk)]}
    assert body["calibration"]["upheld"] == body["calibration"]["by_reason"]["tier3"] == share
    assert body["calibration"]["by_team"] == {"Service Desk": share}
    assert body["calibration"]["agreement"]["percent"] is None
    fallen, sum_ = body["compensation"]["by_agent"]
    assert fallen == {
        "name": "Jonas Kern",
        "currency": "EUR",
        "total": "0.00",
        "count": 0,
        "before": "2.00",
        "change": "-100.0",
        "ids": [],
    }
    assert sum_ == {
        "name": "Mara Weiss",
        "currency": "EUR",
        "total": "600.00",
        "count": 1,
        "before": "4.00",
        "change": "14900.0",
        "ids": [str(row.pk)],
    }
    assert Decimal(body["compensation"]["by_team"][0]["total"]) == Decimal("600.00")
    assert [each["name"] for each in body["compensation"]["by_reason"]] == ["contractual", "goodwill"]
    with time_machine.travel(MONDAY):
        old = signed_in(people.lead).get("/api/v1/calibration/report/?last=2025-06-15")
    assert (old.status_code, old.json()["first"], old.json()["last"]) == (200, "2025-04-01", "2025-06-15")
    refused = signed_in(people.lead).get("/api/v1/calibration/report/?first=2026-03-02&last=2026-03-01")
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["last"])
