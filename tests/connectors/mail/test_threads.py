"""What proves that a mail belongs to a ticket, and what is only said (email.md section 3; domain.md 7; ruling 15)."""

from base64 import b64encode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import take_in
from connectors.mail.thread_index import conversation_of
from core.models import new_id
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive, our_mail_on
from tickets.enums import LinkKind
from tickets.models import Ticket, TicketLink, TimelineEntry
from tickets.services import accept_ticket, merge_ticket

pytestmark = pytest.mark.django_db

FAILED = "mx.desk.test; spf=fail; dmarc=fail header.from=customer.test"
EVE = "Eve <eve@elsewhere.test>"
THEIRS = "first@customer.test"
CONVERSATION = bytes([1, 0xDC, 3, 4, 5, *range(100, 117)])
WARNING = "The sender could not be verified: dmarc=fail"


@pytest.fixture
def ticket(mailbox: Mailbox) -> Ticket:
    """Dana's, by a mail with an id and a conversation of her own."""
    message = arrive(a_mail(message_id=THEIRS, Thread_Index=index()), mailbox)
    return Ticket.objects.get(pk=message.ticket_id)


def index(*, answers: int = 0, conversation: bytes = CONVERSATION) -> str:
    """As Outlook makes it: five bytes more with each answer."""
    return b64encode(conversation + b"\x00\x00\x00\x01\x10" * answers).decode()


def linked_to(message: MailMessage) -> list[Ticket]:
    links = TicketLink.objects.filter(from_ticket=message.ticket_id, kind=LinkKind.RELATED)
    return [link.to_ticket for link in links]


# Ids of mails that we received -----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["In_Reply_To", "References"])
def test_a_stranger_who_knows_the_customers_message_id_makes_a_linked_ticket(
    mailbox: Mailbox, ticket: Ticket, header: str
) -> None:
    message = arrive(a_mail(sender=EVE, **{header: f"<{THEIRS}>"}), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.STRANGER)
    assert linked_to(message) == [ticket]
    assert message.evidence["matched"] == THEIRS
    assert message.evidence["confidence"] == "claimed"
    assert ticket.entries.public().count() == 1


def test_the_customers_own_message_id_counts_from_everybody_who_takes_part(mailbox: Mailbox, ticket: Ticket) -> None:
    CompanyFactory(domains=["partner.test"])
    arrive(a_mail(In_Reply_To=f"<{THEIRS}>", Cc="boss@partner.test"), mailbox)
    message = arrive(a_mail(sender="boss@partner.test", In_Reply_To=f"<{THEIRS}>"), mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.APPENDED, Reason.MESSAGE_ID, ticket)


def test_a_reply_to_of_somebody_else_does_not_make_the_customers_id_count(mailbox: Mailbox, ticket: Ticket) -> None:
    message = arrive(a_mail(sender=EVE, Reply_To="dana@customer.test", In_Reply_To=f"<{THEIRS}>"), mailbox)
    assert (message.reason, linked_to(message)) == (Reason.STRANGER, [ticket])


def test_our_own_message_id_is_proof_whoever_quotes_it_and_wherever_it_stands(mailbox: Mailbox, ticket: Ticket) -> None:
    raw = a_mail(sender=EVE, In_Reply_To=f"<{THEIRS}>", References=f"<{our_mail_on(ticket)}> <{THEIRS}>")
    message = arrive(raw, mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, ticket)
    assert (message.evidence["rule"], message.evidence["confidence"]) == ("references", "sure")


def test_a_rule_that_the_sender_may_not_follow_gives_way_to_the_next(mailbox: Mailbox, ticket: Ticket) -> None:
    own = arrive(a_mail(sender=EVE, subject="Scanner"), mailbox).ticket
    assert own is not None
    raw = a_mail(sender=EVE, In_Reply_To=f"<{THEIRS}>", subject=f"[{ticket.reference}] [{own.reference}] Scanner")
    message = arrive(raw, mailbox)
    assert (message.state, message.ticket, message.evidence["rule"]) == (MailState.APPENDED, own, "subject")


