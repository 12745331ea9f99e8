"""Reads of the events process. Each asks as many statements for one open page as for a thousand, save `sight_of`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth import get_backends
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.auth import AgentBackend, actor_of
from accounts.models import Agent, User
from accounts.selectors import read_reaches
from core.arrays import any_id, any_of
from live.models import Change
from tickets.in_sight import InSight

REPLAYED_AT_MOST = 500
"""Changes; a page that missed more looks at everything anew."""

_IN_SIGHT = InSight(lambda seen, _agent, ids: seen.filter(any_id("id", ids)).only("reference"), [uuid4()])


@dataclass(frozen=True)
class Logged:
    """One numbered change."""

    number: int
    kind: str
    ticket_id: UUID | None
    person_id: UUID | None
    xid: int


@dataclass(frozen=True)
class Credentials:
    """What a stream was opened with; as long as it holds, the stream lives."""

    session_key: str
    session_hash: str
    user_id: UUID


def has_news(after: int) -> bool:
    """Whether anything is committed that is not numbered yet, or numbered beyond `after`: two looks into an index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM live_change WHERE number IS NULL)"
            " OR EXISTS (SELECT FROM live_change WHERE number > %s)",
            [after],
        )
        return bool(cursor.fetchone()[0])


def newest_number() -> int:
    """The last number given; the sequence knows it also when the log is empty."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM live_number")
        return int(cursor.fetchone()[0])


def changes_after(number: int, *, limit: int) -> list[Logged]:
    """Numbered changes in their order."""
    rows = Change.objects.filter(number__gt=number).order_by("number")
    columns = ("number", "kind", "ticket_id", "person_id", "xid")
    return [Logged(*row) for row in rows.values_list(*columns)[:limit]]


def changes_unseen(xmin: int, *, newest: int) -> list[Logged]:
    """Of the last numbered changes those of transactions from `xmin` on, in their order."""
    return [row for row in changes_after(newest - 2 * REPLAYED_AT_MOST, limit=2 * REPLAYED_AT_MOST) if row.xid >= xmin]


def is_kept_since(number: int, *, newest: int) -> bool:
    """Whether the log still has everything after `number`."""
    if number == newest:
        return True
    oldest = Change.objects.filter(number__isnull=False).order_by("number").values_list("number", flat=True).first()
    return number < newest and oldest is not None and oldest <= number + 1


def sight_of(wanted: Mapping[UUID, Collection[UUID]]) -> dict[UUID, dict[UUID, str]]:
    """Agent -> those of the wanted tickets that they may see now (`visible_to`), with their references.

    Two statements for all, and one more for each agent.
    """
    people = [agent for agent in Agent.objects.filter(pk__in=[*wanted]) if agent.is_active]
    read_reaches(people, at=timezone.now())
    return {
        agent.pk: {ticket.pk: ticket.reference for ticket in _IN_SIGHT.fetch(agent, list(wanted[agent.pk]))}
        for agent in people
    }


def still_valid(credentials: Sequence[Credentials], *, now: datetime) -> set[Credentials]:
    """Those whose session has not ended and whose person may still come in; two statements for all."""
    keys = [each.session_key for each in credentials]
    sessions = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list("session_key", flat=True)
    )
    users = User.objects.select_related("agent").in_bulk({each.user_id for each in credentials})
    return {each for each in credentials if each.session_key in sessions and _is_let_in(users.get(each.user_id), each)}


def _is_let_in(user: User | None, credentials: Credentials) -> bool:
    if user is None or not isinstance(actor_of(user), Agent):
        return False
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    may_come_in = any(
        backend.user_can_authenticate(user) for backend in get_backends() if isinstance(backend, AgentBackend)
    )
    return may_come_in and any(constant_time_compare(each, credentials.session_hash) for each in hashes)


def tickets_named(agent: Agent, references: Collection[str]) -> dict[UUID, str]:
    """Those that the agent may see."""
    return {ticket.pk: ticket.reference for ticket in _NAMED.fetch(agent, list(references))} if references else {}


_NAMED = InSight(
    lambda seen, _agent, references: seen.filter(any_of("reference", references)).only("reference"), ["INC-SLOT"]
)
