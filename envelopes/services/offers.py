"""Help that was not asked for: a colleague says that they can help, and whoever may ask others takes that up."""

from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from core.events import publish
from core.history import record
from core.service import service
from envelopes.enums import OPEN, EnvelopeStatus
from envelopes.errors import OfferGone, OfferNotForYou
from envelopes.events import HelpOffered
from envelopes.models import Envelope, HelpOffer
from envelopes.policies import is_expert, may_offer_help, may_take_offer
from envelopes.services._common import check_version, lock, not_yours, refuse_unless_in, write
from envelopes.services.helping import invite_expert
from envelopes.services.opening import redirect_envelope


@service
def offer_help(envelope_id: UUID, *, by: Agent, version: int | None = None) -> HelpOffer:
    """Tell those who ask and those who were asked that `by` can help; they read no more by it than before. Offering
    twice is offering once.

    Raises OfferNotForYou, EnvelopeTransition, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_offer_help(by, envelope) or is_expert(by, envelope):
        raise OfferNotForYou(number=envelope.number, reference=envelope.ticket.reference)
    refuse_unless_in(envelope, *OPEN)
    check_version(envelope, version)
    if standing := envelope.offers.standing().filter(agent=by).first():
        return standing
    offer = HelpOffer(envelope=envelope, agent=by)
    record(offer, by=by)
    write(envelope, by=by, event="envelope_offered", expert=by.name)
    publish(HelpOffered(envelope_id=envelope.pk, ticket_id=envelope.ticket_id, by_id=by.pk, occurred_at=timezone.now()))
    return offer


@service
def withdraw_help_offer(envelope_id: UUID, *, by: Agent, version: int | None = None) -> Envelope:
    """Take the own offer back. Raises OfferGone where there is none, or StaleVersion."""
    envelope = lock(envelope_id)
    offer = _standing(envelope, by)
    check_version(envelope, version)
    offer.withdrawn_at = timezone.now()
    record(offer, by=by)
    write(envelope, by=by, event="envelope_offer_withdrawn", expert=by.name)
    return envelope


@service
def take_help_offer(envelope_id: UUID, *, by: Agent, agent: Agent, version: int | None = None) -> Envelope:
    """Ask whoever offered: an active envelope they join at once, one that nobody has is addressed to them, beside its
    team, and is theirs when they accept it. So nobody becomes its expert without a step of their own.

    Raises EnvelopeActForbidden, EnvelopeTransition, OfferGone, StaleVersion, or what inviting and redirecting raise.
    """
    envelope = lock(envelope_id)
    if not may_take_offer(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, *OPEN)
    offer = _standing(envelope, agent)
    check_version(envelope, version)
    offer.taken_at, offer.taken_by = timezone.now(), by
    record(offer, by=by)
    if envelope.status == EnvelopeStatus.ACTIVE:
        return invite_expert(envelope.pk, by=by, agent=agent)
    return redirect_envelope(envelope.pk, by=by, team=envelope.team, assigned_to=agent)


def _standing(envelope: Envelope, agent: Agent) -> HelpOffer:
    offer = envelope.offers.standing().filter(agent=agent).first()
    if offer is None:
        raise OfferGone(agent=agent.name)
    return offer
