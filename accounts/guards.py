"""Where higher apps may object before people change."""

from collections.abc import Callable

from accounts.models import Agent, BusinessCalendar, Team
from core.errors import DomainError
from core.worktime import WorkCalendar

deactivation_guards: list[Callable[[Agent], DomainError | None]] = []
"""Asked before an agent is deactivated; the first error refuses."""

address_guards: list[Callable[[str], DomainError | None]] = []
"""Asked whether an address may be a customer's; the first error refuses."""

calendar_guards: list[Callable[[BusinessCalendar, WorkCalendar], DomainError | None]] = []
"""Asked before a calendar gets these hours, or becomes the default one; the first error refuses."""


hours_guards: list[Callable[[Team], DomainError | None]] = []
"""Asked before a team works by another calendar than before, with that calendar; the first error refuses."""


def refuse_hours(team: Team) -> None:
    """Raise the first objection."""
    for guard in hours_guards:
        if refusal := guard(team):
            raise refusal


def refuse_calendar(calendar: BusinessCalendar, hours: WorkCalendar) -> None:
    """Raise the first objection."""
    for guard in calendar_guards:
        if refusal := guard(calendar, hours):
            raise refusal


def refusal_of_address(address: str) -> DomainError | None:
    """The first objection."""
    return next((refusal for guard in address_guards if (refusal := guard(address))), None)


def refuse_address(address: str) -> None:
    """Raise the first objection."""
    if refusal := refusal_of_address(address):
        raise refusal
