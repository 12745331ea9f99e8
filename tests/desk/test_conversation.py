"""Replies and undo: the right audience, and no text is ever lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from desk import forms
from tests.desk.conftest import Desk
from tests.desk.pages import context_in, file, html_of, note_form, reply_form, url_of
from tests.factories import AbsenceFactory, ContactFactory, TicketFactory
from tickets.enums import OutboundStatus, TicketStatus
from tickets.models import Attachment, OutboundMessage, Ticket
from tickets.services import edit_ticket, record_customer_message, release_message, reply_to_customer, resolve_ticket
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def test_composers_are_closed_until_one_is_chosen(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    is_open = {}
    for compose in ("", "reply", "note", "both"):
        html = html_of(browser.get(url_of(ticket), {"compose": compose}))
        is_open[compose] = tuple(
            html.split(f'id="composer-{mode}"')[1].split(">")[0].rstrip().endswith(" open")
            for mode in ("reply", "note")
        )
    assert is_open == {"": (False, False), "reply": (True, False), "note": (False, True), "both": (False, False)}


def test_reply_is_held_for_the_one_the_button_names(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    desk.mara.signature = "Mara Weiss, Service Desk"
    desk.mara.save()
    values = reply_form(browser, ticket, body="Please restart it.", cc="boss@acme.example; it@acme.example")
    answer = browser.post(url_of(ticket, "reply/"), values)
    message = OutboundMessage.objects.get()
    assert (answer.status_code, message.status) == (302, OutboundStatus.HELD)
    assert (message.to_recipients, message.cc_recipients) == (
        ["dana@acme.example"],
        ["boss@acme.example", "it@acme.example"],
    )
    assert message.body_text == "Please restart it.\n\nMara Weiss, Service Desk"
    assert ticket.entries.public().count() == 1  # no entry before the hold ends


def test_send_and_wait_waits_when_the_hold_ends(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, then="wait_for_customer"))
    message = OutboundMessage.objects.get()
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.IN_PROGRESS
    release_message(message.pk, now=message.release_at)
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.WAITING_CUSTOMER


def test_the_same_form_sends_once(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket)
    answers = [browser.post(url_of(ticket, "reply/"), values).status_code for _click in range(2)]
    assert (answers, OutboundMessage.objects.count()) == ([302, 302], 1)


def test_empty_reply_is_a_bad_request(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    answer = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body="  "))
    assert (answer.status_code, "A reply needs some text." in html_of(answer)) == (400, True)
    assert OutboundMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"cc": "no address"}, "is not an e-mail address"),
        ({"then": "resolve"}, "Only wait_for_customer can follow a reply."),
        ({"context": "forged"}, "This form is not ours or too old."),
        ({"context": ""}, "This form is not ours or too old."),
    ],
)
def test_bad_input_keeps_the_text(desk: Desk, ticket: Ticket, values: dict[str, Any], said: str) -> None:
    browser = desk.browser(desk.mara)
    answer = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body="My long text") | values)
    html = html_of(answer)
    assert (answer.status_code, "My long text</textarea>" in html, OutboundMessage.objects.count()) == (400, True, 0)
    assert said in html


def test_not_the_owner_is_refused_and_keeps_the_text(desk: Desk, ticket: Ticket) -> None:
    values = reply_form(desk.browser(desk.mara), ticket, body="Words of a colleague")
    for who in (desk.jonas, desk.lea, desk.sam):
        answer = desk.browser(who).post(url_of(ticket, "reply/"), values)
        html = html_of(answer)
        assert (answer.status_code, "Words of a colleague</textarea>" in html) == (403, True)
        assert "Mara Weiss owns ticket" in html
    assert OutboundMessage.objects.count() == 0


def test_deputy_replies_for_the_absent_owner(desk: Desk, ticket: Ticket) -> None:
    AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    browser = desk.browser(desk.jonas)
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket))
    message = OutboundMessage.objects.get()
    assert (message.author, message.on_behalf_of) == (desk.jonas, desk.mara)


def test_what_was_written_for_another_ticket_does_not_leave(desk: Desk, ticket: Ticket) -> None:
    other = TicketFactory(team=desk.team, requester=ContactFactory(email="li@nord.example"), owner=desk.mara)
    browser = desk.browser(desk.mara)
    answer = browser.post(url_of(other, "reply/"), reply_form(browser, ticket, body="For Dana only"))
    html = html_of(answer)
    assert (answer.status_code, "For Dana only</textarea>" in html, OutboundMessage.objects.count()) == (409, True, 0)
    assert ticket.reference in html


def test_a_changed_recipient_does_not_get_the_reply(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket)
    desk.dana.email = "somebody.else@acme.example"
    desk.dana.save()
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 409
    assert OutboundMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("cc", "words", "every"),
    [
        ("", "Send to Dana Roth", "dana@acme.example"),
        ("a@acme.example", "Send to Dana Roth and 1 other", "dana@acme.example · copy to a@acme.example"),
        (
            "a@acme.example; b@acme.example,",
            "Send to Dana Roth and 2 others",
            "dana@acme.example · copy to a@acme.example, b@acme.example",
        ),
        (
            "a@acme.example, A@ACME.example, Dana@acme.example",
            "Send to Dana Roth and 1 other",
            "dana@acme.example · copy to a@acme.example",
        ),
    ],
)
def test_the_button_names_the_exact_recipients(desk: Desk, ticket: Ticket, cc: str, words: str, every: str) -> None:
    """Also without script, where a kept draft or a refused form says who gets a copy."""
    browser = desk.browser(desk.mara)
    html = html_of(browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body="", cc=cc)))
    (button,) = re.findall(r'<button[^>]*id="reply-send".*?</button>', html, re.DOTALL)
    assert re.findall(r"<span data-recipients-words>([^<]*)</span>", button) == [words]
    assert re.findall(r' title="([^"]*)"', button) == [every]
    (button,) = re.findall(r'<button[^>]*name="then" value="wait_for_customer".*?</button>', html, re.DOTALL)
    shown = re.findall(r"<span data-recipients-words>([^<]*)</span>", button)
    assert shown == [f"{words}, and wait" if cc else f"{words} and wait"]
    assert re.findall(r' title="([^"]*)"', button) == [every]
    assert "Send to Dana Roth and those in Cc, and wait</span>" in button, "where no script counts them"


def test_a_refused_form_and_all_beside_it_keep_the_list_the_ticket_was_opened_from(desk: Desk, ticket: Ticket) -> None:
    browser, kept = desk.browser(desk.mara), "?from=team%3Fpriority%3Dmedium"
    for mode, values in (
        ("reply", reply_form(browser, ticket, body="")),
        ("note", note_form(browser, ticket, body="")),
    ):
        browser.post(url_of(ticket, f"{mode}/"), values)
        html = html_of(browser.post(url_of(ticket, f"{mode}/{kept}"), values))
        actions = [url_of(ticket, act) for act in ("reply/", "note/", "preview/")]
        actions += [f"/drafts/{ticket.reference}-{each}/" for each in ("reply", "note")]
        assert [action for action in actions if f'action="{action}{kept}"' not in html] == []
        assert 'data-from="team?priority=medium"' in html
        assert f'hx-get="{url_of(ticket, "list/")}{kept}"' in html
    draft = browser.post(f"/drafts/{ticket.reference}-reply/{kept}", {"body": "Half", "draft_version": "0"})
    assert draft["Location"] == f"/t/{ticket.reference}/?compose=reply&{kept[1:]}"


def test_new_entries_are_shown_before_the_reply_goes_anyway(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="Please restart it.")
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text="Never mind, it works."))
    answer = browser.post(url_of(ticket, "reply/"), values)
    html = html_of(answer)
    assert (answer.status_code, OutboundMessage.objects.count()) == (409, 0)
    assert ("Never mind, it works." in html, "Please restart it.</textarea>" in html) == (True, True)
    assert "Send to Dana Roth anyway" in html
    assert browser.post(url_of(ticket, "reply/"), values | {"context": context_in(html)}).status_code == 302
    assert OutboundMessage.objects.count() == 1


def above_the_text(html: str) -> str:
    """What stands between the recipient and the text of the reply."""
    return html.split('id="composer-reply-band"')[1].partition("<textarea")[0]


def test_what_a_colleague_notes_meanwhile_is_shown_above_the_text_first(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket)
    colleague = desk.browser(desk.jonas)
    colleague.post(url_of(ticket, "note/"), note_form(colleague, ticket, body="Tell her nothing yet."))
    answer = browser.post(url_of(ticket, "reply/"), values)
    html = html_of(answer)
    shown = above_the_text(html)
    assert (answer.status_code, OutboundMessage.objects.count()) == (409, 0)
    assert ("Jonas Kern" in shown, "Tell her nothing yet." in shown, "Internal note" in shown) == (True, True, True)
    assert browser.post(url_of(ticket, "reply/"), values | {"context": context_in(html)}).status_code == 302


def test_own_notes_and_what_the_desk_writes_stop_no_reply(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket)
    browser.post(url_of(ticket, "note/"), note_form(browser, ticket, body="Same as in May."))
    edit_ticket(ticket.pk, by=desk.lea, version=Ticket.objects.get(pk=ticket.pk).version, priority="high")
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 302


def test_news_and_risks_are_asked_about_together(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="The plan is attached.")
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text="Never mind, it works."))
    html = html_of(browser.post(url_of(ticket, "reply/"), values))
    shown = above_the_text(html)
    assert ("Never mind, it works." in shown, "speaks of a file" in shown) == (True, True)
    values |= {"context": context_in(html), "confirmed": "1"}
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 302
    assert OutboundMessage.objects.count() == 1


RISKS: dict[str, tuple[dict[str, Any], str]] = {
    "outside": ({"cc": "ann@elsewhere.example"}, "Not of Acme GmbH: ann@elsewhere.example"),
    "many": ({"cc": "a@acme.example, b@acme.example, c@acme.example"}, "4 recipients"),
    "no_file": ({"body": "The plan is attached."}, "The text speaks of a file, but none is attached."),
    "kein_anhang": ({"body": "Im Anhang finden Sie den Plan."}, "The text speaks of a file, but none is attached."),
    "reference": ({"body": "As in INC-2020-000077."}, "The text names other tickets: INC-2020-000077"),
}


@pytest.mark.parametrize("risk", RISKS)
def test_a_named_risk_is_asked_about_once(desk: Desk, ticket: Ticket, risk: str) -> None:
    browser = desk.browser(desk.mara)
    given, said = RISKS[risk]
    values = reply_form(browser, ticket, **given)
    answer = browser.post(url_of(ticket, "reply/"), values)
    html = html_of(answer)
    assert (answer.status_code, said in html, OutboundMessage.objects.count()) == (409, True, 0)
    assert browser.post(url_of(ticket, "reply/"), values | {"confirmed": "1"}).status_code == 409  # not what was shown
    values |= {"context": context_in(html), "confirmed": "1"}
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 302


def test_another_risk_is_asked_about_anew(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="The plan is attached.")
    asked = browser.post(url_of(ticket, "reply/"), values)
    values |= {"context": context_in(html_of(asked)), "confirmed": "1", "cc": "ann@elsewhere.example"}
    answer = browser.post(url_of(ticket, "reply/"), values)
    assert (answer.status_code, "ann@elsewhere.example" in html_of(answer)) == (409, True)


def test_no_risk_no_question(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    cc = "boss@acme.example, BOSS@acme.example, dana@acme.example, dana@ACME.example"  # one more than Dana
    values = reply_form(browser, ticket, body="The plan is attached.", cc=cc, attachments=[file()])
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 302


def test_files_of_a_refused_reply_are_kept_and_go_with_the_next(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    files = [file("a.txt", b"A"), file("b.txt", b"B")]
    refused = html_of(browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, cc="?", attachments=files)))
    shown = re.findall(r'name="draft_file" value="([^"]+)"', refused)
    assert (len(shown), Attachment.objects.count()) == (2, 0)
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, draft_file=shown))
    assert sorted(Attachment.objects.values_list("filename", "size_bytes")) == [("a.txt", 1), ("b.txt", 1)]


def test_upload_limits(desk: Desk, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MAX_FILE_BYTES", 10)
    monkeypatch.setattr(forms, "MAX_ALL_BYTES", 15)
    monkeypatch.setattr(forms, "MAX_FILES", 2)
    browser = desk.browser(desk.mara)
    cases = {
        "is larger than 25 MiB": [file("big.txt", b"x" * 11)],
        "larger than 50 MiB together": [file("a.txt", b"x" * 9), file("b.txt", b"x" * 9)],
        "At most 2 files": [file(f"{n}.txt", b"x") for n in range(3)],
        "The submitted file is empty": [file("empty.txt", b"")],
    }
    for said, files in cases.items():
        answer = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, attachments=files))
        assert (answer.status_code, said in html_of(answer)) == (400, True), said
        answer = browser.post(
            url_of(ticket, "note/"), {"body": "See file", "attachments": [file("big.txt", b"x" * 11)]}
        )
        assert (answer.status_code, "See file</textarea>" in html_of(answer)) == (400, True)
    assert (OutboundMessage.objects.count(), Attachment.objects.count()) == (0, 0)


def test_undo_brings_text_copies_and_files_back(desk: Desk, ticket: Ticket) -> None:
    desk.mara.signature = "Mara Weiss"
    desk.mara.save()
    browser = desk.browser(desk.mara)
    values = reply_form(
        browser, ticket, body="See plan.", cc="boss@acme.example", attachments=[file(), file("b.txt", b"B")]
    )
    browser.post(url_of(ticket, "reply/"), values)
    message = OutboundMessage.objects.get()
    restored = html_of(browser.post(f"/outbox/{message.pk}/undo/", follow=True))
    assert ("See plan.</textarea>" in restored, 'value="boss@acme.example"' in restored) == (True, True)
    kept = Attachment.objects.get(filename="plan.txt")
    assert f'name="kept" value="{kept.pk}" checked' in restored
    values = {"context": context_in(restored), "restored": message.pk, "body": "See plan!", "cc": "", "kept": [kept.pk]}
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 302
    again = OutboundMessage.objects.get(status=OutboundStatus.HELD)
    assert [(row.filename, row.sha256) for row in again.attachments.all()] == [("plan.txt", kept.sha256)]


def test_files_of_a_strangers_reply_are_not_picked_up(desk: Desk, ticket: Ticket) -> None:
    other = TicketFactory(team=desk.team, owner=desk.jonas)
    theirs = desk.browser(desk.jonas)
    theirs.post(url_of(other, "reply/"), reply_form(theirs, other, attachments=[file("secret.txt", b"s")]))
    message, secret = OutboundMessage.objects.get(), Attachment.objects.get()
    mine = desk.browser(desk.mara)
    mine.post(url_of(ticket, "reply/"), reply_form(mine, ticket, restored=message.pk, kept=[secret.pk]))
    assert OutboundMessage.objects.get(ticket=ticket).attachments.count() == 0
    assert "secret.txt" not in html_of(mine.get(url_of(ticket), {"compose": "reply", "restore": message.pk}))


def test_undo_is_the_authors_alone_and_ends_with_sending(desk: Desk, ticket: Ticket) -> None:
    message = reply_to_customer(ticket.pk, by=desk.mara, body_text="On my way.")
    assert desk.browser(desk.jonas).post(f"/outbox/{message.pk}/undo/").status_code == 404
    release_message(message.pk, now=message.release_at)
    row = OutboundMessage.objects.get()
    row.start(leased_until=timezone.now() + timedelta(minutes=1))
    row.save()
    answer = desk.browser(desk.mara).post(f"/outbox/{message.pk}/undo/")
    assert (answer.status_code, "cannot be taken back any more" in html_of(answer)) == (409, True)


def test_reply_to_a_closed_ticket_keeps_its_text(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="One more thing")
    resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="Done.")
    browser.post(url_of(ticket, "confirm/"))
    answer = browser.post(url_of(ticket, "reply/"), values)
    assert (answer.status_code, "One more thing</textarea>" in html_of(answer)) == (409, True)


def test_outbox_shows_own_messages_with_their_state(desk: Desk, ticket: Ticket) -> None:
    first = reply_to_customer(ticket.pk, by=desk.mara, body_text="First.")
    release_message(first.pk, now=first.release_at)
    row = OutboundMessage.objects.get()
    row.start(leased_until=timezone.now())
    row.fail(error="mailbox full")
    row.save()
    reply_to_customer(ticket.pk, by=desk.mara, body_text="Second.")
    html = html_of(desk.browser(desk.mara).get("/outbox/"))
    assert ("mailbox full" in html, "Sending soon" in html, html.count("/undo/")) == (True, True, 1)
    assert "mailbox full" in html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert "Nothing sent yet" in html_of(desk.browser(desk.jonas).get("/outbox/"))
    assert desk.browser(desk.mara).get("/outbox/?cursor=junk").status_code == 400
