"""The form of a business calendar: public holidays of a country, and what the hours mean before they are saved."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Agent, BusinessCalendar, CalendarWindow, Holiday
from sla.models import SlaClock, SlaPolicy
from tests.admin.conftest import Office
from tests.admin.test_people import add, change, form_of, send, windows
from tests.factories import TeamFactory, TicketFactory, default_calendar

pytestmark = pytest.mark.django_db

PREVIEW = {"_preview": "Show what this means"}
WEEK = windows(*((weekday, "08:00", "18:00") for weekday in range(5)))


@pytest.fixture(autouse=True)
def on_whit_monday() -> Any:
    with time_machine.travel(datetime(2026, 5, 25, 10, tzinfo=UTC)):
        yield


def bavaria(**values: Any) -> dict[str, Any]:
    sent = {"name": "Munich", "timezone": "Europe/Berlin", "country": "DE", "region": "BY", "holiday_language": "de"}
    return WEEK | sent | values


def text_of(answer: Any) -> str:
    """What stands in the preview, in one line."""
    found = re.search(r'<section class="module calendar-preview".*?</section>', answer.content.decode(), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])) if found else ""


def test_preview_shows_hours_holidays_and_an_example_and_saves_nothing(office: Office) -> None:
    calendars = BusinessCalendar.objects.count()
    answer = office.browser(office.admin).post(add(BusinessCalendar), bavaria() | PREVIEW)
    shown = text_of(answer)
    assert answer.status_code == 200
    assert "nothing is saved yet" in shown
    assert "Tuesday, 26 May 2026, 16:00 (Europe/Berlin)" in shown
    assert "25 May 2026 closed Pfingstmontag" in shown
    assert "26 May 2026 08:00–18:00" in shown
    assert ("40 hours" in shown, "50 hours" in shown) == (True, True)
    assert "Thu 4 Jun 2026: Fronleichnam" in shown
    assert [f"Public holidays in {year}" in shown for year in (2025, 2026, 2027, 2028, 2029)] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert "No team works by it." in shown
    assert (BusinessCalendar.objects.count(), Holiday.objects.count()) == (calendars, 0)


def test_saved_calendar_has_its_public_holidays_and_shows_its_own_alone_in_the_form(office: Office) -> None:
    browser = office.browser(office.admin)
    assert browser.post(add(BusinessCalendar), bavaria(left_out=["Epiphany"])).status_code == 302
    calendar = BusinessCalendar.objects.get(name="Munich")
    assert calendar.holidays.filter(is_public=True, on__year=2026).count() == 11
    page = browser.get(change(BusinessCalendar, calendar.pk))
    assert [part.formset.initial_form_count() for part in page.context["inline_admin_formsets"]] == [5, 0]
    assert "Heilige Drei Könige (does not count here)" in text_of(page)
    assert '<input type="checkbox" name="left_out" value="Epiphany"' in page.content.decode()
    answer = send(browser, change(BusinessCalendar, calendar.pk), name="Munich and around")
    assert answer.status_code == 302
    assert calendar.holidays.filter(is_public=True, on__year=2026).count() == 11


def test_preview_of_a_change_is_of_what_stands_in_the_form(office: Office) -> None:
    browser, calendar = office.browser(office.admin), default_calendar()
    url = change(BusinessCalendar, calendar.pk)
    sent = form_of(browser, url) | {"windows-0-start_minute": "22:00", "windows-0-end_minute": "06:00"}
    assert browser.post(url, sent).status_code == 400, "the reason is missing"
    sent |= {"reason": "A night shift"}
    shown = text_of(browser.post(url, sent | PREVIEW))
    assert "25 May 2026 22:00–24:00" in shown
    assert "26 May 2026 00:00–06:00 08:00–18:00" in shown
    assert calendar.windows.first().start_minute == 480
    assert browser.post(url, sent).status_code == 302
    assert str(calendar.windows.get(weekday=0)) == "Monday 22:00–06:00"


def test_preview_of_a_change_tells_what_becomes_of_promises_and_changes_none(office: Office) -> None:
    """As the previews of policies and of a manager's proposal do; by the same comparison."""
    team = TeamFactory()
    now = timezone.now()
    late = TicketFactory(team=team, priority="medium")
    TicketFactory(team=team, priority="medium")
    SlaClock.objects.filter(ticket=late, metric="resolution").update(started_at=now - timedelta(days=30))
    before = list(SlaClock.objects.order_by("pk").values())
    browser, calendar = office.browser(office.admin), default_calendar()
    url = change(BusinessCalendar, calendar.pk)
    sent = form_of(browser, url) | {"windows-0-start_minute": "07:00"}
    shown = text_of(browser.post(url, sent | PREVIEW))
    assert (
        "Of the 2 newest open tickets 2 would be promised something else; 1 of them would be missed at once." in shown
    )
    assert list(SlaClock.objects.order_by("pk").values()) == before
    assert "No promise on an open ticket would change." in text_of(browser.post(url, form_of(browser, url) | PREVIEW))
    other = BusinessCalendar.objects.create(name="Night shift", timezone="UTC", is_24x7=True)
    url = change(BusinessCalendar, other.pk)
    sent = form_of(browser, url) | {"timezone": "Europe/Berlin"}
    assert "No promise on an open ticket would change." in text_of(browser.post(url, sent | PREVIEW))


