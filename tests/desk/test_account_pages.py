"""The own profile: preferences, password, absences."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Absence, Agent
from tests.factories import AbsenceFactory, TicketFactory
from tests.factories.people import PASSWORD
from tickets.services import edit_ticket

pytestmark = pytest.mark.django_db
PREFERENCES = {
    "availability": "away", "theme": "dark", "density": "compact", "language": "de", "undo_seconds": 25,
    "has_shortcuts": "",
    "signature": "Mara",
}  # fmt: skip


def test_preferences_are_saved_and_shown(desk: Any) -> None:
    browser = desk.browser(desk.mara)
    assert browser.post("/account/", PREFERENCES).url == "/account/"
    mara = Agent.objects.get(pk=desk.mara.pk)
    assert (mara.theme, mara.density, mara.language, mara.undo_seconds) == ("dark", "compact", "de", 25)
    assert (mara.has_shortcuts, mara.signature, mara.availability) == (False, "Mara", "away")
    page = browser.get("/account/").content.decode()
    assert '<html lang="de" dir="ltr" data-theme="dark" data-density="compact" ' in page
    assert mara.history.first().actor_name == desk.mara.name


@pytest.mark.parametrize(
    ("field", "value"),
    [("undo_seconds", 4), ("undo_seconds", 31), ("undo_seconds", "x"), ("theme", "pink"), ("language", "xx")],
)
def test_wrong_preference_is_400_and_changes_nothing(desk: Any, field: str, value: Any) -> None:
    before = Agent.objects.filter(pk=desk.mara.pk).values().get()
    answer = desk.browser(desk.mara).post("/account/", PREFERENCES | {field: value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert Agent.objects.filter(pk=desk.mara.pk).values().get() == before


def test_theme_and_language_from_the_menu_lead_back_to_the_page(desk: Any) -> None:
    browser = desk.browser(desk.mara)
    assert browser.post("/account/theme/", {"theme": "dark", "next": "/customers/"}).url == "/customers/"
    assert browser.post("/account/language/", {"language": "de", "next": "//evil.example/"}).url == "/account/"
    mara = Agent.objects.get(pk=desk.mara.pk)
    assert (mara.theme, mara.language) == ("dark", "de")
    assert browser.post("/account/theme/", {"theme": "pink"}).status_code == 400
    assert browser.post("/account/language/", {"language": "xx"}).status_code == 400
    assert browser.get("/account/theme/").status_code == 405
    assert Agent.objects.get(pk=desk.mara.pk).theme == "dark"


def test_password_change_keeps_this_session_and_ends_the_others(desk: Any) -> None:
    here, there = Client(), Client()
    for browser in (here, there):
        browser.post("/login/", {"username": desk.mara.email, "password": PASSWORD})
    new = "another-correct-horse"
    sent = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    assert here.post("/account/password/", sent).status_code == 400
    assert here.post("/account/password/", sent | {"old_password": PASSWORD}).url == "/account/"
    assert (here.get("/account/").status_code, there.get("/account/").status_code) == (200, 302)
    assert Client().post("/login/", {"username": desk.mara.email, "password": new}).url == "/"


def absence(desk: Any, **changed: Any) -> dict[str, Any]:
    today = desk.mara.today(timezone.now())
    return {
        "kind": "vacation",
        "starts_on": today,
        "ends_on": today + timedelta(days=4),
        "deputy": desk.jonas.pk,
    } | changed


def test_own_absence_is_recorded_changed_and_cancelled(desk: Any) -> None:
    browser = desk.browser(desk.mara)
    assert browser.post("/account/absences/new/", absence(desk, note="Hiking")).url == "/account/"
    row = Absence.objects.get()
    assert (row.agent, row.deputy, row.note, row.recorded_by) == (desk.mara, desk.jonas, "Hiking", desk.mara)
    page = browser.get("/account/").content.decode()
    assert ("Jonas" in page, f"/absences/{row.pk}/" in page) == (True, True)
    changed = absence(desk, deputy=desk.lea.pk, version=row.version)
    assert browser.post(f"/absences/{row.pk}/", changed).url == "/account/"
    row.refresh_from_db()
    assert (row.deputy, row.version) == (desk.lea, 2)
    stale = browser.post(f"/absences/{row.pk}/", changed)
    assert (stale.status_code, "version 1 is old" in stale.content.decode()) == (409, True)
    assert browser.post(f"/absences/{row.pk}/cancel/").url == "/account/"
    assert Absence.objects.get().cancelled_at is not None


def test_unusable_absences_are_400_with_the_reason_at_the_field(desk: Any) -> None:
    browser, today = desk.browser(desk.mara), desk.mara.today(timezone.now())
    AbsenceFactory(agent=desk.jonas, days=2)
    wrong = {
        "ends_on": absence(desk, ends_on=today - timedelta(days=1)),
        "deputy": absence(desk),
        "starts_on": absence(desk, starts_on=""),
        "kind": absence(desk, kind="party"),
    }
    for field, sent in wrong.items():
        answer = browser.post("/account/absences/new/", sent)
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert not Absence.objects.filter(agent=desk.mara).exists()


def test_deputy_reads_who_they_cover_for(desk: Any) -> None:
    AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    assert "You cover for Mara" in desk.browser(desk.jonas).get("/account/").content.decode()
    assert "You cover for" not in desk.browser(desk.lea).get("/account/").content.decode()


def test_ruling_10_covered_tickets_stand_in_the_deputys_queue_and_are_answered_there(desk: Any) -> None:
    """Acceptance 013 and 014 as far as the pages go: rights of the owner while covering, none before and after."""
    ticket = TicketFactory(team=desk.team, owner=desk.mara, subject="Canary printer")
    assert "Canary printer" not in desk.browser(desk.jonas).get("/queue/mine/").content.decode()
    sick = absence(desk, kind="sick")
    assert desk.browser(desk.lea).post(f"/people/{desk.mara.pk}/absences/new/", sick).url == "/people/"
    assert "Canary printer" in desk.browser(desk.jonas).get("/queue/mine/").content.decode()
    jonas = Agent.objects.get(pk=desk.jonas.pk)
    edit_ticket(ticket.pk, by=jonas, version=type(ticket).objects.get(pk=ticket.pk).version, subject="Canary scanner")
    desk.browser(desk.lea).post(f"/absences/{Absence.objects.get().pk}/cancel/")
    assert "Canary scanner" not in desk.browser(desk.jonas).get("/queue/mine/").content.decode()
    answer = desk.browser(desk.jonas).post(f"/t/{ticket.reference}/wait/")
    assert answer.status_code == 403
    assert type(ticket).objects.get(pk=ticket.pk).owner == desk.mara


def test_profile_of_whoever_is_no_agent_is_refused(client: Client) -> None:
    from tests.factories.people import UserFactory

    client.force_login(UserFactory(), backend="accounts.auth.AgentBackend")
    assert client.get("/account/").status_code == 403


def test_profile_needs_few_queries(desk: Any, django_assert_max_num_queries: Any) -> None:
    for days in (40, 80, 120):
        start = timezone.localdate() - timedelta(days=days)
        AbsenceFactory(agent=desk.mara, deputy=desk.jonas, starts_on=start)
    browser = desk.browser(desk.mara)
    with django_assert_max_num_queries(8):
        browser.get("/account/")


def test_auditor_records_no_absence(desk: Any) -> None:
    browser = desk.browser(desk.aude)
    assert "/account/absences/new/" not in browser.get("/account/").content.decode()
    assert browser.post("/account/absences/new/", absence(desk)).status_code == 403
    assert not Absence.objects.exists()
