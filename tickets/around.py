"""What stands around a ticket on its page, read together with it in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from accounts.models import Agent
from core.labels import label_of
from tickets.enums import AttemptOutcome, FlagCause
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet


@dataclass(frozen=True)
class Surroundings:
    """What stands around a ticket, so that its page asks for nothing that most tickets do not have."""

    is_watched: bool
    tags: Sequence[str]
    has_held: bool
    has_moved: bool
    has_tasks: bool
    has_links: bool
    has_resolutions: bool
    may_be_absent: bool
    """Whether the owner is absent today is a question of their own zone; True for all for whom it must be asked."""
    drafts: dict[str, dict[str, Any]] | None
    """The reader's own, by mode; `drafts_on` reads them."""
    draft_files: list[dict[str, Any]] | None
    """The reader's own, of all modes; `draft_files_on` reads them."""
    signatures: dict[str, str] | None
    """Of the ticket's team, by language."""
    attempts: Sequence[dict[str, Any]] | None
    """`attempts_on` reads them."""
    flags: Sequence[dict[str, Any]] | None
    """`flags_on` reads them."""
    also: Mapping[str, Any]
    """What apps above keep beside a ticket, or whether there is any (`kept_above`)."""


kept_above: dict[str, str] = {}
"""Name -> an expression in SQL, of the row of `tickets_ticket`: a condition, or JSON of what is soon read. An app above
says in `ready()` what it keeps.
"""


def with_surroundings(tickets: TicketQuerySet, reader: Agent) -> TicketQuerySet:
    """Annotated for `surroundings_of`. One text, since each of these as an expression costs more to put together than
    PostgreSQL takes for all of them.
    """
    return tickets.annotate(_around=RawSQL(_around(), [reader.pk] * 3, output_field=JSONField()))  # noqa: S611  # our own text


def has_surroundings(ticket: Ticket) -> bool:
    return "_around" in vars(ticket)


def surroundings_of(ticket: Ticket) -> Surroundings:
    return Surroundings(**vars(ticket)["_around"])


_ATTEMPTS = """
    SELECT jsonb_agg(jsonb_build_object(
               'entry', e.id, 'seq', e.seq, 'kind', e.kind, 'visibility', e.visibility, 'author', e.author_name,
               'text', left(e.body_text, 1000), 'outcome', m.outcome, 'by', m.by_name, 'at', m.at, 'marks', m.marks)
           ORDER BY e.seq)
      FROM (SELECT DISTINCT ON (a.entry_id) a.*, count(*) OVER (PARTITION BY a.entry_id) AS marks
              FROM (SELECT h.* FROM tickets_attemptmark h WHERE h.home_id = tickets_ticket.id
                    UNION
                    SELECT h.* FROM tickets_placement p JOIN tickets_attemptmark h ON h.entry_id = p.entry_id
                     WHERE p.to_ticket_id = tickets_ticket.id) a
             ORDER BY a.entry_id, a.id DESC) m
      JOIN tickets_timelineentry e ON e.id = m.entry_id
     WHERE m.outcome <> 'none' AND e.visibility <> 'envelope_only'
       AND coalesce((SELECT p.to_ticket_id FROM tickets_placement p WHERE p.entry_id = e.id ORDER BY p.id DESC LIMIT 1),
                    e.ticket_id) = tickets_ticket.id"""
"""The newest mark of each entry that stands on the ticket now."""

