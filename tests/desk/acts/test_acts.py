"""What is done on the ticket page: each act with and without htmx, and how it is refused."""

import json
import re
from typing import Any

import pytest

from core.models import RefusedAct
from tests.desk.acts.conftest import FROM_HEAD, HTMX, fresh
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import TicketFactory
from tickets.enums import ClosureCode, TicketStatus
from tickets.models import Ticket, TicketWatch
from tickets.services import create_task, offer_ticket, resolve_ticket

pytestmark = pytest.mark.django_db


def test_accept_by_htmx_renews_the_workspace_and_says_so(desk: Desk, free: Ticket) -> None:
    answer = desk.browser(desk.mara).post(url_of(free, "accept/"), headers=HTMX)
    assert (answer.status_code, fresh(free).owner) == (200, desk.mara)
    assert html_of(answer).lstrip().startswith('<div class="workspace" id="workspace"')
    assert "Assigned to you" in answer.headers["HX-Trigger"]
    assert "Send to Dana Roth" in html_of(answer)


def test_an_act_from_the_head_renews_the_head_at_once_and_has_the_rest_fetched(desk: Desk, free: Ticket) -> None:
    answer = desk.browser(desk.mara).post(url_of(free, "accept/"), headers=FROM_HEAD)
    html = html_of(answer)
    assert (answer.status_code, fresh(free).owner) == (200, desk.mara)
    assert re.findall(r'id="([a-z-]+)"', html)[0] == "ticket-head"
    assert ("(you)" in html, url_of(free, "accept/") in html, url_of(free, "wait/") in html) == (True, False, True)
    assert re.search(r'id="after-act"[^>]* data-take-focus hx-swap-oob="true">[^<]+, In progress<', html)
    assert ('id="timeline"' in html, 'id="composers"' in html) == (False, False)
    assert json.loads(answer.headers["HX-Trigger"]) == {"say": {"text": "Assigned to you"}}
    assert json.loads(answer.headers["HX-Trigger-After-Settle"]) == {"acted": {}}
    assert f'name="version" value="{fresh(free).version}"' in html, "the priority is changed from what is shown now"


def test_an_act_from_the_head_that_is_refused_shows_the_workspace_as_it_is(desk: Desk, free: Ticket) -> None:
    desk.browser(desk.jonas).post(url_of(free, "accept/"))
    answer = desk.browser(desk.mara).post(url_of(free, "accept/"), headers=FROM_HEAD)
    assert (answer.status_code, "already owned by" in html_of(answer)) == (409, True)
    assert html_of(answer).lstrip().startswith('<div class="workspace" id="workspace"')
    assert answer.headers["HX-Retarget"] == "#workspace"
    assert "HX-Trigger-After-Settle" not in answer.headers


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_second_agent_learns_who_was_faster_and_what_is_next(desk: Desk, free: Ticket, headers: Any) -> None:
    other = TicketFactory(team=desk.team, subject="Paper jam")
    desk.browser(desk.mara).post(url_of(free, "accept/"))
    answer = desk.browser(desk.jonas).post(url_of(free, "accept/"), headers=headers)
    html = html_of(answer)
    assert (answer.status_code, fresh(free).owner) == (409, desk.mara)
    assert f"Ticket {free.reference} is already owned by Mara Weiss." in html
    assert (url_of(other) in html, "Offer help by a note." in html) == (True, True)
    assert html.lstrip().startswith("<!doctype html>") is (headers == {})
    assert RefusedAct.objects.get().code == "already_owned"


@pytest.mark.parametrize(
    "act", ["accept/", "wait/", "resume/", "confirm/", "watch/", "unwatch/", "reply/", "note/", "images/"]
)
def test_acts_are_posts_only_and_missing_where_the_ticket_is_invisible(desk: Desk, free: Ticket, act: str) -> None:
    assert desk.browser(desk.mara).get(url_of(free, act)).status_code == 405
    assert desk.browser(desk.nina).post(url_of(free, act)).status_code == 404
    assert fresh(free).owner is None


@pytest.mark.parametrize(
    "act", ["offer/", "change_team/", "resolve/", "reopen/", "cancel/", "spam/", "fields/", "tasks/", "links/"]
)
def test_forms_have_a_page_of_their_own(desk: Desk, free: Ticket, act: str) -> None:
    page = desk.browser(desk.lea).get(url_of(free, act))
    assert (page.status_code, f'action="{url_of(free, act)}"' in html_of(page)) == (200, True)
    assert desk.browser(desk.nina).get(url_of(free, act)).status_code == 404


