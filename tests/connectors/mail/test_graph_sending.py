"""Mails that leave through Microsoft 365: each once, whatever is lost on the way, and as they would over SMTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from connectors.base import client
from connectors.base.models import Connection, Gate
from connectors.mail.drafts import GraphDraft
from connectors.mail.models import Mailbox
from connectors.mail.sentences import GRAPH_BUSY, GRAPH_DOWN, GRAPH_SENDING, GRAPH_UPLOADING
from connectors.mail.services import clean_drafts, graph_sending, poll_mailboxes, send_due_mail
from connectors.microsoft365 import identity
from connectors.microsoft365.uploads import PIECE_BYTES
from core.events import deliver_due
from tests.connectors.mail.graph_mailboxes import ADDRESS, a_connection, graph_mailbox
from tests.factories import AgentFactory
from tests.factories.mail import a_mail, arrive
from tests.fakes import microsoft as at
from tests.fakes.graph_sending import Mail, Outbox
from tests.fakes.microsoft import MicrosoftFake, microsoft, once, refusal, throttled
from tests.fakes.serving import Call, Reply, ca_file
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import NewFile, accept_ticket, release_message, reply_to_customer, undo_message

pytestmark = pytest.mark.django_db
CUT = Reply(0, hangs_up=True)
BROKEN = refusal(504, "UnknownError")


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
def connection(db: None, fake: MicrosoftFake) -> Connection:
    return a_connection()


@pytest.fixture
def mailbox(connection: Connection) -> Mailbox:
    return graph_mailbox(connection)


@pytest.fixture
def inbox(fake: MicrosoftFake) -> at.Mailbox:
    return fake.mailboxes[ADDRESS]


@pytest.fixture
def outbox(inbox: at.Mailbox) -> Outbox:
    return inbox.outbox


def mailed(inbox: at.Mailbox, **mail: object) -> Ticket:
    """What a mail in the mailbox became, without its acknowledgement."""
    mail = {"message_id": "first@customer.test", "Auto_Submitted": "auto-generated"} | mail
    inbox.deliver(a_mail(**mail))  # type: ignore[arg-type]  # as it takes them
    poll_mailboxes(now=timezone.now() + timedelta(days=1))
    return Ticket.objects.latest("created_at")


def replied(ticket: Ticket, **more: object) -> OutboundMessage:
    ann = AgentFactory(name="Ann Bäcker", teams=[ticket.team])
    accept_ticket(ticket.pk, by=ann)
    message = reply_to_customer(ticket.pk, by=ann, body_text="Is the <plug> in?", **more)  # type: ignore[arg-type]
    release_message(message.pk, now=message.release_at)
    return message


def a_reply(mailbox: Mailbox, **more: object) -> OutboundMessage:
    """To a mail that has not come by Microsoft 365."""
    incoming = arrive(a_mail(message_id="first@customer.test", Auto_Submitted="auto-generated"), mailbox)
    return replied(Ticket.objects.get(pk=incoming.ticket_id), **more)


def send() -> None:
    """Whatever is due once all pauses are over."""
    Gate.objects.all().delete()
    send_due_mail(now=timezone.now() + timedelta(days=1))


def outcome(message: OutboundMessage) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.last_error


def asked(fake: MicrosoftFake) -> list[str]:
    """Method and last part of the path of each request."""
    return [f"{call.method} {call.path.partition('?')[0].rpartition('/')[2][:12]}" for call in fake.calls]


def addresses(mail: Mail, name: str) -> list[str]:
    return [person["emailAddress"]["address"] for person in mail.values[name]]


# What leaves ----------------------------------------------------------------------------------------------------------


def test_048_a_reply_leaves_in_the_conversation_as_the_shared_mailbox(
    mailbox: Mailbox, inbox: at.Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    ticket = mailed(inbox, files={"image.png": b"\x89PNG\r\n\x1a\n"})
    message = replied(ticket, cc=["bob@customer.test"])
    fake.calls.clear()
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")
    (mail,) = outbox.sent
    assert mail.values["inReplyTo"] == "<first@customer.test>"
    assert mail.values["internetMessageId"] == f"<{message.email_message_id}>"
    assert mail.values["subject"] == f"RE: [{ticket.reference}] Printer is on fire"
    assert mail.values["from"] == {"emailAddress": {"name": "Ann Bäcker", "address": ADDRESS}}
    assert (addresses(mail, "toRecipients"), addresses(mail, "ccRecipients")) == (
        ["dana@customer.test"],
        ["bob@customer.test"],
    )
    assert addresses(mail, "replyTo") == [ADDRESS]
    assert "Is the &lt;plug&gt; in?" in mail.values["body"]["content"]
    assert "quoted" not in mail.values["body"]["content"]
    assert mail.files == {}  # the image of the mail that is answered is not ours to send
    assert outbox.drafts == []
    assert {call.method for call in fake.calls} == {"POST", "PATCH", "GET", "DELETE"}


def test_a_plain_reply_costs_four_requests(
    mailbox: Mailbox, inbox: at.Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    replied(mailed(inbox))
    fake.calls.clear()
    send()
    assert len(outbox.sent) == 1
    assert asked(fake) == ["POST createReply", "PATCH " + asked(fake)[1][6:], "GET attachments", "POST send"]


def test_an_acknowledgement_says_that_no_person_wrote_it(mailbox: Mailbox, inbox: at.Mailbox, outbox: Outbox) -> None:
    mailed(inbox, Auto_Submitted="no")
    deliver_due()
    send()
    (mail,) = outbox.sent
    headers = {header["name"]: header["value"] for header in mail.values["internetMessageHeaders"]}
    message = OutboundMessage.objects.get()
    assert headers["x-itilnext-outbox"] == str(message.pk)
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert any(name.endswith("name auto-submitted") for name in mail.properties())


def test_where_the_mail_did_not_come_this_way_or_is_gone_a_new_one_names_it(
    mailbox: Mailbox, inbox: at.Mailbox, outbox: Outbox
) -> None:
    elsewhere = a_reply(mailbox)
    ticket = mailed(inbox, message_id="second@customer.test", subject="Another")
    for message in list(inbox.messages.values()):
        inbox.remove(message)
    gone = replied(ticket)
    send()
    assert {outcome(elsewhere)[0], outcome(gone)[0]} == {OutboundStatus.SENT}
    named = [(mail.properties()["string 0x1042"], mail.properties()["string 0x1039"]) for mail in outbox.sent]
    assert named == [("<first@customer.test>",) * 2, ("<second@customer.test>",) * 2]


def test_an_answer_finds_its_ticket_by_a_message_id_that_exchange_has_chosen(mailbox: Mailbox, outbox: Outbox) -> None:
    outbox.own_ids = True
    message = a_reply(mailbox)
    send()
    (mail,) = outbox.sent
    assert mail.values["internetMessageId"] != f"<{message.email_message_id}>"
    answer = arrive(a_mail(In_Reply_To=mail.values["internetMessageId"], subject="no reference"), mailbox)
    assert answer.ticket_id == message.ticket_id


# Files ----------------------------------------------------------------------------------------------------------------

SMALL = NewFile("plan.pdf", b"%PDF-1.4 plan")
LARGE = NewFile("Übersicht.csv", b"a;b\r\n" * 1_600_000)  # 8 MB: three pieces


def names(mail: Mail) -> dict[str, bytes]:
    return dict(mail.files.values())


def test_files_go_along_small_ones_whole_and_large_ones_in_pieces(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    message = a_reply(mailbox, files=[SMALL, LARGE])
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")
    assert names(outbox.sent[0]) == {file.filename: file.content for file in (SMALL, LARGE)}
    assert GraphDraft.objects.get().upload == {}
    assert all(len(call.body) < 4_000_000 for call in fake.calls)


@pytest.mark.parametrize("is_taken", [False, True], ids=["before", "after"])
def test_a_piece_whose_answer_is_lost_is_asked_about_and_not_sent_twice(
    mailbox: Mailbox, outbox: Outbox, is_taken: bool
) -> None:
    cut = once(CUT, times=1)
    of_a_piece = lambda call: cut(call) if call.method == "PUT" else None  # noqa: E731
    if is_taken:
        outbox.after_piece = of_a_piece
    else:
        outbox.before_piece = of_a_piece
    message = a_reply(mailbox, files=[LARGE])
    send()
    assert outcome(message)[0] == OutboundStatus.SENT
    assert names(outbox.sent[0]) == {LARGE.filename: LARGE.content}


def test_a_file_goes_on_where_the_attempt_before_had_ended(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    taken: list[Call] = []

    def cut_after_the_first(call: Call) -> Reply | None:
        if call.method == "PUT" and len(taken) == 1:
            return CUT
        taken.extend([call] if call.method == "PUT" else [])
        return None

    outbox.before_piece = cut_after_the_first
    message = a_reply(mailbox, files=[SMALL, LARGE])
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, GRAPH_DOWN)
    assert not message.may_have_left
    assert "authtoken" not in str(GraphDraft.objects.get().upload)  # sealed
    outbox.before_piece = lambda call: taken.append(call) if call.method == "PUT" else None  # type: ignore[func-returns-value]
    send()
    assert outcome(message)[0] == OutboundStatus.SENT
    assert names(outbox.sent[0]) == {file.filename: file.content for file in (SMALL, LARGE)}
    assert len(taken) == -(-len(LARGE.content) // PIECE_BYTES)  # none of them twice
    assert sum(call.path.endswith("createUploadSession") for call in fake.calls) == 1


def test_a_mail_whose_files_take_long_goes_on_at_once_and_lets_others_through(
    mailbox: Mailbox, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = a_reply(mailbox, files=[SMALL])
    with monkeypatch.context() as patched:
        patched.setattr(graph_sending, "WORKING_SECONDS", 0.0)
        send()
    assert outcome(message) == (OutboundStatus.QUEUED, GRAPH_UPLOADING)
    assert message.next_attempt_at is not None
    assert message.next_attempt_at <= timezone.now()
    send()
    assert (outcome(message)[0], len(outbox.sent)) == (OutboundStatus.SENT, 1)


def test_a_session_that_has_ended_begins_anew_and_leaves_nothing_double(mailbox: Mailbox, outbox: Outbox) -> None:
    over = once(refusal(404, "ErrorItemNotFound"), times=1)
    outbox.before_piece = lambda call: over(call) if call.method == "PUT" else None
    message = a_reply(mailbox, files=[LARGE])
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, GRAPH_DOWN)
    send()
    assert outcome(message)[0] == OutboundStatus.SENT
    assert [name for name, _content in outbox.sent[0].files.values()] == [LARGE.filename]


def test_tokens_that_end_amid_a_file_cost_nothing(mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake) -> None:
    outbox.before_piece = lambda _call: fake.forget_tokens()  # type: ignore[func-returns-value]
    message = a_reply(mailbox, files=[LARGE, SMALL])
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")
    assert sorted(names(outbox.sent[0])) == sorted([SMALL.filename, LARGE.filename])
    assert len(fake.sign_ins) > 1


def test_a_small_file_whose_answer_is_lost_is_attached_once(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    fake.late_faults = [once(CUT, path="/attachments")]
    message = a_reply(mailbox, files=[SMALL])
    send()
    assert outcome(message)[0] == OutboundStatus.QUEUED
    send()
    assert outcome(message)[0] == OutboundStatus.SENT
    assert [name for name, _content in outbox.sent[0].files.values()] == [SMALL.filename]


# Once -----------------------------------------------------------------------------------------------------------------

FAULTS = {"cut": CUT, "504": BROKEN, "503": refusal(503, "serviceNotAvailable", headers=(("Retry-After", "0"),))}
STEPS = ("/messages", "/createReply", "/send")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_answer_is_lost_the_mail_leaves_once(
    mailbox: Mailbox,
    inbox: at.Mailbox,
    outbox: Outbox,
    fake: MicrosoftFake,
    step: str,
    is_done: bool,
    fault: str,
) -> None:
    message = replied(mailed(inbox)) if step == "/createReply" else a_reply(mailbox)
    lost = once(FAULTS[fault])
    faults = [lambda call: lost(call) if call.method == "POST" and call.path.endswith(step) else None]
    if is_done:
        fake.late_faults = faults  # type: ignore[assignment]  # as typed
    else:
        fake.faults = faults  # type: ignore[assignment]
    outbox.copies_late = 1
    for _attempt in range(4):
        send()
    assert outcome(message)[0] == OutboundStatus.SENT
    assert len(outbox.sent) == 1
    clean_drafts(now=timezone.now() + timedelta(hours=2))
    assert outbox.drafts == []


@pytest.mark.parametrize("step", STEPS)
def test_a_page_of_a_proxy_is_no_answer_of_microsoft(
    mailbox: Mailbox, inbox: at.Mailbox, outbox: Outbox, fake: MicrosoftFake, step: str
) -> None:
    """What was asked for has not been done, though it is answered with 200."""
    message = replied(mailed(inbox)) if step == "/createReply" else a_reply(mailbox)
    page = once(Reply(200, b"<html>Please sign in</html>", (("Content-Type", "text/html"),)))
    fake.faults = [lambda call: page(call) if call.method == "POST" and call.path.endswith(step) else None]
    send()
    assert (outcome(message)[0], outbox.sent) == (OutboundStatus.QUEUED, [])
    send()
    assert (outcome(message)[0], len(outbox.sent)) == (OutboundStatus.SENT, 1)
    fake.contract.violations.clear()  # the page itself


@pytest.mark.parametrize("survives", [False, True])
def test_unanswered_sending_waits_until_the_sent_items_show_it(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake, survives: bool
) -> None:
    outbox.copies_late, outbox.ids_survive = 2, survives
    fake.late_faults = [once(CUT, path="/send")]
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, GRAPH_SENDING)
    assert message.may_have_left
    while outcome(message)[0] == OutboundStatus.QUEUED:
        send()
    assert outcome(message) == (OutboundStatus.SENT, "")
    assert len(outbox.sent) == 1
    assert sum(call.path.endswith("/send") for call in fake.calls) == 1


def test_what_never_shows_is_not_sent_again_and_fails_visibly(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    outbox.copies_late = 1000
    fake.late_faults = [once(CUT, path="/send")]
    message = a_reply(mailbox)
    send()
    OutboundMessage.objects.update(released_at=timezone.now() - timedelta(hours=24), attempts=20)
    send()
    assert outcome(message) == (OutboundStatus.FAILED, GRAPH_SENDING)
    assert (message.may_have_left, len(outbox.sent)) == (True, 1)


def test_a_sent_mail_is_known_by_its_message_id_where_the_mark_is_lost(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    fake.late_faults = [once(CUT, path="/send")]
    message = a_reply(mailbox)
    send()
    outbox.sent[0].values["singleValueExtendedProperties"] = []
    send()
    assert outcome(message)[0] == OutboundStatus.SENT
    assert len(outbox.sent) == 1


def test_of_two_drafts_one_leaves_and_the_other_is_cleaned(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    """The first one's making is not answered, and it is found too late."""
    outbox.hides_drafts = 1
    fake.late_faults = [once(CUT, path=f"{ADDRESS}/messages")]
    message = a_reply(mailbox)
    send()
    send()
    assert outcome(message)[0] == OutboundStatus.SENT
    assert (len(outbox.sent), len(outbox.drafts)) == (1, 1)
    assert clean_drafts(now=timezone.now() + timedelta(hours=2)) == 1
    assert (len(outbox.sent), len(outbox.mails), outbox.drafts) == (1, 1, [])
    assert clean_drafts(now=timezone.now() + timedelta(days=2)) == 0


