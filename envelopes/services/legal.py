"""Legal advice: the desk itself puts a legal case before the legal team, once for each time it is flagged (domain.md 5
and 12).
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.selectors import legal_team
from core.actors import DESK
from core.events import publish
from core.service import service
from core.sweep import run_each
from envelopes.enums import OPEN, EnvelopeKind
from envelopes.events import LegalTeamMissing
from envelopes.models import Envelope
from envelopes.querysets import EnvelopeQuerySet
from envelopes.services.opening import open_envelope
from tickets.enums import OPEN as OPEN_TICKET
from tickets.enums import EntryKind, FlagType
from tickets.models import CaseFlag, Ticket
from tickets.services import lock_ticket, tell_of_help

BATCH = 500


@service
def ask_for_legal_advice(ticket_id: UUID) -> Envelope | None:
    """Open the envelope of a ticket that is flagged as a legal case, unowned or not; one in progress waits for it.

    None where there is nothing to ask: no active flag, a ticket that has ended or is resolved, an envelope that is open
    still or was opened since the flag was set. None, too, without a legal team: those who can do something are told,
    and the question is asked as soon as a team is named (`ask_for_outstanding_advice`).
    """
    ticket = lock_ticket(ticket_id)
    flag = CaseFlag.objects.filter(ticket=ticket, type=FlagType.LEGAL, cleared_at__isnull=True).first()
    if flag is None or ticket.status not in OPEN_TICKET or _asked_about(flag).exists():
        return None
    team = legal_team()
    if team is None:
        _tell_of_missing_team(ticket, flag)
        return None
    return open_envelope(ticket.pk, by=DESK, team=team, reason=flag.reason, kind=EnvelopeKind.LEGAL)


def _asked_about(flag: CaseFlag) -> EnvelopeQuerySet:
    mine = Q(status__in=OPEN) | Q(opened_at__gte=flag.created_at)
    return Envelope.objects.filter(mine, ticket=flag.ticket_id, kind=EnvelopeKind.LEGAL)


def _tell_of_missing_team(ticket: Ticket, flag: CaseFlag) -> None:
    tell_of_help(ticket.pk, kind=EntryKind.SYSTEM, by=DESK, facts={"event": "legal_team_missing"})
    publish(LegalTeamMissing(ticket_id=ticket.pk, flag_id=flag.pk, occurred_at=timezone.now()))


def ask_for_outstanding_advice(*, now: datetime) -> int:
    """Legal cases that were put before nobody when they were flagged: there was no legal team, or the ticket was
    resolved and has been opened again since.
    """
    if legal_team() is None:
        return 0
    since = Q(status__in=OPEN) | Q(opened_at__gte=OuterRef("created_at"))
    asked = Envelope.objects.filter(since, ticket=OuterRef("ticket"), kind=EnvelopeKind.LEGAL)
    flags = CaseFlag.objects.filter(type=FlagType.LEGAL, cleared_at__isnull=True, ticket__status__in=OPEN_TICKET)
    due = flags.filter(~Exists(asked)).order_by("created_at").values_list("ticket", flat=True)[:BATCH]
    return run_each(list(due), lambda ticket_id: ask_for_legal_advice(ticket_id) is not None)
