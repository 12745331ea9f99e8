"""Pauses by a supervisor's word (domain.md section 9): for a reason, until a moment at which they end by themselves."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid, StaleVersion, Text
from core.events import publish
from core.service import service
from sla.enums import APPROVED
from sla.errors import AlreadyPaused, NothingPromised, NotPaused, PauseForbidden
from sla.events import PauseChanged
from sla.explain import Stop
from sla.models import SlaPause
from sla.policies import may_pause
from sla.services.ledger import Ledger, ledger_of, settle
from sla.states import Fact, FactKind
from tickets.enums import OPEN, TicketStatus
from tickets.errors import InvalidTransition, TicketClosed
from tickets.models import Ticket
from tickets.services import lock_ticket, tell_of_promise
from tickets.transitions import transitions_from

LONGEST = timedelta(days=366)


@service
def pause_clocks(
    ticket_id: UUID, *, by: Actor, reason: str, until: datetime | None, note: str = "", version: int | None = None
) -> SlaPause:
    """Let what is promised for the outcome stand still until `until`. Answers to the customer stay owed.

    Raises PauseForbidden, TicketClosed, InvalidTransition, NothingPromised, AlreadyPaused, Invalid or StaleVersion.
    """
    ticket, ledger = _locked(ticket_id, by=by)
    now = timezone.now()
    if (pause := ledger.state.approved_pause) is not None and pause.until is not None and pause.until > now:
        until_text = date_format(timezone.localtime(pause.until), "SHORT_DATETIME_FORMAT")
        raise AlreadyPaused(reference=ticket.reference, until=until_text)
    end = _checked(reason, until, now)
    _check_version(ticket, version)
    by_id = by.pk if isinstance(by, Agent) else None
    stop = Stop(reason, now, until=end, by=by_id, note=note.strip())
    ledger.note(Fact(FactKind.PAUSED, now, stop=stop))
    settle([ledger], by=by)
    facts = {"event": "sla_paused", "reason": reason, "until": end.isoformat()}
    tell_of_promise(ticket_id, by=by, at=now, facts=facts, body_text=note.strip())
    publish(PauseChanged(ticket_id=ticket_id, occurred_at=now))
    return _open_pauses(ticket_id).get()


@service
def resume_clocks(ticket_id: UUID, *, by: Actor, version: int | None = None) -> Ticket:
    """End a pause before its time. Raises PauseForbidden, TicketClosed, InvalidTransition, NothingPromised, NotPaused
    or StaleVersion.
    """
    ticket, ledger = _locked(ticket_id, by=by)
    now = timezone.now()
    pause = ledger.state.approved_pause
    if pause is None or (pause.until is not None and pause.until <= now):  # the timer says that it is over
        raise NotPaused(reference=ticket.reference)
    _check_version(ticket, version)
    ledger.note(Fact(FactKind.RESUMED, now, by=by.pk if isinstance(by, Agent) else None))
    settle([ledger], by=by)
    tell_of_promise(ticket_id, by=by, at=now, facts={"event": "sla_resumed"})
    publish(PauseChanged(ticket_id=ticket_id, occurred_at=now))
    return ticket


def _check_version(ticket: Ticket, version: int | None) -> None:
    """Last of all refusals."""
    if version is not None and version != ticket.version:
        raise StaleVersion(given=version, current=ticket.version)


def _locked(ticket_id: UUID, *, by: Actor) -> tuple[Ticket, Ledger]:
    ticket = lock_ticket(ticket_id)
    if not may_pause(by, ticket):
        raise PauseForbidden
    if ticket.is_ended:
        raise TicketClosed(reference=ticket.reference)
    if ticket.status not in OPEN:
        status = TicketStatus(ticket.status)
        raise InvalidTransition(reference=ticket.reference, status=status.label, allowed=transitions_from(status))
    ledger = ledger_of(ticket_id)
    if ledger is None or not any(clock.is_open for clock in ledger.state.clocks.values()):
        raise NothingPromised(reference=ticket.reference)
    return ticket, ledger


def _checked(reason: str, until: datetime | None, now: datetime) -> datetime:
    wrong: dict[str, Text | list[Text]] = {}
    if reason not in [str(each) for each in APPROVED]:
        wrong["reason"] = _("Choose why the clocks stand still.")
    if until is None:
        wrong["until"] = _("Say when they run on by themselves.")
    elif not now < until <= now + LONGEST:
        wrong["until"] = _("Choose a moment within the next %(days)s days.") % {"days": LONGEST.days}
    if wrong or until is None:
        raise Invalid(wrong)
    return until


def _open_pauses(ticket_id: UUID) -> QuerySet[SlaPause]:
    return SlaPause.objects.filter(ticket=ticket_id, to_at__isnull=True, reason__in=[str(each) for each in APPROVED])