class Killed(BaseException):
    """The worker is gone; nothing of what it would have done after this happens."""


class Deadly:
    def reached(self) -> None:
        raise Killed


@pytest.mark.parametrize("step", ["DRAFTED", "ASKED", "SENT"])
def test_a_worker_killed_between_draft_and_send_leaves_one_mail(
    mailbox: Mailbox,
    inbox: at.Mailbox,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    message = replied(mailed(inbox), files=[SMALL])

    with monkeypatch.context() as patched:
        patched.setattr(graph_sending, step, Deadly())
        with pytest.raises(Killed):
            send()
    OutboundMessage.objects.update(leased_until=None)
    send()
    assert outcome(message)[0] == OutboundStatus.SENT
    assert len(outbox.sent) == 1
    assert [name for name, _content in outbox.sent[0].files.values()] == [SMALL.filename]


def test_what_is_taken_back_between_two_attempts_leaves_no_draft(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    fake.faults = [once(throttled(3600), path="/send")]
    message = a_reply(mailbox)
    send()
    message.refresh_from_db()
    assert message.author is not None
    undo_message(message.pk, by=message.author)
    assert len(outbox.drafts) == 1
    Gate.objects.all().delete()
    clean_drafts(now=timezone.now() + timedelta(hours=2))
    assert (outbox.drafts, outbox.sent) == ([], [])


def test_a_draft_in_work_is_not_cleaned(mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake) -> None:
    fake.faults = [once(throttled(3600), path="/send")]
    message = a_reply(mailbox)
    send()
    clean_drafts(now=timezone.now() + timedelta(hours=2))
    assert len(outbox.drafts) == 1
    send()
    assert (outcome(message)[0], len(outbox.sent)) == (OutboundStatus.SENT, 1)


# Refused --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (refusal(400, "ErrorInvalidRecipients"), "Microsoft 365 refuses a recipient (ErrorInvalidRecipients)."),
        (refusal(413, "ErrorMessageSizeExceeded"), "The mail is too large for Microsoft 365"),
        (refusal(400, "ErrorInvalidRequest"), "Microsoft 365 refuses the mail (ErrorInvalidRequest)."),
    ],
    ids=["recipient", "size", "other"],
)
def test_what_is_wrong_with_the_mail_fails_at_once_and_leaves_no_draft(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake, reply: Reply, words: str
) -> None:
    fake.faults = [once(reply, path="/send")]
    message = a_reply(mailbox)
    send()
    status, error = outcome(message)
    assert status == OutboundStatus.FAILED
    assert error.startswith(words)
    assert outbox.mails == {}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (refusal(403, "ErrorAccessDenied"), "Microsoft 365 does not let us send from support@desk.test (ErrorAccess"),
        (refusal(403, "ErrorSendAsDenied"), "Microsoft 365 does not let us send from support@desk.test (ErrorSendAs"),
        (refusal(507, "ErrorQuotaExceeded"), "The mailbox support@desk.test is full (ErrorQuotaExceeded)."),
        (throttled(3600), GRAPH_BUSY),
        (refusal(404, "ErrorInvalidUser"), "Microsoft 365 does not find the mailbox support@desk.test"),
    ],
    ids=["permission", "sender", "full", "throttled", "unknown"],
)
def test_what_people_can_mend_is_told_and_the_mail_goes_out_then(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake, reply: Reply, words: str
) -> None:
    fake.faults = [once(reply, path=f"{ADDRESS}/messages")]
    message = a_reply(mailbox)
    send()
    status, error = outcome(message)
    assert status == OutboundStatus.QUEUED
    assert error.startswith(words)
    assert not message.may_have_left
    send()
    assert (outcome(message), len(outbox.sent)) == ((OutboundStatus.SENT, ""), 1)


def test_a_plea_for_patience_is_kept(mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake) -> None:
    fake.faults = [once(throttled(600))]
    message = a_reply(mailbox)
    send()
    message.refresh_from_db()
    assert message.next_attempt_at is not None
    assert message.next_attempt_at > timezone.now() + timedelta(seconds=590)
    assert len(fake.calls) == 1


def test_nothing_is_asked_for_while_the_connection_is_off(
    mailbox: Mailbox, outbox: Outbox, fake: MicrosoftFake
) -> None:
    message = a_reply(mailbox)
    Connection.objects.update(is_active=False)
    send()
    assert outcome(message)[1] == "The mailbox's connection to Microsoft 365 is switched off."
    assert fake.calls == []
    Connection.objects.update(is_active=True)
    send()
    assert len(outbox.sent) == 1


def test_what_we_have_sent_is_not_taken_in(mailbox: Mailbox, inbox: at.Mailbox, outbox: Outbox) -> None:
    replied(mailed(inbox))
    send()
    assert poll_mailboxes(now=timezone.now() + timedelta(days=2)) == 0
    assert Ticket.objects.count() == 1
