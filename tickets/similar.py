"""Tickets whose words are those of another one's subject, among those the reader may see.

Rare words tell more than common ones: what PostgreSQL's statistics know of how often a word occurs weighs it. Looked at
are the newest tickets of the reader's teams one by one, and, by the index, all that hold a rare word of the subject; so
neither reads more than a few thousand rows, however many tickets there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Agent, Team
from accounts.selectors import reach_of
from tickets.models import Ticket
from tickets.models.search import WORDS_OF
from tickets.search import quoted

SHOWN = 5
LOADED = 20
"""Best candidates of which the reader sees the first `SHOWN`: some may be out of sight or merged."""
MAX_WORDS = 12
WALKED = 1_000
WALKED_PER_TEAM = 100
RARE_DOCUMENTS = 3_000
"""A word in more documents than these is no way to find them by the index."""
RAREST = 4
"""So many of the rarest words are looked up there."""
FROM_INDEX = 500
LEAST_SHARE = 0.4
"""Of the subject's weight that a ticket must share to be called similar."""

_WORDS = f"""
    WITH asked AS (
        SELECT word FROM unnest(tsvector_to_array({WORDS_OF})) AS word WHERE length(word) > 2 LIMIT {MAX_WORDS * 2}
    ), common AS (
        SELECT known.word, known.share
        FROM pg_stats s, unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS known (word, share)
        WHERE s.schemaname = current_schema() AND s.tablename = 'tickets_searchdocument' AND s.attname = 'words'
          AND known.word IS NOT NULL
    )
    SELECT asked.word, common.share, (SELECT min(share) FROM common),
           (SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'tickets_searchdocument'::regclass)
    FROM asked LEFT JOIN common USING (word)
"""  # noqa: S608  # constants of ours

_SIMILAR = """
    WITH words AS (
        SELECT * FROM unnest(%(words)s::text[]::tsquery[], %(weights)s::float8[]) AS w (question, weight)
    ), candidates AS (
        SELECT d.ticket_id, d.created_at, d.words
        FROM unnest(%(teams)s::uuid[]) AS team (id)
        CROSS JOIN LATERAL (
            SELECT ticket_id, created_at, words FROM tickets_searchdocument
            WHERE team_id = team.id ORDER BY created_at DESC, ticket_id DESC LIMIT %(depth)s
        ) d
        WHERE d.words @@ %(any)s::tsquery
        UNION ALL
        SELECT * FROM (
            SELECT * FROM (
                SELECT ticket_id, created_at, words FROM tickets_searchdocument
                WHERE team_id = ANY(%(teams)s::uuid[]) AND words @@ %(rare)s::tsquery OFFSET 0
            ) AS rare ORDER BY created_at DESC LIMIT %(from_index)s
        ) AS by_index
    ), rated AS (
        SELECT ticket_id, created_at,
               (SELECT sum(w.weight) FROM words w WHERE c.words @@ w.question) AS weight,
               (SELECT count(*) FROM words w WHERE c.words @@ w.question) AS shared
        FROM candidates c WHERE ticket_id <> %(besides)s
    )
    SELECT ticket_id FROM rated WHERE weight >= %(least)s AND shared >= %(least_words)s
    GROUP BY ticket_id, created_at ORDER BY max(weight) DESC, created_at DESC LIMIT %(limit)s
"""
"""OFFSET 0: the order must not tempt the planner into a walk through all tickets."""


@dataclass(frozen=True)
class Word:
    text: str
    weight: float
    is_rare: bool


def similar_tickets(ticket: Ticket, *, seen_by: Agent) -> list[Ticket]:
    """At most five, the most similar first, with the columns of `for_rows()` and the resolution. Three queries, four
    for who sees everything.
    """
    words = _telling_words(ticket.subject)
    teams = _teams_of(seen_by)
    if not words or not teams:
        return []
    ids = _candidates(ticket, words, teams)
    seen = Ticket.objects.visible_to(seen_by).filter(merged_into=None).only(*COLUMNS).in_bulk(ids)
    return [seen[found] for found in ids if found in seen][:SHOWN]


COLUMNS = ("reference", "subject", "status", "created_at", "resolution_note", "resolution_code")


def _teams_of(agent: Agent) -> Sequence[UUID]:
    reach = reach_of(agent)
    return list(Team.objects.values_list("pk", flat=True)) if reach.sees_everything else sorted(reach.teams)


def _telling_words(subject: str) -> list[Word]:
    """The words of a subject with their weight, the weightiest first."""
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [subject])
        rows = cursor.fetchall()
    words = []
    for text, share, least_common, documents in rows:
        known = share if share is not None else (least_common or 2 / (documents + 2)) / 2
        is_rare = share is None or share * documents <= RARE_DOCUMENTS
        words.append(Word(text, max(-log(min(known, 1.0)), 0.01), is_rare))
    return sorted(words, key=lambda word: (-word.weight, word.text))[:MAX_WORDS]


def _candidates(ticket: Ticket, words: Sequence[Word], teams: Sequence[UUID]) -> list[UUID]:
    rare = [word for word in words if word.is_rare][:RAREST]
    parameters: dict[str, Any] = {
        "words": [quoted(word.text) for word in words],
        "weights": [word.weight for word in words],
        "teams": list(teams),
        "depth": max(WALKED // len(teams), WALKED_PER_TEAM),
        "any": " | ".join(quoted(word.text) for word in words),
        "rare": " | ".join(quoted(word.text) for word in rare),
        "from_index": FROM_INDEX,
        "besides": ticket.pk,
        "least": LEAST_SHARE * sum(word.weight for word in words),
        "least_words": min(2, len(words)),
        "limit": LOADED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SIMILAR, parameters)
        return [row[0] for row in cursor.fetchall()]
