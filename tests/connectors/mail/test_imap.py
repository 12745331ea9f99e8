"""Mailboxes on an IMAP server, a real one: every mail once, whatever people, servers and networks do meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import BusinessCalendar
from connectors.mail.backends import ImapSettings, MailboxNotReadable, imap, imap_client
from connectors.mail.backends.imap_client import encoded
from connectors.mail.enums import MailState
from connectors.mail.models import Mailbox, MailMessage, RawMail
from connectors.mail.services import poll_mailboxes
from tests.connectors.mail.imap_mailboxes import error_of, imap_mailbox, poll, subjects
from tests.factories.mail import a_mail
from tests.imap_server import DovecotServer
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


# What is taken ---------------------------------------------------------------------------------------------------


def test_mails_are_taken_in_order_and_left_as_they_are(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    for number in (1, 2, 3):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 3
    assert subjects() == ["Mail 1", "Mail 2", "Mail 3"]
    assert [flags - {"\\Recent"} for _raw, flags in dovecot.contents()] == [frozenset()] * 3
    assert poll() == 0
    assert error_of() == ""


def test_the_ledger_holds_the_bytes_as_they_came(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    raw = a_mail(body="Grüße, <3 & Co.").replace(b"\n", b"\r\n")
    dovecot.deliver(raw)
    poll()
    assert bytes(MailMessage.objects.get().raw.content) == raw


def test_mail_that_somebody_has_read_is_taken_all_the_same(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail(subject="Read by Ann"), flags="(\\Seen \\Flagged)")
    dovecot.deliver(a_mail(subject="Thrown away"), flags="(\\Deleted)")
    assert poll() == 1
    assert subjects() == ["Read by Ann"]


def test_new_mails_are_found_beside_old_ones(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail(subject="Old"))
    poll()
    dovecot.deliver(a_mail(subject="New"))
    assert poll() == 1
    assert subjects() == ["Old", "New"]
    assert MailMessage.objects.count() == 2


def test_a_limit_ends_a_look_and_the_next_one_goes_on(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    for number in range(5):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    later = timezone.now() + timedelta(days=1)
    assert [poll_mailboxes(now=later, limit=2) for _look in range(4)] == [2, 2, 1, 0]
    assert subjects() == [f"Mail {number}" for number in range(5)]


def test_mail_whose_ledger_row_is_missing_below_the_last_one_is_found(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot)
    for number in range(3):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    Mailbox.objects.filter(pk=mailbox.pk).update(
        position={"place": ImapSettings.of(mailbox.settings).place, "uid_validity": _uid_validity(dovecot),
                  "last_uid": 3, "looked_at_all": timezone.now().isoformat()}
    )  # fmt: skip
    assert poll() == 3


def test_far_below_the_last_one_the_hourly_look_at_everything_finds_it(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "WINDOW", 1)
    mailbox = imap_mailbox(dovecot)
    for number in range(3):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    position = {"place": ImapSettings.of(mailbox.settings).place, "uid_validity": _uid_validity(dovecot), "last_uid": 3}
    now = timezone.now()
    for looked_at, count in ((now, 1), (now - timedelta(minutes=61), 2)):
        Mailbox.objects.update(position=position | {"looked_at_all": looked_at.isoformat()})
        assert poll() == count


def test_look_whose_listing_fails_forgets_no_position(dovecot: DovecotServer) -> None:
    class Losing(imap_client.ImapClient):
        """The connection is lost at the first listing."""

        def listing(self, first: int, last: int) -> list[imap_client.Listed]:
            self.close()
            raise MailboxNotReadable("lost")

    mailbox = imap_mailbox(dovecot)
    for number in range(2):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 2
    mailbox.refresh_from_db()
    before = mailbox.position
    settings = ImapSettings.of(mailbox.settings)
    backend = imap.ImapBackend(mailbox, settings, client=Losing(settings))
    with pytest.raises(MailboxNotReadable, match="lost"):
        list(backend.fetch())
    assert backend.position() == before
    assert before["last_uid"] == 2


def _uid_validity(server: DovecotServer) -> int:
    client = server.client()
    client.select()
    (value,) = client.response("UIDVALIDITY")[1]
    client.logout()
    assert value is not None
    return int(value)


def test_changed_uidvalidity_makes_everything_be_looked_at_and_nothing_be_doubled(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    for number in range(3):
        dovecot.deliver(a_mail(subject=f"Mail {number}", message_id="" if number == 2 else None))
    poll()
    before = _uid_validity(dovecot)
    dovecot.forget_uids()
    dovecot.deliver(a_mail(subject="After the restore"))
    assert _uid_validity(dovecot) != before
    assert poll() == 4
    assert sorted(subjects()) == ["After the restore", "Mail 0", "Mail 1", "Mail 2"]
    assert MailMessage.objects.filter(state=MailState.DUPLICATE).count() == 3
    assert poll() == 0


@pytest.mark.parametrize(
    ("zone", "wanted"),
    [
        ("Europe/Berlin", ["22:00 +0000", "23:30 -0500", "23:59 +0000", "00:00 +0000"]),
        ("America/New_York", ["23:30 -0500"]),
        ("UTC", ["23:30 -0500", "00:00 +0000"]),
    ],
)
def test_mails_before_the_chosen_day_are_left_alone(dovecot: DovecotServer, zone: str, wanted: list[str]) -> None:
    """The day begins where the team works; the server may tell its times in any zone."""
    mailbox = imap_mailbox(dovecot, not_before="2025-06-01")
    mailbox.team.calendar = BusinessCalendar.objects.create(name=zone, timezone=zone)
    mailbox.team.save()
    client = dovecot.client()
    came = ["31-May-2025 21:59", "31-May-2025 22:00", "31-May-2025 23:30", "31-May-2025 23:59", "01-Jun-2025 00:00"]
    for moment, offset in zip(came, ("+0000", "+0000", "-0500", "+0000", "+0000"), strict=True):
        client.append("INBOX", "", f'"{moment}:00 {offset}"', a_mail(subject=f"{moment[12:]} {offset}"))
    client.logout()
    assert poll() == len(wanted)
    assert sorted(subjects()) == sorted(wanted)


def test_folder_beyond_ascii_is_read(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, folder="Anfragen & Größeres")
    dovecot.deliver(a_mail(), folder='"Anfragen &- Gr&APYA3w-eres"')
    assert poll() == 1


NAMES = [("INBOX", "INBOX"), ("a&b", "a&-b"), ("台北", "&U,BTFw-"), ("Entwürfe", "Entw&APw-rfe")]


@pytest.mark.parametrize(("name", "wire"), NAMES)
def test_names_of_folders_travel_in_modified_utf_7(name: str, wire: str) -> None:
    """The example of RFC 3501 section 5.1.3 is among them."""
    assert encoded(name) == wire


# What becomes of taken mails -------------------------------------------------------------------------------------


def test_taken_mails_are_marked_as_read(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, after="mark")
    dovecot.deliver(a_mail())
    poll()
    ((_raw, flags),) = dovecot.contents()
    assert flags - {"\\Recent"} == {"\\Seen", "$ItilNextTaken"}


def test_mail_that_cannot_be_moved_keeps_no_new_mail_waiting(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot, after="move", move_to="no//folder")
    dovecot.deliver(a_mail(subject="Mail 1"))
    assert poll() == 1
    for number in (2, 3):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    assert [poll() for _look in range(2)] == [2, 0]
    assert subjects() == ["Mail 1", "Mail 2", "Mail 3"]
    mailbox.refresh_from_db()
    assert "refused moving a mail to no//folder" in mailbox.last_error
    assert mailbox.failed_polls == 0


def test_a_mark_that_somebody_takes_away_stays_away(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, after="mark")
    dovecot.deliver(a_mail())
    poll()
    client = dovecot.client()
    client.select()
    client.store("1", "-FLAGS", "(\\Seen)")
    client.logout()
    poll()
    ((_raw, flags),) = dovecot.contents()
    assert "\\Seen" not in flags


def test_taken_mails_are_moved_to_a_folder_that_is_made_for_them(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, after="move", move_to="Archive.In tickets")
    for number in (1, 2):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 2
    assert dovecot.contents() == []
    assert len(dovecot.contents("Archive.In tickets")) == 2
    dovecot.deliver(a_mail(subject="Mail 3"))
    assert poll() == 1
    assert subjects() == ["Mail 1", "Mail 2", "Mail 3"]


def test_server_without_move_gets_a_copy_and_a_deletion(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "MOVE", "X-NOT-OFFERED")
    imap_mailbox(dovecot, after="move", move_to="Done")
    dovecot.deliver(a_mail())
    assert poll() == 1
    assert (dovecot.contents(), len(dovecot.contents("Done"))) == ([], 1)


# Limits ----------------------------------------------------------------------------------------------------------


def test_larger_than_is_stored_is_quarantined_without_being_loaded_whole(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 36 * 1024 * 1024
    monkeypatch.setattr(imap, "MAX_STORED_BYTES", limit)
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail(subject="Huge") + b"x" * 76 * 520_000)
    dovecot.deliver(a_mail(subject="Small"))
    assert poll() == 2
    huge = MailMessage.objects.get(subject="Huge")
    assert (huge.state, huge.reason, huge.raw.size_bytes) == (MailState.QUARANTINED, "over_limit", limit + 1)
    assert len(dovecot.contents()) == 2  # the whole stays where it came from


def test_30_mb_mail_does_not_keep_the_small_ones_waiting(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[int, int]] = []
    read = imap_client.ImapClient.read

    def look(self: imap_client.ImapClient, uid: int, *, at_most: int) -> bytes | None:
        begun.append((uid, Ticket.objects.count()))
        return read(self, uid, at_most=at_most)

    monkeypatch.setattr(imap_client.ImapClient, "read", look)
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail(subject="Large", files={"film.bin": b"x" * 22 * 1024 * 1024}))
    for number in range(5):
        dovecot.deliver(a_mail(subject=f"Small {number}"))
    assert RawMail.objects.count() == 0
    assert poll() == 6
    assert subjects() == [*(f"Small {number}" for number in range(5)), "Large"]
    assert begun[-1] == (1, 5)  # the small ones have their tickets before anybody asks for the large one
    large = MailMessage.objects.get(subject="Large")
    assert large.raw.size_bytes > 30_000_000
    assert large.state == MailState.CREATED


def test_after_its_time_a_look_ends_between_two_mails(dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BUDGET_SECONDS", -1.0)
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail())
    assert (poll(), Mailbox.objects.get().read_to) == (0, None)
    monkeypatch.undo()
    began_at = timezone.now()
    assert poll() == 1
    read_to = Mailbox.objects.get().read_to
    assert read_to is not None
    assert began_at <= read_to <= timezone.now()