# Senders who could not be verified -------------------------------------------------------------------------------


def test_a_spoofed_customer_who_guesses_the_reference_makes_a_linked_ticket(mailbox: Mailbox, ticket: Ticket) -> None:
    message = arrive(a_mail(subject=f"RE: [{ticket.reference}] Printer", Authentication_Results=FAILED), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.UNVERIFIED)
    assert linked_to(message) == [ticket]
    assert message.evidence["flags"] == ["failed DMARC"]
    assert ticket.entries.public().count() == 1


@pytest.mark.parametrize("headers", [{"In_Reply_To": f"<{THEIRS}>"}, {"Thread_Index": index(answers=1)}])
def test_nor_does_a_spoofed_customer_join_by_what_they_may_have_seen(
    mailbox: Mailbox, ticket: Ticket, headers: dict[str, str]
) -> None:
    message = arrive(a_mail(Authentication_Results=FAILED, **headers), mailbox)
    assert (message.reason, linked_to(message)) == (Reason.UNVERIFIED, [ticket])


def test_an_automatic_reply_of_a_spoofed_customer_stays_in_the_ledger(mailbox: Mailbox, ticket: Ticket) -> None:
    subject = f"[{ticket.reference}] away"
    headers = {"Auto_Submitted": "auto-replied", "Authentication_Results": FAILED}
    message = arrive(a_mail(subject=subject, **headers), mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.RECORDED, Reason.AUTO_REPLY, None)


def test_with_our_message_id_an_unverified_mail_joins_and_is_marked_everywhere(
    mailbox: Mailbox, ticket: Ticket, client: Client
) -> None:
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(ticket.pk, by=ann)
    raw = a_mail(In_Reply_To=f"<{our_mail_on(ticket)}>", Authentication_Results=FAILED, body="Please pay here.")
    message = arrive(raw, mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, ticket)
    client.force_login(ann.user, backend="accounts.auth.AgentBackend")
    page = client.get(f"/t/{ticket.reference}/").content.decode()
    assert page.count(WARNING) == 1
    assert page.index(WARNING) < page.index("Please pay here.")
    for address in ("/mail/", f"/mail/{message.pk}/"):
        assert WARNING in client.get(address).content.decode()
    api = signed_in(ann)
    entries = api.get(f"/api/v1/tickets/{ticket.reference}/timeline/").json()["results"]
    checks = {entry["id"]: entry["failed_check"] for entry in entries if entry["kind"] == "email_inbound"}
    assert checks == {str(ticket.entries.public().order_by("seq")[0].pk): "", str(message.entry_id): "dmarc=fail"}
    rows = api.get("/api/v1/mail/messages/").json()["results"]
    assert [row["failed_check"] for row in rows] == ["dmarc=fail", ""]
    assert api.get(f"/api/v1/mail/messages/{message.pk}/").json()["failed_check"] == "dmarc=fail"


def test_the_first_mail_of_a_ticket_is_marked_too(mailbox: Mailbox) -> None:
    entry = TimelineEntry.objects.get(pk=arrive(a_mail(Authentication_Results=FAILED), mailbox).entry_id)
    assert (entry.failed_check, entry.facts) == ("dmarc=fail", {"unverified": "dmarc=fail"})


def test_what_stays_inside_is_marked_too(mailbox: Mailbox, ticket: Ticket) -> None:
    headers = {"Auto_Submitted": "auto-replied", "Authentication_Results": FAILED}
    message = arrive(a_mail(In_Reply_To=f"<{our_mail_on(ticket)}>", **headers), mailbox)
    entry = TimelineEntry.objects.get(pk=message.entry_id)
    assert entry.facts == {"event": "automatic", "reason": "auto_reply", "unverified": "dmarc=fail"}


def statements(raw: bytes, mailbox: Mailbox) -> int:
    with CaptureQueriesContext(connection) as caught:
        take_in(mailbox, raw, provider_id=new_id().hex, source="polled")
    return len(caught)


