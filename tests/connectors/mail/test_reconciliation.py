"""Each night the mailboxes are compared with the ledger; what nobody took in is noticed."""

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.enums import Role
from connectors.mail import maildir
from connectors.mail.metrics import of_incoming_mail
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import poll_mailboxes, reconcile, reconcile_due
from core import timers
from tests.concurrency import in_parallel
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive, our_mail_on

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 6, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path) -> Mailbox:
    settings.MAIL_ROOT = tmp_path
    return MailboxFactory()


@pytest.fixture
def inbox(mailbox: Mailbox) -> Path:
    return maildir.ensure(maildir.folder_of(mailbox.address))


def drop(folder: Path, name: str) -> None:
    (folder / name).write_bytes(a_mail(subject=name))


def test_waiting_mail_is_taken_in_and_nothing_is_missing(mailbox: Mailbox, inbox: Path) -> None:
    drop(inbox / "new", "1.mail")
    result = reconcile(mailbox)
    assert (result.present, result.known, result.taken_in, result.missing_count) == (1, 1, 1, 0)
    assert MailMessage.objects.get().provider_id == "1.mail"


def test_mail_that_another_program_has_marked_as_seen_is_reported_by_name(mailbox: Mailbox, inbox: Path) -> None:
    drop(inbox / "new", "1.mail")
    poll_mailboxes()
    drop(inbox / "cur", "read-by-hand:2,S")
    result = reconcile(mailbox)
    assert (result.present, result.known, result.missing_count, result.missing) == (2, 1, 1, ["read-by-hand"])
    mailbox.refresh_from_db()
    assert mailbox.reconciliation["missing"] == ["read-by-hand"]
    assert {gauge.name: gauge.value for gauge in of_incoming_mail(NIGHT)}["mail_not_in_ledger"] == 1


def test_put_back_among_the_unread_it_is_taken_in(mailbox: Mailbox, inbox: Path) -> None:
    drop(inbox / "cur", "1.mail:2,S")
    assert reconcile(mailbox).missing_count == 1
    (inbox / "cur" / "1.mail:2,S").rename(inbox / "new" / "1.mail")
    result = reconcile(mailbox)
    assert (result.taken_in, result.missing_count) == (1, 0)


def test_filed_away_mail_is_ordinary(mailbox: Mailbox, inbox: Path) -> None:
    for name in ("1.mail", "2.mail"):
        drop(inbox / "new", name)
    poll_mailboxes()
    (inbox / "cur" / "1.mail:2,S").unlink()
    result = reconcile(mailbox)
    assert (result.present, result.gone, result.missing_count, result.error) == (1, 1, 0, "")


def test_more_mails_than_one_poll_takes(mailbox: Mailbox, inbox: Path) -> None:
    for number in range(205):
        (inbox / "new" / f"{number:03}").write_bytes(b"Subject: nobody\r\n\r\nx")
    result = reconcile(mailbox)
    assert (result.taken_in, result.present, result.missing_count) == (205, 205, 0)


def test_mailbox_that_cannot_be_read_says_so_and_does_not_stop_the_others(mailbox: Mailbox, inbox: Path) -> None:
    other = MailboxFactory(address="other@desk.test")
    Mailbox.objects.filter(pk=mailbox.pk).update(backend="imap9")
    assert reconcile_due(now=NIGHT) == 2
    mailbox.refresh_from_db()
    other.refresh_from_db()
    assert mailbox.reconciliation["error"].startswith("BackendNotAvailable")
    assert (other.reconciliation["error"], other.reconciliation["present"]) == ("", 0)
    assert {gauge.name: gauge.value for gauge in of_incoming_mail(NIGHT)}["mailboxes_not_compared"] == 1


def test_it_happens_once_a_night(mailbox: Mailbox) -> None:
    assert "mail_compared" in timers.registered()
    moments = [NIGHT, NIGHT + timedelta(hours=21), NIGHT + timedelta(hours=24), NIGHT + timedelta(hours=25)]
    assert [reconcile_due(now=moment) for moment in moments] == [1, 0, 1, 0]


def test_inactive_mailboxes_are_left_alone(mailbox: Mailbox) -> None:
    Mailbox.objects.update(is_active=False)
    assert reconcile_due(now=NIGHT) == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_compare_a_mailbox_once(mailbox: Mailbox) -> None:
    assert sorted(in_parallel(*[lambda: reconcile_due(now=NIGHT)] * 2)) == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_mail_that_comes_and_is_taken_meanwhile_is_never_reported(mailbox: Mailbox, inbox: Path) -> None:
    """Deliveries and another worker's polls go on while comparisons run."""
    is_over = threading.Event()

    def deliver() -> int:
        for number in range(40):
            maildir.deliver(inbox, a_mail(subject=str(number)), key=str(number))
            poll_mailboxes()
        is_over.set()
        return 40

    def compare() -> list[int]:
        found = []
        while not is_over.is_set():
            found.append(reconcile(mailbox).missing_count)
        return found

    delivered, found = in_parallel(deliver, compare)
    assert (delivered, set(found)) == (40, {0})
    assert MailMessage.objects.count() == 40


