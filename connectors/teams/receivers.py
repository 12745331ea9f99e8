"""A team that is asked for help hears it in its channel."""

from connectors.teams.enums import PostKind
from connectors.teams.services import queue_posts
from connectors.teams.services.queueing import OF_TEAM
from core.events import subscribe
from envelopes.enums import EnvelopeKind, EnvelopeStatus
from envelopes.events import (
    EnvelopeDeclined,
    EnvelopeEvent,
    EnvelopeOpened,
    EnvelopeRedirected,
    EnvelopeReleased,
)
from envelopes.models import Envelope


@subscribe(EnvelopeOpened, after_commit=True)
def post_request(event: EnvelopeOpened) -> None:
    _post(event)


@subscribe(EnvelopeRedirected, after_commit=True)
def post_redirected_request(event: EnvelopeRedirected) -> None:
    _post(event)


@subscribe(EnvelopeDeclined, after_commit=True)
def post_declined_request(event: EnvelopeDeclined) -> None:
    _post(event)


@subscribe(EnvelopeReleased, after_commit=True)
def post_released_request(event: EnvelopeReleased) -> None:
    _post(event)


def _post(event: EnvelopeEvent) -> None:
    """While anybody of the team may accept it; whoever is asked by name is told, and nobody else."""
    envelope = Envelope.objects.select_related("ticket").get(pk=event.envelope_id)
    is_asked = envelope.status == EnvelopeStatus.PENDING and envelope.assigned_to_id is None
    if not is_asked or envelope.team_id is None or envelope.kind == EnvelopeKind.EXTERNAL_VENDOR:
        return
    queue_posts(
        [OF_TEAM % envelope.team_id],
        PostKind.ENVELOPE_REQUESTED,
        key=f"envelope-asked:{envelope.pk}:{event.occurred_at.isoformat()}",
        ticket=envelope.ticket,
        envelope_id=envelope.pk,
    )
