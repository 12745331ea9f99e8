"""A mailbox that is a Maildir: read whole, once, and marked only when stored."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from connectors.mail import maildir
from connectors.mail.backends import FilesBackend
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import poll_mailboxes
from tests.factories.mail import MailboxFactory, a_mail
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def inbox(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_ROOT = tmp_path
    return maildir.ensure(maildir.folder_of(MailboxFactory().address))


def test_waiting_mails_are_taken_in_order_and_marked_as_seen(inbox: Path) -> None:
    for number in (1, 2):
        path = inbox / "new" / f"{number}.mail"
        path.write_bytes(a_mail(subject=f"Mail {number}"))
        os.utime(path, (number, number))
    assert poll_mailboxes() == 2
    assert list(Ticket.objects.order_by("reference").values_list("subject", flat=True)) == ["Mail 1", "Mail 2"]
    assert sorted(path.name for path in (inbox / "cur").iterdir()) == ["1.mail:2,S", "2.mail:2,S"]
    assert list((inbox / "new").iterdir()) == []
    assert poll_mailboxes() == 0
    assert Mailbox.objects.get().last_polled_at is not None


def test_file_dropped_by_hand_is_taken_once_it_has_come_to_rest(inbox: Path) -> None:
    dropped = [inbox / "new" / "a.eml", inbox / "b.eml"]
    for path in dropped:
        path.write_bytes(a_mail(subject=path.name))
    assert poll_mailboxes() == 0  # it may still be written to
    for path in dropped:
        os.utime(path, (time.time() - 5, time.time() - 5))
    assert poll_mailboxes() == 2
    assert sorted(path.name for path in (inbox / "cur").iterdir()) == ["a.eml:2,S", "b.eml:2,S"]


def test_half_a_mail_in_tmp_and_hidden_files_are_left_alone(inbox: Path) -> None:
    (inbox / "tmp" / "half").write_bytes(b"From: a@b.test\n")
    (inbox / "new" / ".hidden").write_bytes(b"From: a@b.test\n")
    (inbox / "new" / "folder").mkdir()
    assert poll_mailboxes() == 0
    assert not MailMessage.objects.exists()


def test_new_mail_under_a_used_name_replaces_nothing(inbox: Path) -> None:
    for body in ("One", "Two"):
        (inbox / "new" / "same").write_bytes(a_mail(body=body))
        assert poll_mailboxes() == 1
    assert len(list((inbox / "cur").iterdir())) == 2
    assert Ticket.objects.count() == 2


def test_name_that_is_no_text_is_taken_too(inbox: Path) -> None:
    (inbox / "new" / os.fsdecode(b"\xff\xfe.mail")).write_bytes(a_mail())
    assert poll_mailboxes() == 1
    assert MailMessage.objects.get().provider_id == "\\xff\\xfe.mail"


def test_mailbox_that_cannot_be_read_says_so_and_does_not_stop_the_others(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_ROOT = tmp_path
    MailboxFactory(address="a@desk.test")
    good = MailboxFactory(address="b@desk.test")
    (tmp_path / "a@desk.test").write_text("a file where a folder should be")
    (maildir.ensure(maildir.folder_of(good.address)) / "new" / "1").write_bytes(a_mail(to=good.address))
    assert poll_mailboxes() == 1
    assert "NotADirectoryError" in Mailbox.objects.get(address="a@desk.test").last_error
    assert Mailbox.objects.get(address="b@desk.test").last_error == ""


def test_inactive_mailbox_is_not_read(inbox: Path) -> None:
    Mailbox.objects.update(is_active=False)
    (inbox / "new" / "1").write_bytes(a_mail())
    assert poll_mailboxes() == 0


def test_mailboxes_of_a_demo_lie_below_the_home_folder() -> None:
    expected = Path(django_settings.ITILNEXT_HOME) / "mail" / "support@itilnext.example"
    assert maildir.folder_of("Support@itilnext.example") == expected


def test_mail_that_another_worker_has_marked_meanwhile_stops_nothing(inbox: Path) -> None:
    """Two workers look at the same Maildir; the slower one goes on with its other mails."""
    for name in ("a.eml", "b.eml"):
        (inbox / name).write_bytes(a_mail(subject=name))
        os.utime(inbox / name, (time.time() - 5, time.time() - 5))
    slow, fast = FilesBackend(inbox), FilesBackend(inbox)
    taken = [mail[0] for mail in slow.fetch() if mail]
    assert taken == [mail[0] for mail in fast.fetch() if mail]
    for backend in (fast, slow):
        for name in taken:
            backend.done(name)
    assert sorted(path.name for path in (inbox / "cur").iterdir()) == [f"{name}:2,S" for name in sorted(taken)]


def test_file_that_cannot_be_read_keeps_no_other_waiting_and_is_told(inbox: Path) -> None:
    (inbox / "new" / "1").symlink_to("/proc/self/mem")  # opens, and fails when read
    (inbox / "new" / "2").write_bytes(a_mail(subject="After it"))
    (inbox / "a.eml").mkdir()
    os.utime(inbox / "a.eml", (1, 1))
    assert poll_mailboxes() == 1
    assert Ticket.objects.get().subject == "After it"
    mailbox = Mailbox.objects.get()
    assert mailbox.last_error.startswith("OSError: [Errno 5]")
    assert (mailbox.failed_polls, mailbox.next_poll_at) == (0, None)


def test_file_that_cannot_be_marked_is_told_and_counts_once(inbox: Path) -> None:
    (inbox / "cur" / "1:2,S").mkdir()
    for name in ("1", "2"):
        (inbox / "new" / name).write_bytes(a_mail(subject=name))
    assert [poll_mailboxes() for _look in range(2)] == [2, 0]
    assert [path.name for path in (inbox / "new").iterdir()] == ["1"]
    assert Mailbox.objects.get().last_error.startswith("IsADirectoryError")
    assert MailMessage.objects.count() == 2


def test_two_hundred_files_that_cannot_be_moved_keep_later_ones_waiting_for_no_look(
    inbox: Path, settings: Settings
) -> None:
    settings.MAIL_BRAKES = dict.fromkeys(settings.MAIL_BRAKES, (0, 0))
    for number in range(210):
        (inbox / "cur" / f"{number:03}:2,S").mkdir()
        path = inbox / "new" / f"{number:03}"
        path.write_bytes(a_mail(subject=f"Stuck {number}", body=f"{number}"))
        os.utime(path, (number, number))
    assert [poll_mailboxes() for _look in range(3)] == [200, 10, 0]
    for number in (1, 2):
        (inbox / "new" / f"later{number}").write_bytes(a_mail(subject=f"Later {number}"))
    assert poll_mailboxes() == 2
    assert Ticket.objects.filter(subject__startswith="Later").count() == 2
    assert sorted(path.name for path in (inbox / "new").iterdir() if "later" in path.name) == []
    assert MailMessage.objects.count() == 212
    (inbox / "cur" / "205:2,S").rmdir()
    while (inbox / "new" / "205").exists():  # once the way is free, a later look moves it
        poll_mailboxes()
    assert MailMessage.objects.count() == 212


def test_the_ledger_is_asked_for_names_only_where_files_cannot_be_moved(inbox: Path) -> None:
    asked: list[int] = []

    def known(names: Sequence[str]) -> set[str]:
        asked.append(len(names))
        return set()

    for name in ("1", "2"):
        (inbox / "new" / name).write_bytes(a_mail(subject=name))
    backend = FilesBackend(inbox, known=known)
    for mail in backend.fetch():
        assert mail is not None
        backend.done(mail[0])
    assert asked == []
