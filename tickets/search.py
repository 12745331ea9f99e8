"""Full-text search: the newest tickets that contain all words, among those the reader may see.

Who may see what is part of the query, before any limit, so an agent of the smallest team finds its newest hit of the
commonest word. How it stays fast at a million tickets is told in docs/subsystems/search.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Team
from accounts.selectors import reach_of
from core.actors import Actor
from core.paging import Page, decode_cursor, encode_cursor
from tickets.models import Ticket
from tickets.models.search import WORDS_OF
from tickets.querysets import NEWEST_FIRST, TicketQuerySet, ways_beyond_teams

MAX_CHARACTERS = 300
MAX_WORDS = 12
WALKED = 1_500
"""So many of the newest tickets are looked at one by one before the index of words is asked: common words end here."""
WALKED_PER_TEAM = 100
DEEPEST = 5_000
"""A walk this deep in each team is not followed by a deeper one."""

_WALK = """
    WITH seen AS MATERIALIZED (
        SELECT team.id, d.ticket_id, d.created_at, d.words @@ %(words)s::tsquery AS is_hit
        FROM unnest(%(teams)s::uuid[]) AS team (id)
        CROSS JOIN LATERAL (
            SELECT ticket_id, created_at, words FROM tickets_searchdocument
            WHERE team_id = team.id AND {beyond}
            ORDER BY created_at {order}, ticket_id {order} LIMIT %(depth)s
        ) d
    ), horizon AS (
        SELECT {nearest}(edge) AS edge
        FROM (SELECT {farthest}(created_at) AS edge FROM seen GROUP BY id HAVING count(*) >= %(depth)s) AS cut
    ), hits AS (
        SELECT ticket_id, created_at FROM seen WHERE is_hit
        {elsewhere}
    )
    SELECT ticket_id, edge IS NULL AS is_all, coalesce(created_at {nearer} edge, true) AS is_certain
    FROM hits, horizon ORDER BY created_at {order}, ticket_id {order} LIMIT %(limit)s
"""
"""Complete as far as the nearest team's edge: beyond it a team may have hits that were not looked at."""

_BY_INDEX = """
    SELECT ticket_id FROM (
        (SELECT ticket_id, created_at FROM tickets_searchdocument
         WHERE team_id = ANY(%(teams)s::uuid[]) AND words @@ %(words)s::tsquery AND {beyond} OFFSET 0)
        {elsewhere}
    ) AS hits
    ORDER BY created_at {order}, ticket_id {order} LIMIT %(limit)s
"""
"""OFFSET 0 keeps the order from tempting the planner into a walk that has just been made."""

_ELSEWHERE = """
    UNION ALL
    SELECT ticket_id, created_at FROM tickets_searchdocument
    WHERE ticket_id IN ({tickets}) AND words @@ %(words)s::tsquery AND {beyond}
"""


@dataclass(frozen=True)
class _Direction:
    """Newest first, or, for the page before, oldest first: the words of SQL that differ."""

    order: str
    nearer: str
    farther: str
    nearest: str
    farthest: str


_NEWEST_FIRST = _Direction("DESC", ">", "<", "max", "min")
_OLDEST_FIRST = _Direction("ASC", "<", ">", "min", "max")


def search_tickets(
    actor: Actor,
    q: str,
    cursor: str = "",
    *,
    size: int = 50,
    load: Callable[[TicketQuerySet], TicketQuerySet] = TicketQuerySet.for_list,
    words: str | None = None,
) -> Page[Ticket]:
    """Tickets visible to `actor` that contain all words of `q`, the last one as a beginning; newest first.

    Words are those of subject, messages and the requester's name and address; accents, case, punctuation do not count.
    Text without any word finds nothing. Costs at most six queries, one less where `words` is `tsquery_of(q)`, as
    somebody looks for it elsewhere too. Raises Invalid for a cursor of another list.
    """
    backwards, values = decode_cursor(cursor, Ticket.objects.all(), NEWEST_FIRST) if cursor else (False, None)
    words = tsquery_of(q) if words is None else words
    if not words:
        return Page([], None, None)
    ids = _newest_hits(actor, words, values, _OLDEST_FIRST if backwards else _NEWEST_FIRST, limit=size + 1)
    has_more = len(ids) > size
    found = load(Ticket.objects.visible_to(actor)).filter(pk__in=ids[:size])
    tickets = list(found.order_by(*NEWEST_FIRST))
    if not tickets:
        return Page([], None, None)
    has_next, has_previous = (True, has_more) if backwards else (has_more, values is not None)
    return Page(
        tickets,
        encode_cursor("next", tickets[-1], NEWEST_FIRST) if has_next else None,
        encode_cursor("prev", tickets[0], NEWEST_FIRST) if has_previous else None,
    )


def tsquery_of(q: str) -> str:
    """`q` as PostgreSQL's tsquery in text form, made of quoted words only; empty if there is none."""
    printable = "".join(sign if sign.isprintable() else " " for sign in q[:MAX_CHARACTERS])
    *whole, beginning = printable.split()[:MAX_WORDS] or [""]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT tsvector_to_array({WORDS_OF}), tsvector_to_array({WORDS_OF})",
            [" ".join(whole), beginning],
        )
        words, beginnings = cursor.fetchone()
    return " & ".join([*map(quoted, words), *(f"{quoted(word)}:*" for word in beginnings)])


def quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _newest_hits(
    actor: Actor, words: str, beyond: list[Any] | None, direction: _Direction, *, limit: int
) -> list[UUID]:
    """Ids of the first `limit` hits that `actor` may see, beyond the place given."""
    sees_everything = reach_of(actor).sees_everything
    teams = list(Team.objects.values_list("pk", flat=True)) if sees_everything else sorted(reach_of(actor).teams)
    parameters: dict[str, Any] = {"words": words, "teams": teams, "limit": limit}
    parameters["depth"] = max(WALKED // max(len(teams), 1), WALKED_PER_TEAM)
    bound = "true"
    if beyond is not None:
        bound = f"(created_at, ticket_id) {direction.farther} (%(created_at)s, %(ticket_id)s)"
        parameters["created_at"], parameters["ticket_id"] = beyond
    elsewhere = "" if sees_everything else _elsewhere(actor, teams, bound, parameters)
    names = {**vars(direction), "beyond": bound, "elsewhere": elsewhere}
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_WALK.format(**names), parameters)
            hits = cursor.fetchall()
            has_enough = len(hits) == limit
            if hits and (hits[0][1] or (has_enough and all(hit[2] for hit in hits))):
                return [hit[0] for hit in hits]
            if not has_enough or parameters["depth"] > DEEPEST:
                break
            parameters["depth"] *= 8  # common, but a burst of tickets in one team has kept its walk short
        cursor.execute(_BY_INDEX.format(**names), parameters)
        return [hit[0] for hit in cursor.fetchall()]


def _elsewhere(actor: Actor, teams: list[UUID], bound: str, parameters: dict[str, Any]) -> str:
    """SQL of the hits outside the reader's teams; its parameters are added by name.

    Each way to see them is a query of its own, so that each is answered by its index alone.
    """
    queries = []
    for way in ways_beyond_teams(actor):
        tickets = Ticket.objects.filter(way).exclude(team__in=teams).order_by()
        sql, values = tickets.values("pk").query.sql_with_params()
        names = [f"elsewhere_{len(parameters) + number}" for number in range(len(values))]
        parameters.update(zip(names, values, strict=True))
        queries.append(sql % tuple(f"%({name})s" for name in names))
    return _ELSEWHERE.format(tickets=" UNION ALL ".join(queries), beyond=bound) if queries else ""
