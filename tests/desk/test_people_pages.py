"""Who is here today, absences recorded for colleagues, and the customer pages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Absence, Contact
from core.history import record
from tests.factories import AbsenceFactory, AgentFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(desk: Any) -> Any:
    return AgentFactory(name="Ada Admin", roles=[Role.ADMIN])


def status(desk: Any, url: str, *people: Any, method: str = "get") -> list[int]:
    return [getattr(desk.browser(person), method)(url).status_code for person in people]


def test_people_page_is_for_leads_and_above(desk: Any, admin: Any) -> None:
    assert status(desk, "/people/", desk.mara, desk.nina) == [403, 403]
    assert status(desk, "/people/", desk.lea, desk.sam, desk.aude, admin) == [200, 200, 200, 200]


def test_people_page_shows_own_teams_with_presence_and_load(desk: Any, admin: Any) -> None:
    TicketFactory.create_batch(2, team=desk.team, owner=desk.mara)
    AbsenceFactory(agent=desk.jonas, deputy=desk.mara, kind="sick")
    crews = {crew.team: crew for crew in desk.browser(desk.lea).get("/people/").context["crews"]}
    assert list(crews) == [desk.team]
    rows = {member.agent: member for member in crews[desk.team].members}
    assert (rows[desk.mara].open_count, rows[desk.mara].absence, rows[desk.mara].may_record) == (2, None, True)
    assert (rows[desk.jonas].absence.deputy, rows[desk.jonas].open_count) == (desk.mara, 0)
    assert crews[desk.team].present_count == len(rows) - 1
    assert {crew.team for crew in desk.browser(admin).get("/people/").context["crews"]} == {desk.team, desk.other_team}
    aude = desk.browser(desk.aude).get("/people/").context["crews"]
    assert not any(member.may_record for crew in aude for member in crew.members)


def test_people_page_costs_the_same_for_a_small_and_a_large_desk(desk: Any) -> None:
    browser = desk.browser(desk.lea)
    browser.get("/people/")  # the first request of a session also writes it

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get("/people/")
        return len(captured)

    AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    few = queries()
    for _number in range(4):
        people = AgentFactory.create_batch(3, teams=[TeamFactory(lead=desk.lea)])
        AbsenceFactory(agent=people[0], deputy=people[1])
    assert (queries(), few <= 12) == (few, True)


def sick(desk: Any) -> dict[str, Any]:
    today = desk.mara.today(timezone.now())
    return {"kind": "sick", "starts_on": today, "ends_on": today, "deputy": desk.jonas.pk}


def test_lead_records_a_sick_colleague_of_the_own_team_only(desk: Any, admin: Any) -> None:
    url = f"/people/{desk.mara.pk}/absences/new/"
    assert status(desk, url, desk.lea, desk.sam, admin) == [200, 200, 200]
    assert status(desk, url, desk.jonas, desk.nina, desk.aude) == [403, 403, 403]
    assert desk.browser(desk.jonas).post(url, sick(desk)).status_code == 403
    assert desk.browser(desk.lea).post(f"/people/{desk.nina.pk}/absences/new/", sick(desk)).status_code == 403
    assert desk.browser(desk.lea).post(f"/people/{uuid4()}/absences/new/", sick(desk)).status_code == 404
    assert not Absence.objects.exists()
    assert desk.browser(desk.lea).post(url, sick(desk)).url == "/people/"
    row = Absence.objects.get()
    assert (row.agent, row.deputy, row.recorded_by) == (desk.mara, desk.jonas, desk.lea)


def test_absence_of_others_is_missing_for_strangers_and_refused_to_the_deputy(desk: Any) -> None:
    row = AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    stranger = desk.browser(desk.nina)
    assert stranger.get(f"/absences/{row.pk}/").status_code == 404
    assert stranger.get(f"/absences/{row.pk}/").content == stranger.get(f"/absences/{uuid4()}/").content
    assert stranger.post(f"/absences/{row.pk}/cancel/").status_code == 404
    assert desk.browser(desk.jonas).get(f"/absences/{row.pk}/").status_code == 403
    refused = desk.browser(desk.jonas).post(f"/absences/{row.pk}/cancel/")
    assert (refused.status_code, "the lead of their team" in refused.content.decode()) == (403, True)
    assert Absence.objects.get().cancelled_at is None


def test_note_of_an_absence_reaches_who_may_read_it(desk: Any, admin: Any) -> None:
    row = AbsenceFactory(agent=desk.mara, deputy=desk.jonas, note="canary-12")
    url = f"/absences/{row.pk}/"
    seen = {
        person.name: "canary-12" in desk.browser(person).get(url).content.decode()
        for person in (desk.mara, desk.lea, desk.jonas, admin)
    }
    assert seen == {desk.mara.name: True, desk.lea.name: True, desk.jonas.name: False, admin.name: False}
    desk.browser(admin).post(url, sick(desk) | {"deputy": "", "version": row.version})
    assert Absence.objects.get().note == "canary-12"
    for page in ("/people/", "/queue/mine/"):
        assert "canary-12" not in desk.browser(desk.lea).get(page).content.decode()


def test_open_end_is_confirmed_by_who_oversees_and_falls_with_a_known_last_day(desk: Any) -> None:
    start = timezone.localdate() - timedelta(days=3)
    row = AbsenceFactory(agent=desk.mara, starts_on=start, ends_on=None)
    sent = {"kind": "sick", "starts_on": start, "is_open_end_confirmed": "on", "version": 1}
    desk.browser(desk.lea).post(f"/absences/{row.pk}/", sent)
    assert not Absence.objects.get().is_long
    assert desk.browser(desk.sam).post(f"/absences/{row.pk}/", sent | {"version": 2}).url == "/people/"
    assert Absence.objects.get().is_long
    back = {"kind": "sick", "starts_on": start, "ends_on": start + timedelta(days=5), "version": 3}
    assert desk.browser(desk.mara).post(f"/absences/{row.pk}/", back).url == "/account/"
    row = Absence.objects.get()
    assert (row.is_open_end_confirmed, row.ends_on) == (False, start + timedelta(days=5))


def test_customers_are_found_by_name_address_and_company(desk: Any) -> None:
    acme = CompanyFactory(name="Acme Logistik")
    jo = ContactFactory(first_name="Jörg", last_name="Hölzenbein", email="jh@acme.test", company=acme)
    ContactFactory(first_name="Anna", last_name="Weiß", email="aw@other.test")
    browser = desk.browser(desk.mara)

    def found(text: str) -> list[Contact]:
        return browser.get("/customers/", {"q": text}).context["contacts"]

    assert [found(text) for text in ("hölz", "jörg", "JH@acme", "acme logi", "jörg acme")] == [[jo]] * 5
    assert found("jörg weiß") == []
    assert len(found("")) == Contact.objects.count()


def test_customer_list_pages_by_name(desk: Any) -> None:
    Contact.objects.bulk_create(Contact(last_name=f"Z{number:03}", email=f"z{number}@x.test") for number in range(60))
    browser = desk.browser(desk.mara)
    first = browser.get("/customers/", {"q": "x.test"})
    second = browser.get("/customers/" + first.context["next_url"])
    assert [contact.last_name for contact in second.context["contacts"]] == [
        f"Z{number:03}" for number in range(50, 60)
    ]
    assert (first.context["previous_url"], second.context["next_url"]) == (None, None)
    assert browser.get("/customers/", {"page": "nonsense"}).status_code == 400


def test_customer_pages_are_not_for_admins(desk: Any, admin: Any) -> None:
    company = CompanyFactory()
    for url in (
        "/customers/",
        f"/customers/{desk.dana.pk}/",
        f"/customers/{desk.dana.pk}/edit/",
        f"/orgs/{company.pk}/",
    ):
        assert status(desk, url, admin) == [403]
    for url in ("/customers/", f"/customers/{desk.dana.pk}/", f"/orgs/{company.pk}/"):
        assert status(desk, url, desk.mara, desk.nina, desk.lea, desk.sam, desk.aude) == [200] * 5


def test_customer_and_company_show_visible_tickets_only(desk: Any) -> None:
    company = CompanyFactory()
    record(desk.dana, by=desk.lea)
    Contact.objects.filter(pk=desk.dana.pk).update(company=company)
    dana = Contact.objects.get(pk=desk.dana.pk)
    mine = TicketFactory(team=desk.team, requester=dana, subject="Canary one")
    foreign = TicketFactory(team=desk.other_team, requester=dana, subject="Canary two")
    for url in (f"/customers/{dana.pk}/", f"/orgs/{company.pk}/"):
        shown = {
            person.name: [
                ticket.reference in desk.browser(person).get(url).content.decode() for ticket in (mine, foreign)
            ]
            for person in (desk.mara, desk.nina, desk.aude)
        }
        assert shown == {desk.mara.name: [True, False], desk.nina.name: [False, True], desk.aude.name: [True, True]}


def test_phone_is_for_owner_deputy_lead_and_above_in_scope_and_auditors(desk: Any) -> None:
    dana = ContactFactory(phone="0123-canary")
    ticket = TicketFactory(team=desk.team, requester=dana, owner=desk.mara)
    url = f"/customers/{dana.pk}/"

    def readers() -> set[str]:
        people = (desk.mara, desk.jonas, desk.lea, desk.sam, desk.aude, desk.nina)
        return {person.name for person in people if "0123-canary" in desk.browser(person).get(url).content.decode()}

    near = {desk.mara.name, desk.lea.name, desk.sam.name, desk.aude.name}
    assert readers() == near
    AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    assert readers() == near | {desk.jonas.name}
    assert ticket.requester == dana
    assert "0123-canary" not in desk.browser(desk.lea).get("/customers/").content.decode()


def test_lead_edits_a_contact_in_scope_with_history(desk: Any) -> None:
    dana = ContactFactory(first_name="Dana", last_name="Roth", phone="1")
    TicketFactory(team=desk.team, requester=dana)
    url = f"/customers/{dana.pk}/edit/"
    sent = {"first_name": "Diana", "last_name": "Roth", "phone": "2", "language": "de", "tier": "vip", "version": 1}
    assert status(desk, url, desk.lea, desk.sam) == [200, 200]
    assert status(desk, url, desk.mara, desk.nina, desk.aude) == [403, 403, 403]
    assert desk.browser(desk.mara).post(url, sent).status_code == 403
    assert desk.browser(desk.lea).post(url, sent | {"tier": "emperor"}).status_code == 400
    assert Contact.objects.get(pk=dana.pk).first_name == "Dana"
    assert desk.browser(desk.lea).post(url, sent | {"email": "other@x.test"}).url == f"/customers/{dana.pk}/"
    row = Contact.objects.get(pk=dana.pk)
    assert (row.first_name, row.phone, row.language, row.tier, row.email) == ("Diana", "2", "de", "vip", dana.email)
    assert row.history.first().actor_name == desk.lea.name
    assert desk.browser(desk.lea).post(url, sent).status_code == 409


def test_lead_of_another_team_does_not_edit_the_contact(desk: Any) -> None:
    dana = ContactFactory()
    TicketFactory(team=desk.team, requester=dana)
    other = AgentFactory(roles=[Role.TEAM_LEAD])
    TeamFactory(lead=other)
    refused = desk.browser(other).post(
        f"/customers/{dana.pk}/edit/", {"first_name": "X", "tier": "standard", "version": 1}
    )
    assert (refused.status_code, "The lead of a team that serves them can" in refused.content.decode()) == (403, True)


def test_missing_customer_and_company_are_404(desk: Any) -> None:
    browser = desk.browser(desk.mara)
    for url in (f"/customers/{uuid4()}/", f"/customers/{uuid4()}/edit/", f"/orgs/{uuid4()}/"):
        assert browser.get(url).status_code == 404
