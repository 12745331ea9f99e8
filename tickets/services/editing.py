"""Fields that may be edited, the team while unowned, tags, links, watching."""

from collections.abc import Iterable
from typing import Any, Never
from uuid import UUID

from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent, ApiClient, Team
from core.actors import Actor
from core.errors import Invalid, NotFound
from core.events import publish
from core.history import get_or_record, record, record_deletion
from core.service import service
from tickets.columns import places_of
from tickets.enums import EntryKind, Grade, LinkKind, Priority, TicketStatus
from tickets.errors import OwnershipImmutable, RoleForbids
from tickets.events import CategoryChanged, PriorityChanged, TeamChanged
from tickets.models import SearchDocument, Tag, Ticket, TicketLink, TicketTag, TicketWatch
from tickets.policies import may_edit, may_note, may_prioritise, may_route
from tickets.scoring import proposed_priority
from tickets.selectors import readers_among
from tickets.services._common import (
    add_entry,
    check_version,
    index_words,
    lock,
    not_possible,
    not_the_owner,
    refuse_if_ended,
    save,
)
from tickets.services._wip import refuse_if_full, tell_exceeded
from tickets.services.ownership import OFFER_FIELDS, tell_former_candidate

PLAIN_FIELDS = ("subject", "category", "product", "region", "language")
PRIORITY_FIELDS = ("priority", "impact", "urgency")


@service
def edit_ticket(
    ticket_id: UUID,
    *,
    by: Actor,
    version: int,
    tags: Iterable[str] | None = None,
    reason: str = "",
    over_limit: str = "",
    **values: Any,
) -> Ticket:
    """Change the given fields of `PLAIN_FIELDS` and `PRIORITY_FIELDS`, and the tags; each change is on the timeline.

    `reason` says why the priority changes; raising it to critical needs one (domain.md section 17), also where impact
    and urgency raise it. Raises RoleForbids or NotOwner, TicketClosed (tags alone are always possible), Invalid,
    WipLimitReached, StaleVersion.
    """
    if unknown := set(values) - {*PLAIN_FIELDS, *PRIORITY_FIELDS}:
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")
    ticket = lock(ticket_id)
    _refuse_edit(by, ticket, values, edits_tags=tags is not None)
    if values:
        refuse_if_ended(ticket)
    if "subject" in values and not values["subject"].strip():
        raise Invalid({"subject": _("A ticket needs a subject.")})
    old_priority, new_priority = ticket.priority, _priority_after(ticket, values)
    if new_priority == Priority.CRITICAL != old_priority and not reason.strip():
        raise Invalid({"reason": _("Say why the priority is raised to critical.")})
    after = places_of(ticket.team_id, ticket.status, new_priority)
    exceeded = refuse_if_full(ticket, after, by=by, over_limit=over_limit)
    check_version(ticket, version)
    now = timezone.now()
    changes = _apply(ticket, values | {"priority": new_priority})
    if tags is not None:
        changes |= _set_tags(ticket, tags, by=by)
    if not changes:
        return ticket
    save(ticket, by=by, reason=reason.strip(), fields=[*values, "priority"])
    changes.pop("priority", None)  # an entry of its own
    if changes:
        add_entry(ticket, EntryKind.CHANGE, author=by, at=now, facts={"event": "edited", "changes": changes})
    if "category" in changes:
        publish(CategoryChanged(ticket_id=ticket.pk, occurred_at=now))
    if "subject" in changes:
        index_words(ticket, ticket.subject)
    if new_priority != old_priority:
        facts = {"event": "priority", "from": str(old_priority), "to": str(new_priority)}
        add_entry(ticket, EntryKind.PRIORITY_CHANGE, author=by, at=now, facts=facts, body_text=reason.strip())
        publish(PriorityChanged(ticket_id=ticket.pk, old=old_priority, new=new_priority, occurred_at=now))
        tell_exceeded(ticket, exceeded, by=by, at=now)
    return ticket


def _refuse_edit(by: Actor, ticket: Ticket, values: dict[str, Any], *, edits_tags: bool) -> None:
    plain = edits_tags or any(name in PLAIN_FIELDS for name in values)
    priority = any(name in PRIORITY_FIELDS for name in values)
    if (not plain or may_edit(by, ticket)) and (not priority or may_prioritise(by, ticket)):
        return
    if isinstance(by, ApiClient):
        raise ScopeMissing(scope=Scope.TICKETS_WRITE)
    raise not_the_owner(by, ticket)


def _priority_after(ticket: Ticket, values: dict[str, Any]) -> str:
    """The priority that is given, else what changed impact and urgency propose, else the one there is."""
    if "priority" in values:
        return str(values["priority"])
    impact, urgency = (values.get(name, getattr(ticket, name)) for name in ("impact", "urgency"))
    if impact and urgency and not values.keys().isdisjoint(("impact", "urgency")):
        return proposed_priority(Grade(impact), Grade(urgency))
    return ticket.priority


def _apply(ticket: Ticket, values: dict[str, Any]) -> dict[str, list[str]]:
    """Set the fields. Returns name -> [before, after] of those that differ."""
    before = {name: getattr(ticket, name) for name in (*PLAIN_FIELDS, *PRIORITY_FIELDS)}
    for name, value in values.items():
        setattr(ticket, name, value.strip() if isinstance(value, str) else value)
    return {
        name: [str(old or ""), str(getattr(ticket, name) or "")]
        for name, old in before.items()
        if old != getattr(ticket, name)
    }


