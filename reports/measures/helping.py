"""Help in parallel: how often it is asked for (metrics.md M11)."""

from django.db.models import Exists, OuterRef

from envelopes.models import Envelope
from reports.measures.asked import Asked, resolved
from reports.measures.figures import Figure, share


def envelope_rate(asked: Asked) -> Figure:
    """M11: resolved tickets with at least one envelope. Health, never a target: help asked for is no flaw."""
    return share("M11", resolved(asked), Exists(Envelope.objects.filter(ticket=OuterRef("pk"))))