def test_team_sees_the_result_on_the_ledgers_page(client: Client, mailbox: Mailbox, inbox: Path) -> None:
    drop(inbox / "cur", "<b>odd:2,S")
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    assert "not yet" in client.get("/mail/").content.decode()
    reconcile_due(now=NIGHT)
    page = client.get("/mail/").content.decode()
    assert "1 mail lies in the mailbox and is not in the ledger" in page
    assert "<code>&lt;b&gt;odd</code>" in page
    client.force_login(AgentFactory(teams=[MailboxFactory(address="far@desk.test").team]).user)
    assert "1 mail lies" not in client.get("/mail/").content.decode()


def test_admin_sees_the_result_on_the_mailbox(client: Client, mailbox: Mailbox, inbox: Path) -> None:
    drop(inbox / "cur", "odd:2,S")
    reconcile(mailbox)
    client.force_login(AgentFactory(roles=[Role.ADMIN]).user)
    page = client.get(f"/admin/mail/mailbox/{mailbox.pk}/change/").content.decode()
    assert "1 in the mailbox, 1 of them not in the ledger" in page


def test_quarantine_is_counted_in_the_navigation_for_its_team(client: Client, mailbox: Mailbox) -> None:
    for _number in range(3):
        arrive(b"Subject: nobody wrote this\r\n\r\nx%d" % _number, mailbox)
    other = MailboxFactory(address="far@desk.test")

    def entry(role: Role, **more: object) -> bool:
        client.force_login(AgentFactory(roles=[role], **more).user)
        page = client.get("/account/").content.decode()
        return re.search(r'<li data-live-with-number><a [^>]*href="/mail/\?state=quarantined"', page) is not None

    assert entry(Role.AGENT, teams=[mailbox.team])
    assert client.get("/live/badges/").json()["quarantined"] == "3", "which open pages are told"
    assert entry(Role.AUDITOR)
    assert not entry(Role.AGENT, teams=[other.team])
    assert client.get("/live/badges/").json()["quarantined"] == ""
    assert not entry(Role.ADMIN)
    assert {gauge.name: gauge.value for gauge in of_incoming_mail(NIGHT)}["mail_quarantined"] == 3


def test_decision_is_told_in_words(client: Client, mailbox: Mailbox) -> None:
    first = arrive(a_mail(), mailbox)
    assert first.ticket is not None
    ours = our_mail_on(first.ticket)
    by_id = arrive(a_mail(In_Reply_To=f"<{ours}>"), mailbox)
    by_subject = arrive(a_mail(subject=f"Re: [{first.ticket.reference}]"), mailbox)
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    page = client.get(f"/mail/{by_id.pk}/").content.decode()
    assert "Joined a ticket: answers a mail of the ticket" in page
    assert f"The header In-Reply-To names a mail of the ticket: {ours}" in page
    assert "Sure: signed by us, and only who has had a mail of the conversation knows it." in page
    page = client.get(f"/mail/{by_subject.pk}/").content.decode()
    assert f"The subject names the ticket: {first.ticket.reference}" in page
    assert "it counts only from somebody who takes part in the ticket" in page


def test_what_a_report_and_a_brake_say_is_told_in_words(client: Client, mailbox: Mailbox, settings: Settings) -> None:
    settings.MAIL_BRAKES = settings.MAIL_BRAKES | {"sender": (1, 60)}
    arrive(a_mail(body="first"), mailbox)
    held = arrive(a_mail(body="second"), mailbox)
    MailMessage.objects.filter(pk=held.pk).update(
        evidence=held.evidence | {"rule": "recipient", "matched": "a@b.test", "delivery": ["a@b.test: delayed 4.4.1"]}
    )
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    page = client.get(f"/mail/{held.pk}/").content.decode()
    assert "Many mails of one sender: 1 within 60 minutes; held until " in page
    assert "The report names no mail; this is what was last sent to a@b.test" in page
    assert "Probable: recipient and time agree." in page
    assert "a@b.test: delayed 4.4.1" in page


def test_mail_that_cannot_be_marked_ends_the_comparison_all_the_same(mailbox: Mailbox, inbox: Path) -> None:
    (inbox / "cur" / "1:2,S").mkdir()
    drop(inbox / "new", "1")
    result = reconcile(mailbox)
    assert (result.taken_in, result.present, result.missing_count) == (1, 1, 0)


def test_comparison_that_was_broken_off_is_not_done_and_begins_anew_later(
    mailbox: Mailbox, inbox: Path, settings: Settings, tmp_path: Path
) -> None:
    drop(inbox / "new", "1")
    before = NIGHT - timedelta(days=1)
    Mailbox.objects.update(reconciled_at=before, reconciliation={"present": 7})
    settings.MAIL_ROOT = None  # nothing that it expects: as if the worker had died
    with pytest.raises(TypeError):
        reconcile_due(now=NIGHT)
    mailbox.refresh_from_db()
    assert (mailbox.reconciled_at, mailbox.reconciliation) == (before, {"present": 7})
    settings.MAIL_ROOT = tmp_path
    moments = [NIGHT + timedelta(minutes=minutes) for minutes in (59, 60, 61)]
    assert [reconcile_due(now=moment) for moment in moments] == [0, 1, 0]
    mailbox.refresh_from_db()
    assert (mailbox.reconciled_at, mailbox.reconciliation["present"]) == (moments[1], 1)
