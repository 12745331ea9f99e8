"""A form that meets the sign-in page, no script being there to ask in time: what was typed comes back to its person."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from core.sessions import IN_THE_BACKGROUND
from desk.composing import SALT
from desk.unfinished import KEPT, MAKER_SALT, MAX_CHARACTERS, MAX_KEPT, Unfinished, read_unfinished
from envelopes.models import Envelope
from envelopes.services import cancel_envelope, post_in_envelope, release_envelope
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, note_form, reply_form, url_of
from tests.factories import EnvelopeFactory, TicketFactory
from tests.factories.people import PASSWORD
from tickets.models import CannedResponse, Draft, OutboundMessage, Ticket, TimelineEntry
from tickets.services import NewFile, keep_draft

pytestmark = pytest.mark.django_db
WORDS = "Hello Dana, <b>please</b> restart it."
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
"""What a browser asks for when a form leads to the next page."""


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def hidden(html: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', html)
    assert found, f"no {name} in {html[:3000]}"
    return unescape(found[1])


def carried(url: str, given: dict[str, Any], **more: Any) -> str:
    """What the sign-in page carries that a browser gets whose session is over."""
    answer = Client().post(url, given, headers=PAGE, **more)
    html = html_of(answer)
    assert (answer.status_code, "nothing was sent" in html, "no-store" in answer["Cache-Control"]) == (401, True, True)
    assert "<b>please" not in html
    return hidden(html, "typed")


def signed_in(person: Any, typed: str, browser: Client | None = None, **more: str) -> Any:
    values = {"username": person.email, "password": PASSWORD, "next": "/search/", "typed": typed, **more}
    return (browser or Client()).post("/login/", values)


@pytest.mark.parametrize("step", ["vendor_mails/", "vendor_mails/draft/"])
def test_a_mail_to_a_vendor_stands_in_its_composer_again(desk: Desk, ticket: Ticket, step: str) -> None:
    envelope = EnvelopeFactory(
        ticket=ticket,
        team=desk.other_team,
        expert=desk.nina,
        kind="external_vendor",
        vendor_addresses=["v@vendor.test"],
    )
    files = [NewFile("log.txt", b"log")]
    file = post_in_envelope(envelope.pk, by=desk.nina, body_text="See", files=files).attachments.get()
    html = html_of(desk.browser(desk.nina).get(url_of(ticket, "e/1/")))
    context = hidden(html[html.index('id="composer-vendor-1"') :], "context")
    given = {"context": context, "cc": "Switch 7, port 3", "body": WORDS, "draft_version": "0"}
    typed = carried(url_of(ticket, f"e/1/{step}"), given | {"attachments": str(file.pk)})
    keep_draft(ticket.pk, by=desk.nina, mode="v1", body_text="Begun elsewhere", cc="Other")
    browser = Client()
    answer = signed_in(desk.nina, typed, browser)
    back = url_of(ticket, "e/1/") + f"?compose=vendor&attachments={file.pk}#composer-vendor-1"
    assert answer.headers["Location"] == back
    kept = Draft.objects.get()
    assert (kept.mode, kept.cc, kept.body_text) == ("v1", "Switch 7, port 3", f"{WORDS}\n\nBegun elsewhere")
    shown = html_of(browser.get(back))
    form = shown[shown.index('id="composer-vendor-1"') :].partition("</form>")[0]
    assert (f'value="{file.pk}"' in form, " checked" in form, "<b>please" in form) == (True, True, False)
    assert not OutboundMessage.objects.exists()


@pytest.mark.parametrize(
    "step",
    [
        "reply/",
        "preview/",
        "texts/reply/",
        "/drafts/{}-reply/",
        "/drafts/{}-reply/files/01890000-0000-7000-8000-000000000000/remove/",
    ],
)
def test_a_reply_stands_in_its_composer_again_and_is_not_sent(desk: Desk, ticket: Ticket, step: str) -> None:
    """By whichever button it was sent."""
    given = reply_form(desk.browser(desk.mara), ticket, body=WORDS, cc="lab@acme.example", draft_version="0")
    url = step.format(ticket.reference) if step.startswith("/") else url_of(ticket, step)
    typed = carried(f"{url}?from=team", given)
    assert not Draft.objects.exists(), "nothing is kept for a stranger"
    browser = Client()
    refused = signed_in(desk.mara, typed, browser, password="wrong")
    assert (refused.status_code, hidden(html_of(refused), "typed")) == (400, typed)
    attempt = AccessAttempt.objects.get().post_data
    assert (typed[:50] in attempt, desk.mara.email in attempt) == (False, False)
    answer = signed_in(desk.mara, typed, browser)
    assert answer.url == f"{url_of(ticket)}?compose=reply&from=team#composer-reply"
    html = html_of(browser.get(answer.url))
    assert ("Nothing was sent; what you typed stands here" in html, "restart it.</textarea>" in html) == (True, True)
    assert "Choose again when" not in html
    draft = Draft.objects.get()
    assert (draft.person, draft.ticket, draft.mode) == (desk.mara, ticket, "reply")
    assert (draft.body_text, draft.cc) == (WORDS, "lab@acme.example")
    assert not OutboundMessage.objects.exists()
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body=WORDS))
    assert OutboundMessage.objects.get().body_text.startswith(WORDS)


def test_a_note_comes_back_with_a_word_about_its_files(desk: Desk, ticket: Ticket) -> None:
    given = note_form(desk.browser(desk.mara), ticket, body=WORDS)
    typed = carried(url_of(ticket, "note/"), given | {"attachments": SimpleUploadedFile("plan.txt", b"the plan")})
    browser = Client()
    html = html_of(browser.get(signed_in(desk.mara, typed, browser).url))
    assert ("Choose your files again" in html, Draft.objects.get().mode) == (True, "note")
    assert not TimelineEntry.objects.filter(body_text=WORDS).exists()


def test_somebody_else_gets_nothing_of_it(desk: Desk, ticket: Ticket) -> None:
    """Not even one who may write there as well."""
    reply = carried(url_of(ticket, "reply/"), reply_form(desk.browser(desk.mara), ticket, body=WORDS))
    page = html_of(desk.browser(desk.mara).get(url_of(ticket, "resolve/")))
    act = carried(url_of(ticket, "resolve/"), {"resolution_note": WORDS, "made_for": hidden(page, "made_for")})
    for typed in (reply, act):
        browser = Client()
        answer = signed_in(desk.jonas, typed, browser)
        assert (answer.url, KEPT in browser.session, Draft.objects.exists()) == ("/search/", False, False)
        assert "restart it" not in html_of(browser.get(url_of(ticket, "resolve/?typed=1")))


def test_a_form_with_a_page_of_its_own_is_filled_again_until_it_is_sent(desk: Desk, ticket: Ticket) -> None:
    url = url_of(ticket, "resolve/")
    page = html_of(desk.browser(desk.mara).get(url))
    given = {"resolution_code": "fixed", "resolution_note": WORDS, "made_for": hidden(page, "made_for")}
    browser = Client()
    answer = signed_in(desk.mara, carried(url, given), browser)
    assert answer.url == f"{url}?typed=1"
    for _look in range(2):
        html = html_of(browser.get(answer.url))
        assert ("restart it.</textarea>" in html, '<option value="fixed" selected>' in html) == (True, True)
    assert "restart it" not in html_of(browser.get(url)), "only where it was led to"
    assert "restart it" not in html_of(browser.get(url_of(ticket, "log/?typed=1")))
    ticket.refresh_from_db()
    assert ticket.status == "in_progress"
    browser.post(url, given)
    ticket.refresh_from_db()
    assert (ticket.status, browser.session[KEPT]) == ("resolved", {})


@pytest.mark.parametrize(
    ("url", "name"),
    [("log/", "body"), ("tasks/", "title"), ("/t/new/", "description"), ("/texts/responses/new/", "body")],
)
def test_other_pages_with_long_texts_are_filled_again_too(desk: Desk, ticket: Ticket, url: str, name: str) -> None:
    url = url if url.startswith("/") else url_of(ticket, url)
    given = {"made_for": hidden(html_of(desk.browser(desk.mara).get(url)), "made_for"), name: WORDS}
    before = ticket.entries.count()
    browser = Client()
    answer = signed_in(desk.mara, carried(url, given), browser)
    html = html_of(browser.get(answer.url))
    assert (answer.url, "&lt;b&gt;please&lt;/b&gt; restart it." in html) == (f"{url}?typed=1", True)
    assert (Ticket.objects.count(), CannedResponse.objects.count(), ticket.entries.count()) == (1, 0, before)


def test_a_message_in_an_envelope_stands_in_its_composer_again_for_who_reads_it_still(
    desk: Desk, ticket: Ticket
) -> None:
    """By either button; a form of the ticket's own composers is none of the envelope's."""
    tab = f"{url_of(ticket)}e/1/"
    EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina)
    context = hidden(html_of(desk.browser(desk.nina).get(tab)).split('id="composer-envelope-1"')[1], "context")
    given = {"context": context, "body": WORDS, "draft_version": "0"}
    for step in ("messages/", "draft/"):
        browser = Client()
        answer = signed_in(desk.nina, carried(f"{tab}{step}?from=team", given), browser)
        assert answer.url == f"{tab}?compose=envelope&from=team#composer-envelope-1"
        assert "restart it.</textarea>" in html_of(browser.get(answer.url))
        assert Draft.objects.get().mode == "e1"
        Draft.objects.all().delete()
    assert not TimelineEntry.objects.filter(body_text=WORDS).exists()
    typed = carried(f"{tab}messages/", given)
    note = note_form(desk.browser(desk.jonas), ticket, body=WORDS)
    assert Client().post(f"{tab}messages/", note, headers=PAGE).status_code == 302, "it is not carried at all"
    release_envelope(Envelope.objects.get().pk, by=desk.nina, reason="Going home")
    Envelope.objects.update(team=desk.team)
    assert (signed_in(desk.nina, typed).url, Draft.objects.exists()) == ("/search/", False)


def test_forms_of_envelopes_flags_and_resolutions_are_filled_again_until_they_are_sent(
    desk: Desk, ticket: Ticket
) -> None:
    entry = post_in_envelope(
        EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina).pk, by=desk.nina, body_text="Port 7."
    )
    tab, flag = f"{url_of(ticket)}e/1/", {"type": "complaint", "reason": WORDS}
    invited = {"target": f"team:{desk.other_team.pk}", "reason": WORDS}
    for url, page, given in (
        (f"{tab}use/", f"{tab}use/?entry={entry.pk}", {"body": WORDS}),
        (f"{tab}envelopes/", "", invited),
        (f"{tab}complete/", "", {"summary": WORDS}),
        (url_of(ticket, "flags/"), "", flag),
        (url_of(ticket, "resolutions/"), "", {"resolution_details": WORDS}),
    ):
        given["made_for"] = hidden(html_of(desk.browser(desk.mara).get(page or url)), "made_for")
        browser = Client()
        answer = signed_in(desk.mara, carried(url, given), browser)
        assert answer.url == f"{url}?typed=1"
        assert "&lt;b&gt;please&lt;/b&gt; restart it.</textarea>" in html_of(browser.get(answer.url)), url
        if url == url_of(ticket, "resolutions/"):
            continue
        if url.endswith("use/"):
            given |= {"shown": hidden(html_of(browser.get(answer.url)), "shown"), "keep": "1"}
        if url.endswith("complete/"):
            cancel_envelope(Envelope.objects.get(number=2).pk, by=desk.mara, reason="Found it")
        assert browser.post(url, given).status_code == 302, url
        assert browser.session[KEPT] == {}, url


def test_a_draft_changed_meanwhile_loses_no_word_and_the_one_typed_over_is_replaced(desk: Desk, ticket: Ticket) -> None:
    given = note_form(desk.browser(desk.mara), ticket, body=WORDS)
    draft = keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="Begun elsewhere.")
    assert draft is not None
    signed_in(desk.mara, carried(url_of(ticket, "note/"), given | {"draft_version": "0"}))
    assert Draft.objects.get().body_text == f"{WORDS}\n\nBegun elsewhere."
    over = given | {"body": "Shorter.", "draft_version": str(Draft.objects.get().version)}
    signed_in(desk.mara, carried(url_of(ticket, "note/"), over))
    assert Draft.objects.get().body_text == "Shorter."


def test_what_cannot_be_given_back_is_said_to_be_in_the_browser(desk: Desk, ticket: Ticket) -> None:
    """A form that names nobody, a forged one, one too long, and a password: the way to sign in as ever."""
    given = reply_form(desk.browser(desk.mara), ticket, body=WORDS)
    secrets = {"old_password": PASSWORD, "new_password1": "new one", "new_password2": "new one"}
    for url, values, has_words in (
        (url_of(ticket, "reply/"), given | {"context": "forged"}, True),
        (url_of(ticket, "reply/"), given | {"body": "x" * MAX_CHARACTERS[True]}, True),
        (url_of(ticket, "resolve/"), {"resolution_note": WORDS, "made_for": str(desk.mara.pk)}, True),
        (url_of(ticket, "accept/"), {"csrfmiddlewaretoken": "x" * 200, "version": "3", "next": "/t/"}, False),
        ("/account/password/", secrets, False),
    ):
        browser = Client()
        answer = browser.post(url, values, headers=PAGE)
        assert (answer.status_code, answer.url) == (302, "/login/?next=/"), url
        html = html_of(browser.get(answer.url))
        assert ("nothing was sent or changed" in html, 'name="typed"' in html) == (True, False), url
        assert ("What you typed is there" in html) == has_words, url
        assert "nothing was sent" not in html_of(browser.get("/login/"))


def test_a_forged_or_old_parcel_leads_nowhere_else(desk: Desk, ticket: Ticket) -> None:
    typed = carried(url_of(ticket, "note/"), note_form(desk.browser(desk.mara), ticket, body=WORDS))
    assert signed_in(desk.mara, f"{typed}x").url == "/search/"
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert signed_in(desk.mara, typed).url == "/search/"
    assert not Draft.objects.exists()


def test_who_may_not_see_the_ticket_any_more_is_led_on_as_ever(desk: Desk, ticket: Ticket) -> None:
    typed = carried(url_of(ticket, "note/"), note_form(desk.browser(desk.jonas), ticket, body=WORDS))
    desk.jonas.teams.clear()
    browser = Client()
    answer = signed_in(desk.jonas, typed, browser)
    assert (answer.url, Draft.objects.exists()) == ("/search/", False)
    assert "nothing was sent or changed" in html_of(browser.get(answer.url))


def test_a_form_from_elsewhere_is_shown_to_nobody(desk: Desk, ticket: Ticket) -> None:
    """Without the token of the very browser there is no sign-in page with foreign words in it."""
    given = reply_form(desk.browser(desk.mara), ticket, body=WORDS)
    answer = Client(enforce_csrf_checks=True).post(url_of(ticket, "reply/"), given, headers=PAGE)
    assert (answer.status_code, 'name="typed"' in html_of(answer)) == (403, False)


@pytest.mark.parametrize(
    "headers", [{"Accept": "*/*"}, {"Accept": "application/json"}, PAGE | {IN_THE_BACKGROUND: "1"}]
)
def test_what_a_page_sends_by_itself_leaves_no_word(desk: Desk, ticket: Ticket, headers: dict[str, str]) -> None:
    browser = Client()
    answer = browser.post(f"/drafts/{ticket.reference}-note/", {"body": WORDS, "context": "old"}, headers=headers)
    assert (answer.status_code, 'name="typed"' in html_of(answer)) == (302, False)
    assert "Your session was over" not in html_of(browser.get("/login/"))


def test_a_draft_that_was_to_be_let_go_does_not_come_back(desk: Desk, ticket: Ticket) -> None:
    given = note_form(desk.browser(desk.mara), ticket, body=WORDS, discard="1")
    assert Client().post(f"/drafts/{ticket.reference}-note/", given, headers=PAGE).status_code == 302


def test_a_reply_taken_back_keeps_its_files_as_they_were_ticked_and_asks_for_its_moment(
    desk: Desk, ticket: Ticket
) -> None:
    browser = desk.browser(desk.mara)
    files = [SimpleUploadedFile(name, b"plan", content_type="text/plain") for name in ("plan.txt", "draft.txt")]
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, attachments=files) | {"confirmed": "1"})
    message = OutboundMessage.objects.get()
    browser.post(f"/outbox/{message.pk}/undo/")
    kept, left_out = (message.attachments.get(filename=name) for name in ("plan.txt", "draft.txt"))
    form = reply_form(browser, ticket, body=WORDS, draft_version=Draft.objects.get().version)
    form |= {"restored": message.pk, "kept": [kept.pk], "when": "at_work"}
    typed = carried(url_of(ticket, "reply/"), form)
    again = Client()
    html = html_of(again.get(signed_in(desk.mara, typed, again).url))
    assert ("restart it.</textarea>" in html, "Choose again when it is to be sent." in html) == (True, True)
    assert hidden(html, "restored") == str(message.pk)
    assert f'name="kept" value="{kept.pk}" checked' in html
    assert f'name="kept" value="{left_out.pk}">' in html


def test_both_lists_of_copies_are_kept_and_a_text_no_form_takes_is_refused(desk: Desk, ticket: Ticket) -> None:
    given = reply_form(desk.browser(desk.mara), ticket, body=WORDS, cc="Lab@acme.example; it@acme.example")
    refused = signed_in(desk.mara, carried(url_of(ticket, "reply/"), given | {"body": f"{WORDS}\0"}))
    assert (refused.url, Draft.objects.exists()) == ("/search/", False)
    keep_draft(ticket.pk, by=desk.mara, mode="reply", body_text="Begun.", cc="boss@acme.example, lab@acme.example")
    signed_in(desk.mara, carried(url_of(ticket, "reply/"), given))
    assert Draft.objects.get().cc == "Lab@acme.example, it@acme.example, boss@acme.example"


def test_who_has_signed_in_elsewhere_first_gets_it_by_one_button(desk: Desk, ticket: Ticket) -> None:
    """The sign-in page they were at has the token of before."""
    browser = Client(enforce_csrf_checks=True)
    reply = carried(url_of(ticket, "reply/"), reply_form(desk.browser(desk.mara), ticket, body=WORDS))
    old = hidden(html_of(browser.get("/login/")), "csrfmiddlewaretoken")
    person = {"username": desk.mara.email, "password": PASSWORD, "csrfmiddlewaretoken": old}
    assert browser.post("/login/", person).status_code == 302
    html = html_of(browser.post("/login/", person | {"typed": f"{reply}x"}))
    assert ("This form is out of date" in html, 'name="typed"' in html) == (True, False)
    refused = browser.post("/login/", person | {"typed": reply})
    html = html_of(refused)
    assert (refused.status_code, "no-store" in refused["Cache-Control"], "<b>please" in html) == (403, True, False)
    token = hidden(html.split("Show what I typed")[0], "csrfmiddlewaretoken")
    answer = browser.post("/login/", {"csrfmiddlewaretoken": token, "typed": hidden(html, "typed")})
    assert (answer.url, Draft.objects.get().body_text) == (f"{url_of(ticket)}?compose=reply#composer-reply", WORDS)


def test_somebody_else_who_has_signed_in_there_is_led_on_as_ever(desk: Desk, ticket: Ticket) -> None:
    typed = carried(url_of(ticket, "reply/"), reply_form(desk.browser(desk.mara), ticket, body=WORDS))
    answer = desk.browser(desk.jonas).post("/login/", {"typed": typed, "next": "/search/"})
    assert (answer.url, Draft.objects.exists()) == ("/search/", False)


def test_forms_of_two_tabs_are_kept_each_for_its_page_until_it_is_done(desk: Desk, ticket: Ticket) -> None:
    browser = Client()
    pages = [(url_of(ticket, "log/"), "body"), (url_of(ticket, "resolve/"), "resolution_note")]
    for url, name in pages:
        mark = hidden(html_of(desk.browser(desk.mara).get(url)), "made_for")
        signed_in(desk.mara, carried(url, {"made_for": mark, name: WORDS}), browser)
    refused = browser.post(pages[1][0], {"resolution_note": WORDS})
    assert refused.status_code == 400
    browser.post(url_of(ticket, "tasks/"), {"title": "Look at it"})
    for url, _name in pages:
        assert "restart it.</textarea>" in html_of(browser.get(f"{url}?typed=1"))
    for number in range(MAX_KEPT - 1):
        found = Unfinished(str(desk.mara.pk), f"/{number}/", "", [], has_files=False)
        signed_in(desk.mara, found.signed(), browser)
    assert list(browser.session[KEPT]) == [pages[1][0], *(f"/{number}/" for number in range(MAX_KEPT - 1))]


def test_a_new_ticket_and_a_text_are_not_offered_once_more_when_they_are_saved(desk: Desk) -> None:
    browser = Client()
    call = {"email": "dana@acme.example", "subject": "No toner", "description": WORDS, "type": "incident"}
    call |= {"priority": "low", "team": str(desk.team.pk)}
    text = {"title": "Restart", "body": WORDS, "audience": "personal", "language": "en"}
    for url, values in (("/t/new/", call), ("/texts/responses/new/", text)):
        found = Unfinished(str(desk.mara.pk), url, "", list(values.items()), has_files=False)
        assert signed_in(desk.mara, found.signed(), browser).url == f"{url}?typed=1"
        assert list(browser.session[KEPT]) == [url]
        browser.post(url, values)
        assert browser.session[KEPT] == {}
    assert (Ticket.objects.count(), CannedResponse.objects.count()) == (1, 1)


def test_a_form_of_before_its_person_was_named_is_sent_and_given_to_nobody(desk: Desk, ticket: Ticket) -> None:
    given = note_form(desk.browser(desk.mara), ticket, body=WORDS)
    values = signing.loads(given["context"], salt=SALT)
    given["context"] = signing.dumps(values[:6], salt=SALT, compress=True)
    assert Client().post(url_of(ticket, "note/"), given, headers=PAGE).status_code == 302
    desk.browser(desk.mara).post(url_of(ticket, "note/"), given)
    assert TimelineEntry.objects.filter(body_text=WORDS).count() == 1


def test_a_mark_of_whom_a_form_is_for_is_no_parcel(desk: Desk) -> None:
    found = Unfinished(str(desk.mara.pk), "/", "", [], has_files=False)
    inner = found.signed().rsplit(":", 1)[0]
    assert read_unfinished(found.signed()) is not None
    assert read_unfinished(signing.Signer(salt=MAKER_SALT).sign(inner)) is None
