"""Files are kept with what is being written, by page and module, for its writer alone."""

import re
from typing import Any

import pytest

from desk.entry_files import content_of
from tests.desk.conftest import Desk
from tests.desk.pages import context_in, file, html_of, note_form, reply_form, statements_of, url_of
from tests.factories import ContactFactory, TicketFactory
from tests.factories.mail import MailboxFactory
from tickets.models import Attachment, DraftFile, OutboundMessage, Ticket
from tickets.services import draft_files as limits
from tickets.services import keep_draft_files, record_customer_message
from tickets.services.attachments import NewFile
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    found: Ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)
    return found


def files_at(ticket: Ticket, mode: str = "reply") -> str:
    return f"/drafts/{ticket.reference}-{mode}/files/"


def shown(html: str, mode: str = "reply") -> list[str]:
    part = html.split(f'id="composer-{mode}"')[1].partition("</details>")[0]
    return re.findall(r'<span class="file__name">([^<]+)</span>', part)


def kept(desk: Desk, ticket: Ticket, *names: str) -> list[str]:
    rows = keep_draft_files(
        ticket.pk, by=desk.mara, mode="reply", files=[NewFile(name, name.encode()) for name in names]
    )
    return [str(row.pk) for row in rows]


def test_the_module_keeps_a_file_at_once_and_the_page_shows_it_again(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    answer = browser.post(files_at(ticket), {"file": file()}, headers=JSON)
    row = DraftFile.objects.get()
    assert answer.json() == {"files": [{"id": str(row.pk), "note": ""}]}
    html = html_of(browser.get(url_of(ticket)))
    assert (shown(html), shown(html, "note")) == (["plan.txt"], [])
    browser.post(files_at(ticket), {"file": file()}, headers=JSON)
    assert DraftFile.objects.count() == 1  # the same file is kept once


def test_it_goes_with_the_reply_and_is_the_drafts_no_longer(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    ids = kept(desk, ticket, "a.txt", "b.txt")
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body="a.txt is attached", draft_file=ids[:1]))
    message = OutboundMessage.objects.get()
    assert [(row.filename, content_of(row)) for row in message.attachments.all()] == [("a.txt", b"a.txt")]
    assert [row.filename for row in DraftFile.objects.all()] == ["b.txt"]


def test_it_goes_with_the_note(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.jonas)
    browser.post(files_at(ticket, "note"), {"file": file()}, headers=JSON)
    values = note_form(browser, ticket, body="See plan", draft_file=str(DraftFile.objects.get().pk))
    browser.post(url_of(ticket, "note/"), values)
    assert Attachment.objects.get().entry == ticket.entries.latest("seq")
    assert DraftFile.objects.count() == 0


def test_the_preview_names_it(desk: Desk, ticket: Ticket) -> None:
    MailboxFactory(team=desk.team)
    browser = desk.browser(desk.mara)
    ids = kept(desk, ticket, "a.txt")
    html = html_of(browser.post(url_of(ticket, "preview/"), reply_form(browser, ticket, draft_file=ids)))
    assert "<dt>Files</dt><dd>a.txt</dd>" in html
    assert (DraftFile.objects.count(), Attachment.objects.count()) == (1, 0)


def test_nobody_elses_file_and_none_of_another_ticket_goes_out(desk: Desk, ticket: Ticket) -> None:
    """An id in a form proves nothing: not of a colleague's file, not of one kept for another customer or for a note."""
    other = TicketFactory(team=desk.team, requester=ContactFactory(), owner=desk.mara)
    theirs = keep_draft_files(ticket.pk, by=desk.jonas, mode="reply", files=[NewFile("jonas.txt", b"j")])
    elsewhere = keep_draft_files(other.pk, by=desk.mara, mode="reply", files=[NewFile("li.txt", b"l")])
    inside = keep_draft_files(ticket.pk, by=desk.mara, mode="note", files=[NewFile("note.txt", b"n")])
    browser = desk.browser(desk.mara)
    ids = [str(row.pk) for row in (*theirs, *elsewhere, *inside)]
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, draft_file=[*ids, "nonsense"]))
    assert (OutboundMessage.objects.get().attachments.count(), DraftFile.objects.count()) == (0, 3)
    assert "jonas.txt" not in html_of(browser.get(url_of(ticket)))
    browser.post(f"{files_at(ticket)}{theirs[0].pk}/remove/", headers=JSON)
    assert DraftFile.objects.filter(pk=theirs[0].pk).exists()


