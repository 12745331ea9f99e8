"""What the services of this app share: reading under lock, the common refusals, the timeline, the status change."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Exists, OuterRef

from accounts.models import Agent, ApiClient, Contact
from core.actors import Actor, SystemActor
from core.compiled import Compiled
from core.errors import DomainError, StaleVersion
from core.events import publish
from core.history import record
from core.writing import insert_soon, write_soon
from tickets.enums import ENDED, AuthorType, EntryKind, TicketStatus, Visibility
from tickets.errors import InvalidTransition, NotOwner, OwnersActForbidden, TicketClosed, VisibilityFixed
from tickets.events import StaffActed, StatusChanged, TicketTouched
from tickets.models import Ticket, TicketReader, TimelineEntry, WipLimit
from tickets.models.search import WORDS_OF
from tickets.policies import acts_as_owner, is_staff_role, works_in
from tickets.selectors import places_of
from tickets.transitions import transitions_from

SEARCHED_CHARACTERS = 100_000
"""Beyond this much of one message PostgreSQL's limit of 1 MB a document comes near; the message itself is kept
whole.
"""

# What only some services need is read when they do: planning eight joins takes PostgreSQL longer than running them.
_WITH_PEOPLE = Compiled(
    lambda pk: (
        Ticket.objects.select_related("team", "owner", "requester")
        .annotate(
            _has_limits=Exists(WipLimit.objects.filter(team=OuterRef("team"))),  # read by _wip.py
            _has_readers=Exists(TicketReader.objects.filter(ticket=OuterRef("pk"))),  # read by _noting.py
        )
        .filter(pk=pk)
    ),
    uuid4(),
)


def lock(ticket_id: UUID) -> Ticket:
    """The ticket as it is now, nobody else changing it until the transaction ends.

    Locked first and read afterwards: after waiting for a lock, PostgreSQL shows the row's new columns, but joined to
    the rows of the old snapshot, so an owner who has just accepted would be missing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tickets_ticket WHERE id = %s FOR NO KEY UPDATE", [ticket_id])
    ticket = _WITH_PEOPLE.first(ticket_id)
    if ticket is None:
        raise Ticket.DoesNotExist
    return ticket


def lock_all(ticket_ids: Collection[UUID]) -> dict[UUID, Ticket]:
    """As `lock`, in the order of their ids; without the people."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tickets_ticket WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [[*ticket_ids]])
    return Ticket.objects.in_bulk(list(ticket_ids))


def lock_places(entry_id: UUID) -> list[Ticket]:
    """All tickets on which an entry stands or has stood, locked in the order of their ids, those to which somebody has
    moved it in the meantime last.
    """
    locked: dict[UUID, Ticket] = {}
    while others := [ticket_id for ticket_id in places_of(entry_id) if ticket_id not in locked]:
        locked |= {ticket_id: lock(ticket_id) for ticket_id in others}
    return list(locked.values())


def check_version(ticket: Ticket, version: int | None) -> None:
    """Last of all refusals; `version` is optional save on PATCH."""
    if version is not None and version != ticket.version:
        raise StaleVersion(given=version, current=ticket.version)


def refuse_unless_owner(actor: Actor, ticket: Ticket) -> None:
    """Acts of the owner (or deputy) alone. On an unowned ticket its state is what is in the way, for whoever could
    accept.
    """
    if acts_as_owner(actor, ticket):
        return
    if ticket.owner is None and works_in(actor, ticket.team):
        raise not_possible(ticket)
    raise not_the_owner(actor, ticket)


def not_the_owner(actor: Actor, ticket: Ticket) -> DomainError:
    """Why `actor` may not do what the owner may: for want of ownership; by their role, or while nobody is the owner."""
    if ticket.owner is None or not is_staff_role(actor):
        return OwnersActForbidden()
    return NotOwner(owner=ticket.owner.name, reference=ticket.reference)


def not_possible(ticket: Ticket) -> DomainError:
    return InvalidTransition(
        reference=ticket.reference,
        status=TicketStatus(ticket.status).label,
        allowed=transitions_from(TicketStatus(ticket.status)),
    )


def refuse_unless_in(ticket: Ticket, statuses: Sequence[TicketStatus]) -> None:
    if ticket.status not in statuses:
        raise not_possible(ticket)


def refuse_if_ended(ticket: Ticket) -> None:
    if ticket.status in ENDED:
        raise TicketClosed(reference=ticket.reference)


def deputised(actor: Actor, ticket: Ticket) -> Agent | None:
    """The absent owner for whom `actor` acts, or None if they act for themselves."""
    if isinstance(actor, Agent) and ticket.owner_id not in (None, actor.pk) and acts_as_owner(actor, ticket):
        return ticket.owner
    return None


def touch(ticket: Ticket, **moments: datetime | None) -> None:
    """Note when something last happened. Neither version nor history move: nobody's open form is stale because of
    it.
    """
    for name, moment in moments.items():
        setattr(ticket, name, moment)
    Ticket.objects.filter(pk=ticket.pk).update(**moments)


def touched(ticket_id: UUID, *, at: datetime) -> None:
    """Tell that the ticket's page shows something else than before; saving it and adding entries does so by itself."""
    publish(TicketTouched(ticket_id=ticket_id, occurred_at=at))


