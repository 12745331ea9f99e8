"""What it means to put a card elsewhere: exactly the act of the button, by its service. There is no other way.

Source: domain.md section 17. Each dimension has one function that says which act leads to a column; an act that needs
words (a resolution, a reason) is refused by its service without them, and the page asks for them then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Team
from core.errors import Conflict, Invalid
from core.service import service
from desk.board.dimensions import DIMENSIONS, board_column_of
from envelopes.guards import no_open_envelope
from envelopes.services import refuse_unless_help_may_be_asked
from tickets import services
from tickets.columns import BOARD_LABELS
from tickets.enums import ColumnField, Priority
from tickets.errors import InvalidTransition
from tickets.filters import NONE
from tickets.models import Ticket
from tickets.policies import may_reopen

RESOLUTION = ("resolution_code", "resolution_note")
REASON, OVER_LIMIT = "reason", "over_limit"


class ColumnFixed(Conflict):
    """A ticket's customer is a fact, which no act of an agent changes."""

    code = "invalid_transition"
    detail = gettext_lazy("%(reference)s is a ticket of %(customer)s; moving its card does not change its customer.")
    hint = gettext_lazy("Choose other columns or lanes to move cards between.")

    @classmethod
    def of(cls, ticket: Ticket) -> "ColumnFixed":
        customer = ticket.company.name if ticket.company else ticket.requester.name
        return cls(reference=ticket.reference, customer=customer)


class StandingFixed(Conflict):
    """How a promise stands follows from time and from what was done, never from where somebody puts a card."""

    code = "invalid_transition"
    detail = gettext_lazy("How %(reference)s stands follows from its clocks; moving its card changes none of them.")
    hint = gettext_lazy("Answer or resolve it, or choose other columns or lanes to move cards between.")


FIXED = (ColumnField.CUSTOMER, ColumnField.SLA_STATUS)
"""What no act changes by putting a card elsewhere, so that nobody is asked where to."""


def fixed_column(name: str, ticket: Ticket) -> Conflict:
    """Why a card stays in its column of this dimension of `FIXED`."""
    return ColumnFixed.of(ticket) if name == ColumnField.CUSTOMER else StandingFixed(reference=ticket.reference)


class WordsNeeded(Invalid):
    """The act can go on once its form is filled in. Nothing is wrong yet."""


class HelpFormNeeded(Invalid):
    """The card goes there by the form that asks for help."""


class NoSuchColumn(Invalid):
    def __init__(self) -> None:
        super().__init__({"column": _("This board has no such column.")})


@dataclass(frozen=True)
class Step:
    """One act on the way of a card."""

    act: Callable[["Way"], Any]
    said: Promise | str
    asks: tuple[str, ...] = ()
    """Fields of the form that its button opens."""


@dataclass
class Way:
    """A card on its way: the ticket as it is by now, who moves it, and what the form said."""

    ticket: Ticket
    by: Agent
    words: Mapping[str, str]
    version: int | None
    said: list[str] = field(default_factory=list)

    @property
    def basics(self) -> dict[str, Any]:
        return {"by": self.by, "version": self.version, "over_limit": self.words.get(OVER_LIMIT, "")}


Targets = Mapping[str, str]
"""Dimension -> key of the column, at most two of them."""

_ORDER = (ColumnField.TEAM, ColumnField.PRIORITY, ColumnField.AGENT, ColumnField.STATUS)
"""Of two acts of one move: what is only possible while nobody owns the ticket comes first."""


@service
def move_card(ticket_id: UUID, *, by: Agent, to: Targets, words: Mapping[str, str], version: int | None) -> Way:
    """Do what leads the ticket to the columns `to`; both acts or none. A ticket that stands there stays as it is.

    Raises what the acts' services raise, WordsNeeded, ColumnFixed.
    """
    way = Way(_read(ticket_id), by, words, version)
    for name in sorted(to, key=_place_in_order):
        if step := step_to(name, to[name], way.ticket, by):
            step.act(way)
            way.said.append(str(step.said))
            way.ticket = _read(ticket_id)
            way.version = way.ticket.version if version is not None else None
    return way


def _read(ticket_id: UUID) -> Ticket:
    return Ticket.objects.select_related("team", "owner", "requester").get(pk=ticket_id)


def _place_in_order(name: str) -> int:
    wanted = ColumnField(name)
    return _ORDER.index(wanted) if wanted in _ORDER else len(_ORDER)


def asks_of(ticket: Ticket, to: Targets, by: Agent) -> list[str]:
    """Fields of the forms that the acts of this move have."""
    steps = [step_to(name, key, ticket, by) for name, key in to.items()]
    return list(dict.fromkeys(name for step in steps if step for name in step.asks))


def step_to(name: str, key: str, ticket: Ticket, by: Agent) -> Step | None:
    """The act that leads to this column, None if the ticket stands there. Raises NoSuchColumn."""
    if DIMENSIONS[name].key_of(ticket) == key:
        return None
    return _STEPS[ColumnField(name)](key, ticket, by)