def test_warning_and_conversation_cost_an_ordinary_mail_no_statement(mailbox: Mailbox, ticket: Ticket) -> None:
    statements(a_mail(body="Warm"), mailbox)
    plain = statements(a_mail(body="Plain"), mailbox)
    assert statements(a_mail(body="Marked", Authentication_Results=FAILED), mailbox) == plain
    other = index(conversation=CONVERSATION[::-1])
    assert statements(a_mail(body="Of Outlook", Thread_Index=other), mailbox) == plain
    ours = our_mail_on(ticket)
    statements(a_mail(body="Warm answer", In_Reply_To=f"<{ours}>"), mailbox)
    answer = statements(a_mail(body="Answer", In_Reply_To=f"<{ours}>"), mailbox)
    assert statements(a_mail(body="By it", In_Reply_To=f"<{ours}>", Thread_Index=index(answers=1)), mailbox) == answer
    assert statements(a_mail(body="By hers", In_Reply_To=f"<{THEIRS}>"), mailbox) == answer


# Ids that were used twice ----------------------------------------------------------------------------------------


@pytest.fixture
def twin(mailbox: Mailbox, ticket: Ticket) -> Ticket:
    """Another ticket of Dana's, whose first mail has the same Message-ID."""
    message = arrive(a_mail(message_id=THEIRS, subject="Scanner", body="It hums."), mailbox)
    return Ticket.objects.get(pk=message.ticket_id)


def test_an_id_that_stands_on_two_tickets_of_the_sender_joins_neither_and_links_one(
    mailbox: Mailbox, ticket: Ticket, twin: Ticket
) -> None:
    message = arrive(a_mail(In_Reply_To=f"<{THEIRS}>"), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.NEW)
    assert message.ticket not in (ticket, twin)
    assert message.evidence["passed_over"] == [THEIRS]
    assert linked_to(message) in ([ticket], [twin])


def test_an_id_that_a_stranger_used_again_still_finds_the_ticket_of_whoever_takes_part(
    mailbox: Mailbox, ticket: Ticket
) -> None:
    arrive(a_mail(sender=EVE, message_id=THEIRS, body="Mine now."), mailbox)
    message = arrive(a_mail(In_Reply_To=f"<{THEIRS}>"), mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, ticket)


def test_a_stranger_who_names_many_tickets_costs_no_more_than_ten_of_them(mailbox: Mailbox) -> None:
    many = [TicketFactory(requester=ContactFactory(), team=mailbox.team) for _number in range(24)]
    statements(a_mail(sender="warm@up.test"), mailbox)

    def naming(count: int) -> int:
        subject = " ".join(f"[{one.reference}]" for one in many[:count])
        return statements(a_mail(sender=f"eve{count}@elsewhere.test", subject=subject), mailbox)

    assert naming(10) == naming(12) == naming(24)


def test_ids_of_one_ticket_are_asked_about_once(mailbox: Mailbox, ticket: Ticket) -> None:
    theirs = [THEIRS]
    for number in range(8):
        theirs.append(f"more{number}@customer.test")
        arrive(a_mail(message_id=theirs[-1], In_Reply_To=f"<{THEIRS}>", body=f"More {number}"), mailbox)

    def naming(count: int) -> int:
        references = " ".join(f"<{one}>" for one in theirs[:count])
        return statements(a_mail(sender=f"eve{count}@elsewhere.test", References=references), mailbox)

    naming(1)
    assert naming(2) == naming(9)


def test_then_the_next_rule_decides_and_the_ledger_says_so(
    mailbox: Mailbox, ticket: Ticket, twin: Ticket, client: Client
) -> None:
    raw = a_mail(In_Reply_To=f"<{THEIRS}>", subject=f"RE: [{twin.reference}] Scanner")
    message = arrive(raw, mailbox)
    assert (message.state, message.ticket, message.evidence["rule"]) == (MailState.APPENDED, twin, "subject")
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    page = client.get(f"/mail/{message.pk}/").content.decode()
    assert page.index("Passed over, as it stands on several tickets") < page.index(THEIRS)


