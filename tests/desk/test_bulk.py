"""Acts on many tickets: each checked alone, its outcome listed, taken back as far as nobody has changed it since."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import RefusedAct
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.factories import TicketFactory
from tickets.enums import BulkKind, Priority, TicketStatus
from tickets.models import BulkAct, Ticket, TicketWatch, TimelineEntry
from tickets.services import bulk_kinds, cancel_ticket, edit_ticket, run_bulk_acts, undo_many
from tickets.services.bulk import KEPT_ACTS, MAX_TICKETS, act_on_many
from tickets.services.bulk_work import LEASE

pytestmark = pytest.mark.django_db


def do(desk: Desk, person: Any, act: str, *tickets: Ticket, **values: Any) -> Any:
    given = {"act": act, "confirmed": "1", "ticket": [ticket.reference for ticket in tickets], **values}
    return desk.browser(person).post("/queue/all/bulk/", given)


def outcomes() -> dict[str, str]:
    act = BulkAct.objects.latest("created_at")
    return {row.reference: row.state for row in act.outcomes.all()}


def priorities(*tickets: Ticket) -> list[str]:
    found = {ticket.pk: ticket.priority for ticket in Ticket.objects.all()}
    return [found[ticket.pk] for ticket in tickets]


def tags_of(ticket: Ticket) -> list[str]:
    return sorted(ticket.tags.values_list("name", flat=True))


def test_144_each_ticket_of_a_bulk_action_is_checked_alone_and_has_its_outcome(desk: Desk) -> None:
    """Acceptance 144: mixed tickets, one act; what is not possible stands there with its reason."""
    mine = TicketFactory(team=desk.team, subject="Mine", owner=desk.mara)
    high = TicketFactory(team=desk.team, subject="High already", owner=desk.mara, priority=Priority.HIGH)
    other = TicketFactory(team=desk.team, subject="Of a colleague", owner=desk.jonas)
    hidden = TicketFactory(team=desk.other_team, subject="Switch in cellar")
    ended = TicketFactory(team=desk.team, subject="Ended", owner=desk.mara)
    cancel_ticket(ended.pk, by=desk.mara, code="withdrawn")
    tickets = (mine, high, other, hidden, ended)
    response = do(desk, desk.mara, "priority", *tickets, priority="high")
    page = desk.browser(desk.mara).get(response.headers["Location"])
    assert list(outcomes().values()) == ["done", "unchanged", "refused", "refused", "refused"]
    assert priorities(*tickets) == ["high", "high", "medium", "medium", "medium"]
    html = html_of(page)
    said = ("Jonas Kern owns ticket", "There is no such ticket, or you may not see it.", "is closed and is not edited")
    assert [text in html for text in said] == [True] * 3
    assert ("Switch in cellar" in html, "Done: 1" in html, "Not done: 3" in html) == (False, True, True)
    assert RefusedAct.objects.filter(code="not_owner", actor_name="Mara Weiss").count() == 1
    entry = TimelineEntry.objects.get(ticket=mine, kind="priority_change")
    assert (entry.author_name, mine.history.first().actor_name) == ("Mara Weiss", "Mara Weiss")


def test_ticked_rows_of_a_list_are_one_plain_form(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    html = html_of(desk.browser(desk.mara).get("/queue/team/?q=status:new&sort=created_at"))
    assert re.search(rf'<input [^>]*type="checkbox"[^>]* form="bulk" name="ticket" value="{ticket.reference}"', html)
    form = html[html.index('<form class="bulk-bar"') :].split("</form>")[0]
    assert 'action="/queue/team/bulk/?q=status%3Anew&amp;sort=created_at"' in form
    acts = re.findall(r'name="act" value="(\w+)"', form)
    assert acts == ["accept", "priority", "add_tags", "remove_tags", "watch", "cancel"]
    assert "owner" not in form
    leads = html_of(desk.browser(desk.lea).get("/queue/team/"))
    assert re.findall(r'name="act" value="(offer|change_team)"', leads) == ["offer", "change_team"]
    auditors = html_of(desk.browser(desk.aude).get("/queue/all/"))
    assert ("bulk-bar" in auditors, "data-pick" in auditors) == (False, False)


def test_an_act_that_needs_values_asks_for_them_on_a_page_of_its_own(desk: Desk) -> None:
    tickets = TicketFactory.create_batch(2, team=desk.team, owner=desk.mara)
    browser = desk.browser(desk.mara)
    given = {"act": "priority", "ticket": [ticket.reference for ticket in tickets]}
    page = browser.post("/queue/team/bulk/?q=status:any", given)
    html = html_of(page)
    assert (page.status_code, "Change priority: 2 tickets" in html) == (200, True)
    assert 'action="/queue/team/bulk/?q=status%3Aany"' in html
    assert re.findall(r'name="ticket" value="([^"]+)"', html) == given["ticket"]
    assert BulkAct.objects.count() == 0
    wrong = browser.post("/queue/team/bulk/", {**given, "confirmed": "1", "priority": "burning"})
    assert (wrong.status_code, BulkAct.objects.count()) == (400, 0)
    done = browser.post("/queue/team/bulk/?q=status:any", {**given, "confirmed": "1", "priority": "low"})
    back = html_of(browser.get(done.headers["Location"]))
    assert 'href="/queue/team/?q=status%3Aany"' in back


def test_all_of_a_list_is_shown_first_and_then_done(desk: Desk) -> None:
    tunnels = TicketFactory.create_batch(3, team=desk.team, subject="Tunnel")
    TicketFactory(team=desk.team, subject="Cable")
    browser = desk.browser(desk.mara)
    page = browser.post("/queue/team/bulk/?q=tunnel", {"act": "watch", "whole": "1"})
    references = re.findall(r'name="ticket" value="([^"]+)"', html_of(page))
    assert sorted(references) == sorted(ticket.reference for ticket in tunnels)
    assert TicketWatch.objects.filter(person=desk.mara).count() == 0
    browser.post("/queue/team/bulk/?q=tunnel", {"act": "watch", "confirmed": "1", "ticket": references})
    assert TicketWatch.objects.filter(person=desk.mara, ticket__in=tunnels).count() == 3


def test_none_and_too_many_are_refused(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    none = browser.post("/queue/team/bulk/", {"act": "watch"})
    assert (none.status_code, "Choose at least one ticket." in html_of(none)) == (400, True)
    many = {"act": "watch", "ticket": [f"INC-2026-{number:06}" for number in range(MAX_TICKETS + 1)]}
    refused = browser.post("/queue/team/bulk/", many)
    assert (refused.status_code, "At most 200 tickets at once" in html_of(refused)) == (400, True)
    assert browser.post("/queue/team/bulk/", {"act": "transfer", "ticket": ["INC-2026-000001"]}).status_code == 404
    assert BulkAct.objects.count() == 0


def test_002_no_act_on_many_changes_an_owner_and_accepting_checks_each(desk: Desk) -> None:
    """Acceptance 002: bulk offers no ownership change; what is owned stays so."""
    free, taken = TicketFactory(team=desk.team), TicketFactory(team=desk.team, owner=desk.jonas)
    for person, act, values in (
        (desk.mara, "accept", {}),
        (desk.lea, "offer", {"to": str(desk.mara.pk)}),
        (desk.lea, "change_team", {"team": str(desk.other_team.pk)}),
    ):
        do(desk, person, act, taken, **values)
        assert outcomes() == {taken.reference: "refused"}, act
    do(desk, desk.mara, "accept", free, taken)
    assert outcomes() == {free.reference: "done", taken.reference: "refused"}
    owners = {ticket.pk: ticket.owner for ticket in Ticket.objects.select_related("owner")}
    assert (owners[free.pk], owners[taken.pk]) == (desk.mara, desk.jonas)


def test_accepting_many_stops_at_the_limit_and_says_so(desk: Desk) -> None:
    desk.mara.max_tickets = 2
    desk.mara.save()
    tickets = TicketFactory.create_batch(3, team=desk.team)
    do(desk, desk.mara, "accept", *tickets)
    assert list(outcomes().values()) == ["done", "done", "refused"]
    assert "already owns 2 of at most 2" in BulkAct.objects.get().outcomes.last().detail  # type: ignore[union-attr]


def test_offering_moving_and_cancelling_while_nobody_owns_them(desk: Desk) -> None:
    offered, moved, ended = TicketFactory.create_batch(3, team=desk.team)
    do(desk, desk.lea, "offer", offered, to=str(desk.mara.pk))
    do(desk, desk.lea, "change_team", moved, team=str(desk.other_team.pk))
    do(desk, desk.mara, "cancel", ended, closure_code="created_in_error")
    rows = {ticket.pk: ticket for ticket in Ticket.objects.all()}
    assert rows[offered.pk].offered_to_id == desk.mara.pk
    assert rows[moved.pk].team_id == desk.other_team.pk
    assert rows[ended.pk].status == TicketStatus.CANCELLED


def test_tags_are_added_and_removed_without_touching_others(desk: Desk) -> None:
    one, two = TicketFactory.create_batch(2, team=desk.team, owner=desk.mara)
    edit_ticket(one.pk, by=desk.mara, version=2, tags=["VPN", "cellar"])
    do(desk, desk.mara, "add_tags", one, two, tags="vpn, urgent")
    assert (tags_of(one), tags_of(two)) == (["VPN", "cellar", "urgent"], ["VPN", "urgent"])
    do(desk, desk.mara, "remove_tags", one, two, tags="Cellar")
    assert outcomes() == {one.reference: "done", two.reference: "unchanged"}
    assert (tags_of(one), tags_of(two)) == (["VPN", "urgent"], ["VPN", "urgent"])


def test_one_undo_takes_back_what_nobody_has_changed_since(desk: Desk) -> None:
    low = TicketFactory(team=desk.team, owner=desk.mara, priority=Priority.LOW)
    critical = TicketFactory(team=desk.team, owner=desk.mara, priority=Priority.CRITICAL)
    touched = TicketFactory(team=desk.team, owner=desk.mara, priority=Priority.LOW)
    same = TicketFactory(team=desk.team, owner=desk.mara, priority=Priority.HIGH)
    tickets = (low, critical, touched, same)
    page = desk.browser(desk.mara).get(do(desk, desk.mara, "priority", *tickets, priority="high").headers["Location"])
    assert "Take all back" in html_of(page)
    edit_ticket(touched.pk, by=desk.lea, version=3, priority="medium")
    response = desk.browser(desk.mara).post(page.context["undo_url"])
    assert response.status_code == 302
    assert priorities(*tickets) == ["low", "critical", "medium", "high"]
    assert list(outcomes().values()) == ["undone", "undone", "kept", "unchanged"]
    after = html_of(desk.browser(desk.mara).get(response.headers["Location"]))
    assert ("It was changed since" in after, "Take all back" in after) == (True, False)
    again = desk.browser(desk.mara).post(page.context["undo_url"])
    assert (again.status_code, priorities(*tickets)) == (409, ["low", "critical", "medium", "high"])


class Killed(BaseException):
    """As when the process ends in the middle of a request."""


@pytest.fixture
def breaks_at(monkeypatch: pytest.MonkeyPatch) -> dict[Any, BaseException]:
    """What happens at a ticket, once."""
    coming: dict[Any, BaseException] = {}

    def edit(ticket_id: Any, **given: Any) -> Any:
        if error := coming.pop(ticket_id, None):
            raise error
        return edit_ticket(ticket_id, **given)

    monkeypatch.setattr(bulk_kinds, "edit_ticket", edit)
    return coming


def test_144_a_request_that_breaks_off_hides_no_ticket(desk: Desk, breaks_at: dict[Any, BaseException]) -> None:
    """Neither of the act nor of its undo; what is left is the worker's once the lease is over."""
    tickets = TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    references, browser = [ticket.reference for ticket in tickets], desk.browser(desk.mara)
    breaks_at[tickets[1].pk] = Killed()
    with pytest.raises(Killed):
        act_on_many(BulkKind.PRIORITY, by=desk.mara, references=references, priority="high")
    act = BulkAct.objects.get()
    assert list(outcomes().values()) == ["done", "waiting", "waiting"]
    assert "1 of 3 tickets" in html_of(browser.get(f"/bulk/{act.pk}/"))
    assert browser.post(f"/bulk/{act.pk}/undo/").status_code == 409, "it is not over yet"
    assert run_bulk_acts() == 0
    assert run_bulk_acts(now=timezone.now() + 2 * LEASE) == 2
    assert (list(outcomes().values()), priorities(*tickets)) == (["done"] * 3, ["high"] * 3)
    breaks_at[tickets[1].pk] = Killed()
    with pytest.raises(Killed):
        undo_many(act.pk, by=desk.mara)
    assert list(outcomes().values()) == ["undone", "done", "done"]
    assert run_bulk_acts(now=timezone.now() + 2 * LEASE) == 2
    assert (list(outcomes().values()), priorities(*tickets)) == (["undone"] * 3, ["medium"] * 3)


