"""What happens to tickets and does not change their score yet, but when to look at it: one statement that goes along
with those of the act, and counts nothing. A moment may be too early; the sweep puts it off to the exact one.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Min

from core.writing import insert_rows_soon, write_soon
from sla.scores.facts import highest
from sla.scores.models import TicketScore
from sla.scores.scoring import ANSWER_WAITS, HELP_WAITS, Deadline, Facts, rank
from sla.services import promise
from sla.services.book import current_book
from sla.states import State
from tickets.enums import AuthorType
from tickets.models import Ticket
from tickets.selectors import entries_of

SCORE = TicketScore._meta.db_table
# `least` passes over what is NULL.
ASKED = f"""
    UPDATE {SCORE} SET unanswered_since = coalesce(unanswered_since, %s), next_change_at = least(next_change_at, %s)
    WHERE ticket_id = %s
"""  # noqa: S608  # names of ours
ANSWERED = f"UPDATE {SCORE} SET unanswered_since = %s WHERE ticket_id = %s"  # noqa: S608
LOOK_BY = f"UPDATE {SCORE} SET next_change_at = least(next_change_at, %s) WHERE ticket_id = %s"  # noqa: S608
LOOK_AGAIN = f"UPDATE {SCORE} SET next_change_at = least(next_change_at, %s) WHERE ticket_id = ANY(%s)"  # noqa: S608


def begin_promised_and_scored(ticket: Ticket) -> None:
    """What is promised on a new ticket, which is about to be written, and the score that follows from it."""
    state = promise(ticket)
    ranking = rank(_facts_of_new(ticket, state), current_book().scores, ticket.created_at)
    ticket.priority_score, ticket.score_breakdown = ranking.score, ranking.breakdown
    row = (ticket.pk, ranking.next_change_at, ranking.urgent_at)
    insert_rows_soon(TicketScore, ("ticket", "next_change_at", "urgent_at"), [row])


def _facts_of_new(ticket: Ticket, state: State) -> Facts:
    requester, company = ticket.requester, ticket.company
    return Facts(
        priority=str(ticket.priority),
        tier=highest([requester.effective_tier, company.tier if company else None]),
        deadlines=tuple(
            Deadline(clock.due_at, clock.hours.calendar) for clock in state.clocks.values() if clock.due_at is not None
        ),
        unanswered_since=ticket.created_at,
    )


def note_customer_message(ticket_id: UUID, *, at: datetime) -> None:
    write_soon(SCORE, ASKED, [at, at + ANSWER_WAITS, ticket_id])


def note_answer(ticket_id: UUID) -> None:
    write_soon(SCORE, ANSWERED, [None, ticket_id])


def count_unanswered(ticket_id: UUID) -> None:
    """From the words that stand on the ticket now, after one was moved or an answer was withdrawn: nobody has been
    answered by that one, so the first message after the answer before counts again.
    """
    ticket = Ticket.objects.only("last_public_reply_at").get(pk=ticket_id)
    first = None
    if (answered_at := ticket.last_public_reply_at) is not None:
        later = entries_of(ticket).public().filter(author_type=AuthorType.CUSTOMER, created_at__gt=answered_at)
        first = later.aggregate(first=Min("created_at"))["first"]
    write_soon(SCORE, ANSWERED, [first, ticket_id])


def note_help(ticket_id: UUID, *, at: datetime) -> None:
    """It waits for colleagues from now on; open hours never pass more quickly than time does."""
    write_soon(SCORE, LOOK_BY, [at + HELP_WAITS, ticket_id])


def look_again(ticket_ids: Collection[UUID], *, at: datetime) -> None:
    """What its tickets' scores are made of may be other than before: the next run of the sweep looks at them."""
    write_soon(SCORE, LOOK_AGAIN, [at, list(ticket_ids)])
