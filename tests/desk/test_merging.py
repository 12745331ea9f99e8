"""The page that merges a ticket: named, previewed, done, undone; and the same by API."""

import pytest

from tests.api.conftest import signed_in
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import CompanyFactory, ContactFactory, TicketFactory
from tickets.models import Placement, Ticket
from tickets.services import add_note, create_task

pytestmark = pytest.mark.django_db


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.fixture
def source(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Scanner jams", owner=desk.mara)


@pytest.fixture
def target(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Scanner is broken", owner=desk.jonas)


def test_page_shows_what_moves_before_anything_does(desk: Desk, source: Ticket, target: Ticket) -> None:
    add_note(source.pk, by=desk.mara, body_text="Asked the supplier.")
    create_task(source.pk, by=desk.mara, title="Order rollers")
    browser = desk.browser(desk.mara)
    assert url_of(source, "merge/") in html_of(browser.get(url_of(source)))
    html = html_of(browser.get(url_of(source, "merge/"), {"reference": target.reference.lower()}))
    assert "2 entries move there" in html
    assert "Asked the supplier." in html
    assert f"Mara Weiss {source.reference}, Jonas Kern {target.reference}" in html
    assert f"1 open task stays on {source.reference}." in html
    assert f"Merge into {target.reference}" in html
    unconfirmed = browser.post(url_of(source, "merge/"), {"reference": target.reference})
    assert (unconfirmed.status_code, Placement.objects.count()) == (200, 0)


def test_merge_and_undo_work_as_plain_forms(desk: Desk, source: Ticket, target: Ticket) -> None:
    browser = desk.browser(desk.mara)
    form = {"reference": target.reference, "confirmed": "1", "version": fresh(source).version}
    done = html_of(browser.post(url_of(source, "merge/"), form, follow=True))
    assert (fresh(source).merged_into, fresh(source).owner, fresh(target).owner) == (target, desk.mara, desk.jonas)
    assert f"Go to {target.reference}" in done
    assert f'action="{url_of(source, "unmerge/")}"' in done
    back = html_of(browser.post(url_of(source, "unmerge/"), follow=True))
    assert (fresh(source).status, fresh(source).merged_into) == ("in_progress", None)
    assert url_of(source, "unmerge/") not in back


def test_another_customers_ticket_is_refused_and_no_button_offers_it(desk: Desk, source: Ticket) -> None:
    stranger = ContactFactory(company=CompanyFactory(name="Other"))
    foreign = TicketFactory(team=desk.team, requester=stranger, owner=desk.mara)
    browser = desk.browser(desk.mara)
    html = html_of(browser.get(url_of(source, "merge/"), {"reference": foreign.reference}))
    assert "belong to different customers" in html
    assert f"Merge into {foreign.reference}" not in html
    answer = browser.post(url_of(source, "merge/"), {"reference": foreign.reference, "confirmed": "1"})
    assert (answer.status_code, fresh(source).status) == (409, "in_progress")


@pytest.mark.parametrize("given", ["INC-1999-000001", "", "itself"])
def test_reference_that_names_no_other_ticket_is_said_at_its_field(desk: Desk, source: Ticket, given: str) -> None:
    reference = source.reference if given == "itself" else given
    form = {"reference": reference, "confirmed": "1"}
    answer = desk.browser(desk.mara).post(url_of(source, "merge/"), form)
    assert (answer.status_code, Placement.objects.count()) == (400, 0)


def test_preview_asks_no_more_for_many_entries(desk: Desk, source: Ticket, target: Ticket) -> None:
    browser, url = desk.browser(desk.mara), f"{url_of(source, 'merge/')}?reference={target.reference}"
    few = len(statements_of(browser, url))
    for number in range(20):
        add_note(source.pk, by=desk.mara, body_text=f"Note {number}")
    assert len(statements_of(browser, url)) == few


def test_api_merges_and_undoes(desk: Desk, source: Ticket, target: Ticket) -> None:
    api, one = signed_in(desk.mara), f"/api/v1/tickets/{source.reference}/"
    assert api.post(f"{one}merge_into/", {"ticket": "INC-1999-000001"}).status_code == 400
    assert api.post(f"{one}merge_into/", {"ticket": target.reference, "owner": "jonas"}).status_code == 400
    stale = api.post(f"{one}merge_into/", {"ticket": target.reference, "version": 99})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    done = api.post(f"{one}merge_into/", {"ticket": target.reference})
    assert (done.status_code, done.json()["merged_into"], done.json()["status"]) == (200, target.reference, "cancelled")
    again = api.post(f"{one}merge_into/", {"ticket": target.reference})
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")
    back = api.post(f"{one}unmerge/", {})
    assert (back.status_code, back.json()["merged_into"], back.json()["status"]) == (200, None, "in_progress")
    assert api.post(f"{one}unmerge/", {}).json()["code"] == "invalid_transition"
