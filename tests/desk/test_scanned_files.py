"""Acceptance 061: an unauthorised person gets 404, and only a `clean` file is served: with clamd by its verdict,
without a scanner by sniffing and block list, the page saying "not virus-scanned" (ruling 22; permissions.md 3, rule 5).
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import Agent
from connectors.mail.services import send_due_mail, sending
from tests.api.conftest import signed_in
from tests.clamd_server import EICAR, Clamd, clamd, clamd_on_a_unix_socket
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.enums import OutboundStatus, ScanStatus
from tickets.models import Attachment, OutboundMessage, Ticket
from tickets.services import NewFile, accept_ticket, release_message, reply_to_customer, scan_due_files

pytestmark = pytest.mark.django_db
__all__ = ["clamd", "clamd_on_a_unix_socket"]

NOT_SCANNED = "Files are not virus-scanned"
PDF = b"%PDF-1.4 plan"
FILES = {"plan.pdf": PDF, "setup.exe": b"MZ program", "invoice.pdf": b"%PDF-1.4 " + EICAR}


@pytest.fixture
def mailbox(desk: Desk) -> None:
    MailboxFactory(team=desk.team)


def came_by_mail(desk: Desk, files: dict[str, bytes] = FILES) -> Ticket:
    """Dana's ticket with her files, owned by Mara."""
    message = arrive(a_mail(files=files), desk.team.mailboxes.get())
    return accept_ticket(message.ticket_id, by=desk.mara)


def served(desk: Desk, person: Agent) -> dict[str, tuple[int, int]]:
    """What page and API answer to `person` about each file."""
    browser, api = desk.browser(person), signed_in(person)
    found = {}
    for file in Attachment.objects.order_by("filename"):
        answers = [browser.get(f"/attachments/{file.pk}/"), api.get(f"/api/v1/attachments/{file.pk}/")]
        for answer in answers:
            b"".join(answer)  # read to its end, which closes the file
        found[file.filename] = (answers[0].status_code, answers[1].status_code)
    return found


def statuses() -> dict[str, tuple[str, str]]:
    return {file.filename: (file.scan_status, file.scan_note) for file in Attachment.objects.all()}


@pytest.mark.usefixtures("mailbox")
def test_061_without_a_scanner_sniffing_and_block_list_decide_and_the_page_says_so(desk: Desk) -> None:
    ticket = came_by_mail(desk)
    assert served(desk, desk.mara) == {"invoice.pdf": (200, 200), "plan.pdf": (200, 200), "setup.exe": (404, 404)}
    assert served(desk, desk.nina) == dict.fromkeys(FILES, (404, 404))
    page = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert (NOT_SCANNED in page, "file type .exe is blocked" in page) == (True, True)
    assert scan_due_files() == 0


@pytest.mark.usefixtures("mailbox")
def test_061_with_clamd_its_verdict_decides_and_nothing_is_served_before(desk: Desk, clamd: Clamd) -> None:
    ticket = came_by_mail(desk)
    assert served(desk, desk.mara) == dict.fromkeys(FILES, (404, 404))
    page = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert (page.count("Being checked"), NOT_SCANNED in page) == (3, False)
    assert scan_due_files() == 3
    assert sorted(clamd.scanned) == sorted(map(len, FILES.values()))
    assert served(desk, desk.mara) == {"invoice.pdf": (404, 404), "plan.pdf": (200, 200), "setup.exe": (200, 200)}
    assert served(desk, desk.nina) == dict.fromkeys(FILES, (404, 404))
    page = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert ("Eicar-Signature" in page, NOT_SCANNED in page) == (True, False)
    assert scan_due_files() == 0


@pytest.mark.usefixtures("mailbox")
def test_a_unix_socket_will_do_as_well(desk: Desk, clamd_on_a_unix_socket: Clamd) -> None:
    came_by_mail(desk)
    assert scan_due_files() == 3
    assert statuses()["invoice.pdf"] == ("infected", "Eicar-Signature")


