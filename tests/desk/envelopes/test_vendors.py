"""Help of a vendor, and legal advice, on the ticket's page: asking, writing to them, what became of it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.actors import DESK
from core.events import deliver_all, publish
from desk.entry_files import content_of
from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from notifications.models import Notification
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.desk.test_unfinished import carried, signed_in
from tests.factories import EnvelopeFactory
from tickets.events import MessageNotSent
from tickets.models import Draft, OutboundMessage, Ticket, TimelineEntry
from tickets.services import NewFile, add_flag, keep_draft, release_message

pytestmark = pytest.mark.django_db
VERA, OTTO = "vera@vendor.test", "otto@vendor.test"


@pytest.fixture
def envelope(desk: Desk, ticket: Ticket) -> Envelope:
    """Network looks after the vendor; Nina has accepted."""
    found: Envelope = EnvelopeFactory(
        ticket=ticket, team=desk.other_team, expert=desk.nina, kind="external_vendor", vendor_addresses=[VERA]
    )
    return found


def asked(desk: Desk, **values: Any) -> dict[str, Any]:
    return {"target": f"team:{desk.other_team.pk}", "reason": "Which firmware?", "is_blocking": "on", **values}


def mail_form(browser: Client, url: str, **values: Any) -> dict[str, Any]:
    """The composer to the vendor as a browser sends it."""
    html = html_of(browser.get(url))
    form = html[html.index('id="composer-vendor-') :]
    context = re.search(r'name="context" value="([^"]+)"', form)
    version = re.search(r'name="draft_version" value="([^"]+)"', form)
    assert context
    assert version
    return {"context": context[1], "draft_version": version[1], "cc": "Switch 7", "body": "Which firmware?", **values}


def timeline(html: str) -> str:
    return html[html.index('id="timeline-part"') : html.index('id="composers"')]


def sent(message: OutboundMessage) -> OutboundMessage:
    release_message(message.pk, now=message.release_at)
    return OutboundMessage.objects.get(pk=message.pk)


def test_the_usual_form_shows_the_vendor_behind_a_disclosure(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    for headers in ({}, {"HX-Request": "true"}):
        html = html_of(browser.get(url_of(ticket, "envelopes/"), headers=headers))
        assert '<details class="field-more"><summary>A vendor is to help</summary>' in html, "closed"
    browser.post(url_of(ticket, "envelopes/"), asked(desk, vendor_addresses=""))
    assert Envelope.objects.get().kind == "internal"


def test_addresses_make_it_help_of_a_vendor(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(ticket, "envelopes/"), asked(desk, vendor_addresses=f"Vera@Vendor.test\n{OTTO};"))
    found = Envelope.objects.get()
    assert (found.kind, found.vendor_addresses, found.team) == ("external_vendor", [VERA, OTTO], desk.other_team)
    html = html_of(browser.get(tab_url(ticket.reference, 1)))
    assert ("Help of a vendor" in html, f"{VERA}, {OTTO}" in html) == (True, True)
    panel = html_of(browser.get(url_of(ticket)))
    assert "Help of a vendor" in panel[panel.index('id="context-parts"') :]


def test_an_address_of_the_customer_comes_back_open_and_with_the_reason(desk: Desk, ticket: Ticket) -> None:
    answer = desk.browser(desk.mara).post(url_of(ticket, "envelopes/"), asked(desk, vendor_addresses=desk.dana.email))
    html = html_of(answer)
    assert (answer.status_code, Envelope.objects.count()) == (400, 0)
    assert '<details class="field-more" open>' in html
    assert f"{desk.dana.email} belongs to the customer" in html


def test_addresses_are_named_and_changed_later(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    assert f'href="{tab}vendor/"' in html_of(nina.get(tab))
    assert VERA in html_of(nina.get(f"{tab}vendor/"))
    nina.post(f"{tab}vendor/", {"vendor_addresses": OTTO})
    assert Envelope.objects.get().vendor_addresses == [OTTO]
    assert nina.post(f"{tab}vendor/", {"vendor_addresses": desk.mara.email}).status_code == 400
    assert Envelope.objects.get().vendor_addresses == [OTTO]


def test_the_composer_says_what_leaves_the_house(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    html = html_of(desk.browser(desk.nina).get(tab_url(ticket.reference, 1)))
    inside, outside = html.index('id="composer-envelope-1"'), html.index('id="composer-vendor-1"')
    assert "customer will not see this" in html[inside:outside]
    for words in ("To the vendor · leaves the house", VERA, "They get subject and text below", f"Send to {VERA}"):
        assert words in html[outside:], words
    plain = EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina)
    assert 'id="composer-vendor-' not in html_of(desk.browser(desk.nina).get(tab_url(ticket.reference, plain.number)))


def test_files_of_the_thread_are_offered_unticked_and_ticked_ones_go_along(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    files = [NewFile("log.txt", b"log"), NewFile("inside.txt", b"inside"), NewFile("tool.exe", b"MZ" + b"\0" * 64)]
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="See", files=files)
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    html = html_of(nina.get(tab))
    composer = html[html.index('id="composer-vendor-1"') :]
    assert ("log.txt" in composer, "inside.txt" in composer, "tool.exe" in composer) == (True, True, False)
    assert " checked" not in composer.partition("</form>")[0]
    ids = {file.filename: str(file.pk) for file in entry.attachments.all()}
    refused = nina.post(f"{tab}vendor_mails/", mail_form(nina, tab, attachments=ids["tool.exe"]))
    assert (refused.status_code, OutboundMessage.objects.count()) == (400, 0)
    nina.post(f"{tab}vendor_mails/", mail_form(nina, tab, attachments=ids["log.txt"]))
    message = sent(OutboundMessage.objects.get())
    assert [(file.filename, content_of(file)) for file in message.attachments.all()] == [("log.txt", b"log")]
    html = html_of(nina.get(tab))
    assert html[html.index('id="composer-vendor-1"') :].count("log.txt") == 1, "the copy is not offered again"


def test_a_mail_is_held_then_a_post_that_tells_what_became_of_it(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    form = mail_form(nina, tab)
    assert nina.post(f"{tab}vendor_mails/", form).headers["Location"] == tab
    nina.post(f"{tab}vendor_mails/", form)
    message = OutboundMessage.objects.get()  # a second click writes nothing twice
    assert (message.to_recipients, message.subject, message.body_text) == ([VERA], "Switch 7", "Which firmware?")
    held = timeline(html_of(nina.get(tab)))
    assert (f"Sending to {VERA} in " in held, f"{message.pk}/undo/" in held) == (True, True)
    assert f"{message.pk}/undo/" not in html_of(desk.browser(desk.mara).get(tab)), "its author alone"
    assert "Which firmware?" not in html_of(desk.browser(desk.mara).get(url_of(ticket)))
    sent(message)
    shown = timeline(html_of(nina.get(tab)))
    for words in (f"To the vendor: {VERA} · Switch 7", "Waiting to be sent", "<p>Which firmware?</p>"):
        assert words in shown, words
    assert f"{message.pk}/undo/" not in shown


def test_what_was_not_sent_says_why_and_is_written_again(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    nina.post(f"{tab}vendor_mails/", mail_form(nina, tab))
    message = sent(OutboundMessage.objects.get())
    message.start(leased_until=message.release_at)
    message.fail(error="550 no such user")
    message.save()
    shown = timeline(html_of(nina.get(tab)))
    again = f"{tab}?compose=vendor&amp;restore={message.pk}"
    assert ("Not sent: " in shown, f'href="{again}"' in shown) == (True, True)
    composer = html_of(nina.get(again.replace("&amp;", "&")))
    composer = composer[composer.index('id="composer-vendor-1"') :]
    assert ("Which firmware?</textarea>" in composer, 'value="Switch 7"' in composer) == (True, True)
    assert " open>" in composer[: composer.index("<summary")]


def test_the_word_that_it_was_not_sent_leads_to_the_tab(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    message = sent(services.write_to_vendor(envelope.pk, by=desk.nina, subject="Switch 7", body_text="Which firmware?"))
    publish(
        MessageNotSent(ticket_id=ticket.pk, message_id=message.pk, author_id=desk.nina.pk, occurred_at=timezone.now())
    )
    deliver_all()
    row = Notification.objects.get(recipient=desk.nina, event_type="send_failed")
    answer = desk.browser(desk.nina).post(f"/notifications/{row.pk}/open/")
    assert answer.headers["Location"] == tab_url(ticket.reference, 1)


def test_a_mail_taken_back_stands_in_the_composer_again(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    nina.post(f"{tab}vendor_mails/", mail_form(nina, tab))
    message = OutboundMessage.objects.get()
    undo = f"{tab}vendor_mails/{message.pk}/undo/"
    assert desk.browser(desk.mara).post(undo).status_code == 403
    assert desk.browser(desk.jonas).post(undo).status_code == 404
    back = f"{tab}?compose=vendor&files={message.pk}"
    assert nina.post(undo).headers["Location"] == back
    assert OutboundMessage.objects.get().status == "cancelled"
    form = html_of(nina.get(back))
    form = form[form.index('id="composer-vendor-1"') :]
    assert ("Which firmware?</textarea>" in form, 'value="Switch 7"' in form) == (True, True)
    assert nina.post(undo).status_code == 409, "too late"


def with_files(desk: Desk, envelope: Envelope) -> tuple[OutboundMessage, dict[str, str]]:
    """A held mail that takes one of two files of its thread along."""
    files = [NewFile("log.txt", b"log"), NewFile("inside.txt", b"inside")]
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="See", files=files)
    ids = {file.filename: str(file.pk) for file in entry.attachments.all()}
    chosen = [file.pk for file in entry.attachments.all() if file.filename == "log.txt"]
    message = services.write_to_vendor(
        envelope.pk, by=desk.nina, subject="Switch 7", body_text="See the log.", attachments=chosen
    )
    return message, ids


def ticked(html: str) -> list[str]:
    form = html[html.index('id="composer-vendor-1"') :].partition("</form>")[0]
    boxes = re.findall(r'<input type="checkbox"[^>]*>', form)
    return [re.search(r'value="([^"]+)"', box)[1] for box in boxes if " checked" in box]  # type: ignore[index]


def test_ticked_files_are_ticked_again_after_an_undo(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    message, ids = with_files(desk, envelope)
    html = html_of(nina.post(f"{tab}vendor_mails/{message.pk}/undo/", follow=True))
    assert ticked(html) == [ids["log.txt"]]
    assert '<details class="field-more" open>' in html[html.index('id="composer-vendor-1"') :]
    edited = {"body": "See.", "cc": "Switch 7", "draft_version": str(Draft.objects.get().version)}
    nina.post(f"{tab}vendor_mails/draft/", edited, headers={"Accept": "application/json"})
    again = html_of(nina.get(f"{tab}?compose=vendor&files={message.pk}"))
    assert ("See.</textarea>" in again, "See the log.</textarea>" in again) == (True, False), "loaded anew"
    assert ticked(html_of(nina.get(tab))) == []


def test_ticked_files_are_ticked_again_where_a_mail_is_written_again(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    message, ids = with_files(desk, envelope)
    message = sent(message)
    message.start(leased_until=message.release_at)
    message.fail(error="550 no such user")
    message.save()
    url = f"{tab_url(ticket.reference, 1)}?compose=vendor&restore={message.pk}"
    assert ticked(html_of(desk.browser(desk.nina).get(url))) == [ids["log.txt"]]


def test_what_was_begun_since_stands_below_a_mail_taken_back(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    message = services.write_to_vendor(envelope.pk, by=desk.nina, subject="Switch 7", body_text="Which firmware?")
    keep_draft(ticket.pk, by=desk.nina, mode="v1", body_text="And which port?", cc="Other")
    desk.browser(desk.nina).post(f"{tab_url(ticket.reference, 1)}vendor_mails/{message.pk}/undo/")
    assert Draft.objects.get().body_text == "Which firmware?\n\nAnd which port?"
    assert Draft.objects.get().cc == "Switch 7"


def test_a_draft_to_the_vendor_is_nobody_elses_and_goes_with_the_mail(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    typed = {"body": "Which firm", "cc": "Switch", "draft_version": "0"}
    kept = nina.post(f"{tab}vendor_mails/draft/", typed, headers={"Accept": "application/json"})
    assert (Draft.objects.get().mode, Draft.objects.get().cc) == ("v1", "Switch")
    html = html_of(nina.get(tab))
    inside, outside = html.index('id="composer-envelope-1"'), html.index('id="composer-vendor-1"')
    assert ("Which firm</textarea>" in html[inside:outside], "Which firm</textarea>" in html[outside:]) == (False, True)
    old = nina.post(f"{tab}vendor_mails/draft/", typed | {"body": "Other"})
    assert (old.status_code, "Other</textarea>" in html_of(old)) == (409, True), "the text comes back"
    nina.post(f"{tab}vendor_mails/", mail_form(nina, tab, draft_version=kept.json()["version"]))
    assert (Draft.objects.count(), OutboundMessage.objects.count()) == (0, 1)


def test_a_draft_is_shown_where_nothing_is_written_any_more(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    nina.post(f"{tab}vendor_mails/draft/", {"body": "Which firm", "cc": "Switch 7", "draft_version": "0"})
    services.complete_envelope(envelope.pk, by=desk.nina, summary="Version 12.")
    html = html_of(nina.get(tab))
    kept = html[html.index("Your unsent message to the vendor") :]
    assert ('id="composer-vendor-1"' in html, "Switch 7" in kept, "Which firm" in kept) == (False, True, True)
    assert f'action="{tab}vendor_mails/draft/"' in kept, "and can be discarded"
    assert "Your unsent message to the vendor" not in html_of(desk.browser(desk.mara).get(tab))
    version = re.search(r'name="draft_version" value="([^"]+)"', kept)
    assert version
    nina.post(f"{tab}vendor_mails/draft/", {"draft_version": version[1], "discard": "1"})
    assert not Draft.objects.exists()


def test_what_was_typed_when_the_session_was_over_comes_back_to_the_composer(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    tab = tab_url(ticket.reference, 1)
    for step in ("vendor_mails/", "vendor_mails/draft/"):
        Draft.objects.all().delete()
        given = mail_form(desk.browser(desk.nina), tab, draft_version="0")
        again = Client()
        answer = signed_in(desk.nina, carried(f"{tab}{step}", given), again)
        assert answer.url == f"{tab}?compose=vendor#composer-vendor-1", step
        draft = Draft.objects.get()
        assert (draft.mode, draft.cc, draft.body_text) == ("v1", "Switch 7", "Which firmware?"), step
        html = html_of(again.get(answer.url))
        composer = html[html.index('id="composer-vendor-1"') :]
        assert ("Which firmware?</textarea>" in composer, 'value="Switch 7"' in composer) == (True, True), step
    assert not OutboundMessage.objects.exists(), "nothing is sent by that"


def test_the_text_comes_back_where_the_envelope_is_out_of_sight(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    given = mail_form(desk.browser(desk.nina), tab_url(ticket.reference, 1), body="Which firmware, please?")
    services.release_envelope(envelope.pk, by=desk.nina, reason="Off sick.")
    desk.nina.teams.clear()
    answer = desk.browser(desk.nina).post(f"{tab_url(ticket.reference, 1)}vendor_mails/", given)
    assert (answer.status_code, "Which firmware, please?" in html_of(answer)) == (404, True)


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ({"cc": ""}, 400, "The first mail to a vendor needs a subject."),
        ({"body": " "}, 400, "A message needs some text."),
        ({"body": "About {reference}"}, 400, "it is the customer"),
        ({"context": "forged"}, 400, "This form is not ours or too old."),
    ],
)
def test_what_cannot_leave_comes_back_with_its_text(
    desk: Desk, ticket: Ticket, envelope: Envelope, values: dict[str, str], status: int, words: str
) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    given = {name: text.format(reference=ticket.reference) for name, text in values.items()}
    answer = nina.post(f"{tab}vendor_mails/", mail_form(nina, tab) | given)
    html = html_of(answer)
    composer = html[html.index('id="composer-vendor-1"') :]
    assert (answer.status_code, words in composer) == (status, True)
    assert given.get("body", "Which firmware?") in composer
    assert not OutboundMessage.objects.exists()


def test_a_text_is_not_lost_where_nobody_is_named_any_more(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    form = mail_form(nina, tab)
    services.name_vendor(envelope.pk, by=desk.mara, vendor_addresses=[])
    html = html_of(nina.get(tab))
    assert ('id="composer-vendor-1"' in html, "No address yet" in html) == (False, True)
    answer = nina.post(f"{tab}vendor_mails/", form)
    html = html_of(answer)
    words = ("Name the vendor&#x27;s address first." in html, "Which firmware?</textarea>" in html)
    assert (answer.status_code, *words) == (400, True, True)


def test_only_who_writes_in_it_writes_to_the_vendor(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    tab = tab_url(ticket.reference, 1)
    form = mail_form(desk.browser(desk.nina), tab)
    assert desk.browser(desk.jonas).post(f"{tab}vendor_mails/", form).status_code == 404
    inside = {"context": form["context"], "body": "Only for the vendor"}
    assert desk.browser(desk.nina).post(f"{tab}messages/", inside).status_code == 409, "a form for other eyes"
    assert not TimelineEntry.objects.filter(body_text="Only for the vendor").exists()
    services.complete_envelope(envelope.pk, by=desk.nina, summary="Firmware 4.2")
    assert 'id="composer-vendor-1"' not in html_of(desk.browser(desk.nina).get(tab))
    assert desk.browser(desk.nina).post(f"{tab}vendor_mails/", form).status_code == 409


def test_the_tab_costs_the_same_with_many_mails(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    counts = []
    for number in range(1, 6):
        message = services.write_to_vendor(envelope.pk, by=desk.nina, subject="Switch 7", body_text=f"Mail {number}")
        if number % 2:
            sent(message)
        counts.append(len(statements_of(nina, tab)))
    assert counts[1] == counts[4] <= 19, counts


def test_legal_advice_is_marked_as_such_for_those_who_read_it(desk: Desk, ticket: Ticket) -> None:
    desk.other_team.is_legal = True
    desk.other_team.save()
    add_flag(ticket.pk, by=DESK, type="legal", reason="A lawyer writes")
    tab = tab_url(ticket.reference, 1)
    html = html_of(desk.browser(desk.mara).get(tab))
    facts = html[html.index('id="envelope-facts"') : html.index('id="timeline-part"')]
    for words in ("Legal advice", "A lawyer writes", "Asked by</dt><dd>System"):
        assert words in facts, words
    panel = html_of(desk.browser(desk.jonas).get(url_of(ticket)))
    assert "Legal advice" not in panel[panel.index('id="context-parts"') :], "a colleague knows target and status"
