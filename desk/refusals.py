"""A refusal as the pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.errors import DomainError
from desk.selectors import next_unowned
from tickets.errors import AlreadyOwned
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
    """With the next ticket nobody owns, where somebody else was faster."""
    if isinstance(error, AlreadyOwned) and (other := next_unowned(agent, besides=ticket)):
        label = _("Next without an owner: %(reference)s %(subject)s") % {
            "reference": other.reference,
            "subject": other.subject,
        }
        return Refusal(error, (WayOut(label, reverse("desk:ticket", args=[other.reference])),))
    return Refusal(error)
