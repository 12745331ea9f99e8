"""No mail is passed over, whatever Graph says of it in whichever order, and no part of a mailbox stops another one."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.enums import Role
from connectors.base.models import Connection, Gate
from connectors.mail.backends import MailboxNotReadable, backend_of, graph
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import change_mailbox, reconcile, reconcile_due, reconciliation
from connectors.microsoft365 import identity
from tests.connectors.mail.graph_mailboxes import ADDRESS, a_connection, graph_mailbox, poll
from tests.connectors.mail.imap_mailboxes import error_of, subjects
from tests.factories import AgentFactory
from tests.factories.mail import a_mail
from tests.fakes import microsoft as at
from tests.fakes.microsoft import MicrosoftFake, microsoft, once, refusal
from tests.fakes.serving import Call, Reply, ca_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(settings: Settings) -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE = ca_file()
        made.mailboxes = {ADDRESS: at.Mailbox()}
        yield made
        identity._held.clear()


@pytest.fixture
def inbox(fake: MicrosoftFake) -> at.Mailbox:
    return fake.mailboxes[ADDRESS]


@pytest.fixture
def connection(db: None, fake: MicrosoftFake) -> Connection:
    return a_connection()


@pytest.fixture
def mailbox(connection: Connection) -> Mailbox:
    return graph_mailbox(connection)


def poll_later() -> int:
    """Once all that is tried again later is due."""
    row = Mailbox.objects.get()
    for name in ("put_off", "unsettled"):
        for kept in row.position.get(name, {}).values():
            kept["next_at"] = ""
    Mailbox.objects.update(position=row.position)
    return poll()


def days_ago(days: int) -> str:
    return (timezone.now() - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_link_that_ends_in_mid_round_passes_over_no_older_mail(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    for number in range(25):  # the newest first, as nothing says otherwise
        inbox.deliver(a_mail(subject=f"Mail {number}")).received = days_ago(number)
    fake.faults = [once(refusal(410, "syncStateNotFound"), path="$skiptoken=")]
    assert poll() == 25
    assert poll() == 0


def test_a_round_that_was_read_to_its_end_is_where_the_next_one_begins(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    for number in (10, 1):
        inbox.deliver(a_mail(subject=f"Mail {number}")).received = days_ago(number)
    assert poll() == 2
    poll()
    fake.forget_cursors()
    fake.calls.clear()
    inbox.deliver(a_mail(subject="New")).received = days_ago(0)
    assert poll() == 1
    filters = [call.path for call in fake.calls if "receivedDateTime%20ge" in call.path]
    assert len(filters) == 1
    assert days_ago(3)[:10] in filters[0]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>Please sign in</html>", (("Content-Type", "text/html"),)),
        Reply(200, b'{"error": "wait"}', (("Content-Type", "application/json"),)),
        Reply(200, b" \r\n", (("Content-Type", "application/octet-stream"),)),
        Reply(203, b"Subject: Changed on the way\r\n\r\n", (("Content-Type", "text/plain"),)),
    ],
    ids=["page", "object", "nothing", "changed"],
)
def test_what_is_no_mail_is_not_stored_for_one(
    reply: Reply, mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    inbox.deliver(a_mail(subject="Real"))
    fake.faults = [once(reply, path="$value")]
    assert (poll(), MailMessage.objects.count()) == (0, 0)
    fake.contract.violations.clear()  # such answers are in no contract
    assert error_of() == "1 mails are not handed out and are tried again: What was handed out as a mail is none."
    assert (poll_later(), subjects(), error_of()) == (1, ["Real"], "")


def test_a_mailbox_that_is_away_for_a_while_has_lost_no_mail(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    for number in range(5):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    fake.faults = [lambda call: refusal(404, "MailboxNotEnabledForRESTAPI") if "$value" in call.path else None]
    assert [poll_later() for _look in range(3)] == [0, 0, 0]
    assert error_of().startswith("5 mails are not handed out and are tried again")
    fake.faults = []
    assert poll_later() == 5


def test_a_mail_that_somebody_has_deleted_meanwhile_is_looked_for_twice_and_told_to_nobody(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    inbox.deliver(a_mail())
    fake.faults = [lambda call: refusal(404, "ErrorItemNotFound") if "$value" in call.path else None]
    assert [(poll_later(), error_of()) for _look in range(3)] == [(0, "")] * 3
    assert sum("$value" in call.path for call in fake.calls) == 2


def test_a_folder_that_is_gone_keeps_the_others_from_nothing(
    connection: Connection, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    inbox.log["Orders"] = []
    graph_mailbox(connection, folders=["Orders", "inbox"])
    assert poll() == 0
    inbox.deliver(a_mail(subject="In the inbox"))
    fake.faults = [lambda call: refusal(404, "ErrorItemNotFound") if "/Orders/" in call.path else None]
    assert poll() == 1
    row = Mailbox.objects.get()
    assert (bool(row.last_error), row.failed_polls, row.position["ids"]) == (True, 0, {})
    inbox.deliver(a_mail(subject="Ordered"), folder="Orders")
    fake.faults = []
    assert (poll(), error_of()) == (1, "")


def test_a_mailbox_none_of_whose_folders_is_there_is_looked_at_less_often(
    mailbox: Mailbox, fake: MicrosoftFake
) -> None:
    fake.faults = [lambda call: refusal(404, "ErrorInvalidUser") if "/delta" in call.path else None]
    poll()
    assert Mailbox.objects.get().failed_polls == 1


def test_a_test_finds_that_taken_mails_would_come_again(
    connection: Connection, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    inbox.log["Posteingang"] = []
    mailbox = graph_mailbox(connection, after="move", move_to="Posteingang")
    told = {"id": "inbox", "displayName": "Posteingang"}
    same = Reply(200, json.dumps(told).encode(), (("Content-Type", "application/json"),))
    fake.faults = [lambda call: same if "/mailFolders/Posteingang" in call.path else None]
    with pytest.raises(MailboxNotReadable, match="moved to the folder that they come to"):
        backend_of(mailbox).check()


@pytest.mark.parametrize("after", ["mark", "move"])
def test_what_could_not_be_marked_or_moved_is_tried_again(
    after: str, connection: Connection, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    inbox.log["Done"] = []
    graph_mailbox(connection, after=after, **({"move_to": "Done"} if after == "move" else {}))
    mail = inbox.deliver(a_mail())

    def refuses(call: Call) -> Reply | None:
        return refusal(500, "Busy") if call.method == "PATCH" or call.path.endswith("/move") else None

    fake.faults = [refuses]
    assert [poll(), poll()] == [1, 0]
    assert error_of().startswith("1 mails that were taken in are not marked or moved, which is tried again")
    fake.faults = []
    assert (poll_later(), error_of()) == (0, "")
    assert (mail.is_read, mail.folder) == ((True, "inbox") if after == "mark" else (False, "Done"))
    fake.calls.clear()
    poll()
    assert len(fake.calls) == 1


def test_mails_wait_for_the_folder_that_they_are_moved_to(
    connection: Connection, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    graph_mailbox(connection, after="move", move_to="Done")
    mail = inbox.deliver(a_mail())
    assert poll() == 1
    assert "“Done”" in error_of()
    inbox.log["Done"] = []
    assert (poll_later(), error_of(), mail.folder) == (0, "", "Done")
    del inbox.log["Done"]  # though its id is known by now
    another = inbox.deliver(a_mail())
    assert (poll(), another.folder) == (1, "inbox")
    assert error_of() != ""
    inbox.log["Done"] = []
    assert (poll_later(), error_of(), another.folder) == (0, "", "Done")


def test_once_an_earlier_day_counts_the_mails_before_it_are_taken(connection: Connection, inbox: at.Mailbox) -> None:
    mailbox = graph_mailbox(connection, not_before="2026-03-02")
    inbox.deliver(a_mail(subject="Before")).received = "2026-03-01T12:00:00Z"
    assert poll() == 0
    change_mailbox(mailbox, by=AgentFactory(roles=[Role.ADMIN]), settings={})
    assert poll() == 1


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "soon"])
def test_a_mail_of_no_possible_moment_is_one_like_any_other(
    moment: str, connection: Connection, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    graph_mailbox(connection, not_before="2026-03-02" if moment == "soon" else "")
    inbox.deliver(a_mail()).received = moment
    assert poll() == 1
    poll()
    fake.forget_cursors()
    assert (poll(), error_of()) == (0, "")
    fake.contract.violations.clear()


def test_a_fault_of_ours_in_one_mailbox_stops_no_other(
    mailbox: Mailbox, connection: Connection, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    graph_mailbox(connection, address="sales@desk.test")
    fake.mailboxes["sales@desk.test"] = at.Mailbox()
    fake.mailboxes["sales@desk.test"].deliver(a_mail(subject="For sales", to="sales@desk.test"))
    place = f"{connection.pk}/{ADDRESS}"
    Mailbox.objects.filter(pk=mailbox.pk).update(position={"place": place, "put_off": ["no", "object"]})
    assert poll() == 1
    assert Mailbox.objects.get(pk=mailbox.pk).last_error == "ValueError"
    assert subjects() == ["For sales"]


# The night ------------------------------------------------------------------------------------------------------------


def test_a_look_ends_between_two_pages_without_news_and_the_next_one_goes_on(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 60
    Mailbox.objects.update(position={})
    monkeypatch.setattr(graph, "BUDGET_SECONDS", -1.0)
    fake.calls.clear()
    poll()
    poll()
    assert ["$skiptoken" in call.path for call in fake.calls] == [False, True]


def test_a_large_mailbox_is_compared_in_several_runs(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(35):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 35
    monkeypatch.setattr(reconciliation, "WORKING_SECONDS", -1.0)  # a piece in each run
    night = timezone.now() + timedelta(days=1)
    fake.calls.clear()
    assert [reconcile_due(now=night) for _run in range(5)] == [1, 1, 1, 1, 0]
    row = Mailbox.objects.get()
    assert (row.reconciliation["present"], row.reconciliation["missing_count"], row.comparing) == (35, 0, {})
    listed = [call.path for call in fake.calls if "/messages?" in call.path]
    assert len(listed) == len(set(listed)) == 4  # pages of ten, each asked for once


def test_a_link_of_the_comparison_that_is_refused_begins_it_anew_the_next_night(
    mailbox: Mailbox, inbox: at.Mailbox, fake: MicrosoftFake
) -> None:
    for number in range(15):
        inbox.deliver(a_mail(subject=f"Mail {number}"))
    poll()
    fake.faults = [once(refusal(400, "BadRequest"), path="$skip=")]
    assert reconcile(mailbox).error
    Gate.objects.all().delete()
    mailbox.refresh_from_db()
    assert mailbox.comparing == {}
    assert reconcile(mailbox).present == 15