@pytest.mark.usefixtures("mailbox")
def test_while_clamd_does_not_answer_files_wait(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    settings.CLAMD_URL = f"unix://{tmp_path}/nobody"
    came_by_mail(desk)
    assert scan_due_files() == 0
    assert set(statuses().values()) == {("pending", "")}
    assert served(desk, desk.mara) == dict.fromkeys(FILES, (404, 404))


@pytest.mark.usefixtures("mailbox")
def test_an_answer_that_is_no_verdict_leaves_the_file_waiting(desk: Desk, clamd: Clamd) -> None:
    came_by_mail(desk)
    clamd.says = b"stream: Can't allocate memory ERROR\0"
    assert scan_due_files() == 0
    assert len(clamd.scanned) == 3  # one that troubles it does not keep the others waiting
    clamd.says = b""
    assert scan_due_files() == 3


@pytest.mark.usefixtures("mailbox")
def test_what_is_too_large_for_clamd_is_not_served_and_says_why(desk: Desk, clamd: Clamd) -> None:
    ticket = came_by_mail(desk, {"big.bin": bytes(3 * 1024 * 1024), "plan.pdf": PDF})
    assert scan_due_files() == 2
    assert statuses() == {"big.bin": ("failed", "too large for the virus scanner"), "plan.pdf": ("clean", "clamd")}
    assert "too large for the virus scanner" in html_of(desk.browser(desk.mara).get(url_of(ticket)))


@pytest.mark.usefixtures("mailbox")
def test_files_that_waited_are_decided_by_the_block_list_once_there_is_no_scanner(
    desk: Desk, clamd: Clamd, settings: Settings
) -> None:
    came_by_mail(desk)
    settings.CLAMD_URL = ""
    assert scan_due_files() == 3
    assert statuses()["setup.exe"] == ("infected", "file type .exe is blocked")
    assert statuses()["plan.pdf"] == ("clean", "")


@pytest.mark.usefixtures("mailbox")
def test_a_reply_waits_for_the_verdict_on_its_file_and_leaves_with_it(desk: Desk, clamd: Clamd) -> None:
    ticket = came_by_mail(desk, {})
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="The plan.", files=[NewFile("plan.pdf", PDF)])
    release_message(reply.pk, now=reply.release_at)
    assert send_due_mail() == 1
    reply.refresh_from_db()
    assert (reply.status, mail.outbox) == (OutboundStatus.QUEUED, [])
    assert reply.last_error == "A file of this mail still waits for the virus scanner."
    assert scan_due_files() == 1
    send_due_mail(now=timezone.now() + timedelta(hours=1))
    reply.refresh_from_db()
    assert reply.status == OutboundStatus.SENT
    (sent,) = mail.outbox
    assert [part.get_filename() for part in sent.message().walk() if part.get_filename()] == ["plan.pdf"]


def waiting_reply(desk: Desk, **files: bytes) -> OutboundMessage:
    """Tried three times, so that the next try is minutes away."""
    ticket = came_by_mail(desk, {})
    new = [NewFile(f"{name}.pdf", content) for name, content in files.items()]
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="The plan.", files=new)
    release_message(reply.pk, now=reply.release_at)
    for hours in range(3):
        assert send_due_mail(now=timezone.now() + timedelta(hours=hours)) == 1
    reply.refresh_from_db()
    assert reply.next_attempt_at > timezone.now() + timedelta(seconds=30)
    return reply


@pytest.mark.usefixtures("mailbox")
def test_it_leaves_at_the_last_verdict_and_not_after_a_pause(
    desk: Desk, clamd: Clamd, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    reply = waiting_reply(desk, plan=PDF, map=PDF)
    assert scan_due_files(limit=1) == 1
    assert send_due_mail() == 0
    connection.run_on_commit.clear()  # what was said before, in this one transaction of the test, is said once
    with django_capture_on_commit_callbacks() as said:
        assert scan_due_files() == 1
    assert "connectors.mail.send_due" in {getattr(word, "task", "") for word in said}
    assert send_due_mail() == 1
    reply.refresh_from_db()
    assert reply.status == OutboundStatus.SENT


@pytest.mark.usefixtures("mailbox")
def test_also_if_the_verdict_comes_while_it_is_in_hand(desk: Desk, clamd: Clamd) -> None:
    reply = waiting_reply(desk, plan=PDF)
    leased = sending._lease(reply.pk, now=timezone.now() + timedelta(hours=1))
    assert leased is not None
    assert scan_due_files() == 1
    sending._put_off(leased, reply.last_error)  # it had looked before
    assert send_due_mail() == 1
    reply.refresh_from_db()
    assert reply.status == OutboundStatus.SENT


@pytest.mark.usefixtures("mailbox", "clamd")
def test_that_it_waits_or_may_not_leave_is_said_in_the_readers_language(desk: Desk) -> None:
    reply = waiting_reply(desk, invoice=FILES["invoice.pdf"])
    Agent.objects.filter(pk=desk.mara.pk).update(language="de")
    browser = desk.browser(desk.mara)
    pages = (url_of(reply.ticket), "/outbox/")
    for page in pages:
        assert "Eine Datei dieser E-Mail wartet noch auf den Virenscanner." in html_of(browser.get(page))
    scan_due_files()
    send_due_mail()
    for page in pages:
        told = "Der Virenscanner lässt eine Datei dieser E-Mail nicht durch: invoice.pdf"
        assert told in html_of(browser.get(page))


@pytest.mark.usefixtures("mailbox", "clamd")
def test_a_reply_with_a_file_that_clamd_finds_bad_is_not_sent_and_its_author_reads_why(desk: Desk) -> None:
    ticket = came_by_mail(desk, {})
    files = [NewFile("plan.pdf", PDF), NewFile("invoice.pdf", FILES["invoice.pdf"])]
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="Both files.", files=files)
    release_message(reply.pk, now=reply.release_at)
    scan_due_files()
    send_due_mail()
    reply.refresh_from_db()
    assert (reply.status, mail.outbox) == (OutboundStatus.FAILED, [])
    assert reply.last_error == "The virus scanner does not let a file of this mail pass: invoice.pdf"
    assert reply.last_error in html_of(desk.browser(desk.mara).get(url_of(ticket)))


def test_a_redacted_file_is_not_made_clean_by_a_late_verdict(desk: Desk, clamd: Clamd) -> None:
    MailboxFactory(team=desk.team)
    came_by_mail(desk, {"plan.pdf": PDF})
    Attachment.objects.update(scan_status=ScanStatus.FAILED, scan_note="redacted")
    assert scan_due_files() == 0
    assert statuses() == {"plan.pdf": ("failed", "redacted")}