def test_a_fault_at_one_ticket_stops_no_other_and_is_tried_again(
    desk: Desk, breaks_at: dict[Any, BaseException]
) -> None:
    tickets = TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    breaks_at[tickets[1].pk] = RuntimeError("the connection was lost")
    do(desk, desk.mara, "priority", *tickets, priority="high")
    assert list(outcomes().values()) == ["done", "waiting", "done"]
    assert run_bulk_acts(now=timezone.now() + timedelta(hours=1)) == 1
    assert list(outcomes().values()) == ["done"] * 3


def test_undo_of_tags_and_watching_leaves_what_was_there_before(desk: Desk) -> None:
    one, two = TicketFactory.create_batch(2, team=desk.team, owner=desk.mara)
    edit_ticket(one.pk, by=desk.mara, version=2, tags=["vpn"])
    browser = desk.browser(desk.mara)
    for act, values, during in (
        ("add_tags", {"tags": "vpn, new"}, (["new", "vpn"], ["new", "vpn"])),
        ("remove_tags", {"tags": "VPN"}, ([], [])),
    ):
        do(desk, desk.mara, act, one, two, **values)
        assert (tags_of(one), tags_of(two)) == during
        browser.post(f"/bulk/{BulkAct.objects.latest('created_at').pk}/undo/")
        assert (tags_of(one), tags_of(two)) == (["vpn"], [])
    do(desk, desk.mara, "watch", one)
    browser.post(f"/bulk/{BulkAct.objects.latest('created_at').pk}/undo/")
    assert TicketWatch.objects.count() == 0


