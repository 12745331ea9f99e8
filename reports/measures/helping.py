"""Help in parallel: how often it is asked for, and what helpers contribute (metrics.md M11, M23)."""

from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import Coalesce

from envelopes.enums import EnvelopeStatus, Outcome
from envelopes.models import Envelope
from reports.measures.asked import Asked, Rows, envelopes, resolved, within
from reports.measures.figures import Figure, Group, count, ratio, share


def envelope_rate(asked: Asked) -> Figure:
    """M11: resolved tickets with at least one envelope. Health, never a target: help asked for is no flaw."""
    return share("M11", resolved(asked), Exists(Envelope.objects.filter(ticket=OuterRef("pk"))))


def contribution(asked: Asked) -> list[Figure]:
    """M23: envelopes sealed in the period, what came of them, and whose they were by name, so that help is recognised
    and not ranked. A team's are those asked of it, or else of who has it as the first. Three queries.
    """
    rows = envelopes(asked).filter(within(asked, "completed_at"), status=EnvelopeStatus.COMPLETED)
    outcomes = dict(rows.order_by().values_list("outcome").annotate(n=Count("pk")))
    total = sum(outcomes.values())
    found = [count("M23", rows, number=total)]
    for outcome in Outcome:
        mine, group = rows.filter(outcome=outcome), Group("outcome", outcome.value, str(outcome.label))
        numbers = {"numerator": outcomes.get(outcome.value, 0), "denominator": total}
        found.append(ratio("M23_outcome", mine, rows, group=group, **numbers))
    if asked.person is None:
        found += _by("agent", rows.filter(assigned_to__isnull=False), "assigned_to", "assigned_to__name")
        of_teams = rows.annotate(
            whose=Coalesce("team", "assigned_to__primary_team"),
            whose_name=Coalesce("team__name", "assigned_to__primary_team__name"),
        )
        found += _by("team", of_teams.filter(whose__isnull=False), "whose", "whose_name")
    return found


def _by(kind: str, rows: Rows, key: str, name: str) -> list[Figure]:
    numbers: Any = rows.order_by().values_list(key, name).annotate(n=Count("pk")).order_by(name, key)
    return [
        count("M23", rows.filter(**{key: pk}), number=n, group=Group(kind, str(pk), whose)) for pk, whose, n in numbers
    ]