def test_two_tickets_that_were_merged_are_one(mailbox: Mailbox, ticket: Ticket, twin: Ticket) -> None:
    ann: Agent = AgentFactory(teams=[mailbox.team])
    for one in (ticket, twin):
        accept_ticket(one.pk, by=ann)
    merge_ticket(twin.pk, into=ticket, by=ann)
    message = arrive(a_mail(In_Reply_To=f"<{THEIRS}>"), mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, ticket)


def test_nobody_blurs_an_id_of_ours_by_using_it(mailbox: Mailbox, ticket: Ticket) -> None:
    ours = our_mail_on(ticket)
    stolen = arrive(a_mail(sender=EVE, message_id=ours, body="Mine now."), mailbox)
    assert (stolen.state, stolen.reason) == (MailState.CREATED, Reason.NEW)
    message = arrive(a_mail(In_Reply_To=f"<{ours}>"), mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, ticket)


# Outlook's conversation ------------------------------------------------------------------------------------------


def test_043_a_reply_of_which_only_the_thread_index_is_left_joins(mailbox: Mailbox, ticket: Ticket) -> None:
    message = arrive(a_mail(subject="Printer", Thread_Index=index(answers=2)), mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.APPENDED, Reason.CONVERSATION, ticket)
    assert message.evidence["matched"] == CONVERSATION.hex()
    assert message.evidence["confidence"] == "claimed"


def test_a_stranger_with_the_thread_index_makes_a_linked_ticket(mailbox: Mailbox, ticket: Ticket) -> None:
    message = arrive(a_mail(sender=EVE, Thread_Index=index(answers=1)), mailbox)
    assert (message.state, message.reason, linked_to(message)) == (MailState.CREATED, Reason.STRANGER, [ticket])


def test_a_conversation_of_another_mailbox_says_nothing(mailbox: Mailbox, ticket: Ticket) -> None:
    other = MailboxFactory(address="other@desk.test")
    message = arrive(a_mail(to=other.address, Thread_Index=index(answers=1)), other)
    assert (message.state, message.reason, linked_to(message)) == (MailState.CREATED, Reason.NEW, [])


def test_a_first_mail_goes_on_with_nothing(mailbox: Mailbox, ticket: Ticket) -> None:
    message = arrive(a_mail(subject="Scanner", Thread_Index=index()), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.NEW)


def test_references_come_before_the_conversation_and_the_subject_after_it(mailbox: Mailbox, ticket: Ticket) -> None:
    other = arrive(a_mail(message_id="other@customer.test", subject="Scanner"), mailbox).ticket
    third = TicketFactory(team=mailbox.team, requester=ticket.requester)
    headers = {"Thread_Index": index(answers=1), "subject": f"[{third.reference}] x"}
    by_conversation = arrive(a_mail(**headers), mailbox)
    by_reference = arrive(a_mail(References="<other@customer.test>", **headers), mailbox)
    assert [by_reference.ticket, by_conversation.ticket] == [other, ticket]


def test_a_conversation_about_two_tickets_leaves_it_to_the_subject(mailbox: Mailbox, ticket: Ticket) -> None:
    other = arrive(a_mail(subject="Scanner", Thread_Index=index()), mailbox).ticket
    assert other is not None
    message = arrive(a_mail(subject=f"[{other.reference}]", Thread_Index=index(answers=1)), mailbox)
    assert (message.ticket, message.evidence["rule"]) == (other, "subject")
    assert message.evidence["passed_over"] == [CONVERSATION.hex()]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (index(answers=3), CONVERSATION.hex()),
        (index().rstrip("="), CONVERSATION.hex()),
        (f"{index()[:10]}\r\n {index()[10:]}", CONVERSATION.hex()),
        (b64encode(CONVERSATION[:21]).decode(), ""),
        ("", ""),
        ("not base64 at all!", ""),
        ("AAAAA", ""),
        ("Ä" * 40, ""),
        ("A" * 1_000_000, "00" * 22),
    ],
)
def test_a_conversations_name_is_the_first_22_bytes(header: str, name: str) -> None:
    assert conversation_of(header) == name
