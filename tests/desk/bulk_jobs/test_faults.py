"""What goes wrong while many tickets are worked on, and who is told how it ended."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent
from notifications.selectors import notifications_of
from tests.concurrency import in_parallel
from tests.desk.bulk_jobs.conftest import news, run_all, start, states
from tests.desk.conftest import Desk
from tests.desk.pages import statements_of
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.enums import BulkKind, BulkStage
from tickets.models import BulkAct, Ticket, TimelineEntry
from tickets.services import act_on_many, edit_ticket, run_bulk_acts, stop_many, undo_many
from tickets.services.bulk_work import LEASE, release

pytestmark = pytest.mark.django_db


def pause_of(act: BulkAct) -> datetime:
    return BulkAct.objects.values_list("leased_until", flat=True).get(pk=act.pk) or timezone.now()


def test_a_fault_that_passes_costs_a_pause_and_no_ticket(desk: Desk, faults: list[Any]) -> None:
    tickets = TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    faults += [tickets[0].pk] * 2
    act = start(desk.mara, tickets, priority="high")
    began, later = timezone.now(), timedelta(hours=1)
    assert (run_bulk_acts(now=began), run_bulk_acts(now=began), run_bulk_acts(now=began)) == (2, 1, 0)
    assert (states(act), pause_of(act) >= began + timedelta(seconds=1)) == (["waiting", "done", "done"], True)
    again = timezone.now()
    assert (run_bulk_acts(now=again + later), run_bulk_acts(now=again)) == (1, 0)
    assert (states(act)[0], pause_of(act) >= again + timedelta(seconds=2)) == ("waiting", True), "the pauses grow"
    assert (run_bulk_acts(now=timezone.now() + later), states(act)) == (1, ["done"] * 3)
    undo_many(act.pk, by=desk.mara)
    faults += [tickets[1].pk] * 2
    for hours in range(1, 6):
        run_bulk_acts(now=timezone.now() + hours * later)
    act.refresh_from_db()
    assert (act.stage, states(act)) == (BulkStage.DONE, ["undone"] * 3)


def test_after_three_attempts_a_ticket_is_set_aside_in_the_words_of_who_asked(desk: Desk, faults: list[Any]) -> None:
    Agent.objects.filter(pk=desk.mara.pk).update(language="de")
    tickets = TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    faults += [tickets[1].pk] * 3
    act = start(desk.mara, tickets, priority="high")
    for hours in range(1, 6):
        run_bulk_acts(now=timezone.now() + timedelta(hours=hours))
    act.refresh_from_db()
    assert (act.stage, states(act), faults) == (BulkStage.DONE, ["done", "refused", "done"], [])
    assert act.outcomes.get(state="refused").detail.startswith("Hier ist etwas schiefgegangen")


def test_a_late_worker_does_not_end_what_is_somebody_elses_by_now(desk: Desk) -> None:
    """Its lease was over, others have finished the act, and the person has it taken back."""
    act = start(desk.mara, TicketFactory.create_batch(3, team=desk.team, owner=desk.mara), priority="high")
    BulkAct.objects.filter(pk=act.pk).update(stage=BulkStage.RUNNING, leased_until=timezone.now())
    late = BulkAct.objects.get()
    run_all()
    undo_many(act.pk, by=desk.mara)
    release(late)
    assert BulkAct.objects.get().stage == BulkStage.QUEUED
    run_all()
    assert (BulkAct.objects.get().stage, states(act)) == (BulkStage.DONE, ["undone"] * 3)


def test_who_began_it_is_told_once_how_it_ended_and_has_read_it_with_the_receipt(desk: Desk) -> None:
    tickets = [*TicketFactory.create_batch(2, team=desk.team, owner=desk.mara), TicketFactory(owner=desk.jonas)]
    act = start(desk.mara, tickets, priority="high")
    run_bulk_acts()
    assert news(desk.mara) == []
    run_all()
    ended = "“Change priority” has ended. Done: 2, not done: 1, was so already: 0"
    assert (news(desk.mara), news(desk.jonas)) == ([(ended, False)], [])
    browser, (row,) = desk.browser(desk.mara), notifications_of(desk.mara)
    browser.get(f"/bulk/{act.pk}/", headers={"HX-Request": "true", "Live-Update": "1"})
    assert news(desk.mara) == [(ended, False)], "the page asks by itself"
    browser.get(f"/bulk/{act.pk}/")
    assert news(desk.mara) == [(ended, True)]
    assert browser.post(f"/notifications/{row.pk}/open/").url == f"/bulk/{act.pk}/"
    BulkAct.objects.all().delete()
    assert browser.post(f"/notifications/{row.pk}/open/").url == "/notifications/"


def test_the_end_of_an_undo_and_of_what_was_stopped_is_told_too(desk: Desk) -> None:
    tickets = TicketFactory.create_batch(3, team=desk.team, owner=desk.mara)
    act = start(desk.mara, tickets, priority="high")
    run_all()
    edit_ticket(tickets[0].pk, by=desk.lea, version=Ticket.objects.get(pk=tickets[0].pk).version, priority="low")
    undo_many(act.pk, by=desk.mara)
    run_all()
    stopped = start(desk.mara, tickets, BulkKind.WATCH)
    run_bulk_acts()
    stop_many(stopped.pk, by=desk.mara)
    run_all()
    assert [words for words, _is_read in news(desk.mara)] == [
        "“Watch” was stopped. Done: 2, not done: 1, was so already: 0",
        "Taking back “Change priority” has ended. Taken back: 2, not taken back: 1",
        "“Change priority” has ended. Done: 3, not done: 0, was so already: 0",
    ]


def test_what_ends_within_its_request_is_told_by_its_answer_alone(desk: Desk, faults: list[Any]) -> None:
    """Where the worker ends what a request began, for a fault of ours, the person has gone on since and is told."""
    tickets = TicketFactory.create_batch(2, team=desk.team, owner=desk.mara)
    references = [ticket.reference for ticket in tickets]
    act_on_many(BulkKind.ADD_TAGS, by=desk.mara, references=references, tags=["vpn"])
    assert news(desk.mara) == []
    faults += [tickets[0].pk] * 3
    act_on_many(BulkKind.PRIORITY, by=desk.mara, references=references, priority="high")
    assert news(desk.mara) == []
    for hours in range(1, 4):
        run_bulk_acts(now=timezone.now() + timedelta(hours=hours))
    assert news(desk.mara) == [("“Change priority” has ended. Done: 1, not done: 1, was so already: 0", False)]


def test_asking_how_far_it_is_reads_no_tickets_and_the_page_of_all_counts_none(desk: Desk) -> None:
    act = start(desk.mara, TicketFactory.create_batch(3, team=desk.team, owner=desk.mara), priority="high")
    run_bulk_acts()
    browser = desk.browser(desk.mara)
    polled = statements_of(browser, f"/bulk/{act.pk}/", headers={"HX-Request": "true", "Live-Update": "1"})
    assert [text for text in polled if "ROW_NUMBER" in text or "tickets_ticket" in text or "GROUP BY" in text] == []
    assert [text for text in statements_of(browser, "/bulk/") if "tickets_bulkoutcome" in text] == []


def test_a_worker_that_died_is_waited_for_and_then_followed(desk: Desk) -> None:
    act = start(desk.mara, TicketFactory.create_batch(2, team=desk.team, owner=desk.mara), priority="high")
    now = timezone.now()
    BulkAct.objects.filter(pk=act.pk).update(stage=BulkStage.RUNNING, leased_until=now + LEASE)
    assert run_bulk_acts(now=now) == 0
    assert run_bulk_acts(now=now + LEASE) == 2
    assert states(act) == ["done", "done"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_no_ticket_twice() -> None:
    """Their leases overlap, as when the first one is slow; fails without the lock on the outcome."""
    mara, team = AgentFactory(max_tickets=99), TeamFactory()
    mara.teams.add(team)
    act = start(mara, TicketFactory.create_batch(6, team=team, owner=mara), BulkKind.ADD_TAGS, tags=["vpn"])
    late = timezone.now() + 2 * LEASE
    in_parallel(
        *(lambda: [run_bulk_acts(now=late + number * 2 * LEASE) for number in range(4)] for _worker in range(3))
    )
    while run_bulk_acts(now=late + 20 * LEASE):
        pass
    assert states(act) == ["done"] * 6
    assert TimelineEntry.objects.filter(kind="change").count() == 6
