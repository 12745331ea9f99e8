"""What belongs to higher apps and is joined in where a company or a calendar is shown (ruling 2); as
`tickets.extensions`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import Company


@dataclass(frozen=True, kw_only=True)
class CompanyField:
    read: Callable[[Sequence[Company]], Mapping[UUID, Any]]
    """Values as JSON knows them, by the company's id, for all of a page at once; one that is not in it shows None."""
    schema: Mapping[str, Any]
    """The field in the API's description, as JSON schema."""


company_fields: dict[str, CompanyField] = {}
"""By the name that domain.md section 16 gives the field."""


def joined_to_companies(companies: Sequence[Company]) -> dict[UUID, dict[str, Any]]:
    """The joined fields, by the companies' ids. One query a field."""
    joined: dict[UUID, dict[str, Any]] = {company.pk: {} for company in companies}
    for name, field in company_fields.items() if companies else ():
        values = field.read(companies)
        for company in companies:
            joined[company.pk][name] = values.get(company.pk)
    return joined


Aftermath = Callable[[], Iterable[str]]
calendar_effects: list[Callable[[], Aftermath]] = []
"""Each is called before a calendar is saved on trial, and what it answers after that, in the same transaction, of which
nothing is kept: sentences on what would become of what is counted in its hours.
"""