def test_acts_that_are_not_taken_back_offer_no_undo(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    location = do(desk, desk.mara, "accept", ticket).headers["Location"]
    page = desk.browser(desk.mara).get(location)
    assert "Take all back" not in html_of(page)
    assert desk.browser(desk.mara).post(page.context["undo_url"]).status_code == 409
    assert Ticket.objects.get(pk=ticket.pk).owner == desk.mara


def test_a_receipt_is_its_persons_alone_and_costs_the_same_for_any_number(desk: Desk) -> None:
    tickets = TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    first = act_on_many(BulkKind.WATCH, by=desk.mara, references=[tickets[0].reference])
    whole = act_on_many(BulkKind.WATCH, by=desk.mara, references=[ticket.reference for ticket in tickets])
    for person in (desk.jonas, desk.lea, desk.aude):
        assert desk.browser(person).get(f"/bulk/{first.pk}/").status_code == 404
        assert desk.browser(person).post(f"/bulk/{first.pk}/undo/").status_code == 404
    costs = {len(statements_of(desk.browser(desk.mara), f"/bulk/{act.pk}/")) for act in (first, whole)}
    assert len(costs) == 1


def test_old_receipts_go_when_new_ones_come(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    acts = [act_on_many(BulkKind.WATCH, by=desk.mara, references=[ticket.reference]) for _ in range(KEPT_ACTS + 2)]
    kept = set(BulkAct.objects.values_list("pk", flat=True))
    assert kept == {act.pk for act in acts[2:]}
