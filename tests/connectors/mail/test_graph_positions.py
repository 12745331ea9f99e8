"""Where reading goes on stands in the commit that stores the mails before it: who dies costs no second look."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import process_due
from connectors.microsoft365 import identity
from tests.connectors.mail.graph_mailboxes import ADDRESS, WORKER, a_connection, graph_mailbox, poll
from tests.factories.mail import a_mail
from tests.fakes import microsoft as at
from tests.fakes.microsoft import MicrosoftFake, microsoft
from tests.fakes.serving import ca_file
from tests.killable import Killable
from tickets.models import Ticket


@pytest.fixture
def fake(settings: Settings) -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE = ca_file()
        made.mailboxes = {ADDRESS: at.Mailbox()}
        yield made
        identity._held.clear()


def link() -> str:
    folders = Mailbox.objects.get().position.get("folders", {})
    return str(folders.get("inbox", {}).get("link", ""))


def killed_after_storing(fake: MicrosoftFake, killable: Killable, home: Path) -> None:
    ended = killable.call(home, WORKER, fake.base, fake.login, ca_file(), kill_at="mail.intake.raw_stored")
    assert ended.returncode == -signal.SIGKILL, ended.output
    Mailbox.objects.update(polled_until=None)
    fake.calls.clear()


@pytest.mark.django_db(transaction=True)
def test_182_mails_and_the_link_behind_them_are_stored_by_one_commit(
    fake: MicrosoftFake, killable: Killable, tmp_path: Path
) -> None:
    graph_mailbox(a_connection())
    for number in range(3):
        fake.mailboxes[ADDRESS].deliver(a_mail(subject=f"Mail {number}"))
    killed_after_storing(fake, killable, tmp_path)
    assert (MailMessage.objects.count(), "$deltatoken=" in link()) == (3, True)
    assert poll() == 0
    assert ["$deltatoken=" in call.path for call in fake.calls] == [True]
    assert process_due(now=timezone.now() + timedelta(hours=1)) == Ticket.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_182_a_page_stored_in_part_is_listed_again(fake: MicrosoftFake, killable: Killable, tmp_path: Path) -> None:
    graph_mailbox(a_connection())
    for number in range(25):  # twenty are stored at once: two pages of ten
        fake.mailboxes[ADDRESS].deliver(a_mail(subject=f"Mail {number}"))
    killed_after_storing(fake, killable, tmp_path)
    assert (MailMessage.objects.count(), "$skiptoken=" in link()) == (20, True)
    assert poll() == 5
    assert sum("/delta" in call.path for call in fake.calls) == 1
    assert sum(call.path.endswith("/$value") for call in fake.calls) == 5


@pytest.mark.django_db(transaction=True)
def test_what_a_kill_leaves_in_its_folder_is_moved_by_the_next_look(
    fake: MicrosoftFake, killable: Killable, tmp_path: Path
) -> None:
    inbox = fake.mailboxes[ADDRESS]
    inbox.log["Done"] = []
    graph_mailbox(a_connection(), after="move", move_to="Done")
    mail = inbox.deliver(a_mail())
    killed_after_storing(fake, killable, tmp_path)
    assert (mail.folder, MailMessage.objects.count(), link()) == ("inbox", 1, "")
    assert poll() == 0
    assert mail.folder == "Done"


@pytest.mark.django_db
def test_neither_stands_where_the_commit_fails(fake: MicrosoftFake) -> None:
    graph_mailbox(a_connection())
    fake.mailboxes[ADDRESS].deliver(a_mail())
    failures = ["server closed the connection"]

    def fails_once(execute: Any, sql: str, *rest: Any) -> Any:
        if 'UPDATE "mail_mailbox" SET "position"' in sql and failures:
            raise OperationalError(failures.pop())
        return execute(sql, *rest)

    with connection.execute_wrapper(fails_once), pytest.raises(OperationalError):
        poll()
    assert (MailMessage.objects.count(), link()) == (0, "")
    assert poll() == 1
