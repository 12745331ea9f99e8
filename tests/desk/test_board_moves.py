"""Moving a card: the act of the button, with its permission, guards and forms; refused, it changes nothing."""

import json
import re
from html import unescape

import pytest

from core.models import RefusedAct
from envelopes.models import Envelope
from envelopes.services import cancel_envelope
from live.models import Change
from live.snapshots import Snapshot
from tests.desk.conftest import Desk
from tests.desk.moves import HTMX, as_it_is, drop, place_on, refusal_in
from tests.desk.pages import html_of
from tests.factories import EnvelopeFactory, TicketFactory
from tickets.enums import EntryKind, OutboundKind, Priority, TicketStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import (
    resolve_ticket,
)

pytestmark = pytest.mark.django_db


def answered(ticket: Ticket) -> Ticket:
    Ticket.objects.filter(pk=ticket.pk).update(last_customer_message_at=None)
    return ticket


# ---- by status ----


def test_to_in_progress_is_accepting(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    response = drop(desk, "mara", ticket, column="in_progress")
    assert (response.status_code, place_on(html_of(response), ticket)) == (200, "in_progress")
    assert json.loads(response.headers["HX-Trigger"]) == {"say": {"text": f"{ticket.reference}: Assigned to you"}}
    assert (as_it_is(ticket).owner, as_it_is(ticket).status) == (desk.mara, TicketStatus.IN_PROGRESS)


@pytest.mark.django_db(transaction=True)
def test_the_answer_shows_the_move_so_that_nothing_new_is_offered_for_it(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    found = re.search(r'data-live-seen="([^"]+)"', html_of(drop(desk, "mara", ticket, column="in_progress")))
    snapshot = Snapshot.parse(found[1] if found else "")
    assert snapshot is not None
    assert all(snapshot.shows(xid) for xid in Change.objects.filter(ticket_id=ticket.pk).values_list("xid", flat=True))


def test_to_waiting_and_back_are_wait_and_resume(desk: Desk) -> None:
    ticket = answered(TicketFactory(team=desk.team, owner=desk.mara))
    assert place_on(html_of(drop(desk, "mara", ticket, column="waiting")), ticket) == "waiting"
    assert as_it_is(ticket).status == TicketStatus.WAITING_CUSTOMER
    assert place_on(html_of(drop(desk, "mara", ticket, column="in_progress")), ticket) == "in_progress"
    assert as_it_is(ticket).status == TicketStatus.IN_PROGRESS


def test_137_against_a_guard_the_card_returns_with_the_reason_and_nothing_changes(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    before, entries = as_it_is(ticket), ticket.entries.count()
    response = drop(desk, "mara", ticket, column="waiting")
    html = html_of(response)
    assert (response.status_code, place_on(html, ticket)) == (409, "in_progress")
    assert refusal_in(html) == (
        f"The customer of ticket {ticket.reference} has had no answer since their last message. "
        "Reply to the customer first."
    )
    assert (as_it_is(ticket).version, ticket.entries.count()) == (before.version, entries)


@pytest.mark.parametrize("column", ["new", "waiting", "resolved"])
def test_137_without_permission_the_card_returns_with_the_reason_and_nothing_changes(desk: Desk, column: str) -> None:
    ticket = answered(TicketFactory(team=desk.team, owner=desk.mara))
    before = as_it_is(ticket).version
    response = drop(desk, "lea", ticket, column=column)
    html = html_of(response)
    assert (response.status_code, place_on(html, ticket)) == (403, "in_progress")
    assert refusal_in(html).startswith(f"Mara Weiss owns ticket {ticket.reference} and speaks with the customer.")
    assert (as_it_is(ticket).version, "<dialog" in html) == (before, False)


def test_137_steps_that_no_transition_makes_are_refused_with_what_is_possible(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    response = drop(desk, "mara", ticket, column="new")
    assert response.status_code == 409
    assert refusal_in(html_of(response)).startswith(
        f"This is not possible while ticket {ticket.reference} is “In progress”."
    )
    free = TicketFactory(team=desk.team)
    for column in ("waiting", "resolved"):
        assert drop(desk, "mara", free, column=column).status_code == 409
    assert as_it_is(free).status == TicketStatus.NEW


def test_resolving_asks_for_its_note_and_then_resolves(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    html = html_of(drop(desk, "mara", ticket, column="resolved"))
    assert place_on(html, ticket) == "in_progress"
    assert ("<dialog" in html, "What was done?" in html, "field__error" in html) == (True, True, False)
    words = {"asked": "1", "resolution_code": "fixed", "resolution_note": "Restarted."}
    response = drop(desk, "mara", ticket, plain=True, column="resolved", **words)
    assert response.headers["Location"] == f"/board/team/?by=status#card-{ticket.reference}"
    assert as_it_is(ticket).status == TicketStatus.RESOLVED
    assert OutboundMessage.objects.get().kind == OutboundKind.RESOLUTION


def test_what_is_missing_in_the_form_is_said_at_its_field(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    response = drop(desk, "mara", ticket, plain=True, column="resolved", asked="1", resolution_code="fixed")
    html = html_of(response)
    assert response.status_code == 400
    assert html.count("field__error") == 1
    assert as_it_is(ticket).status == TicketStatus.IN_PROGRESS


def test_reopening_asks_for_a_reason_that_may_stay_empty(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="Done.")
    html = html_of(drop(desk, "mara", ticket, column="in_progress"))
    assert ("<dialog" in html, place_on(html, ticket)) == (True, "resolved")
    assert drop(desk, "jonas", ticket, column="in_progress").status_code == 403
    drop(desk, "mara", ticket, plain=True, column="in_progress", asked="1", reason="")
    assert (as_it_is(ticket).status, as_it_is(ticket).reopen_count) == (TicketStatus.IN_PROGRESS, 1)


# ---- by priority ----


def test_to_another_priority(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    response = drop(desk, "mara", ticket, "by=priority", column="high")
    assert (place_on(html_of(response), ticket), as_it_is(ticket).priority) == ("high", Priority.HIGH)
    refused = drop(desk, "jonas", ticket, "by=priority", column="low")
    assert (refused.status_code, place_on(html_of(refused), ticket)) == (403, "high")


def test_raising_to_critical_asks_why(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    html = html_of(drop(desk, "lea", ticket, "by=priority", column="critical"))
    assert ("<dialog" in html, 'name="reason"' in html, place_on(html, ticket)) == (True, True, "medium")
    again = drop(desk, "lea", ticket, "by=priority", plain=True, column="critical", asked="1", reason=" ")
    assert (again.status_code, as_it_is(ticket).priority) == (400, Priority.MEDIUM)
    drop(desk, "lea", ticket, "by=priority", plain=True, column="critical", asked="1", reason="The ward stands still.")
    told = ticket.entries.get(kind=EntryKind.PRIORITY_CHANGE)
    assert (as_it_is(ticket).priority, told.body_text) == (Priority.CRITICAL, "The ward stands still.")


# ---- where help is under way ----


def test_a_card_put_to_escalated_opens_the_envelope_form_for_who_may_ask(desk: Desk) -> None:
    ticket, unowned = TicketFactory(team=desk.team, owner=desk.mara), TicketFactory(team=desk.team)
    form = f"/t/{ticket.reference}/envelopes/"
    assert drop(desk, "mara", ticket, column="escalated").headers["HX-Redirect"] == form
    assert drop(desk, "mara", ticket, plain=True, column="escalated").headers["Location"] == form
    for who, card, status in (("jonas", ticket, 403), ("lea", ticket, 403), ("mara", unowned, 409)):
        response = drop(desk, who, card, column="escalated")
        assert (response.status_code, "HX-Redirect" in response.headers) == (status, False)
        assert refusal_in(html_of(response)) != ""
    assert Envelope.objects.count() == 0


@pytest.mark.parametrize("status", ["in_progress", "waiting_internal"])
def test_138_out_of_escalated_leads_the_end_of_the_help_alone(desk: Desk, status: str) -> None:
    ticket = answered(TicketFactory(team=desk.team, owner=desk.mara))
    envelope = EnvelopeFactory(ticket=ticket, team=desk.other_team)
    Ticket.objects.filter(pk=ticket.pk).update(status=status)
    words = {"resolution_code": "fixed", "resolution_note": "Done.", "asked": "1"}
    for column, more in (("in_progress", {}), ("resolved", words)):
        response = drop(desk, "mara", ticket, column=column, **more)
        html = html_of(response)
        assert (response.status_code, place_on(html, ticket), as_it_is(ticket).status) == (409, "escalated", status)
        assert refusal_in(html).startswith("Envelopes are still open: 1 Network (Asked).")
        assert f'href="/t/{ticket.reference}/e/{envelope.number}/"' in html
    assert drop(desk, "jonas", ticket, column="in_progress").status_code == 403, "whose ticket it is not"
    assert place_on(html_of(drop(desk, "mara", ticket, column="waiting")), ticket) == "waiting", "as its button does"
    assert place_on(html_of(drop(desk, "mara", ticket, column="escalated")), ticket) == "escalated"
    assert as_it_is(ticket).status == TicketStatus.IN_PROGRESS
    cancel_envelope(envelope.pk, by=desk.mara, reason="Done without.")
    assert place_on(html_of(drop(desk, "mara", ticket, column="in_progress")), ticket) == "in_progress"


def test_138_the_ticket_page_leads_to_the_envelopes_that_are_in_the_way(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    EnvelopeFactory(ticket=ticket, team=desk.other_team)
    answer = desk.browser(desk.mara).post(
        f"/t/{ticket.reference}/resolve/", {"resolution_code": "fixed", "resolution_note": "Done."}
    )
    assert (answer.status_code, as_it_is(ticket).status != TicketStatus.RESOLVED) == (409, True)
    assert f'<a href="/t/{ticket.reference}/e/1/">Envelope 1: Network</a>' in html_of(answer)


# ---- by agent ----


def test_138_an_owned_card_never_changes_its_owner(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    for who in ("mara", "lea", "sam"):
        for column in (str(desk.jonas.pk), "none", str(desk.sam.pk)):
            response = drop(desk, who, ticket, "by=agent", column=column)
            html = html_of(response)
            assert (response.status_code, place_on(html, ticket)) == (409, str(desk.mara.pk))
            assert refusal_in(html) == (
                f"The owner of ticket {ticket.reference} does not change. "
                "Open an envelope instead; a transfer is only for termination or leave of more than 30 days."
                + (f" Open an envelope on {ticket.reference}" if who == "mara" else "")
            )
            assert (f'href="/t/{ticket.reference}/envelopes/"' in html) == (who == "mara"), "its owner asks for help"
    assert as_it_is(ticket).owner == desk.mara
    assert set(RefusedAct.objects.values_list("code", flat=True)) == {"ownership_immutable"}


def test_an_unowned_card_put_to_oneself_is_accepted_and_put_to_others_is_offered(desk: Desk) -> None:
    mine, offered = TicketFactory(team=desk.team), TicketFactory(team=desk.team)
    drop(desk, "mara", mine, "by=agent", column=str(desk.mara.pk))
    assert as_it_is(mine).owner == desk.mara
    assert drop(desk, "mara", offered, "by=agent", column=str(desk.jonas.pk)).status_code == 403
    response = drop(desk, "lea", offered, "by=agent", column=str(desk.jonas.pk))
    assert (as_it_is(offered).offered_to, as_it_is(offered).owner) == (desk.jonas, None)
    assert place_on(html_of(response), offered) == "none"
    assert "Offered to Jonas Kern, who owns it by accepting it" in response.headers["HX-Trigger"]


# ---- by team and by customer ----


def test_an_unowned_card_goes_to_another_team_by_who_routes(desk: Desk) -> None:
    desk.lea.teams.add(desk.other_team)
    ticket, owned = TicketFactory(team=desk.team), TicketFactory(team=desk.team, owner=desk.mara)
    assert drop(desk, "mara", ticket, "by=team", column=str(desk.other_team.pk)).status_code == 403
    response = drop(desk, "lea", ticket, "by=team", column=str(desk.other_team.pk))
    assert (place_on(html_of(response), ticket), as_it_is(ticket).team) == (str(desk.other_team.pk), desk.other_team)
    refused = drop(desk, "lea", owned, "by=team", column=str(desk.other_team.pk))
    assert (refused.status_code, place_on(html_of(refused), owned)) == (409, str(desk.team.pk))


def test_the_customer_does_not_change_by_moving_a_card(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara)
    other = TicketFactory(team=desk.team)
    response = drop(desk, "mara", ticket, "by=customer", column=str(other.requester_id))
    assert response.status_code == 409
    assert refusal_in(html_of(response)) == (
        f"{ticket.reference} is a ticket of Acme GmbH; moving its card does not change its customer. "
        "Choose other columns or lanes to move cards between."
    )
    assert as_it_is(ticket).company == desk.company
    asked = desk.browser(desk.mara).get(f"/board/team/move/?by=customer&card={ticket.reference}", headers=HTMX)
    assert (asked.status_code, "does not change its customer" in html_of(asked)) == (409, True)


# ---- two dimensions, versions, errors ----


def test_both_dimensions_change_in_one_act_or_neither_does(desk: Desk) -> None:
    ticket = answered(TicketFactory(team=desk.team, owner=desk.mara))
    drop(desk, "mara", ticket, "by=status&lanes=priority", column="waiting", lane="high")
    assert (as_it_is(ticket).status, as_it_is(ticket).priority) == (TicketStatus.WAITING_CUSTOMER, Priority.HIGH)
    response = drop(desk, "mara", ticket, "by=status&lanes=priority", column="new", lane="low")
    assert response.status_code == 409
    assert (as_it_is(ticket).status, as_it_is(ticket).priority) == (TicketStatus.WAITING_CUSTOMER, Priority.HIGH)


def test_one_act_that_serves_both_dimensions_is_done_once(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    layout = "by=status&lanes=agent"
    assert drop(desk, "mara", ticket, layout, column="in_progress", lane=str(desk.mara.pk)).status_code == 200
    assert as_it_is(ticket).owner == desk.mara
    other = TicketFactory(team=desk.team)
    assert drop(desk, "mara", other, layout, column="in_progress", lane=str(desk.jonas.pk)).status_code == 403
    assert as_it_is(other).owner is None


def test_a_card_that_has_changed_meanwhile_is_not_moved(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    seen = as_it_is(ticket).version
    drop(desk, "lea", ticket, "by=priority", column="low")
    response = drop(desk, "lea", ticket, "by=priority", column="high", version=seen)
    assert (response.status_code, place_on(html_of(response), ticket)) == (409, "low")
    assert refusal_in(html_of(response)).startswith("Somebody has changed this meanwhile;")


def test_a_card_dropped_where_it_stands_changes_nothing(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    before = as_it_is(ticket).version
    response = drop(desk, "mara", ticket, column="new")
    assert (response.status_code, "HX-Trigger" in response.headers, as_it_is(ticket).version) == (200, False, before)


@pytest.mark.parametrize(
    "values",
    [{"column": "nowhere"}, {"version": "x", "column": "waiting"}, {"column": "x" * 99}],
)
def test_columns_that_do_not_exist_are_bad_input(desk: Desk, values: dict[str, str]) -> None:
    ticket = TicketFactory(team=desk.team)
    response = drop(desk, "mara", ticket, **values)
    assert (response.status_code, place_on(html_of(response), ticket)) == (400, "new")


@pytest.mark.parametrize(("layout", "column"), [("by=agent", "nobody"), ("by=team", "x"), ("by=priority", "urgent")])
def test_keys_that_are_none_are_bad_input(desk: Desk, layout: str, column: str) -> None:
    ticket = TicketFactory(team=desk.team)
    assert drop(desk, "mara", ticket, layout, column=column).status_code == 400


def test_cards_out_of_sight_are_missing(desk: Desk) -> None:
    hidden = TicketFactory(team=desk.other_team)
    assert drop(desk, "mara", hidden, column="in_progress").status_code == 404
    assert desk.browser(desk.mara).get(f"/board/team/move/?card={hidden.reference}").status_code == 404


# ---- without script ----


def test_without_script_a_page_asks_where_the_card_goes(desk: Desk) -> None:
    ticket = answered(TicketFactory(team=desk.team, owner=desk.mara))
    browser, layout = desk.browser(desk.mara), "by=status&lanes=priority&owner=me"
    board = html_of(browser.get(f"/board/team/?{layout}"))
    link = re.search(r'class="board-card__grip" href="([^"]+)"', board)
    assert link is not None
    page = html_of(browser.get(unescape(link[1])))
    chosen = re.findall(r'<option value="([^"]+)" selected>', page)
    assert chosen == ["in_progress", "medium"]
    action = re.search(r'<form class="stack" method="post" action="([^"]+)"', page)
    assert action is not None
    data = {"card": ticket.reference, "version": as_it_is(ticket).version, "column": "waiting", "lane": "low"}
    response = browser.post(unescape(action[1]), data)
    assert response.headers["Location"] == f"/board/team/?{layout}#card-{ticket.reference}"
    assert (as_it_is(ticket).status, as_it_is(ticket).priority) == (TicketStatus.WAITING_CUSTOMER, Priority.LOW)
    assert "Waiting for the customer" in html_of(browser.get("/board/team/"))


def test_without_script_the_form_of_the_act_is_a_page_and_a_refusal_stands_on_the_board(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    asking = drop(desk, "mara", ticket, plain=True, column="resolved")
    assert (asking.status_code, "What was done?" in html_of(asking), "<dialog" in html_of(asking)) == (200, True, True)
    assert 'name="resolution_note"' in html_of(asking)
    refused = drop(desk, "mara", ticket, plain=True, column="waiting")
    assert (refused.status_code, refusal_in(html_of(refused)) != "") == (409, True)
