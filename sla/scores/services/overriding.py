"""A person's word instead of the computed score: for a reason and until a moment, logged and shown as such."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import DomainError, Invalid, StaleVersion, Text
from core.history import record
from core.service import service
from sla.models import ScoreOverride
from sla.scores.errors import NoOverride, OverrideForbidden
from sla.scores.models import HIGHEST
from sla.scores.policies import may_override
from sla.scores.services.lapsing import end
from sla.scores.services.refreshing import refresh_soon
from tickets.enums import OPEN, TicketStatus
from tickets.errors import InvalidTransition, NotOwner, TicketClosed
from tickets.models import Ticket
from tickets.policies import is_staff_role
from tickets.services import lock_ticket, tell_of_promise
from tickets.transitions import transitions_from

LONGEST = timedelta(days=90)
LEAST_REASON = 3


@service
def override_score(
    ticket_id: UUID,
    *,
    by: Actor,
    score: Decimal | None,
    reason: str,
    until: datetime | None,
    version: int | None = None,
) -> ScoreOverride:
    """Let the ticket rank by `score` up to and with `until`; takes the place of what somebody has said before.

    Raises OverrideForbidden or NotOwner, TicketClosed, InvalidTransition, Invalid or StaleVersion.
    """
    ticket, agent = _locked(ticket_id, by=by)
    now = timezone.now()
    score, until = _checked(score, reason, until, now)
    _check_version(ticket, version)
    if (former := _standing(ticket_id)) is not None:
        end(former, by=by, at=now)
    override = ScoreOverride(ticket=ticket, score=score, reason=reason.strip(), until=until, by=agent)
    record(override, by=by, reason=override.reason)
    facts = {"event": "score_set", "score": str(score), "until": until.isoformat()}
    tell_of_promise(ticket_id, by=by, at=now, facts=facts, body_text=override.reason)
    refresh_soon(ticket_id)
    return override


@service
def end_override(ticket_id: UUID, *, by: Actor, version: int | None = None) -> Ticket:
    """Let the ticket rank by what is computed again. Raises as `override_score`, and NoOverride."""
    ticket, agent = _locked(ticket_id, by=by)
    former = _standing(ticket_id)
    if former is None:
        raise NoOverride(reference=ticket.reference)
    _check_version(ticket, version)
    now = timezone.now()
    end(former, by=by, at=now, ended_by=agent)
    tell_of_promise(ticket_id, by=by, at=now, facts={"event": "score_freed"})
    refresh_soon(ticket_id)
    return ticket


def refusal_to_override(by: Actor, ticket: Ticket) -> DomainError | None:
    """Why `by` may not say another score, whatever state the ticket is in."""
    if may_override(by, ticket):
        return None
    if ticket.owner is not None and is_staff_role(by):
        return NotOwner(owner=ticket.owner.name, reference=ticket.reference)
    return OverrideForbidden()


def _locked(ticket_id: UUID, *, by: Actor) -> tuple[Ticket, Agent]:
    ticket = lock_ticket(ticket_id)
    if (refusal := refusal_to_override(by, ticket)) is not None:
        raise refusal
    if not isinstance(by, Agent):
        raise OverrideForbidden
    if ticket.is_ended:
        raise TicketClosed(reference=ticket.reference)
    if ticket.status not in OPEN:
        status = TicketStatus(ticket.status)
        raise InvalidTransition(reference=ticket.reference, status=status.label, allowed=transitions_from(status))
    return ticket, by


def _standing(ticket_id: UUID) -> ScoreOverride | None:
    rows = ScoreOverride.objects.select_for_update(of=("self",), no_key=True)
    return rows.standing().filter(ticket=ticket_id).first()


def _checked(score: Decimal | None, reason: str, until: datetime | None, now: datetime) -> tuple[Decimal, datetime]:
    wrong: dict[str, Text | list[Text]] = {}
    if score is None or not 0 <= score <= HIGHEST:
        wrong["score"] = _("A number from 0 to %(most)s.") % {"most": HIGHEST}
    if len(reason.strip()) < LEAST_REASON:
        wrong["reason"] = _("Say why: the ticket's timeline keeps it.")
    if until is None:
        wrong["until"] = _("Say until when.")
    elif not now < until <= now + LONGEST:
        wrong["until"] = _("Choose a moment within the next %(days)s days.") % {"days": LONGEST.days}
    if wrong or score is None or until is None:
        raise Invalid(wrong)
    return score.quantize(Decimal("0.01")), until


def _check_version(ticket: Ticket, version: int | None) -> None:
    """Last of all refusals."""
    if version is not None and version != ticket.version:
        raise StaleVersion(given=version, current=ticket.version)