def save(ticket: Ticket, *, by: Actor, fields: Sequence[str], reason: str = "") -> None:
    record(ticket, by=by, reason=reason, update_fields=fields)
    touched(ticket.pk, at=ticket.updated_at)


def change_status(
    ticket: Ticket,
    old: str,
    *,
    by: Actor,
    at: datetime,
    fields: Sequence[str] = (),
    reason: str = "",
    **facts: Any,
) -> TimelineEntry:
    """Save a status change that a transition has just made (`fields` besides the status), then entry and event: whoever
    hears of it finds it in the row.
    """
    if isinstance(by, Agent):
        ticket.last_staff_activity_at = at
    save(ticket, by=by, reason=reason, fields=["status", "last_staff_activity_at", *fields])
    entry = add_entry(
        ticket,
        EntryKind.STATUS_CHANGE,
        author=by,
        at=at,
        facts={"event": "status", "from": str(old), "to": str(ticket.status), **facts},
        body_text=reason,
    )
    by_id = by.pk if isinstance(by, Agent) else None
    publish(StatusChanged(ticket_id=ticket.pk, old=str(old), new=str(ticket.status), by_id=by_id, occurred_at=at))
    return entry


def add_entry(
    ticket: Ticket,
    kind: EntryKind,
    *,
    author: Actor,
    at: datetime,
    visibility: Visibility = Visibility.INTERNAL,
    on_behalf_of: Agent | None = None,
    body_text: str = "",
    subject: str = "",
    words: str = "",
    waits: bool = False,
    is_act: bool = True,
    **fields: Any,
) -> TimelineEntry:
    """Append to the timeline of a locked ticket. Internal unless said otherwise.

    Its body, and `words` besides, are what the ticket is found by from then on. One that `waits` goes along with the
    act's next statement; its place in the order is not known before. `is_act` says whether a person did it who is its
    author.
    """
    if visibility == Visibility.PUBLIC and kind == EntryKind.NOTE:
        raise VisibilityFixed
    entry = TimelineEntry(
        ticket=ticket,
        kind=kind,
        visibility=visibility,
        on_behalf_of=on_behalf_of or deputised(author, ticket),
        body_text=body_text,
        subject=subject,
        created_at=at,
        **author_fields(author),
        **fields,
    )
    if waits:
        insert_soon(entry)
    else:
        entry.save(force_insert=True)
    if (body_text or words) and visibility != Visibility.ENVELOPE_ONLY:
        index_words(ticket, f"{words} {body_text}")
    touched(ticket.pk, at=at)
    if is_act and ticket.owner_id is not None and isinstance(author, Agent):
        publish(StaffActed(ticket_id=ticket.pk, kind=str(kind), occurred_at=at))
    return entry


def author_fields(actor: Actor) -> dict[str, Any]:
    """The entry's columns that name its author, as they are called today."""
    match actor:
        case Agent():
            return {"author_type": AuthorType.AGENT, "author": actor, "author_name": actor.name}
        case Contact():
            return {"author_type": AuthorType.CUSTOMER, "contact": actor, "author_name": actor.name[:255]}
        case ApiClient():
            return {"author_type": AuthorType.API, "api_client": actor, "author_name": actor.name}
        case SystemActor():
            return {"author_type": AuthorType.SYSTEM, "author_name": actor.audit_name}
    raise TypeError(f"{type(actor).__name__} is no author")


def index_words(ticket: Ticket, text: str) -> None:
    """Make the ticket findable by the words of `text`. Positions are dropped, so the document stays small for ever.

    PostgreSQL takes 1 MB of words a document. A conversation of so many different words stays findable by its earlier
    ones; up to 400 words of the longest length need no counting of bytes.
    """
    write_soon(
        "tickets_searchdocument",
        f"""
        INSERT INTO tickets_searchdocument AS d (ticket_id, team_id, created_at, words)
        VALUES (%s, %s, %s, strip({WORDS_OF}))
        ON CONFLICT (ticket_id) DO UPDATE SET team_id = excluded.team_id, words = CASE
            WHEN length(d.words) + length(excluded.words) <= 400
                OR octet_length(d.words::text) + octet_length(excluded.words::text) < 1000000
            THEN strip(d.words || excluded.words) ELSE d.words END
        """,  # noqa: S608  # a constant of ours
        [ticket.pk, ticket.team_id, ticket.created_at, text[:SEARCHED_CHARACTERS]],
    )
