"""What the figures of calibration say of those who give verdicts (metrics.md M18)."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from accounts.enums import Role
from tests.factories import AgentFactory
from tests.tickets.calibration.conftest import MONDAY_SIX, People, an_item
from tickets.figures import calibration_figures
from tickets.services import close_calibration, review_item

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("pairs", "numerator", "percent"),
    [
        ([("upheld", "upheld"), ("revised", "upheld")], 1, "50.0"),
        ([("upheld", "upheld"), ("revised", "revised")], 2, "100.0"),
        ([("upheld", "revised"), ("coaching_needed", "revised"), ("upheld", "upheld")], 1, "33.3"),
        ([("upheld",), ("revised",)], 0, None),
    ],
)
def test_078_agreement_is_the_share_of_items_whose_verdicts_are_the_same(
    people: People, pairs: list[tuple[str, ...]], numerator: int, percent: str | None
) -> None:
    """Items with one verdict are no part of it."""
    items = [an_item(people) for _pair in [*pairs, None]]
    with time_machine.travel(MONDAY_SIX):
        for item, outcomes in zip(items, [*pairs, ("upheld",)], strict=True):
            for reviewer, outcome in zip((people.lead, people.supervisor), outcomes, strict=False):
                review_item(item.pk, by=reviewer, outcome=outcome, notes="Looked at.")
        close_calibration(items[0].session_id, by=people.manager)
    auditor = AgentFactory(roles=[Role.AUDITOR])
    found = calibration_figures(auditor, MONDAY_SIX - timedelta(days=1), MONDAY_SIX + timedelta(days=1)).agreement
    several = [item.pk for item, outcomes in zip(items, pairs, strict=False) if len(outcomes) > 1]
    assert (found.numerator, sorted(found.ids)) == (numerator, sorted(several))
    assert found.percent == (Decimal(percent) if percent else None)