def test_without_javascript_saving_the_draft_keeps_files_and_a_button_takes_one_out(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="Half a sen", attachments=[file("a.txt"), file("b.txt", b"other")])
    answer = browser.post(f"/drafts/{ticket.reference}-reply/", values)
    html = html_of(browser.get(answer["Location"]))
    assert shown(html) == ["a.txt", "b.txt"]
    first = DraftFile.objects.get(filename="a.txt")
    back = html_of(browser.post(f"{files_at(ticket)}{first.pk}/remove/", {"body": "Half a sentence", "cc": ""}))
    assert (shown(back), "Half a sentence</textarea>" in back) == (["b.txt"], True)
    browser.post(f"/drafts/{ticket.reference}-reply/", {"discard": "1"})
    assert DraftFile.objects.count() == 0


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([file("big.txt", b"x" * 11)], "“big.txt” is larger than 25 MiB. Share it in another way."),
        ([file("a.txt", b"x" * 9), file("b.txt", b"x" * 9)], "The files are larger than 50 MiB together."),
        ([file(f"{n}.txt", bytes([n])) for n in range(3)], "At most 2 files."),
        ([file("empty.txt", b"")], "“empty.txt” is empty."),
    ],
    ids=["big", "all", "many", "empty"],
)
def test_limits_are_told_in_words_and_keep_nothing(
    desk: Desk, ticket: Ticket, monkeypatch: pytest.MonkeyPatch, files: list[Any], said: str
) -> None:
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 10)
    monkeypatch.setattr(limits, "MAX_ALL_BYTES", 15)
    monkeypatch.setattr(limits, "MAX_FILES", 2)
    answer = desk.browser(desk.mara).post(files_at(ticket), {"file": files}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert said in answer.json()["fields"]["file"][0]
    assert DraftFile.objects.count() == 0


def test_kept_and_new_files_stay_within_the_limits_together(
    desk: Desk, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = kept(desk, ticket, "a.txt", "b.txt")
    monkeypatch.setattr(limits, "MAX_FILES", 2)
    browser = desk.browser(desk.mara)
    answer = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, draft_file=ids, attachments=[file()]))
    assert (answer.status_code, "At most 2 files." in html_of(answer)) == (400, True)
    assert OutboundMessage.objects.count() == 0


def test_what_is_kept_counts_for_the_next_upload(desk: Desk, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FILES", 1)
    browser = desk.browser(desk.mara)
    answers = [browser.post(files_at(ticket), {"file": file(name, name.encode())}, headers=JSON) for name in "ab"]
    assert [answer.status_code for answer in answers] == [200, 400]


def test_a_dangerous_file_is_named_and_not_sent(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    answer = browser.post(files_at(ticket), {"file": file("tool.exe", b"MZ" + b"\0" * 64)}, headers=JSON)
    assert answer.json()["files"][0]["note"] != ""
    row = DraftFile.objects.get()
    assert row.scan_status != "clean"
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, draft_file=[str(row.pk)]))
    assert Attachment.objects.get().may_be_served is False


def test_a_file_counts_for_the_text_that_speaks_of_it(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    ids = kept(desk, ticket, "a.txt")
    values = reply_form(browser, ticket, body="The plan is attached.")
    assert browser.post(url_of(ticket, "reply/"), values | {"draft_file": "nonsense"}).status_code == 409
    assert browser.post(url_of(ticket, "reply/"), values | {"draft_file": ids}).status_code == 302


def test_files_of_a_form_for_another_customer_are_not_kept_here(desk: Desk, ticket: Ticket) -> None:
    other = TicketFactory(team=desk.team, requester=ContactFactory(email="li@nord.example"), owner=desk.mara)
    browser = desk.browser(desk.mara)
    for context in (context_in(html_of(browser.get(url_of(ticket)))), "forged"):
        values = reply_form(browser, other, attachments=[file("dana.txt")]) | {"context": context}
        refused = html_of(browser.post(url_of(other, "reply/"), values))
        assert (DraftFile.objects.count(), "Choose the files again: dana.txt" in refused) == (0, True)


def test_new_words_of_the_customer_lose_no_file(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, attachments=[file()])
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text="It works."))
    refused = browser.post(url_of(ticket, "reply/"), values)
    assert (refused.status_code, shown(html_of(refused))) == (409, ["plan.txt"])


def test_files_cost_the_page_no_statement(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    before = len(statements_of(browser, url_of(ticket)))
    kept(desk, ticket, "a.txt", "b.txt", "c.txt")
    assert len(statements_of(browser, url_of(ticket))) == before
