"""A refusal as the pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.errors import DomainError
from desk.selectors import next_unowned
from envelopes.enums import EnvelopeKind
from envelopes.errors import EnvelopesStillOpen
from envelopes.policies import may_open
from tickets.errors import AlreadyOwned, OwnershipImmutable
from tickets.models import Ticket


@dataclass(frozen=True)
class WayOut:
    label: str
    url: str


@dataclass(frozen=True)
class Refusal:
    """A domain error as templates show it: what is the case, what to do, and where to go."""

    error: DomainError
    ways: Sequence[WayOut] = ()

    def __str__(self) -> str:
        return str(self.error)

    @property
    def hint(self) -> str:
        return self.error.hint_text

    @property
    def status(self) -> int:
        return self.error.status


def refusal_for(agent: Agent, ticket: Ticket, error: DomainError) -> Refusal:
    """With where to go: the next ticket nobody owns, where somebody else was faster; the envelopes in the way; the form
    that asks for help, where an owner was to be changed.
    """
    return Refusal(error, _ways(agent, ticket, error))


def _ways(agent: Agent, ticket: Ticket, error: DomainError) -> list[WayOut]:
    if isinstance(error, AlreadyOwned) and (other := next_unowned(agent, besides=ticket)):
        facts = {"reference": other.reference, "subject": other.subject}
        label = _("Next without an owner: %(reference)s %(subject)s") % facts
        return [WayOut(label, reverse("desk:ticket", args=[other.reference]))]
    if isinstance(error, EnvelopesStillOpen):
        label = _("Envelope %(number)s: %(target)s")
        return [
            WayOut(label % row, reverse("desk:envelope", args=[ticket.reference, row["number"]]))
            for row in error.facts["envelopes"]
        ]
    if isinstance(error, OwnershipImmutable) and may_open(agent, ticket, kind=EnvelopeKind.INTERNAL):
        label = _("Open an envelope on %(reference)s") % {"reference": ticket.reference}
        return [WayOut(label, reverse("desk:envelopes", args=[ticket.reference]))]
    return []