def _status_step(key: str, ticket: Ticket, _by: Agent) -> Step:
    if key not in BOARD_LABELS[ColumnField.STATUS]:
        raise NoSuchColumn
    match (board_column_of(ticket), key):
        case ("new", "in_progress"):
            return _ACCEPT
        case ("resolved", "in_progress"):
            return Step(_reopen, gettext_lazy("Reopened"), asks=(REASON,))
        case (column, "escalated"):
            return _escalation(column, ticket)
        case ("escalated", "in_progress" | "new"):
            return Step(_refuse_while_helped, "")
        case (_, "in_progress"):
            return Step(
                lambda way: services.resume_ticket(way.ticket.pk, **way.basics), gettext_lazy("In progress again")
            )
        case (_, "waiting"):
            return Step(
                lambda way: services.wait_for_customer(way.ticket.pk, **way.basics),
                gettext_lazy("Waiting for the customer"),
            )
        case (_, "resolved"):
            return Step(_resolve, gettext_lazy("Resolved; the customer is told"), asks=RESOLUTION)
    return Step(lambda way: services.refuse_status(way.ticket.pk, by=way.by), "")


_ACCEPT = Step(lambda way: services.accept_ticket(way.ticket.pk, **way.basics), gettext_lazy("Assigned to you"))


def _escalation(column: str, ticket: Ticket) -> Step:
    """Help is asked for by its own form. What waits for the customer while help is under way goes back to work."""
    if column == "waiting" and no_open_envelope(ticket):
        return Step(lambda way: services.resume_ticket(way.ticket.pk, **way.basics), gettext_lazy("In progress again"))

    def ask(way: Way) -> None:
        refuse_unless_help_may_be_asked(way.ticket.pk, by=way.by)
        raise HelpFormNeeded

    return Step(ask, "")


def _refuse_while_helped(way: Way) -> None:
    """Nothing but the end of the help leads out of it, or waiting for the customer, as its button does."""
    refusal = no_open_envelope(way.ticket)
    try:
        services.refuse_status(way.ticket.pk, by=way.by)
    except InvalidTransition as error:
        raise (refusal or error) from error


def _resolve(way: Way) -> None:
    code, note = (way.words.get(name, "") for name in RESOLUTION)
    services.resolve_ticket(way.ticket.pk, code=code, note=note, **way.basics)


def _reopen(way: Way) -> None:
    """Its button asks for a reason, which may stay empty: so it is asked for, of who may reopen at all."""
    if REASON not in way.words and may_reopen(way.by, way.ticket):
        raise WordsNeeded
    services.reopen_ticket(way.ticket.pk, reason=way.words.get(REASON, ""), **way.basics)


def _priority_step(key: str, _ticket: Ticket, _by: Agent) -> Step:
    if key not in Priority:
        raise NoSuchColumn

    def change(way: Way) -> None:
        basics = way.basics | {"version": way.version or way.ticket.version}
        services.edit_ticket(way.ticket.pk, priority=Priority(key), reason=way.words.get(REASON, ""), **basics)

    said = _("Priority: %(priority)s") % {"priority": Priority(key).label}
    return Step(change, said, asks=(REASON,) if key == Priority.CRITICAL else ())


def _team_step(key: str, _ticket: Ticket, _by: Agent) -> Step:
    team = _row(Team, key)
    said = _("Team: %(team)s") % {"team": team.name}
    return Step(lambda way: services.change_team(way.ticket.pk, team=team, **way.basics), said)


def _agent_step(key: str, ticket: Ticket, by: Agent) -> Step:
    """An owner never changes. Nobody's ticket is accepted by putting it to oneself, and offered to others."""
    agent = None if key == NONE else _row(Agent, key)
    if ticket.owner_id is not None or agent is None:
        return Step(lambda way: services.refuse_owner_change(way.ticket.pk, by=way.by), "")
    if agent.pk == by.pk:
        return _ACCEPT

    def offer(way: Way) -> None:
        services.offer_ticket(way.ticket.pk, to=agent, by=way.by, version=way.version)

    said = _("Offered to %(agent)s, who owns it by accepting it") % {"agent": agent.name}
    return Step(offer, said)


def _fixed_step(name: str, _key: str, ticket: Ticket, _by: Agent) -> Step:
    def refuse(_way: Way) -> None:
        raise fixed_column(name, ticket)

    return Step(refuse, "")


_STEPS: Mapping[ColumnField, Callable[[str, Ticket, Agent], Step]] = {
    ColumnField.STATUS: _status_step,
    ColumnField.PRIORITY: _priority_step,
    ColumnField.TEAM: _team_step,
    ColumnField.AGENT: _agent_step,
    **{name: partial(_fixed_step, name) for name in FIXED},
}


def _row(model: Any, key: str) -> Any:
    try:
        found = model.objects.filter(pk=key).first()
    except ValidationError as error:
        raise NoSuchColumn from error
    if found is None:
        raise NoSuchColumn
    return found
