"""Conversations that happened on the phone or in a chat, written down on the timeline."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid
from core.events import publish
from core.service import service
from tickets.enums import LOGGED, Direction, EntryKind, Visibility
from tickets.errors import TicketUnowned
from tickets.events import CustomerCalled, NoteAdded
from tickets.models import TimelineEntry
from tickets.policies import works_in
from tickets.services._common import (
    add_entry,
    check_version,
    deputised,
    lock,
    refuse_if_ended,
    refuse_unless_owner,
    touch,
)
from tickets.services._noting import refuse_unless_may_note

MAX_MINUTES = 24 * 60
MAX_NAME = 255
CLOCKS_DIFFER = timedelta(minutes=5)
"""So far a moment may lie ahead of ours: the clock of whoever names it is another one."""


@service
def log_contact(
    ticket_id: UUID,
    *,
    by: Actor,
    kind: str,
    body_text: str,
    direction: str,
    minutes: int,
    spoke_with: str = "",
    at: datetime | None = None,
    visibility: str = Visibility.INTERNAL,
    version: int | None = None,
) -> TimelineEntry:
    """Write down a call or chat: whoever may write internal notes. The ticket's status and its clocks stay as they are.

    `spoke_with` is the requester unless somebody else is named; `at` is when it took place, now if None. A public entry
    is words to the customer, so only the owner or deputy makes one. Raises RoleForbids, ScopeMissing, NotOwner,
    TicketUnowned, OwnersActForbidden, Invalid, TicketClosed or StaleVersion.
    """
    ticket = lock(ticket_id)
    refuse_unless_may_note(by, ticket)
    if visibility == Visibility.PUBLIC:
        if ticket.owner is None and works_in(by, ticket.team) and not ticket.is_ended:
            raise TicketUnowned(reference=ticket.reference, allowed=["accept"])
        refuse_unless_owner(by, ticket)
    now = timezone.now()
    _check(kind, body_text=body_text, direction=direction, minutes=minutes, spoke_with=spoke_with, at=at, now=now)
    if visibility not in (Visibility.INTERNAL, Visibility.PUBLIC):
        raise Invalid({"visibility": _("A conversation is internal, or public for the customer.")})
    refuse_if_ended(ticket)
    check_version(ticket, version)
    name = spoke_with.strip() or ticket.requester.name[:MAX_NAME]
    facts = {
        "direction": str(Direction(direction)),
        "minutes": minutes,
        "spoke_with": name,
        "at": (at or now).astimezone(UTC).isoformat(timespec="seconds"),
    }
    entry = add_entry(
        ticket,
        EntryKind(kind),
        author=by,
        at=now,
        visibility=Visibility(visibility),
        on_behalf_of=deputised(by, ticket),
        body_text=body_text.strip(),
        words=name,
        facts=facts,
    )
    if isinstance(by, Agent):
        touch(ticket, last_staff_activity_at=now)
    author_id = by.pk if isinstance(by, Agent) else None
    publish(NoteAdded(ticket_id=ticket.pk, entry_id=entry.pk, author_id=author_id, occurred_at=now))
    if direction == Direction.INBOUND:
        publish(CustomerCalled(ticket_id=ticket.pk, entry_id=entry.pk, occurred_at=now))
    return entry


def _check(
    kind: str,
    *,
    body_text: str,
    direction: str,
    minutes: int,
    spoke_with: str,
    at: datetime | None,
    now: datetime,
) -> None:
    wrong = {}
    if kind not in LOGGED:
        wrong["kind"] = _("Choose phone call or chat.")
    if direction not in Direction:
        wrong["direction"] = _("Choose who began it.")
    if not 0 <= minutes <= MAX_MINUTES:
        wrong["minutes"] = _("Between 0 and 1,440 minutes.")
    if len(spoke_with) > MAX_NAME:
        wrong["spoke_with"] = _("A name has at most 255 characters.")
    if at is not None and at > now + CLOCKS_DIFFER:
        wrong["at"] = _("This moment is still to come.")
    if not body_text.strip():
        wrong["body"] = _("Say what it was about.")
    if wrong:
        raise Invalid(wrong)