def test_acts_need_the_csrf_token(desk: Desk, free: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.handler.enforce_csrf_checks = True
    assert browser.post(url_of(free, "accept/")).status_code == 403
    assert fresh(free).owner is None


def test_lead_offers_and_withdraws(desk: Desk, free: Ticket) -> None:
    browser = desk.browser(desk.lea)
    assert browser.post(url_of(free, "offer/"), {"agent": desk.jonas.pk}).status_code == 302
    assert fresh(free).offered_to == desk.jonas
    assert browser.post(url_of(free, "withdraw_offer/")).status_code == 302
    assert fresh(free).offered_to is None


def test_agents_do_not_route(desk: Desk, free: Ticket) -> None:
    browser = desk.browser(desk.mara)
    for act, values in (
        ("offer/", {"agent": desk.jonas.pk}),
        ("change_team/", {"team": desk.other_team.pk}),
        ("withdraw_offer/", {}),
    ):
        answer = browser.post(url_of(free, act), values)
        assert (answer.status_code, "Your role does not include this." in html_of(answer)) == (403, True), act
    assert (fresh(free).offered_to, fresh(free).team) == (None, desk.team)


def test_a_ticket_that_leaves_ones_sight_ends_in_the_queue(desk: Desk, free: Ticket) -> None:
    browser = desk.browser(desk.lea)
    answer = browser.post(url_of(free, "change_team/"), {"team": desk.other_team.pk}, follow=True)
    assert answer.redirect_chain == [("/queue/mine/", 302)]
    assert (f"{free.reference}: Team changed" in html_of(answer), fresh(free).team) == (True, desk.other_team)


def test_offered_ticket_is_accepted_by_its_candidate(desk: Desk, free: Ticket) -> None:
    offer_ticket(free.pk, to=desk.jonas, by=desk.lea)
    desk.browser(desk.jonas).post(url_of(free, "accept/"))
    assert fresh(free).owner == desk.jonas


def test_waiting_before_any_answer_is_refused(desk: Desk, owned: Ticket) -> None:
    answer = desk.browser(desk.mara).post(url_of(owned, "wait/"), headers=HTMX)
    assert (answer.status_code, "Reply to the customer first." in html_of(answer)) == (409, True)
    assert fresh(owned).status == TicketStatus.IN_PROGRESS


def test_resolve_confirm_and_reopen(desk: Desk, owned: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(owned, "resolve/"), {"resolution_code": "fixed", "resolution_note": "New roller."})
    assert fresh(owned).status == TicketStatus.RESOLVED
    browser.post(url_of(owned, "reopen/"), {"reason": "Jams again"})
    assert (fresh(owned).status, fresh(owned).owner) == (TicketStatus.IN_PROGRESS, desk.mara)
    browser.post(url_of(owned, "resolve/"), {"resolution_code": "fixed", "resolution_note": "Newer roller."})
    browser.post(url_of(owned, "confirm/"))
    assert (fresh(owned).status, fresh(owned).closure_code) == (TicketStatus.CLOSED, ClosureCode.CONFIRMED)


def test_resolve_names_each_missing_field_and_keeps_the_rest(desk: Desk, owned: Ticket) -> None:
    browser = desk.browser(desk.mara)
    answer = browser.post(url_of(owned, "resolve/"), {"resolution_code": "", "resolution_note": "New roller."})
    html = html_of(answer)
    assert (answer.status_code, "New roller." in html, 'href="#resolve-resolution_code"' in html) == (400, True, True)
    answer = browser.post(url_of(owned, "resolve/"), {"resolution_code": "magic", "resolution_note": " "})
    assert (answer.status_code, fresh(owned).status) == (400, TicketStatus.IN_PROGRESS)


def test_only_the_owner_resolves(desk: Desk, owned: Ticket) -> None:
    for who in (desk.jonas, desk.lea, desk.sam):
        answer = desk.browser(who).post(
            url_of(owned, "resolve/"), {"resolution_code": "fixed", "resolution_note": "My words stay"}
        )
        assert (answer.status_code, "My words stay" in html_of(answer)) == (403, True), who.name
    assert fresh(owned).status == TicketStatus.IN_PROGRESS


def test_open_mandatory_tasks_keep_a_ticket_from_being_resolved(desk: Desk, owned: Ticket) -> None:
    create_task(owned.pk, by=desk.mara, title="Check the roller", is_mandatory=True)
    answer = desk.browser(desk.mara).post(
        url_of(owned, "resolve/"), {"resolution_code": "fixed", "resolution_note": "New roller."}
    )
    assert (answer.status_code, "Check the roller" in html_of(answer)) == (409, True)


def test_cancel_needs_a_reason_and_spam_has_its_own_button(desk: Desk, free: Ticket) -> None:
    browser = desk.browser(desk.mara)
    assert browser.post(url_of(free, "cancel/"), {"closure_code": "spam"}).status_code == 400
    assert browser.post(url_of(free, "cancel/"), {"closure_code": "withdrawn"}).status_code == 302
    assert (fresh(free).status, fresh(free).closure_code) == (TicketStatus.CANCELLED, ClosureCode.WITHDRAWN)


def test_spam_ends_the_ticket_and_blocks_its_sender(desk: Desk, free: Ticket) -> None:
    from connectors.mail.models import BlockedSender

    answer = desk.browser(desk.mara).post(url_of(free, "spam/"))
    assert (answer.status_code, fresh(free).closure_code) == (302, ClosureCode.SPAM)
    assert BlockedSender.objects.filter(address__iexact="dana@acme.example").exists()


def test_spam_of_somebody_elses_ticket_blocks_nobody(desk: Desk, owned: Ticket) -> None:
    from connectors.mail.models import BlockedSender

    answer = desk.browser(desk.jonas).post(url_of(owned, "spam/"))
    assert (answer.status_code, fresh(owned).status) == (403, TicketStatus.IN_PROGRESS)
    assert not BlockedSender.objects.exists()


def test_link_by_reference_as_far_as_one_sees(desk: Desk, owned: Ticket, free: Ticket) -> None:
    hidden = TicketFactory(team=desk.other_team)
    browser = desk.browser(desk.mara)
    for reference, status in ((hidden.reference, 400), ("INC-9", 400), (owned.reference, 400), (free.reference, 302)):
        values = {"kind": "related", "reference": reference}
        assert browser.post(url_of(owned, "links/"), values).status_code == status, reference
    assert [link.to_ticket for link in owned.links_from.all()] == [free]


def test_watch_and_unwatch(desk: Desk, owned: Ticket) -> None:
    browser = desk.browser(desk.jonas)
    answer = browser.post(url_of(owned, "watch/"), headers=HTMX)
    assert (TicketWatch.objects.count(), "Stop watching" in html_of(answer)) == (1, True)
    browser.post(url_of(owned, "unwatch/"), headers=HTMX)
    assert TicketWatch.objects.count() == 0


def test_auditor_changes_nothing(desk: Desk, owned: Ticket, free: Ticket) -> None:
    browser = desk.browser(desk.aude)
    before = [(row.version, row.status) for row in Ticket.objects.order_by("pk")]
    for ticket in (owned, free):
        for act, values in (
            ("accept/", {}),
            ("wait/", {}),
            ("resume/", {}),
            ("confirm/", {}),
            ("resolve/", {"resolution_code": "fixed", "resolution_note": "x"}),
            ("reopen/", {}),
            ("cancel/", {"closure_code": "withdrawn"}),
            ("spam/", {}),
            ("note/", {"body": "x"}),
            ("change_team/", {"team": desk.other_team.pk}),
            ("tasks/", {"title": "x"}),
            ("images/", {}),
        ):
            assert browser.post(url_of(ticket, act), values).status_code == 403, act
    assert [(row.version, row.status) for row in Ticket.objects.order_by("pk")] == before


def test_closed_tickets_offer_no_way_to_change_them(desk: Desk, owned: Ticket) -> None:
    resolve_ticket(owned.pk, by=desk.mara, code="fixed", note="Done.")
    browser = desk.browser(desk.mara)
    browser.post(url_of(owned, "confirm/"))
    html = html_of(browser.get(url_of(owned)))
    for act in ("reply/", "note/", "wait/", "resolve/", "reopen/", "cancel/", "fields/"):
        assert url_of(owned, act) not in html, act
