"""How long help takes: from the first envelope to the resolution, and until an expert answers (metrics.md M8, M9)."""

from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery

from envelopes.enums import EnvelopeKind, EnvelopeStatus
from envelopes.models import Envelope
from reports.measures.asked import Asked, Rows, envelopes, resolved, within
from reports.measures.figures import Figure, measured
from reports.measures.hours import business_time

BY_ITSELF = Q(kind=EnvelopeKind.LEGAL, requested_by__isnull=True)
"""Legal advice that the desk asks for without anybody's decision."""
IN_VAIN = Q(status=EnvelopeStatus.CANCELLED, first_expert_response_at__isnull=True)
"""Withdrawn before anybody had answered."""


def escalation_time(asked: Asked) -> list[Figure]:
    """M8: from the first envelope of a ticket to its last resolution, in hours of work and by the wall; apart, those to
    which the desk itself asked for legal advice and nobody else for anything. Withdrawn before an answer: no help.
    """
    asked_for = Envelope.objects.exclude(IN_VAIN)
    return [
        *_since(asked, "M8", asked_for.exclude(BY_ITSELF)),
        _since(asked, "M8_legal", asked_for.filter(BY_ITSELF), without=asked_for.exclude(BY_ITSELF))[0],
    ]


def _since(asked: Asked, code: str, asked_for: Rows, *, without: Rows | None = None) -> list[Figure]:
    first = asked_for.filter(ticket=OuterRef("pk")).order_by("opened_at").values("opened_at")[:1]
    rows: Rows = resolved(asked).annotate(helped_at=Subquery(first)).filter(helped_at__isnull=False)
    if without is not None:
        rows = rows.exclude(pk__in=without.order_by().values("ticket"))
    rows = rows.filter(resolved_at__gte=F("helped_at"))
    found = list(rows.values_list("team", "helped_at", "resolved_at"))
    work = [business_time(asked.hours, *row) for row in found]
    return [measured(code, work, rows), measured(f"{code}_wall", [end - start for _team, start, end in found], rows)]


def expert_response(asked: Asked) -> list[Figure]:
    """M9: from the opening of an envelope to the first words of who was asked, in the hours of the team that was asked;
    M9b until somebody accepted it. Nobody has answered yet: provisional. Withdrawn before: not counted.
    """
    rows = envelopes(asked).filter(within(asked, "opened_at")).exclude(IN_VAIN)
    columns = ("team", "assigned_to__primary_team", "opened_at", "status", *MOMENTS.values())
    found = list(rows.values_list(*columns))
    figures = []
    for number, (code, column) in enumerate(MOMENTS.items(), start=4):
        done = [(_team(row[0], row[1]), row[2], row[number]) for row in found if row[number] is not None]
        waiting = sum(row[number] is None and row[3] != EnvelopeStatus.CANCELLED for row in found)
        lengths = [business_time(asked.hours, *each) for each in done]
        figures.append(measured(code, lengths, rows.filter(**{f"{column}__isnull": False}), provisional=waiting))
    return figures


MOMENTS = {"M9": "first_expert_response_at", "M9b": "accepted_at"}


def _team(team: UUID | None, own: UUID | None) -> UUID | None:
    return team if team is not None else own
