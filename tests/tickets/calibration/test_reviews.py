"""Blind verdicts: who gives them, what they need, who reads them when (domain.md section 8, 076)."""

from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts.enums import Role
from accounts.models import Agent
from core.errors import Invalid, StaleVersion
from tests.factories import AbsenceFactory, AgentFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tests.tickets.calibration.conftest import MONDAY_SIX, People, an_item, generated
from tickets.calibration import items_in_sight, to_review, untold_version, with_blindness
from tickets.models import CalibrationItem, CalibrationVerdict, Resolution
from tickets.resolution_errors import (
    AlreadyReviewed,
    ApprovalPending,
    CalibrationForbidden,
    CalibrationTransition,
    OwnDecision,
)
from tickets.services import approve_resolution, close_calibration, reject_resolution, review_item

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("outcome", ["upheld", "revised", "coaching_needed"])
def test_076_an_outcome_lands_on_the_resolution_and_takes_nothing_back(people: People, outcome: str) -> None:
    item = an_item(people)
    with time_machine.travel(MONDAY_SIX):
        review_item(item.pk, by=people.lead, outcome=outcome, notes=" Looked at twice. ")
    item.refresh_from_db()
    row = Resolution.objects.get(pk=item.resolution_id)
    assert (item.status, item.outcome, item.reviewer, item.reviewer_notes) == (
        "reviewed",
        outcome,
        people.lead,
        "Looked at twice.",
    )
    assert (row.calibration_status, row.approval_status, row.amount) == (outcome, "approved", Decimal("600.00"))
    assert row.history.first().actor_name == "Lea Brandt"
    assert list(item.session.participants.all()) == [people.lead]


@pytest.mark.parametrize(
    ("outcome", "notes", "field"), [("", "Fine.", "outcome"), ("pending", "Fine.", "outcome"), ("upheld", " ", "notes")]
)
def test_076_outcome_and_notes_are_required(people: People, outcome: str, notes: str, field: str) -> None:
    item = an_item(people)
    with pytest.raises(Invalid) as refusal:
        review_item(item.pk, by=people.lead, outcome=outcome, notes=notes)
    assert list(refusal.value.fields) == [field]
    assert not CalibrationVerdict.objects.exists()


def test_076_neither_author_nor_approver_reviews(people: People) -> None:
    item = an_item(people)
    for by, error in (
        (people.manager, OwnDecision),
        (people.owner, CalibrationForbidden),
        (AgentFactory(roles=[Role.TEAM_LEAD]), CalibrationForbidden),
        (AgentFactory(roles=[Role.AUDITOR]), CalibrationForbidden),
        (AgentFactory(roles=[Role.ADMIN]), CalibrationForbidden),
    ):
        with pytest.raises(error):
            review_item(item.pk, by=by, outcome="upheld", notes="Fine.")
    refused = a_resolution(TicketFactory(team=people.team, owner=people.owner), "600.00")
    reject_resolution(refused.pk, by=people.manager, reason="No")
    generated()
    with pytest.raises(OwnDecision):
        review_item(refused.calibration_items.get().pk, by=people.manager, outcome="upheld", notes="Fine.")
    with pytest.raises(IntegrityError, match="self_review"), transaction.atomic():
        CalibrationVerdict.objects.create(item=item, reviewer=people.manager, outcome="upheld", notes="Fine.")


def test_076_what_nobody_has_decided_yet_is_not_reviewed(people: People) -> None:
    """Whoever reviewed it could be its approver tomorrow."""
    row = a_resolution(TicketFactory(team=people.team, owner=people.owner), "600.00")
    item = generated().items.get()
    with pytest.raises(ApprovalPending):
        review_item(item.pk, by=people.lead, outcome="upheld", notes="Fine.")
    assert not to_review(people.lead).exists()
    approve_resolution(row.pk, by=people.manager)
    assert [found.pk for found in to_review(people.lead)] == [item.pk]


def test_who_owns_or_covers_the_ticket_by_now_is_not_asked(people: People) -> None:
    item = an_item(people)
    AbsenceFactory(agent=people.owner, deputy=people.lead)
    lead = Agent.objects.get(pk=people.lead.pk)
    assert (list(to_review(lead)), [found.pk for found in to_review(people.supervisor)]) == ([], [item.pk])
    with pytest.raises(OwnDecision):
        review_item(item.pk, by=lead, outcome="upheld", notes="Fine.")


def test_an_old_version_is_refused_and_tells_nothing_of_other_verdicts(people: People) -> None:
    item = an_item(people)
    seen = items_in_sight(people.supervisor).get()
    review_item(item.pk, by=people.lead, outcome="revised", notes="Too much.")
    with pytest.raises(StaleVersion) as refusal:
        review_item(item.pk, by=people.supervisor, outcome="upheld", notes="Fine.", version=7)
    assert refusal.value.facts["current"] == seen.version == untold_version(items_in_sight(people.supervisor).get())
    review_item(item.pk, by=people.supervisor, outcome="upheld", notes="Fine.", version=seen.version)


def test_a_review_is_blind_until_ones_own_verdict_or_the_close(people: People) -> None:
    item = an_item(people)

    def blind(agent: Agent) -> tuple[bool, bool]:
        fresh = Agent.objects.get(pk=agent.pk)
        row = with_blindness(Resolution.objects.filter(pk=item.resolution_id), fresh).get()
        return items_in_sight(fresh).get().is_blind, row.is_blind  # type: ignore[attr-defined]  # annotated

    assert blind(people.supervisor) == (False, False)
    review_item(item.pk, by=people.lead, outcome="revised", notes="Too much.")
    auditor = AgentFactory(roles=[Role.AUDITOR])
    assert {agent.name: blind(agent) for agent in (people.lead, people.supervisor, people.manager)} == {
        "Lea Brandt": (False, False),
        "Sam Okafor": (True, True),
        "Max Ott": (False, False),
    }
    assert blind(auditor) == (False, False)
    review_item(item.pk, by=people.supervisor, outcome="upheld", notes="All right.")
    assert blind(people.supervisor) == (False, False)
    item.refresh_from_db()
    assert (item.outcome, item.reviewer) == ("revised", people.lead)
    with pytest.raises(AlreadyReviewed):
        review_item(item.pk, by=people.lead, outcome="upheld", notes="After all.")
    assert list(item.verdicts.values_list("outcome", flat=True)) == ["revised", "upheld"]


def test_the_close_opens_what_was_blind(people: People) -> None:
    item = an_item(people)
    review_item(item.pk, by=people.lead, outcome="revised", notes="Too much.")
    assert items_in_sight(people.supervisor).get().is_blind
    close_calibration(item.session_id, by=people.manager)
    assert not items_in_sight(people.supervisor).get().is_blind
    with pytest.raises(CalibrationTransition):
        review_item(item.pk, by=people.supervisor, outcome="upheld", notes="Fine.")


def test_each_sees_the_items_of_their_teams(people: People) -> None:
    item = an_item(people)
    seen = {
        agent.name: list(items_in_sight(agent).values_list("pk", flat=True)) for agent in (people.lead, people.owner)
    }
    assert seen == {"Lea Brandt": [item.pk], "Mara Weiss": []}
    other = AgentFactory(roles=[Role.MANAGER])
    assert not items_in_sight(other).exists()
    assert items_in_sight(AgentFactory(roles=[Role.AUDITOR])).count() == 1


def test_an_item_that_does_not_exist_is_none() -> None:
    with pytest.raises(CalibrationItem.DoesNotExist):
        review_item(uuid4(), by=AgentFactory(), outcome="upheld", notes="Fine.")
