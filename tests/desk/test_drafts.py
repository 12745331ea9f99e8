"""Composers remember: what was typed is on the page again, whatever happened to the browser."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.desk.conftest import Desk
from tests.desk.pages import html_of, note_form, reply_form, statements_of, url_of
from tests.factories import TicketFactory
from tickets.enums import OutboundStatus
from tickets.models import Draft, DraftFile, OutboundMessage, Ticket
from tickets.services import keep_draft, undo_message

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    found: Ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)
    return found


def draft_at(ticket: Ticket, mode: str) -> str:
    return f"/drafts/{ticket.reference}-{mode}/"


def shown(html: str, mode: str) -> tuple[str, str]:
    """Text in the composer, and the version of the draft it stands for."""
    part = html.split(f'id="composer-{mode}"')[1].partition("</details>")[0]
    text = re.search(r"<textarea[^>]*>([^<]*)</textarea>", part)
    version = re.search(r'name="draft_version" value="(\d+)"', part)
    assert text
    assert version
    return text[1].strip(), version[1]


def version_of(ticket: Ticket, mode: str = "note") -> str:
    return str(Draft.objects.get(ticket=ticket, mode=mode).version)


def test_without_javascript_a_button_keeps_and_another_browser_finds_it(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="Hello Da", cc="boss@", draft_version="0")
    answer = browser.post(draft_at(ticket, "reply"), values)
    assert (answer.status_code, answer["Location"]) == (302, url_of(ticket) + "?compose=reply")
    elsewhere = Client()
    elsewhere.force_login(desk.mara.user, backend="accounts.auth.AgentBackend")
    html = html_of(elsewhere.get(url_of(ticket)))
    assert shown(html, "reply") == ("Hello Da", version_of(ticket, "reply"))
    assert 'value="boss@"' in html
    assert shown(html, "note") == ("", "0")
    assert "Draft saved " in html


def test_nobody_else_sees_it(desk: Desk, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="canary-4711")
    seen = {
        who.name: "canary-4711" in html_of(desk.browser(who).get(url_of(ticket)))
        for who in (desk.mara, desk.lea, desk.sam, desk.jonas, desk.aude)
    }
    assert seen == {
        "Mara Weiss": True,
        "Lea Brandt": False,
        "Sam Okafor": False,
        "Jonas Kern": False,
        "Aude Petit": False,
    }


def test_the_module_gets_version_and_words(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)

    def save(body: str, version: int) -> Any:
        values = {"body": body, "draft_version": str(version)}
        return browser.post(draft_at(ticket, "note"), values, headers=JSON)

    answer = save("On", 0).json()
    first = answer["version"]
    assert re.fullmatch(r"Draft saved \d\d:\d\d", answer["said"])
    assert save("One", first).json()["version"] == first + 1
    late = save("Other", first)
    assert (late.status_code, late.json()["code"], late.json()["current_version"]) == (409, "stale_version", first + 1)
    before = {"sent_body": ["On", "One", "One."], "sent_cc": ["typed@in.vain"] * 3}
    unanswered = {"body": "One two", "draft_version": str(first), **before}
    assert browser.post(draft_at(ticket, "note"), unanswered, headers=JSON).json()["version"] == first + 2
    assert save("", first + 2).json() == {"version": 0, "said": ""}
    assert Draft.objects.count() == 0


def test_a_stale_draft_comes_back_with_its_text_and_wins_when_saved_again(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="From the phone")
    answer = browser.post(draft_at(ticket, "note"), {"body": "From the desk", "draft_version": "0"})
    assert answer.status_code == 409
    assert shown(html_of(answer), "note") == ("From the desk", version_of(ticket))
    assert Draft.objects.get().body_text == "From the phone"
    browser.post(draft_at(ticket, "note"), {"body": "From the desk", "draft_version": version_of(ticket)})
    assert Draft.objects.get().body_text == "From the desk"


def test_sending_ends_the_draft_and_undo_brings_it_back(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    keep_draft(ticket.pk, by=desk.mara, mode="reply", body_text="Hello Dana.")
    seen = version_of(ticket, "reply")
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, draft_version=seen, cc="boss@acme.example"))
    assert Draft.objects.count() == 0
    message = OutboundMessage.objects.get(status=OutboundStatus.HELD)
    answer = browser.post(f"/outbox/{message.pk}/undo/")
    kept = Draft.objects.get()
    assert (kept.body_text, kept.cc) == ("Hello Dana.", "boss@acme.example")
    for url in (answer["Location"], url_of(ticket)):
        assert shown(html_of(browser.get(url)), "reply") == ("Hello Dana.", str(kept.version))


def test_undo_loses_nothing_that_was_begun_meanwhile(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, draft_version="0"))
    keep_draft(ticket.pk, by=desk.mara, mode="reply", body_text="One thing more")
    answer = browser.post(f"/outbox/{OutboundMessage.objects.get().pk}/undo/")
    assert shown(html_of(browser.get(answer["Location"])), "reply")[0] == "Hello Dana.\n\nOne thing more"


def test_typed_after_the_undo_the_draft_is_what_is_shown(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, draft_version="0"))
    answer = browser.post(f"/outbox/{OutboundMessage.objects.get().pk}/undo/")
    keep_draft(ticket.pk, by=desk.mara, mode="reply", body_text="Hello Dana, in other words.")
    assert shown(html_of(browser.get(answer["Location"])), "reply")[0] == "Hello Dana, in other words."


def test_taken_back_by_the_api_the_reply_is_offered_by_its_link(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, draft_version="0"))
    message = OutboundMessage.objects.get()
    undo_message(message.pk, by=desk.mara)
    assert shown(html_of(browser.get(url_of(ticket), {"restore": str(message.pk)})), "reply") == ("Hello Dana.", "0")


def test_saving_a_note_ends_its_draft(desk: Desk, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=desk.jonas, mode="note", body_text="Seen it.")
    browser = desk.browser(desk.jonas)
    values = note_form(browser, ticket, body="Seen it, twice.", draft_version=version_of(ticket))
    browser.post(url_of(ticket, "note/"), values)
    assert Draft.objects.count() == 0


def test_discarding(desk: Desk, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="Seen it.")
    values = {"body": "Seen it.", "draft_version": version_of(ticket), "discard": "1"}
    answer = desk.browser(desk.mara).post(draft_at(ticket, "note"), values, follow=True)
    assert "Draft discarded" in html_of(answer)
    assert shown(html_of(answer), "note") == ("", "0")


def test_a_window_that_shows_an_older_text_does_not_discard_the_newer_one_but_shows_it(
    desk: Desk, ticket: Ticket
) -> None:
    keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="Seen it.")
    values = {"body": "Seen it.", "draft_version": version_of(ticket), "discard": "1"}
    keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="Seen it, and more.")
    answer = desk.browser(desk.mara).post(draft_at(ticket, "note"), values)
    assert (answer.status_code, "Look at the current state and repeat" in html_of(answer)) == (409, True)
    assert shown(html_of(answer), "note") == ("Seen it, and more.", version_of(ticket))
    unread = desk.browser(desk.mara).post(draft_at(ticket, "note"), values | {"draft_version": "newest"})
    assert (unread.status_code, Draft.objects.get().body_text) == (400, "Seen it, and more.")


def test_files_are_kept_with_it(desk: Desk, ticket: Ticket) -> None:
    values = {"body": "See", "attachments": SimpleUploadedFile("a.txt", b"a"), "draft_version": "0"}
    answer = desk.browser(desk.mara).post(draft_at(ticket, "note"), values, follow=True)
    assert ("Draft saved" in html_of(answer), DraftFile.objects.get().filename) == (True, "a.txt")
    assert Draft.objects.get().body_text == "See"


def test_who_may_not_send_any_more_still_has_the_words(desk: Desk, ticket: Ticket) -> None:
    keep_draft(ticket.pk, by=desk.jonas, mode="reply", body_text="Dear Dana, half")
    browser = desk.browser(desk.jonas)
    html = html_of(browser.get(url_of(ticket)))
    assert [words in html for words in ("Your unsent reply", "Dear Dana, half", 'id="composer-reply"')] == [
        True,
        True,
        False,
    ]
    [seen] = re.findall(r'name="draft_version" value="(\d+)"><button class="button" name="discard"', html)
    keep_draft(ticket.pk, by=desk.jonas, mode="reply", body_text="Dear Dana, whole")
    refused = browser.post(draft_at(ticket, "reply"), {"discard": "1", "draft_version": seen})
    assert (refused.status_code, "Dear Dana, whole" in html_of(refused)) == (409, True)
    browser.post(draft_at(ticket, "reply"), {"discard": "1", "draft_version": version_of(ticket, "reply")})
    assert Draft.objects.count() == 0


@pytest.mark.parametrize("key", ["INC-2025-000001-envelope", "note", "-note", "INC-2025-000001-"])
def test_addresses_of_no_draft_are_missing(desk: Desk, ticket: Ticket, key: str) -> None:
    assert desk.browser(desk.mara).post(f"/drafts/{key}/", {"body": "x"}).status_code == 404


def test_what_is_too_long_is_refused_and_comes_back(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = {"body": "x" * 200_001, "draft_version": "0"}
    assert browser.post(draft_at(ticket, "note"), values, headers=JSON).status_code == 400
    answer = browser.post(draft_at(ticket, "note"), values)
    assert (answer.status_code, len(shown(html_of(answer), "note")[0])) == (400, 200_001)
    assert Draft.objects.count() == 0


def test_drafts_cost_the_page_no_statement(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    without = len(statements_of(browser, url_of(ticket)))
    for mode in ("reply", "note"):
        keep_draft(ticket.pk, by=desk.mara, mode=mode, body_text="Half")
    assert len(statements_of(browser, url_of(ticket))) == without
