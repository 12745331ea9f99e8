"""What the database keeps of decisions, whoever asks."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories.resolutions import a_resolution
from tests.tickets.resolutions.conftest import People
from tickets.models import Resolution
from tickets.services import approve_resolution

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal("900.00")},
        {"currency": "USD"},
        {"why_eligible": "Other"},
        {"approval_note": "Other"},
        {"approval_status": "rejected"},
    ],
)
def test_the_database_keeps_what_was_approved(people: People, change: dict[str, Any]) -> None:
    row = a_resolution(people.ticket, "150.00")
    approve_resolution(row.pk, by=people.lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        Resolution.objects.filter(pk=row.pk).update(**change)


def test_the_database_refuses_self_approval_invented_decisions_and_deletion(people: People) -> None:
    row = a_resolution(people.ticket, "150.00")
    approved = {"approval_status": "approved", "approved_by": people.owner, "approved_at": timezone.now()}
    with pytest.raises(IntegrityError, match="self_approval"), transaction.atomic():
        Resolution.objects.filter(pk=row.pk).update(**approved)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Resolution.objects.filter(pk=row.pk).delete()
    made = Resolution.objects.get(pk=row.pk)
    made.pk, made._state.adding = None, True
    made.id = people.ticket.pk
    vars(made).update(approval_status="approved", approved_by_id=people.lead.pk, approved_at=timezone.now())
    with pytest.raises(IntegrityError, match="without a decision"), transaction.atomic():
        made.save()
