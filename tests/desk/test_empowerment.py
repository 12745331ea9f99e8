"""Pages of resolutions, approvals and calibration (acceptance 063-078; ux.md section 1)."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
import time_machine

from accounts.enums import Role
from accounts.models import Agent
from core.actors import TIMER
from envelopes.services import complete_envelope
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import AbsenceFactory, AgentFactory, TicketFactory
from tests.factories.envelopes import EnvelopeFactory
from tests.factories.resolutions import VALUES, a_resolution
from tickets.models import CalibrationItem, CalibrationSession, Resolution, Ticket
from tickets.services import (
    add_flag,
    approve_resolution,
    close_calibration,
    create_canned_response,
    generate_calibration,
    review_item,
    waive_photo,
)

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 3, 4, 9, tzinfo=UTC)
CHECKED = ["device", "evidence", "cause", "warranty"]
MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


@pytest.fixture
def max_ott(desk: Desk) -> Agent:
    agent = AgentFactory(name="Max Ott", roles=[Role.MANAGER])
    desk.team.manager = agent
    desk.team.save()
    return agent


def test_063_the_owner_records_a_grant_and_sees_it_beside_the_feed(desk: Desk, ticket: Ticket) -> None:
    mara = desk.browser(desk.mara)
    assert "around-resolutions" not in html_of(mara.get(url_of(ticket)))
    form = html_of(mara.get(url_of(ticket, "resolutions/")))
    assert "On this ticket so far: 0.00 EUR. More than 100.00 in all needs an approval." in form
    answer = mara.post(url_of(ticket, "resolutions/"), {**VALUES, "amount": "80.00", "currency": "EUR"})
    assert (answer.status_code, answer.url) == (302, url_of(ticket))
    page = html_of(mara.get(url_of(ticket)))
    assert ("around-resolutions" in page, "Resolution written down: Credit" in page) == (True, True)
    section = html_of(mara.get(url_of(ticket, "around/resolutions/")))
    assert ("Credit 80.00 EUR" in section, "No approval needed" in section) == (True, True)


def test_068_the_form_names_what_is_missing_and_keeps_what_was_typed(desk: Desk, ticket: Ticket) -> None:
    answer = desk.browser(desk.mara).post(
        url_of(ticket, "resolutions/"),
        {**VALUES, "what_went_wrong": "", "amount": "0", "why_eligible": "For ten years."},
    )
    html = html_of(answer)
    assert (answer.status_code, "For ten years." in html, html.count("field__error") >= 2) == (400, True, True)
    assert not Resolution.objects.exists()


def test_the_form_names_the_limit_by_which_the_tier_is_reckoned(desk: Desk, ticket: Ticket) -> None:
    """The deputy's limit, where it is lower than the owner's, and the factor for VIPs (072, 073)."""
    Agent.objects.filter(pk=desk.jonas.pk).update(empowerment_limit=Decimal("30.00"))
    AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    address = url_of(ticket, "resolutions/")
    assert "More than 30.00 in all" in html_of(desk.browser(Agent.objects.get(pk=desk.jonas.pk)).get(address))
    add_flag(ticket.pk, by=desk.mara, type="vip", reason="As they say")
    assert "More than 200.00 in all" in html_of(desk.browser(desk.mara).get(address))
    assert "More than 60.00 in all" in html_of(desk.browser(desk.jonas).get(address))


def test_a_form_that_is_sent_twice_grants_once(desk: Desk, ticket: Ticket) -> None:
    mara, address = desk.browser(desk.mara), url_of(ticket, "resolutions/")
    assert '<input type="hidden" name="known" value="0"' in html_of(mara.get(address))
    values = {**VALUES, "amount": "80.00", "currency": "EUR", "known": "0"}
    first, second = mara.post(address, values), mara.post(address, values)
    assert (first.status_code, second.status_code, Resolution.objects.count()) == (302, 409, 1)
    html = html_of(second)
    assert ("Credit 80.00 EUR" in html, 'name="known" value="1"' in html) == (True, True)
    assert mara.post(address, values | {"known": "1"}).status_code == 302
    assert Resolution.objects.count() == 2


def test_116_the_page_says_what_is_missing_before_damage_is_compensated(desk: Desk, ticket: Ticket) -> None:
    flag = add_flag(ticket.pk, by=desk.mara, type="physical_damage", reason="The case is broken")
    mara, values = desk.browser(desk.mara), {**VALUES, "amount": "10.00", "currency": "EUR"}
    refused = mara.post(url_of(ticket, "resolutions/"), values)
    assert (refused.status_code, "neither a photo nor a waiver" in html_of(refused), Resolution.objects.count()) == (
        409,
        True,
        0,
    )
    waive_photo(flag.pk, by=desk.mara, reason="Thrown away")
    assert mara.post(url_of(ticket, "resolutions/"), values | {"damage_checklist": CHECKED}).status_code == 302


def test_116_damage_has_a_checklist_of_its_own_of_which_nothing_is_ticked(desk: Desk, ticket: Ticket) -> None:
    mara, address = desk.browser(desk.mara), url_of(ticket, "resolutions/")
    assert "damage_checklist" not in html_of(mara.get(address)), "of other cases nothing more is asked"
    flag = add_flag(ticket.pk, by=desk.mara, type="physical_damage", reason="The case is broken")
    form = html_of(mara.get(address))
    assert [f'name="damage_checklist" value="{check}"' in form for check in CHECKED] == [True] * 4
    assert ("checked" in form, " selected>Within warranty" in form) == (False, False)
    assert "Add a photo first, or waive it at the flag." in form
    waive_photo(flag.pk, by=desk.mara, reason="Thrown away")
    assert "The ticket has a photo of the damage, or a waiver." in html_of(mara.get(address))
    values = {**VALUES, "amount": "10.00", "currency": "EUR", "damage_checklist": CHECKED[:2]}
    refused = mara.post(address, values)
    html = html_of(refused)
    assert (refused.status_code, Resolution.objects.count()) == (400, 0)
    assert ("Not looked at yet: How it happened was asked" in html, html.count(" checked")) == (True, 2)
    assert mara.post(address, values | {"damage_checklist": CHECKED}).status_code == 302
    assert Resolution.objects.get().damage_checklist == CHECKED


def test_the_approver_reads_what_was_looked_at(desk: Desk, ticket: Ticket) -> None:
    flag = add_flag(ticket.pk, by=desk.mara, type="physical_damage", reason="The case is broken")
    waive_photo(flag.pk, by=desk.mara, reason="Thrown away")
    asked = a_resolution(ticket, "150.00", damage_checklist=CHECKED)
    html = html_of(desk.browser(desk.lea).get(url_of(ticket, f"resolutions/{asked.pk}/approve/")))
    assert ("Looked at: physical damage" in html, "serial number or receipt" in html) == (True, True)


def test_116_standard_warranty_is_not_preselected_for_a_damage(desk: Desk, ticket: Ticket) -> None:
    """domain.md section 12: whoever writes it down says why; nothing is said before."""
    add_flag(ticket.pk, by=desk.mara, type="physical_damage", reason="The case is broken")
    mara = desk.browser(desk.mara)
    form = html_of(mara.get(url_of(ticket, "resolutions/")))
    reasons = form[form.index('name="why_eligible_category"') :].partition("</select>")[0]
    assert ('value="within_warranty"' in reasons, re.findall(r'value="([^"]*)"[^>]*selected', reasons)) in (
        (True, []),
        (True, [""]),
    )
    values = {**VALUES, "amount": "10.00", "currency": "EUR", "why_eligible_category": ""}
    waive_photo(ticket.case_flags.get().pk, by=desk.mara, reason="Thrown away")
    assert mara.post(url_of(ticket, "resolutions/"), values).status_code == 400
    assert not Resolution.objects.exists()


def test_colleagues_see_no_amounts_on_any_page(desk: Desk, ticket: Ticket) -> None:
    a_resolution(ticket, "77.77", why_eligible="canary-of-goodwill")
    jonas = desk.browser(desk.jonas)
    for path in ("", "around/resolutions/", "resolve/", "resolutions/"):
        html = html_of(jonas.get(url_of(ticket, path)))
        assert ("77.77" in html, "canary" in html) == (False, False), path
    assert "What customers were granted is private" in html_of(jonas.get(url_of(ticket, "around/resolutions/")))


def test_no_canned_response_tells_others_what_was_granted(desk: Desk, ticket: Ticket) -> None:
    """Object rule 11: a colleague and who has helped read the ticket, and may use texts with the variable; owner and
    experts at work are told.
    """
    expert, helped = (AgentFactory(name=name, teams=[desk.other_team]) for name in ("Eva Stern", "Ida Falk"))
    EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=expert)
    ended = EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=helped)
    complete_envelope(ended.pk, by=helped, summary="A bad port.")
    a_resolution(ticket, "77.77")
    text = create_canned_response(
        by=AgentFactory(roles=[Role.ADMIN]), scope="global", title="Granted", body="You get {{ticket.granted}}."
    )

    def told(agent: Agent) -> list[str]:
        browser = desk.browser(Agent.objects.get(pk=agent.pk))
        put = {"text": str(text.pk), "body": "Hello"}
        return [
            html_of(browser.get(url_of(ticket, "texts/note/"), {"q": "Granted"})),
            html_of(browser.post(url_of(ticket, "texts/note/"), put)),
            html_of(browser.get(f"/api/v1/canned_responses/{text.pk}/filled/", {"ticket": ticket.reference})),
        ]

    for reader in (desk.jonas, helped):
        for answer in told(reader):
            assert ("{{ticket.granted}}" in answer, "77.77" in answer) == (True, False), reader
    for reader in (desk.mara, expert):
        assert ["You get Credit 77.77 EUR." in answer for answer in told(reader)] == [True] * 3, reader


def test_only_what_is_granted_is_in_the_draft_of_the_resolution(desk: Desk, ticket: Ticket) -> None:
    a_resolution(ticket, "40.00")
    a_resolution(ticket, "300.00")
    draft = html_of(desk.browser(desk.mara).get(url_of(ticket, "resolve/")))
    assert ("- Credit 40.00 EUR" in draft, "300.00" in draft) == (True, False)


def test_071_a_lead_decides_from_the_list_of_approvals(desk: Desk, ticket: Ticket) -> None:
    row = a_resolution(ticket, "150.00")
    lea = desk.browser(desk.lea)
    page = html_of(lea.get("/approvals/"))
    reject = url_of(ticket, f"resolutions/{row.pk}/reject/")
    assert (ticket.reference in page, "Credit 150.00 EUR" in page, reject in page) == (True, True, True)
    assert "A customer of ten years." in html_of(lea.get(reject))
    assert lea.post(reject, {"reason": ""}).status_code == 400
    assert lea.post(reject, {"reason": "Out of warranty."}).status_code == 302
    row.refresh_from_db()
    assert (row.approval_status, row.approval_note) == ("rejected", "Out of warranty.")
    assert "No approval waits for you" in html_of(lea.get("/approvals/"))
    section = html_of(desk.browser(desk.mara).get(url_of(ticket, "around/resolutions/")))
    assert ("Out of warranty." in section, "decided by Lea Brandt" in section) == (True, True)


def test_after_a_decision_the_list_comes_again_if_it_was_opened_there(desk: Desk, ticket: Ticket) -> None:
    lea = desk.browser(desk.lea)
    for back, where in (("?back=approvals", "/approvals/"), ("", url_of(ticket))):
        url = url_of(ticket, f"resolutions/{a_resolution(ticket, '150.00').pk}/approve/{back}")
        assert (url in html_of(lea.get("/approvals/"))) is True
        form = html_of(lea.get(url))
        assert (f'action="{url}"' in form, f'href="{where}"' in form.split("form-actions")[1]) == (True, True)
        assert lea.post(url, {"note": ""}).headers["Location"] == where


def test_069_who_may_not_decide_is_told_who_can(desk: Desk, ticket: Ticket, max_ott: Agent) -> None:
    row = a_resolution(ticket, "600.00")
    for agent in (desk.mara, desk.lea):
        answer = desk.browser(agent).post(url_of(ticket, f"resolutions/{row.pk}/approve/"), {"note": ""})
        assert (answer.status_code, "Max Ott can decide this." in html_of(answer)) == (403, True)
    assert "/approve/" not in html_of(desk.browser(desk.lea).get(url_of(ticket, "around/resolutions/")))
    assert desk.browser(desk.mara).get("/approvals/").status_code == 403


def test_the_list_of_approvals_costs_the_same_for_many(desk: Desk, ticket: Ticket) -> None:
    lea = desk.browser(desk.lea)
    a_resolution(ticket, "150.00")
    lea.get("/approvals/")
    few = statements_of(lea, "/approvals/")
    for _number in range(3):
        a_resolution(TicketFactory(team=desk.team, owner=desk.mara), "150.00")
    assert len(statements_of(lea, "/approvals/")) == len(few)


def an_item(ticket: Ticket, by: Agent) -> CalibrationItem:
    """Of a week in March, approved by the manager."""
    with time_machine.travel(WEDNESDAY):
        approve_resolution(a_resolution(ticket, "600.00").pk, by=by)
    with time_machine.travel(MONDAY):
        return generate_calibration(2026, 10, by=TIMER).items.get()


def test_076_a_verdict_is_given_blind(desk: Desk, ticket: Ticket, max_ott: Agent) -> None:
    item = an_item(ticket, max_ott)
    review_item(item.pk, by=desk.lea, outcome="revised", notes="canary-of-the-lead")
    sam = desk.browser(desk.sam)
    address = f"/calibration/items/{item.pk}/"
    pages = ("/calibration/", address, f"/calibration/weeks/{item.session_id}/", url_of(ticket, "around/resolutions/"))

    def told() -> list[bool]:
        texts = [html_of(sam.get(path)) for path in pages]
        return ["canary" in text or ">Revised<" in text or "Lea Brandt</span>" in text for text in texts]

    assert told() == [False] * 4
    assert sam.post(address, {"outcome": "upheld", "notes": ""}).status_code == 400
    assert sam.post(address, {"outcome": "upheld", "notes": "Fine."}).status_code == 302
    assert told() == [False, True, True, True]
    again = sam.post(address, {"outcome": "upheld", "notes": "Fine."})
    assert (again.status_code, "a verdict stands" in html_of(again)) == (409, True)


def test_076_the_approver_is_told_that_somebody_else_reviews(desk: Desk, ticket: Ticket, max_ott: Agent) -> None:
    item = an_item(ticket, max_ott)
    browser = desk.browser(max_ott)
    page = html_of(browser.get(f"/calibration/items/{item.pk}/"))
    assert ("somebody else reviews it" in page, "Give verdict" in page) == (True, False)
    answer = browser.post(f"/calibration/items/{item.pk}/", {"outcome": "upheld", "notes": "Fine."})
    assert (answer.status_code, CalibrationItem.objects.get().status) == (403, "pending")


def test_076_who_owns_or_covers_the_ticket_by_now_is_not_asked_for_a_verdict(
    desk: Desk, ticket: Ticket, max_ott: Agent
) -> None:
    item = an_item(ticket, max_ott)
    address = f"/calibration/items/{item.pk}/"
    assert address in html_of(desk.browser(desk.lea).get("/calibration/"))
    AbsenceFactory(agent=desk.mara, deputy=desk.lea)
    lea = desk.browser(Agent.objects.get(pk=desk.lea.pk))
    assert address not in html_of(lea.get("/calibration/"))
    page = html_of(lea.get(address))
    assert ("somebody else reviews it" in page, "Give verdict" in page) == (True, False)


def test_074_a_manager_generates_and_closes_a_week(desk: Desk, ticket: Ticket, max_ott: Agent) -> None:
    with time_machine.travel(WEDNESDAY):
        a_resolution(ticket, "600.00")
    browser = desk.browser(max_ott)
    for week in ("2026-10", "2026-W60", "2199-W01", "9999-W52", "0001-W01", "2027-W53"):
        assert browser.post("/calibration/generate/", {"week": week}).status_code == 400, week
    answer = browser.post("/calibration/generate/", {"week": "2026-W10"})
    session = CalibrationSession.objects.get()
    assert answer.url == f"/calibration/weeks/{session.pk}/"
    refused = browser.post(f"{answer.url}close/")
    assert (refused.status_code, "Not reviewed yet: 1." in html_of(refused)) == (409, True)
    assert browser.post(f"{answer.url}close/", {"carry_over": "1"}).status_code == 302
    assert "Carried over" in html_of(browser.get(answer.url))
    assert "Close week" not in html_of(desk.browser(desk.lea).get(answer.url))


def test_077_coaching_is_finished_on_a_ticket_that_has_ended(desk: Desk, ticket: Ticket, max_ott: Agent) -> None:
    item = an_item(ticket, max_ott)
    Ticket.objects.filter(pk=ticket.pk).update(status="closed")
    review_item(item.pk, by=desk.sam, outcome="coaching_needed", notes="Talk about it.")
    before = [html_of(desk.browser(agent).get(url_of(ticket))) for agent in (desk.lea, desk.jonas, desk.mara)]
    close_calibration(item.session_id, by=max_ott)
    task: UUID = ticket.tasks.get().pk
    finish, title = url_of(ticket, f"tasks/{task}/finish/"), "Calibration 2026-W10: a talk about a decision"
    lead, *team = [html_of(desk.browser(agent).get(url_of(ticket))) for agent in (desk.lea, desk.jonas, desk.mara)]
    assert [title in page for page in (*before, lead, *team)] == [False, False, False, True, False, False]
    assert finish in lead
    assert [desk.browser(agent).post(finish).status_code for agent in (desk.mara, desk.lea)] == [404, 302]
    assert ticket.tasks.get().status == "done"


def test_078_the_report_shows_figures_as_tables(desk: Desk, ticket: Ticket, max_ott: Agent) -> None:
    item = an_item(ticket, max_ott)
    with time_machine.travel(MONDAY):
        review_item(item.pk, by=desk.lea, outcome="upheld", notes="Fine.")
    html = html_of(desk.browser(desk.lea).get("/calibration/report/?first=2026-03-02&last=2026-03-15"))
    for text in ("100.0 %", "Reason: Manager&#x27;s tier", "Team: Service Desk", "600.00 EUR", "By agent", "By reason"):
        assert text in html, text
    empty = html_of(desk.browser(desk.lea).get("/calibration/report/?first=2025-03-02&last=2025-03-15"))
    assert ("Nothing was granted in this period." in empty, "n/a" in empty) == (True, True)
    assert desk.browser(desk.lea).get("/calibration/report/?first=2026-03-02&last=2026-03-01").status_code == 400


def test_the_export_holds_the_items_of_ones_teams(desk: Desk, ticket: Ticket, max_ott: Agent) -> None:
    an_item(ticket, max_ott)
    answer = desk.browser(desk.lea).get("/calibration/export.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Week,Reference,Team,Agent,Resolution,")
    assert lines[1].startswith(f"2026-W10,{ticket.reference},Service Desk,{desk.mara.name},Credit,Goodwill,600.00,EUR,")
    assert len(lines) == 2
