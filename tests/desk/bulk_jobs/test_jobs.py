"""Acts on more tickets than fit into a request: shown, confirmed, done by the worker in slices, undone in one go."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent
from core import timers
from core.errors import NotFound
from desk.views import bulk as pages
from tests.desk.bulk_jobs.conftest import asked, confirmed, priorities, run_all, start, states
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.factories import TicketFactory
from tickets import tasks
from tickets.enums import BulkKind, BulkStage, Priority
from tickets.models import BulkAct, Ticket, TimelineEntry
from tickets.services import (
    ask_many,
    bulk_jobs,
    edit_ticket,
    forget_unconfirmed_acts,
    run_bulk_acts,
    start_many,
    stop_many,
    undo_many,
)
from tickets.services.bulk_jobs import MAX_LISTED, SLICE
from tickets.services.bulk_work import LEASE, release, work_on

pytestmark = pytest.mark.django_db


def test_144_all_of_a_long_list_is_shown_confirmed_and_done_by_the_worker(desk: Desk) -> None:
    """Acceptance 144: mixed tickets, each checked alone by the worker as the person who asked."""
    TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    TicketFactory(team=desk.team, owner=desk.jonas)
    TicketFactory(team=desk.team, owner=desk.mara, priority=Priority.HIGH)
    TicketFactory(team=desk.other_team)
    page, job = asked(desk, desk.mara)
    assert (page.status_code, "Change priority: 5 tickets" in html_of(page)) == (200, True)
    assert (run_bulk_acts(), priorities().count("high")) == (0, 1), "nothing begins before it is confirmed"
    response = confirmed(desk, desk.mara, job, priority="high")
    assert response.headers["Location"].startswith(f"/bulk/{job}/")
    act = BulkAct.objects.get()
    assert (act.stage, states(act)) == (BulkStage.QUEUED, ["waiting"] * 5)
    progress = html_of(desk.browser(desk.mara).get(response.headers["Location"]))
    assert ("Waits for its turn" in progress, "0 of 5 tickets" in progress) == (True, True)
    assert run_bulk_acts() == 2
    assert "2 of 5 tickets" in html_of(desk.browser(desk.mara).get(response.headers["Location"]))
    assert run_all() == 3
    act.refresh_from_db()
    assert (act.stage, act.ended_at is not None) == (BulkStage.DONE, True)
    assert sorted(states(act)) == ["done", "done", "done", "refused", "unchanged"]
    html = html_of(desk.browser(desk.mara).get(response.headers["Location"]))
    assert ("Jonas Kern owns ticket" in html, "Done: 3" in html, "Waits for" in html) == (True, True, False)
    assert priorities().count("high") == 4
    assert {entry.author_name for entry in TimelineEntry.objects.filter(kind="priority_change")} == {"Mara Weiss"}


def test_what_was_shown_is_what_is_done(desk: Desk) -> None:
    TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    _page, job = asked(desk, desk.mara)
    TicketFactory(team=desk.team, owner=desk.mara)
    confirmed(desk, desk.mara, job, priority="high")
    run_all()
    assert sorted(priorities()) == ["high", "high", "high", "medium"]


def test_a_form_that_misses_a_value_is_shown_again_and_a_second_click_begins_nothing_more(desk: Desk) -> None:
    TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    _page, job = asked(desk, desk.mara)
    wrong = confirmed(desk, desk.mara, job, priority="burning")
    assert (wrong.status_code, f'value="{job}"' in html_of(wrong)) == (400, True)
    assert BulkAct.objects.get().stage == BulkStage.ASKED
    first = confirmed(desk, desk.mara, job, priority="high")
    second = confirmed(desk, desk.mara, job, priority="low")
    assert first.headers["Location"] == second.headers["Location"]
    run_all()
    assert priorities() == ["high", "high", "high"]


def test_each_ticket_is_asked_for_the_rights_of_that_moment(desk: Desk) -> None:
    """Who leaves the team, or the desk, half way does no more from then on."""
    tickets = TicketFactory.create_batch(6, team=desk.team)
    act = start(desk.mara, tickets, BulkKind.WATCH)
    run_bulk_acts()
    desk.mara.teams.remove(desk.team)
    run_bulk_acts()
    Agent.objects.filter(pk=desk.mara.pk).update(is_active=False)
    run_all()
    assert states(act) == ["done", "done", "refused", "refused", "refused", "refused"]
    details = list(act.outcomes.order_by("pk").values_list("detail", flat=True))
    assert details[2] == "There is no such ticket, or you may not see it."
    assert details[4].startswith("Your role does not include this.")


def test_values_of_every_kind_reach_the_worker(desk: Desk) -> None:
    tickets = TicketFactory.create_batch(3, team=desk.team)
    start(desk.lea, tickets, BulkKind.ADD_TAGS, tags=["vpn"])
    start(desk.lea, tickets[:1], BulkKind.OFFER, to=desk.mara)
    start(desk.lea, tickets[1:2], BulkKind.CHANGE_TEAM, team=desk.other_team)
    start(desk.lea, tickets[2:], BulkKind.CANCEL, code="withdrawn")
    run_all()
    offered, moved, ended = (Ticket.objects.get(pk=ticket.pk) for ticket in tickets)
    assert (offered.offered_to, moved.team, ended.closure_code) == (desk.mara, desk.other_team, "withdrawn")
    assert [list(ticket.tags.values_list("name", flat=True)) for ticket in (offered, moved, ended)] == [["vpn"]] * 3


def test_the_worker_is_woken_and_goes_on_until_nothing_is_left(
    desk: Desk, django_capture_on_commit_callbacks: Any
) -> None:
    tickets = TicketFactory.create_batch(5, team=desk.team, owner=desk.mara)
    with django_capture_on_commit_callbacks() as callbacks:
        act = start(desk.mara, tickets, priority="high")
    assert [getattr(callback, "task", "") for callback in callbacks] == ["tickets.run_bulk_acts"]
    assert (tasks.run_bulk_acts(), states(act)) == (5, ["done"] * 5)
    undo_many(act.pk, by=desk.mara)
    assert (tasks.run_bulk_acts(), states(act)) == (5, ["undone"] * 5)


def test_reasons_are_in_the_language_of_who_asked(desk: Desk) -> None:
    Agent.objects.filter(pk=desk.mara.pk).update(language="de")
    act = start(desk.mara, [TicketFactory(team=desk.team, owner=desk.jonas)], priority="high")
    run_all()
    assert "gehört" in act.outcomes.get().detail or "Jonas Kern" in act.outcomes.get().detail
    assert "owns ticket" not in act.outcomes.get().detail


def test_one_undo_takes_all_of_it_back_by_the_worker_too(desk: Desk) -> None:
    tickets = TicketFactory.create_batch(4, team=desk.team, owner=desk.mara)
    act = start(desk.mara, tickets, priority="high")
    browser = desk.browser(desk.mara)
    early = browser.post(f"/bulk/{act.pk}/undo/")
    run_all()
    edit_ticket(tickets[0].pk, by=desk.mara, version=Ticket.objects.get(pk=tickets[0].pk).version, priority="low")
    assert (early.status_code, priorities()) == (409, ["low", "high", "high", "high"])
    assert browser.post(f"/bulk/{act.pk}/undo/").status_code == 302
    act.refresh_from_db()
    assert (act.stage, priorities().count("high")) == (BulkStage.QUEUED, 3)
    assert "Taking it back" in html_of(browser.get(f"/bulk/{act.pk}/"))
    run_all()
    assert (states(act), priorities()) == (
        ["kept", "undone", "undone", "undone"],
        ["low", "medium", "medium", "medium"],
    )
    assert browser.post(f"/bulk/{act.pk}/undo/").status_code == 409


def test_what_runs_can_be_stopped_and_what_is_done_stays_and_can_be_taken_back(desk: Desk) -> None:
    act = start(desk.mara, TicketFactory.create_batch(5, team=desk.team, owner=desk.mara), priority="high")
    browser, url = desk.browser(desk.mara), f"/bulk/{act.pk}/"
    run_bulk_acts()
    assert f'action="{url}stop/"' in html_of(browser.get(url))
    stopped = browser.post(f"{url}stop/?from=all")
    assert (stopped.status_code, stopped.headers["Location"], run_all()) == (302, f"{url}?from=all", 0)
    assert states(act) == ["done", "done", "refused", "refused", "refused"]
    html = html_of(browser.get(url))
    said = ("You stopped it before its turn came.", "Not done: 3", "Take all back", f"{url}stop/")
    assert [text in html for text in said] == [True, True, True, False]
    assert browser.post(f"{url}stop/").status_code == 409
    browser.post(f"{url}undo/")
    assert priorities() == ["medium"] * 5


def test_a_worker_that_has_a_slice_in_hand_when_it_is_stopped_does_no_more_of_it(desk: Desk) -> None:
    act = start(desk.mara, TicketFactory.create_batch(3, team=desk.team, owner=desk.mara), priority="high")
    BulkAct.objects.filter(pk=act.pk).update(stage=BulkStage.RUNNING, leased_until=timezone.now() + LEASE)
    held = BulkAct.objects.get()
    stop_many(act.pk, by=desk.mara)
    work_on(held, list(act.outcomes.values_list("pk", flat=True)))
    release(held)
    ended = BulkAct.objects.get()
    assert (ended.stage, ended.leased_until, states(act)) == (BulkStage.DONE, None, ["refused"] * 3)
    assert (priorities(), set(act.outcomes.values_list("attempts", flat=True))) == (["medium"] * 3, {0})


def test_progress_is_asked_for_by_the_page_and_ends_with_the_whole_receipt(desk: Desk) -> None:
    act = start(desk.mara, TicketFactory.create_batch(3, team=desk.team, owner=desk.mara), priority="high")
    browser, asks = desk.browser(desk.mara), {"HX-Request": "true", "Live-Update": "1"}
    running = browser.get(f"/bulk/{act.pk}/", headers=asks)
    assert ("every 2s" in html_of(running), "HX-Refresh" in running.headers) == (True, False)
    assert '"Live-Update": "1"' in html_of(running), "it keeps nobody signed in"
    run_all()
    over = browser.get(f"/bulk/{act.pk}/", headers=asks)
    assert ("every 2s" in html_of(over), over.headers["HX-Refresh"]) == (False, "true")


def test_ones_own_acts_are_found_again_and_nobody_elses(desk: Desk) -> None:
    tickets = TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    act = start(desk.mara, tickets, priority="high")
    ask_many(BulkKind.WATCH, by=desk.mara, tickets=[(tickets[0].pk, tickets[0].reference)])
    html = html_of(desk.browser(desk.mara).get("/bulk/"))
    assert (html.count('href="/bulk/'), "Priority: High" in html, "3 tickets" in html) == (1, True, True)
    assert f"/bulk/{act.pk}/" not in html_of(desk.browser(desk.jonas).get("/bulk/"))
    assert desk.browser(desk.jonas).get(f"/bulk/{act.pk}/").status_code == 404
    assert confirmed(desk, desk.jonas, str(act.pk), priority="low").status_code == 404


def test_many_outcomes_stand_on_several_pages_at_a_constant_cost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.bulk.SHOWN", 2)
    browser = desk.browser(desk.mara)
    costs, acts = [], []
    for count in (1, 5):
        acts.append(
            start(desk.mara, TicketFactory.create_batch(count, team=desk.team, owner=desk.mara), priority="high")
        )
        run_all()
        costs.append(len(statements_of(browser, f"/bulk/{acts[-1].pk}/")))
    assert costs[0] == costs[1]
    listed, url = [], f"/bulk/{acts[1].pk}/?from=all"
    while url:
        page = html_of(browser.get(url))
        listed.append(len(set(re.findall(r"INC-\d{4}-\d{6}", page))))
        more = re.search(r'href="(\?from=all&amp;state=done&amp;after=\d+)"', page)
        url = f"/bulk/{acts[1].pk}/{more[1].replace('&amp;', '&')}" if more else ""
    assert listed == [2, 2, 1]
    assert browser.get(f"/bulk/{acts[1].pk}/?after=x").status_code == 404


def test_there_is_an_end_to_how_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pages, bulk_jobs):
        monkeypatch.setattr(module, "MAX_LISTED", 3)
    TicketFactory.create_batch(4, team=desk.team)
    refused = desk.browser(desk.mara).post("/queue/all/bulk/", {"act": "watch", "whole": "1"})
    assert (refused.status_code, "At most 3 tickets at once" in html_of(refused)) == (400, True)
    assert (BulkAct.objects.count(), MAX_LISTED, SLICE) == (0, 10_000, 10)


def test_what_was_never_confirmed_goes_and_is_not_begun_any_more(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    old, new = (ask_many(BulkKind.WATCH, by=desk.mara, tickets=[(ticket.pk, ticket.reference)]) for _ in range(2))
    BulkAct.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(minutes=61))
    with pytest.raises(NotFound):
        start_many(old.pk, by=desk.mara)
    assert confirmed(desk, desk.mara, str(old.pk), "watch").status_code == 404
    assert "bulk_acts_forgotten" in timers.registered()
    assert (forget_unconfirmed_acts(), forget_unconfirmed_acts()) == (1, 0)
    assert list(BulkAct.objects.values_list("pk", flat=True)) == [new.pk]
    assert start_many(new.pk, by=desk.mara).stage == BulkStage.QUEUED
    assert forget_unconfirmed_acts(now=timezone.now() + timedelta(hours=2)) == 0, "what was begun stays"


def test_the_tickets_are_done_in_the_order_of_the_list(desk: Desk) -> None:
    """Who may own no more than two gets the two most urgent ones."""
    desk.mara.max_tickets = 2
    desk.mara.save()
    low, critical, medium, high = (
        TicketFactory(team=desk.team, priority=priority)
        for priority in (Priority.LOW, Priority.CRITICAL, Priority.MEDIUM, Priority.HIGH)
    )
    where = "/queue/all/bulk/?sort=-priority_score"
    _page, job = asked(desk, desk.mara, "accept", where)
    desk.browser(desk.mara).post(where, {"act": "accept", "job": job, "confirmed": "1"})
    run_all()
    listed = list(BulkAct.objects.get().outcomes.order_by("pk").values_list("ticket", flat=True))
    assert listed == [critical.pk, high.pk, medium.pk, low.pk]
    assert set(Ticket.objects.filter(owner=desk.mara)) == {critical, high}
