"""What people, other workers and odd answers do to a mail on its way through Microsoft 365: it leaves once."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from connectors.base import client
from connectors.base.models import Connection, Gate
from connectors.mail.backends.graph_outbox import GraphOutbox, Made
from connectors.mail.drafts import GraphDraft
from connectors.mail.models import Mailbox
from connectors.mail.sentences import GRAPH_SENDING
from connectors.mail.services import clean_drafts, graph_sending, poll_mailboxes, send_due_mail
from connectors.microsoft365 import identity
from tests.concurrency import in_parallel
from tests.connectors.mail.graph_mailboxes import ADDRESS, a_connection, graph_mailbox
from tests.connectors.mail.test_graph_sending import CUT, LARGE, SMALL, a_reply, mailed, names, outcome, replied, send
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.fakes import microsoft as at
from tests.fakes.graph_sending import Outbox
from tests.fakes.microsoft import MicrosoftFake, microsoft, once, refusal
from tests.fakes.serving import Call, Reply, ca_file
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import NewFile

pytestmark = pytest.mark.django_db
HAS_LEFT = (OutboundStatus.SENT, "")


@pytest.fixture
def fake(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[MicrosoftFake]:
    monkeypatch.setattr(client, "own_pause", lambda _attempt: 0.0)
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE = ca_file()
        settings.CONNECTORS_LOOPBACK = True  # the place of uploads
        made.mailboxes = {ADDRESS: at.Mailbox()}
        yield made
        identity._held.clear()


@pytest.fixture
def mailbox(db: None, fake: MicrosoftFake) -> Mailbox:
    return graph_mailbox(a_connection())


@pytest.fixture
def outbox(fake: MicrosoftFake) -> Outbox:
    return fake.mailboxes[ADDRESS].outbox


def answers(message_id: str, **facts: object) -> Reply:
    told = {"@odata.type": "#microsoft.graph.message", "id": message_id, **facts}
    return Reply(200, json.dumps(told).encode(), (("Content-Type", "application/json"),))


# People ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unanswered"])
def test_a_draft_that_somebody_has_sent_from_outlook_does_not_leave_again(
    is_known: bool, mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_known:
        fake.late_faults = [once(CUT, path=f"{ADDRESS}/messages")]
    message = a_reply(mailbox, files=[SMALL])
    with monkeypatch.context() as patched:
        patched.setattr(graph_sending, "WORKING_SECONDS", 0.0)  # no time for the file
        send()
    (draft,) = outbox.drafts
    outbox.press_send(draft)
    send()
    assert (outcome(message), len(outbox.sent)) == (HAS_LEFT, 1)


def test_a_draft_that_somebody_has_deleted_is_made_anew(
    mailbox: Mailbox, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = a_reply(mailbox, files=[SMALL])
    with monkeypatch.context() as patched:
        patched.setattr(graph_sending, "WORKING_SECONDS", 0.0)
        send()
    (draft,) = outbox.drafts
    del outbox.mails[draft.id]
    send()
    assert outcome(message) == HAS_LEFT
    assert [names(mail) for mail in outbox.sent] == [{SMALL.filename: SMALL.content}]


@pytest.mark.parametrize("is_changed", [True, False], ids=["changed", "another"])
def test_what_may_have_left_goes_no_other_way(
    is_changed: bool, mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake, mailoutbox: list[Any]
) -> None:
    fake.late_faults = [once(CUT, path="/send")]
    message = a_reply(mailbox)
    send()
    if is_changed:
        Mailbox.objects.filter(pk=mailbox.pk).update(backend="files", connection=None, settings={})
    else:
        Mailbox.objects.filter(pk=mailbox.pk).update(is_active=False)
        MailboxFactory(address="new@desk.test", backend="files", team=mailbox.team)
    send()
    assert (outcome(message), len(outbox.sent), mailoutbox) == (HAS_LEFT, 1, [])


def test_what_has_not_left_goes_by_whoever_speaks_for_the_ticket_by_now(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    fake.faults = [once(refusal(503, "Busy"), path=f"{ADDRESS}/messages")]
    message = a_reply(mailbox)
    send()
    Connection.objects.update(is_active=False)
    Mailbox.objects.update(is_active=False)
    fake.mailboxes["new@desk.test"] = at.Mailbox()
    new = graph_mailbox(a_connection("Second"), address="new@desk.test")
    Mailbox.objects.filter(pk=new.pk).update(team=mailbox.team)
    send()
    assert (outcome(message), len(fake.mailboxes["new@desk.test"].outbox.sent)) == (HAS_LEFT, 1)


# Other workers --------------------------------------------------------------------------------------------------------


def test_a_worker_that_took_too_long_changes_nothing_of_what_the_next_one_does(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one's draft is made, and answered once its lease is over; meanwhile another one sends its own."""
    message = a_reply(mailbox)
    create: Callable[[GraphOutbox, Mapping[str, Any]], Made] = GraphOutbox.create

    def slow(self: GraphOutbox, values: Mapping[str, Any]) -> Made:
        monkeypatch.undo()
        made = create(self, values)
        outbox.hides_drafts = 1
        OutboundMessage.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        fake.late_faults = [once(CUT, path="/send")]
        send()
        return made

    monkeypatch.setattr(GraphOutbox, "create", slow)
    send()
    for _later in range(3):
        send()
    assert (outcome(message), len(outbox.sent)) == (HAS_LEFT, 1)
    GraphDraft.objects.update(clean_due_at=timezone.now())
    clean_drafts()
    assert outbox.drafts == []