AROUND = f"""jsonb_build_object(
    'is_watched', EXISTS (SELECT FROM tickets_ticketwatch w WHERE w.ticket_id = tickets_ticket.id AND w.person_id = %s),
    'tags', ARRAY(SELECT t.name FROM tickets_ticket_tags l JOIN tickets_tag t ON t.id = l.tag_id
                   WHERE l.ticket_id = tickets_ticket.id ORDER BY t.name),
    'has_held', EXISTS (SELECT FROM tickets_outboundmessage o
                         WHERE o.ticket_id = tickets_ticket.id AND o.status = 'held'),
    'has_moved', EXISTS (SELECT FROM tickets_placement p
                          WHERE p.from_ticket_id = tickets_ticket.id OR p.to_ticket_id = tickets_ticket.id),
    'has_tasks', EXISTS (SELECT FROM tickets_task k WHERE k.ticket_id = tickets_ticket.id),
    'has_links', EXISTS (SELECT FROM tickets_ticketlink l
                          WHERE l.from_ticket_id = tickets_ticket.id OR l.to_ticket_id = tickets_ticket.id),
    'has_resolutions', EXISTS (SELECT FROM tickets_resolution r WHERE r.ticket_id = tickets_ticket.id),
    'may_be_absent', EXISTS (SELECT FROM accounts_absence a
                              WHERE a.agent_id = tickets_ticket.owner_id AND a.cancelled_at IS NULL
                                AND a.starts_on <= current_date + 1
                                AND (a.ends_on IS NULL OR a.ends_on >= current_date - 1)),
    'drafts', (SELECT jsonb_object_agg(d.mode, jsonb_build_object(
                   'body_text', d.body_text, 'cc', d.cc, 'version', d.version, 'at', d.updated_at))
                 FROM tickets_draft d WHERE d.ticket_id = tickets_ticket.id AND d.person_id = %s),
    'draft_files', (SELECT jsonb_agg(jsonb_build_object('id', f.id, 'mode', f.mode, 'name', f.filename,
                        'size_bytes', f.size_bytes, 'note', f.scan_note) ORDER BY f.id)
                      FROM tickets_draftfile f WHERE f.ticket_id = tickets_ticket.id AND f.person_id = %s),
    'signatures', (SELECT jsonb_object_agg(g.language, g.text)
                     FROM tickets_teamsignature g WHERE g.team_id = tickets_ticket.team_id),
    'flags', CASE WHEN tickets_ticket.flags <> '{{}}' THEN (
                SELECT jsonb_agg(jsonb_build_object(
                           'id', f.id, 'type', f.type, 'reason', f.reason, 'cause', f.cause, 'by', f.added_by_name,
                           'at', f.created_at, 'waiver', f.waiver_reason, 'sentiment', f.sentiment)
                       ORDER BY f.created_at, f.id)
                  FROM tickets_caseflag f WHERE f.ticket_id = tickets_ticket.id AND f.cleared_at IS NULL) END,
    'attempts', ({_ATTEMPTS}))"""  # noqa: S608  # our own text


@cache
def _around() -> str:
    also = ", ".join(f"'{name}', {expression}" for name, expression in kept_above.items())
    return f"{AROUND} || jsonb_build_object('also', jsonb_build_object({also}))"


@dataclass(frozen=True)
class KeptDraft:
    """A draft as the page offers it again."""

    body_text: str
    cc: str
    version: int
    at: datetime


def drafts_on(ticket: Ticket) -> dict[str, KeptDraft]:
    """What the reader has written here and not sent, by mode; no query."""
    found = surroundings_of(ticket).drafts or {}
    return {mode: KeptDraft(**values | {"at": datetime.fromisoformat(values["at"])}) for mode, values in found.items()}


@dataclass(frozen=True)
class KeptFile:
    """A file of a draft as the page offers it again."""

    id: UUID
    name: str
    size_bytes: int
    note: str
    """Why it will not be sent, or nothing."""


def draft_files_on(ticket: Ticket, mode: str) -> list[KeptFile]:
    """Files that the reader has chosen here and not sent; no query."""
    found = surroundings_of(ticket).draft_files or []
    return [
        KeptFile(UUID(row["id"]), row["name"], row["size_bytes"], row["note"]) for row in found if row["mode"] == mode
    ]


@dataclass(frozen=True)
class Attempt:
    """An entry that tells what was tried, with its newest mark."""

    entry: UUID
    seq: int
    kind: str
    visibility: str
    author: str
    text: str
    """Its first 1,000 characters; empty once redacted."""
    outcome: str
    by: str
    at: datetime
    marks: int
    """How often somebody has marked it."""

    @property
    def has_worked(self) -> bool:
        return self.outcome == AttemptOutcome.WORKED


def attempts_on(ticket: Ticket) -> list[Attempt]:
    """The resolution path: what was tried, in the order of the timeline; no query."""
    found = surroundings_of(ticket).attempts or []
    typed = ((values, UUID(values["entry"]), datetime.fromisoformat(values["at"])) for values in found)
    return [Attempt(**values | {"entry": entry, "at": at}) for values, entry, at in typed]


@dataclass(frozen=True)
class ShownFlag:
    """An active case flag."""

    id: UUID
    type: str
    reason: str
    cause: str
    by: str
    at: datetime
    waiver: str
    sentiment: str

    @property
    def shown_reason(self) -> str:
        """In the reader's language, where the desk itself has set the flag."""
        return label_of(FlagCause, self.cause) if self.cause else self.reason


def flags_on(ticket: Ticket) -> list[ShownFlag]:
    """The ticket's active flags, the oldest first; no query."""
    found = surroundings_of(ticket).flags or []
    typed = ((values, UUID(values["id"]), datetime.fromisoformat(values["at"])) for values in found)
    return [ShownFlag(**values | {"id": flag_id, "at": at}) for values, flag_id, at in typed]
