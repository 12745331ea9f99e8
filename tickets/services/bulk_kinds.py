"""What an act on many tickets does with one of them, and how that is taken back: by the services of the single acts."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from core.errors import DomainError, NotFound
from tickets.enums import ON_THE_WAY, BulkKind, BulkStage, BulkState
from tickets.models import BulkAct, BulkOutcome, Ticket, TicketTag, TicketWatch
from tickets.services.editing import change_team, edit_ticket, unwatch, watch
from tickets.services.lifecycle import cancel_ticket
from tickets.services.ownership import accept_ticket, offer_ticket

Facts = dict[str, Any] | None
"""What an undo needs; None if the ticket was so already."""


def is_undoable(act: BulkAct) -> bool:
    return act.kind in _UNDO and act.undone_at is None and act.stage == BulkStage.DONE


def is_stoppable(act: BulkAct) -> bool:
    return act.undone_at is None and act.stage in ON_THE_WAY


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values of an act as JSON."""

    def written(value: Any) -> Any:
        if isinstance(value, Agent | Team):
            return {"id": str(value.pk), "name": value.name}
        return list(value) if isinstance(value, list | tuple | set) else str(value)

    return {name: written(value) for name, value in values.items()}


def values_of(act: BulkAct) -> dict[str, Any]:
    """What `plain` has written, as the services take it."""
    return {name: _READ[name](value) if name in _READ else value for name, value in act.values.items()}


_READ: dict[str, Callable[[Any], Any]] = {
    "to": lambda value: Agent.objects.get(pk=value["id"]),
    "team": lambda value: Team.objects.get(pk=value["id"]),
}


def carry_out(act: BulkAct, outcome: BulkOutcome, *, by: Agent, values: dict[str, Any]) -> None:
    """The ticket's act and its outcome stand or fall together; a refusal is rolled back by the service itself."""
    with transaction.atomic():
        try:
            if outcome.ticket_id is None:
                raise NotFound
            facts = _DO[BulkKind(act.kind)](outcome.ticket_id, by, values)
            outcome.state = BulkState.UNCHANGED if facts is None else BulkState.DONE
            outcome.before = facts or {}
        except DomainError as refusal:
            outcome.state, outcome.detail = BulkState.REFUSED, reason_of(refusal)
        outcome.save()


def reason_of(refusal: DomainError) -> str:
    if isinstance(refusal, NotFound):
        return _("There is no such ticket, or you may not see it.")
    return " ".join(filter(None, (str(refusal), refusal.hint_text)))


def _priority(ticket_id: UUID, by: Agent, values: dict[str, Any]) -> Facts:
    ticket = _locked(ticket_id)
    reason = str(values.get("reason", ""))
    edit_ticket(ticket_id, by=by, version=ticket.version, priority=values["priority"], reason=reason)
    return None if ticket.priority == values["priority"] else {"priority": ticket.priority}


def _add_tags(ticket_id: UUID, by: Agent, values: dict[str, Any]) -> Facts:
    added = _retag(ticket_id, by, add=values["tags"])
    return {"added": added} if added else None


def _remove_tags(ticket_id: UUID, by: Agent, values: dict[str, Any]) -> Facts:
    removed = _retag(ticket_id, by, remove=values["tags"])
    return {"removed": removed} if removed else None


def _retag(ticket_id: UUID, by: Agent, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[str]:
    """The tags that this changed; those of others on the same ticket stay."""
    ticket = _locked(ticket_id)
    tags = list(TicketTag.objects.filter(ticket=ticket_id).values_list("tag__name", flat=True))
    known, unwanted = {tag.lower() for tag in tags}, {tag.lower() for tag in remove}
    added = [tag for tag in add if tag.lower() not in known]
    removed = [tag for tag in tags if tag.lower() in unwanted]
    wanted = [*(tag for tag in tags if tag not in removed), *added]
    edit_ticket(ticket_id, by=by, version=ticket.version, tags=wanted)
    return added or removed


def _accept(ticket_id: UUID, by: Agent, values: dict[str, Any]) -> Facts:
    accept_ticket(ticket_id, by=by)
    return {}


def _watch(ticket_id: UUID, by: Agent, values: dict[str, Any]) -> Facts:
    is_watched = TicketWatch.objects.filter(ticket=ticket_id, person=by).exists()
    watch(ticket_id, by=by)
    return None if is_watched else {}


def _offer(ticket_id: UUID, by: Agent, values: dict[str, Any]) -> Facts:
    offer_ticket(ticket_id, to=values["to"], by=by)
    return {}


def _change_team(ticket_id: UUID, by: Agent, values: dict[str, Any]) -> Facts:
    team_id = _locked(ticket_id).team_id
    change_team(ticket_id, by=by, team=values["team"])
    return None if team_id == values["team"].pk else {}


def _cancel(ticket_id: UUID, by: Agent, values: dict[str, Any]) -> Facts:
    cancel_ticket(ticket_id, by=by, code=values["code"])
    return {}


_DO: dict[BulkKind, Callable[[UUID, Agent, dict[str, Any]], Facts]] = {
    BulkKind.ACCEPT: _accept,
    BulkKind.PRIORITY: _priority,
    BulkKind.ADD_TAGS: _add_tags,
    BulkKind.REMOVE_TAGS: _remove_tags,
    BulkKind.WATCH: _watch,
    BulkKind.OFFER: _offer,
    BulkKind.CHANGE_TEAM: _change_team,
    BulkKind.CANCEL: _cancel,
}


def _locked(ticket_id: UUID) -> Ticket:
    """As it is now, until the transaction ends: so its version is never an old one to the service."""
    return Ticket.objects.for_update().only("version", "priority", "team").get(pk=ticket_id)


def take_back(act: BulkAct, outcome: BulkOutcome, *, by: Agent) -> None:
    with transaction.atomic():
        try:
            if outcome.ticket_id is None or not Ticket.objects.visible_to(by).filter(pk=outcome.ticket_id).exists():
                raise NotFound
            is_undone = _UNDO[BulkKind(act.kind)](outcome.ticket_id, by, act.values, outcome.before)
            outcome.state = BulkState.UNDONE if is_undone else BulkState.KEPT
            outcome.detail = "" if is_undone else _("It was changed since, so it stays as it is.")
        except DomainError as refusal:
            outcome.state, outcome.detail = BulkState.KEPT, reason_of(refusal)
        outcome.save(update_fields=["state", "detail"])


def _undo_priority(ticket_id: UUID, by: Agent, values: dict[str, Any], before: dict[str, Any]) -> bool:
    ticket = _locked(ticket_id)
    if ticket.priority != values["priority"]:
        return False
    reason = _("An act on many tickets was taken back.")
    edit_ticket(ticket_id, by=by, version=ticket.version, priority=before["priority"], reason=reason)
    return True


def _undo_tags(ticket_id: UUID, by: Agent, values: dict[str, Any], before: dict[str, Any]) -> bool:
    return bool(_retag(ticket_id, by, add=before.get("removed", ()), remove=before.get("added", ())))


def _undo_watch(ticket_id: UUID, by: Agent, values: dict[str, Any], before: dict[str, Any]) -> bool:
    unwatch(ticket_id, by=by)
    return True


_UNDO: dict[BulkKind, Callable[[UUID, Agent, dict[str, Any], dict[str, Any]], bool]] = {
    BulkKind.PRIORITY: _undo_priority,
    BulkKind.ADD_TAGS: _undo_tags,
    BulkKind.REMOVE_TAGS: _undo_tags,
    BulkKind.WATCH: _undo_watch,
}