@pytest.mark.django_db(transaction=True)
def test_182_however_many_workers_send_a_mailbox_has_four_requests_at_most(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    messages = []
    for number in range(8):
        mail = a_mail(
            sender=f"<c{number}@customer.test>", message_id=f"{number}@customer.test", subject=f"Mail {number}"
        )
        messages.append(replied(Ticket.objects.get(pk=arrive(mail, mailbox).ticket_id)))
    fake.slow = lambda: time.sleep(0.05)  # so that they meet
    in_parallel(*[partial(send_due_mail, now=timezone.now() + timedelta(days=1))] * 8)
    assert 1 < fake.most_at_once[ADDRESS] <= at.AT_ONCE
    assert fake.refused_at_once == 0
    fake.slow = lambda: None
    send()
    assert [outcome(message) for message in messages] == [HAS_LEFT] * 8
    assert len(outbox.sent) == 8


# Odd answers ----------------------------------------------------------------------------------------------------------


def test_a_refusal_after_it_may_have_left_deletes_nothing_and_says_that_nobody_knows(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    outbox.ids_survive = True
    fake.late_faults = [once(CUT, path="/send")]
    message = a_reply(mailbox)
    send()
    (mail,) = outbox.sent
    stale, refused = once(answers(mail.id, isDraft=True)), once(refusal(400, "ErrorInvalidOperation"))

    def late(call: Call) -> Reply | None:
        if call.method == "GET" and mail.id in call.path.replace("%3D", "="):
            return stale(call)
        return refused(call) if call.method == "PATCH" else None

    fake.faults = [late]
    send()
    assert (outcome(message)[1], list(outbox.mails)) == (GRAPH_SENDING, [mail.id])
    send()
    assert (outcome(message), len(outbox.sent)) == (HAS_LEFT, 1)


def test_a_draft_that_shows_after_its_mail_has_failed_is_deleted_then(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    outbox.hides_drafts = 1
    fake.late_faults = [once(CUT, path=f"{ADDRESS}/messages")]
    message = a_reply(mailbox)
    send()
    outbox.hides_drafts = 1
    fake.faults = [once(refusal(400, "ErrorInvalidRecipients"), path="/send")]
    send()
    assert outcome(message)[0] == OutboundStatus.FAILED
    outbox.hides_drafts = 0
    clean_drafts(now=timezone.now() + timedelta(hours=2))
    assert outbox.drafts == []


def test_where_a_mail_takes_no_answer_a_new_one_names_it(mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake) -> None:
    message = replied(mailed(fake.mailboxes[ADDRESS]))
    fake.faults = [once(refusal(400, "ErrorInvalidReferenceItem"), path="createReply")]
    send()
    assert outcome(message) == HAS_LEFT
    assert outbox.sent[0].properties()["string 0x1042"] == "<first@customer.test>"


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2_999_999, 3_096_000, 3 * 1024 * 1024 - 1, 3 * 1024 * 1024])
def test_a_file_about_as_large_as_one_request_may_be_arrives(size: int, mailbox: Mailbox, outbox: Outbox) -> None:
    content = (b"a;b;c\n" * (size // 6 + 1))[:size]
    message = a_reply(mailbox, files=[NewFile("log.csv", content)])
    send()
    assert outcome(message) == HAS_LEFT
    assert [names(mail) for mail in outbox.sent] == [{"log.csv": content}]


@pytest.mark.parametrize("status", [401, 403])
def test_182_an_address_of_an_upload_whose_time_is_over_is_no_sign_in_that_is_refused(
    status: int, mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    pieces: list[Call] = []

    def is_over(call: Call) -> Reply | None:
        pieces.append(call)
        return refusal(status, "InvalidAuthenticationToken") if len(pieces) == 2 else None

    outbox.before_piece = is_over
    message = a_reply(mailbox, files=[LARGE])
    send()
    fake.mailboxes[ADDRESS].deliver(a_mail(subject="Incoming"))
    assert not Gate.objects.filter(open_until__gt=timezone.now()).exists()
    assert poll_mailboxes(now=timezone.now() + timedelta(days=1)) == 1
    send()
    assert (outcome(message), len(outbox.sent)) == (HAS_LEFT, 1)
    assert sum(call.path.endswith("createUploadSession") for call in fake.calls) == 2
    assert Connection.objects.get().last_failure == {}