def test_preview_tells_what_would_be_refused(office: Office) -> None:
    """Hours in which a promise could hardly ever be kept; the same sentence as of saving."""
    browser, calendar = office.browser(office.admin), default_calendar()
    SlaPolicy.objects.filter(kind="sla").update(resolution_minutes=5 * 365 * 60, time_to_value_minutes=None)
    url = change(BusinessCalendar, calendar.pk)
    rows = {f"windows-{number}-DELETE": "on" for number in range(1, 5)}
    sent = form_of(browser, url) | rows | {"windows-0-end_minute": "08:05", "reason": "Short days"}
    refused = browser.post(url, sent)
    assert refused.status_code == 409
    sentence = str(refused.wsgi_request.refusal)
    shown = browser.post(url, sent | PREVIEW)
    assert sentence in html.unescape(text_of(shown))
    assert calendar.windows.count() == 5


def test_window_until_midnight_may_be_written_as_00_00(office: Office) -> None:
    browser = office.browser(office.admin)
    sent = bavaria() | windows((4, "18:00", "00:00"))
    assert browser.post(add(BusinessCalendar), sent).status_code == 302
    assert CalendarWindow.objects.get(calendar__name="Munich").end_minute == 1440


def test_preview_says_in_one_sentence_why_hours_cannot_work(office: Office) -> None:
    sent = bavaria() | windows((6, "22:00", "06:00"), (0, "05:00", "12:00")) | PREVIEW
    answer = office.browser(office.admin).post(add(BusinessCalendar), sent)
    assert "on Monday the windows 00:00–06:00 and 05:00–12:00 overlap" in text_of(answer)
    assert "Eight business hours" not in text_of(answer)


def test_preview_of_a_form_with_errors_shows_these(office: Office) -> None:
    answer = office.browser(office.admin).post(add(BusinessCalendar), bavaria(name="") | PREVIEW)
    assert (answer.status_code, text_of(answer)) == (400, "")
    assert answer.context["adminform"].form.errors["name"] == ["This field is required."]


def test_another_country_offers_its_regions_and_days_after_the_preview(office: Office) -> None:
    """Without scripts: region and days of the country before are still in what is sent."""
    browser = office.browser(office.admin)
    sent = bavaria(country="AT", left_out=["Epiphany", "German Unity Day"])
    page = browser.post(add(BusinessCalendar), sent | PREVIEW)
    text = page.content.decode()
    assert page.status_code == 200
    assert '<option value="9">Wien</option>' in text
    assert ">Bayern<" not in text
    assert "Nationalfeiertag" in text_of(page)
    refused = browser.post(add(BusinessCalendar), sent)
    assert refused.status_code == 400
    assert "This is no region of that country" in refused.content.decode()
    assert browser.post(add(BusinessCalendar), sent | {"region": "9"}).status_code == 302
    assert BusinessCalendar.objects.get(name="Munich").left_out == ["Epiphany"]


def test_who_works_by_a_calendar_is_told(office: Office) -> None:
    default = default_calendar()
    other = BusinessCalendar.objects.create(name="Other", is_24x7=True)
    TeamFactory(name="Night shift", calendar=other)
    TeamFactory(name="Gone", calendar=other, is_active=False)
    browser = office.browser(office.admin)
    shown = {row.name: text_of(browser.get(change(BusinessCalendar, row.pk))) for row in (default, other)}
    assert "Teams that work by it: Network, Service Desk" in shown["Standard"]
    assert "Teams that work by it: Night shift" in shown["Other"]


def test_reader_sees_the_preview_and_cannot_save(office: Office) -> None:
    calendar = default_calendar()
    for name in ("manager", "auditor"):
        browser = office.browser(getattr(office, name))
        page = browser.get(change(BusinessCalendar, calendar.pk))
        assert "Open hours of this week" in text_of(page)
        assert 'name="_preview"' not in page.content.decode()
        assert browser.post(change(BusinessCalendar, calendar.pk), {"name": "Mine"} | PREVIEW).status_code == 403
    assert BusinessCalendar.objects.get(pk=calendar.pk).name == "Standard"


def test_preview_speaks_the_readers_language(office: Office) -> None:
    Agent.objects.filter(pk=office.admin.pk).update(language="de")
    answer = office.browser(office.admin).post(add(BusinessCalendar), bavaria() | PREVIEW)
    shown = text_of(answer)
    assert "Was das bedeuten würde; noch ist nichts gespeichert" in shown
    assert "Dienstag, 26. Mai 2026, 16:00 (Europe/Berlin)" in shown
    assert '<option value="DE" selected>Deutschland</option>' in answer.content.decode()


def test_preview_costs_a_constant_number_of_queries(office: Office, django_assert_max_num_queries: Any) -> None:
    browser = office.browser(office.admin)
    assert browser.post(add(BusinessCalendar), bavaria()).status_code == 302
    calendar = BusinessCalendar.objects.get(name="Munich")
    for number in range(5):
        Holiday.objects.create(calendar=calendar, on=f"2026-08-0{number + 1}", name="Own")
    with django_assert_max_num_queries(14):
        browser.get(change(BusinessCalendar, calendar.pk))