def _set_tags(ticket: Ticket, names: Iterable[str], *, by: Actor) -> dict[str, list[str]]:
    wanted = {name.strip()[:50].lower(): name.strip()[:50] for name in names if name.strip()}
    links = {link.tag: link for link in TicketTag.objects.filter(ticket=ticket).select_related("tag")}
    tags = _tags_named(wanted, by=by)
    before, after = (sorted(tag.name for tag in some) for some in (links, tags))
    if before == after:
        return {}
    for tag in links.keys() - tags:
        record_deletion(links[tag], by=by)
    for tag in tags - links.keys():
        record(TicketTag(ticket=ticket, tag=tag), by=by)
    return {"tags": [", ".join(before), ", ".join(after)]}


def _tags_named(wanted: dict[str, str], *, by: Actor) -> set[Tag]:
    """Tags by their lower-case names, the missing ones made: in one order for all, or two who make the same ones would
    wait for each other.

    What lower case is, the database says in the end: it takes more letters for the same than Python does.
    """
    tags = Tag.objects.annotate(key=Lower("name"))
    known = {tag.key: tag for tag in tags.filter(key__in=wanted)}
    missing = sorted(wanted.keys() - known.keys())
    made = [
        get_or_record(tags, by=by, key=Lower(Value(wanted[key])), values={"name": wanted[key]})[0] for key in missing
    ]
    return {*known.values(), *made}


@service
def refuse_owner_change(ticket_id: UUID, *, by: Actor) -> Never:
    """The answer to every attempt to write `owner`: refused, and written to the audit log.

    Raises OwnershipImmutable; ScopeMissing first, for programs that may not write at all.
    """
    if isinstance(by, ApiClient) and not by.has_scope(Scope.TICKETS_WRITE):
        raise ScopeMissing(scope=Scope.TICKETS_WRITE)
    raise OwnershipImmutable(reference=Ticket.objects.values_list("reference", flat=True).get(pk=ticket_id))


@service
def change_team(ticket_id: UUID, *, by: Actor, team: Team, version: int | None = None, over_limit: str = "") -> Ticket:
    """Put an unowned ticket into another team's queue; an open offer ends. Raises OwnershipImmutable once owned,
    WipLimitReached.
    """
    ticket = lock(ticket_id)
    if not may_route(by, ticket):
        raise ScopeMissing(scope=Scope.TICKETS_ROUTE) if isinstance(by, ApiClient) else RoleForbids
    if ticket.owner is not None:
        raise OwnershipImmutable(reference=ticket.reference)
    if ticket.status != TicketStatus.NEW:
        raise not_possible(ticket)
    if not team.is_active:
        raise Invalid({"team": _("This team takes no tickets any more.")})
    after = places_of(team.pk, ticket.status, ticket.priority)
    exceeded = refuse_if_full(ticket, after, by=by, over_limit=over_limit, knows_limits=False)
    check_version(ticket, version)
    if team.pk == ticket.team_id:
        return ticket
    now, old = timezone.now(), ticket.team
    former, ticket.team = ticket.offered_to, team
    ticket.offered_to = ticket.offered_at = ticket.offer_lapses_at = None
    save(ticket, by=by, fields=["team", *OFFER_FIELDS])
    SearchDocument.objects.filter(ticket=ticket).update(team=team)
    facts = {"event": "team", "from": old.name, "to": team.name}
    add_entry(ticket, EntryKind.CHANGE, author=by, at=now, facts=facts)
    tell_former_candidate(ticket, former, by=by, at=now)
    publish(TeamChanged(ticket_id=ticket.pk, old_team_id=old.pk, new_team_id=team.pk, occurred_at=now))
    tell_exceeded(ticket, exceeded, by=by, at=now)
    return ticket


@service
def link_tickets(ticket_id: UUID, *, to: Ticket, kind: LinkKind, by: Agent) -> TicketLink:
    """Connect two tickets that `by` may see; repeating it changes nothing."""
    ticket = lock(ticket_id)
    if not Ticket.objects.visible_to(by).filter(pk=to.pk).exists():
        raise NotFound
    if not may_edit(by, ticket):
        raise not_the_owner(by, ticket)
    if ticket.pk == to.pk:
        raise Invalid({"ticket": _("A ticket is not linked to itself.")})
    link, is_new = get_or_record(TicketLink.objects.all(), by=by, from_ticket=ticket, to_ticket=to, kind=kind)
    if is_new:
        facts = {"event": "linked", "kind": str(kind), "reference": to.reference}
        add_entry(ticket, EntryKind.LINK, author=by, at=timezone.now(), facts=facts)
    return link


@service
def watch(ticket_id: UUID, *, by: Agent) -> None:
    TicketWatch.objects.get_or_create(ticket_id=ticket_id, person=by)


@service
def unwatch(ticket_id: UUID, *, by: Agent) -> None:
    TicketWatch.objects.filter(ticket_id=ticket_id, person=by).delete()


@service
def add_watcher(ticket_id: UUID, *, person: Agent, by: Actor) -> None:
    """Let a colleague hear of what happens on the ticket, as one who was named in a note.

    Raises RoleForbids, or Invalid for whom the ticket is not in sight: they would be told of what they may not read.
    """
    ticket = lock(ticket_id)
    if not may_note(by, ticket):
        raise RoleForbids
    if not person.is_active or person.pk not in readers_among([person], ticket):
        raise Invalid({"person": _("This person may not see the ticket.")})
    TicketWatch.objects.get_or_create(ticket_id=ticket_id, person=person)


@service
def allow_remote_images(ticket_id: UUID, *, by: Actor) -> Ticket:
    """Show remote images of this ticket's mails from now on; they never load by themselves."""
    ticket = lock(ticket_id)
    if not (may_edit(by, ticket) or may_note(by, ticket)):
        raise RoleForbids
    if not ticket.remote_images_allowed:
        ticket.remote_images_allowed = True
        save(ticket, by=by, fields=["remote_images_allowed"])
    return ticket
