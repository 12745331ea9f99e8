"""Limits, resolutions and calibration in the operators' window."""

from typing import Any

import pytest
from django.urls import reverse

from core.actors import SystemActor
from core.history import record
from tests.admin.conftest import Office
from tests.factories import AgentFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tickets.models import CalibrationItem, CalibrationSession, EmpowermentConfig
from tickets.services import approve_resolution, close_calibration, review_item

pytestmark = pytest.mark.django_db


def text_of(office: Office, name: str, page: str, *args: Any) -> str:
    answer = office.browser(getattr(office, name)).get(reverse(f"admin:tickets_{page}", args=args))
    assert answer.status_code == 200, page
    return str(answer.content.decode())


def test_an_admin_sets_limits_and_the_history_names_them(office: Office) -> None:
    url = reverse("admin:tickets_empowermentconfig_add")
    values = {
        "team": str(office.team.pk),
        "currency": "CHF",
        "tier1_limit": "50.00",
        "tier2_limit": "40.00",
        "vip_limit_factor": "2.00",
    }
    admin = office.browser(office.admin)
    refused = admin.post(url, values)
    assert (refused.status_code, EmpowermentConfig.objects.count()) == (400, 0)
    assert "A team lead approves at least what agents grant alone." in refused.content.decode()
    assert admin.post(url, values | {"tier2_limit": "400.00"}).status_code == 302
    row = EmpowermentConfig.objects.get()
    assert [(kept.actor_name, kept.tier1_limit) for kept in row.history.all()] == [(office.admin.name, row.tier1_limit)]
    assert office.browser(office.supervisor).post(url, values).status_code == 403


def test_reviews_stay_blind_here_too(office: Office) -> None:
    """What an open week has found is in no list, form or history; of a closed one everything is."""
    office.team.refresh_from_db()
    owner = AgentFactory(teams=[office.team])
    row = approve_resolution(a_resolution(TicketFactory(team=office.team, owner=owner), "600.00").pk, by=office.manager)
    session = CalibrationSession(iso_year=2026, iso_week=9, sample_seed="1")
    item = CalibrationItem(session=session, resolution=row, reasons=["tier3"])
    for each in (session, item):
        record(each, by=SystemActor("test"))
    review_item(item.pk, by=office.lead, outcome="coaching_needed", notes="canary-of-the-lead")
    pages = (
        ("resolution_changelist",),
        ("resolution_change", row.pk),
        ("resolution_history", row.pk),
        ("calibrationitem_changelist",),
    )

    def told() -> list[bool]:
        texts = [text_of(office, "supervisor", *page) for page in pages]
        return ["canary" in text or "oaching" in text.replace("coaching_needed", "") for text in texts]

    assert told()[:3] == [False, False, False]
    assert str(item.pk) not in text_of(office, "supervisor", "calibrationitem_changelist")
    close_calibration(session.pk, by=office.manager)
    assert str(item.pk) in text_of(office, "supervisor", "calibrationitem_changelist")
    assert "canary-of-the-lead" in text_of(office, "supervisor", "calibrationitem_change", item.pk)
