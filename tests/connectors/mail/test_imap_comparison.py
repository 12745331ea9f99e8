"""The nightly comparison of mailboxes on an IMAP server, a real one, with the ledger."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from connectors.mail.backends import MailboxNotReadable, backend_of, imap
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import poll_mailboxes, reconcile, reconcile_due
from connectors.mail.services.polling import LEASE
from tests.concurrency import in_parallel
from tests.connectors.mail.imap_mailboxes import error_of, imap_mailbox, poll
from tests.factories import AgentFactory
from tests.factories.mail import a_mail
from tests.imap_server import WRONG_SECRET, DovecotServer

pytestmark = pytest.mark.django_db


def deliver(server: DovecotServer, count: int) -> None:
    for number in range(count):
        server.deliver(a_mail(subject=f"Mail {number}"))


def names_of(mailbox: Mailbox) -> list[str]:
    backend = backend_of(mailbox)
    try:
        return [name for names, _after in backend.names() for name in names]
    finally:
        backend.close()


def test_names_are_those_of_the_ledger_for_taken_and_waiting_mails_alike(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot)
    deliver(dovecot, 2)
    poll()
    deliver(dovecot, 1)
    names = names_of(mailbox)
    taken = MailMessage.objects.order_by("received_at", "id").values_list("provider_id", flat=True)
    assert names[:2] == list(taken)
    assert [name.split(":")[2:] for name in names] == [[str(uid), "INBOX"] for uid in (1, 2, 3)]


def test_mails_to_be_left_alone_have_no_name(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot, not_before="2025-06-01")
    client = dovecot.client()
    client.append("INBOX", "", '"31-May-2025 00:00:00 +0000"', a_mail(subject="Old"))
    client.append("INBOX", "(\\Deleted)", "", a_mail(subject="Thrown away"))
    client.append("INBOX", "", "", a_mail(subject="New"))
    client.logout()
    assert [name.split(":")[2] for name in names_of(mailbox)] == ["3"]
    result = reconcile(mailbox)
    assert (result.present, result.taken_in, result.missing_count) == (1, 1, 0)


def test_all_are_named_over_several_listings(dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "CHUNK", 2)
    mailbox = imap_mailbox(dovecot)
    deliver(dovecot, 7)
    assert [name.split(":")[2] for name in names_of(mailbox)] == list("1234567")


def test_unreachable_server_is_told(dovecot: DovecotServer) -> None:
    with pytest.raises(MailboxNotReadable, match="refused the sign-in"):
        names_of(imap_mailbox(dovecot, secret=WRONG_SECRET))


def test_waiting_mail_is_taken_in_and_what_was_moved_is_ordinary(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot, after="move", move_to="Done")
    deliver(dovecot, 2)
    result = reconcile(mailbox)
    assert (result.present, result.taken_in, result.gone, result.missing_count) == (0, 2, 2, 0)
    assert (dovecot.contents(), len(dovecot.contents("Done"))) == ([], 2)


def test_mail_far_below_the_last_one_is_taken_in(dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if its server had shown it late; the comparison does not wait for the hourly look at everything."""
    monkeypatch.setattr(imap, "WINDOW", 1)
    mailbox = imap_mailbox(dovecot)
    deliver(dovecot, 5)
    poll()
    poll()
    first = MailMessage.objects.get(subject="Mail 0")
    MailMessage.objects.filter(pk=first.pk).update(provider_id="elsewhere")
    assert poll() == 0
    result = reconcile(mailbox)
    assert (result.taken_in, result.missing_count) == (1, 0)


def test_mail_that_its_server_does_not_hand_out_is_named(dovecot: DovecotServer, client: Client) -> None:
    mailbox = imap_mailbox(dovecot)
    deliver(dovecot, 2)
    assert len(names_of(mailbox)) == 2  # from now on they lie in `cur`
    kept = (dovecot.folder / "mail" / "support" / "cur").iterdir()
    spoiled = next(file for file in kept if b"Subject: Mail 0" in file.read_bytes())
    spoiled.chmod(0)
    result = reconcile(mailbox)
    assert (result.present, result.known, result.missing_count, result.error) == (2, 1, 1, "")
    assert result.missing == [names_of(mailbox)[0]]
    assert "reading a mail" in error_of()
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    page = client.get("/mail/").content.decode()
    assert "1 mail lies in the mailbox and its server does not hand it out:" in page
    assert f"<code>{result.missing[0]}</code>" in page
    spoiled.chmod(0o600)
    assert reconcile(mailbox).missing_count == 0


def test_mailbox_that_cannot_be_read_says_so_in_a_sentence(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot, secret=WRONG_SECRET)
    assert reconcile_due() == 1
    mailbox.refresh_from_db()
    assert "The mail server refused the sign-in of support" in mailbox.reconciliation["error"]
    assert mailbox.polled_until is None


def test_mailbox_that_another_worker_reads_is_compared_later(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    now = timezone.now()
    Mailbox.objects.update(polled_until=now + LEASE)
    assert reconcile_due() == 0
    Mailbox.objects.update(polled_until=now - timedelta(seconds=1))
    assert [reconcile_due(), reconcile_due()] == [1, 0]


def test_the_lease_lasts_as_long_as_the_comparison(dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its two looks nobody else takes a mail whose name would then look missing."""
    imap_mailbox(dovecot)
    deliver(dovecot, 3)
    held: list[bool] = []
    names = imap.ImapBackend.names

    def look(self: imap.ImapBackend, after: str = "") -> object:
        held.append(
            poll_mailboxes(now=timezone.now()) == 0 and Mailbox.objects.filter(polled_until__isnull=True).count() == 0
        )
        return names(self, after)

    monkeypatch.setattr(imap.ImapBackend, "names", look)
    assert reconcile_due() == 1
    assert held == [True]
    assert Mailbox.objects.get().polled_until is None


@pytest.mark.django_db(transaction=True)
def test_polls_and_comparison_at_once_take_each_mail_once(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot)
    deliver(dovecot, 10)
    in_parallel(poll_mailboxes, reconcile_due, poll_mailboxes)
    reconcile_due(now=timezone.now() + timedelta(days=2))
    mailbox.refresh_from_db()
    assert (mailbox.reconciliation["present"], mailbox.reconciliation["missing_count"]) == (10, 0)
    assert MailMessage.objects.count() == 10
