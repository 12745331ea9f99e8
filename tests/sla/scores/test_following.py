"""What happens to a ticket moves its score in the same act; what time alone does, a sweep that reads what is due."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.services import edit_contact
from core.events import deliver_all
from envelopes.services import accept_envelope
from live.models import Change
from sla.models import ScoreValue, TicketScore
from sla.scores.services import refresh_due_scores, refreshing
from sla.services import follow_new_terms
from tests.concurrency import in_parallel
from tests.database import connect_as_owner, empty_all_tables
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.factories.envelopes import EnvelopeFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.sla.conftest import MONDAY_NINE, Desk, minutes, travel
from tickets.models import Ticket
from tickets.services import add_flag, clear_flag, lock_ticket, reopen_ticket, resolve_ticket
from tickets.services.conversation import record_customer_message
from tickets.services.creation import Message

SECOND = timedelta(seconds=1)


@pytest.fixture
def first_rows(transactional_db: None) -> None:
    """Django has emptied all tables after the test before, also of what migrations had put in."""
    empty_all_tables()


def shown(ticket: Ticket) -> tuple[str, dict[str, str]]:
    """Score, and the factors that apply."""
    row = Ticket.objects.get(pk=ticket.pk)
    return str(row.priority_score), {
        name: value for name, value in row.score_breakdown.items() if value != "1.0" and name != "base"
    }


def sweep(at: Any) -> int:
    with travel(at):
        done = 0
        while count := refresh_due_scores(now=at):
            done += count
        return done


def next_of(ticket: Ticket) -> Any:
    return TicketScore.objects.get(ticket=ticket.pk).next_change_at


def test_a_new_ticket_has_its_score_with_the_first_row(desk: Desk) -> None:
    """Two hours to the first answer."""
    ticket = desk.ticket(owned=False)
    assert shown(ticket) == ("80.00", {"sla": "2.0"})
    assert next_of(ticket) == MONDAY_NINE + minutes(60)


def test_109_while_the_clocks_stand_still_they_make_nothing_urgent(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, MONDAY_NINE + minutes(30), then="wait_for_customer")
    assert (shown(ticket), next_of(ticket)) == (("40.00", {}), None)


def test_110_time_alone_passes_a_band_and_the_sweep_of_that_minute_sees_it(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, MONDAY_NINE + minutes(30))
    assert shown(ticket) == ("60.00", {"sla": "1.5"}), "450 of 480 minutes are left"
    edge = MONDAY_NINE + minutes(240)
    assert (next_of(ticket), sweep(edge)) == (edge, 0)
    assert (sweep(edge + SECOND), shown(ticket)) == (1, ("80.00", {"sla": "2.0"}))
    assert sweep(MONDAY_NINE + minutes(420) + SECOND) == 1
    assert (shown(ticket), next_of(ticket)) == (("120.00", {"sla": "3.0"}), None)
    assert sweep(MONDAY_NINE + timedelta(days=3)) == 0


def test_108_an_answer_that_is_waited_for_counts_after_a_day_from_the_first_message_on(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, MONDAY_NINE + minutes(10))
    for later in (60, 120):
        with travel(MONDAY_NINE + minutes(later)):
            record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="And now?"))
    day_after = MONDAY_NINE + minutes(60) + timedelta(hours=24)
    sweep(day_after)
    assert "no_response" not in shown(ticket)[1]
    sweep(day_after + SECOND)
    assert shown(ticket)[1]["no_response"] == "1.2"
    desk.answer(ticket, day_after + minutes(5))
    assert "no_response" not in shown(ticket)[1]


def test_108_help_counts_after_two_hours_of_whom_is_asked_until_somebody_accepts(desk: Desk) -> None:
    ticket = desk.ticket()
    with travel(MONDAY_NINE):
        envelope = EnvelopeFactory(ticket=ticket, team=TeamFactory())
    sweep(MONDAY_NINE + minutes(120))
    assert "escalation" not in shown(ticket)[1]
    sweep(MONDAY_NINE + minutes(121))
    assert shown(ticket)[1]["escalation"] == "1.3"
    with travel(MONDAY_NINE + minutes(130)):
        accept_envelope(envelope.pk, by=AgentFactory(teams=[envelope.team]))
    assert "escalation" not in shown(ticket)[1]


def test_108_priority_and_reopening_count_at_once(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, MONDAY_NINE + minutes(5))
    desk.raise_to("high", ticket, MONDAY_NINE + minutes(6))
    assert shown(ticket) == ("140.00", {"sla": "2.0"}), "234 minutes of 240 are left"
    with travel(MONDAY_NINE + minutes(10)):
        resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="Replaced the switch.")
    assert (shown(ticket), next_of(ticket)) == (("70.00", {}), None)
    with travel(MONDAY_NINE + minutes(30)):
        reopen_ticket(ticket.pk, by=desk.owner)
    assert shown(ticket) == ("196.00", {"sla": "2.0", "reopened": "1.4"})


def test_114_a_post_on_social_media_brings_the_higher_promise_and_half_as_much_again(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, MONDAY_NINE + minutes(5))
    assert shown(ticket) == ("60.00", {"sla": "1.5"})
    with travel(MONDAY_NINE + minutes(10)):
        flag = add_flag(ticket.pk, by=desk.owner, type="social_media", reason="A post with 200 answers")
    assert shown(ticket) == ("120.00", {"sla": "2.0", "flag": "1.5"}), "as high: 230 of 240 minutes are left"
    with travel(MONDAY_NINE + minutes(20)):
        clear_flag(flag.pk, by=desk.owner, reason="Taken down")
    assert shown(ticket) == ("60.00", {"sla": "1.5"})


def test_what_comes_by_mail_is_scored_with_its_clocks_and_costs_the_intake_nothing(desk: Desk) -> None:
    with travel(MONDAY_NINE):
        ticket = arrive(a_mail(), MailboxFactory(team=desk.team)).ticket
    assert ticket is not None
    assert (shown(ticket)[0], TicketScore.objects.filter(ticket=ticket.pk).exists()) == ("40.00", False)
    with travel(MONDAY_NINE + minutes(1)):
        deliver_all()
    assert (shown(ticket), next_of(ticket)) == (("80.00", {"sla": "2.0"}), MONDAY_NINE + minutes(60))


def test_another_number_of_an_admin_holds_for_all_open_tickets(desk: Desk) -> None:
    ticket = desk.ticket(owned=False)
    ScoreValue.objects.filter(code="base_medium").update(value=50)
    at = MONDAY_NINE + minutes(1)
    with travel(at):
        while follow_new_terms(now=at):
            pass
    assert sweep(at + SECOND) == 1
    assert shown(ticket)[0] == "100.00"


def test_another_tier_of_the_customer_holds_for_their_open_tickets(desk: Desk) -> None:
    ticket = desk.ticket(owned=False)
    at = MONDAY_NINE + minutes(1)
    with travel(at):
        edit_contact(ticket.requester_id, by=desk.manager, tier="premium")
        while follow_new_terms(now=at):
            pass
    sweep(at + SECOND)
    assert shown(ticket) == ("96.00", {"sla": "2.0", "customer": "1.2"})


@pytest.mark.usefixtures("first_rows")
@pytest.mark.django_db(transaction=True)
def test_neither_version_nor_history_move_and_open_lists_hear_of_it() -> None:
    with travel(MONDAY_NINE):
        ticket = TicketFactory()
    before = (Ticket.objects.get(pk=ticket.pk).version, Ticket.history.count())
    Change.objects.all().delete()
    assert sweep(MONDAY_NINE + minutes(61)) == 1
    assert (Ticket.objects.get(pk=ticket.pk).version, Ticket.history.count()) == before
    assert list(Change.objects.values_list("ticket_id", flat=True)) == [ticket.pk]


@pytest.mark.usefixtures("first_rows")
@pytest.mark.django_db(transaction=True)
def test_of_many_that_move_at_once_open_lists_are_not_told_singly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "TOLD", 1)
    with travel(MONDAY_NINE):
        TicketFactory.create_batch(2)
    Change.objects.all().delete()
    assert (sweep(MONDAY_NINE + minutes(61)), Change.objects.count()) == (2, 0)


@pytest.mark.usefixtures("first_rows")
@pytest.mark.django_db(transaction=True)
def test_several_workers_take_each_ticket_once_and_leave_one_that_is_worked_on() -> None:
    team = TeamFactory()
    with travel(MONDAY_NINE):
        busy, *others = [TicketFactory(team=team) for _number in range(12)]
    at = MONDAY_NINE + minutes(61)

    def work() -> list[int]:
        with transaction.atomic():
            lock_ticket(busy.pk)
            return [int(count) for count in in_parallel(*[lambda: refresh_due_scores(now=at)] * 3)]

    assert sum(work()) == len(others)
    assert {shown(ticket)[0] for ticket in others} == {"120.00"}
    assert shown(busy)[0] == "80.00"
    assert refresh_due_scores(now=at) == 1
    assert shown(busy)[0] == "120.00"


@pytest.mark.usefixtures("first_rows")
@pytest.mark.django_db(transaction=True)
def test_the_sweep_reads_only_what_is_due_by_its_index() -> None:
    with connect_as_owner() as owner:
        owner.execute(
            "INSERT INTO sla_ticketscore (ticket_id, next_change_at)"
            " SELECT gen_random_uuid(), CASE WHEN n > 3000 THEN now() END FROM generate_series(1, 3005) n"
        )
        owner.execute("ANALYZE sla_ticketscore")
        plan = owner.execute(f"EXPLAIN {refreshing.DUE}", [MONDAY_NINE, [], 10]).fetchall()
    assert "ticketscore_due" in "\n".join(line for (line,) in plan)


def test_an_act_costs_two_statements_more_however_much_of_it_moves(desk: Desk) -> None:
    ticket = desk.ticket()
    with travel(MONDAY_NINE + minutes(1)), CaptureQueriesContext(connection) as asked:
        desk.raise_to("high", ticket, MONDAY_NINE + minutes(1))
    scored = [query["sql"] for query in asked.captured_queries if "sla_ticketscore" in query["sql"]]
    assert len(scored) == 2, scored


def test_a_whole_batch_that_fails_does_not_keep_what_comes_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {desk.ticket(owned=False).pk for _number in range(2)}
    sound = desk.ticket(MONDAY_NINE + minutes(1), owned=False)
    usual = refreshing.refresh

    def refresh(ticket_ids: Any, **options: Any) -> Any:
        if broken.intersection(ticket_ids):
            raise RuntimeError("broken")
        return usual(ticket_ids, **options)

    monkeypatch.setattr(refreshing, "refresh", refresh)
    monkeypatch.setattr(refreshing, "BATCH", 2)
    edge = MONDAY_NINE + minutes(62)
    with travel(edge):
        refresh_due_scores(now=edge)
    assert next_of(sound) > edge
    assert set(TicketScore.objects.due(edge).values_list("ticket", flat=True)) == broken
