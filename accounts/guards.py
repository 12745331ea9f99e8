"""Where higher apps may object before people change."""

from collections.abc import Callable

from accounts.models import Agent
from core.errors import DomainError

deactivation_guards: list[Callable[[Agent], DomainError | None]] = []
"""Asked before an agent is deactivated; the first error refuses."""

address_guards: list[Callable[[str], DomainError | None]] = []
"""Asked whether an address may be a customer's; the first error refuses."""


def refusal_of_address(address: str) -> DomainError | None:
    """The first objection."""
    return next((refusal for guard in address_guards if (refusal := guard(address))), None)


def refuse_address(address: str) -> None:
    """Raise the first objection."""
    if refusal := refusal_of_address(address):
        raise refusal
