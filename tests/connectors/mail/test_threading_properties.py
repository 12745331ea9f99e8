"""Whatever else a mail looks like: strangers never join by a reference, genuine replies do, machines change nothing."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.header import Header
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Agent
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services.intake import take_in
from core.models import new_id
from tests.factories import AgentFactory, ContactFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.scale import full_size
from tickets.enums import TicketStatus
from tickets.message_ids import new_message_id
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import (
    accept_ticket,
    release_message,
    reply_to_customer,
    resolve_ticket,
    wait_for_customer,
)

pytestmark = [pytest.mark.django_db, pytest.mark.soak]
MANY = settings(max_examples=full_size(500))
DANA = "dana@customer.test"
THEIRS = "first@customer.test"
"""The Message-ID that Dana's own mail came with."""
CONVERSATION = bytes(range(1, 23))
FAILED = "Authentication-Results: mx.desk.test; dkim=none; dmarc=fail header.from=customer.test"


def thread_index(answers: int) -> str:
    return b64encode(CONVERSATION + b"later" * answers).decode()


@dataclass
class Thread:
    """Dana's ticket with Ann's answer, which has left the desk."""

    mailbox: Mailbox
    ticket: Ticket
    ann: Agent
    ours: OutboundMessage


@pytest.fixture
def thread() -> Thread:
    """Made once; each example is rolled back."""
    mailbox = MailboxFactory()
    incoming = arrive(a_mail(sender=f"Dana Roth <{DANA}>", message_id=THEIRS, Thread_Index=thread_index(0)), mailbox)
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    reply = reply_to_customer(incoming.ticket_id, by=ann, body_text="Is the plug in?")
    release_message(reply.pk, now=reply.release_at)
    ContactFactory(email="known@elsewhere.test")
    return Thread(mailbox, Ticket.objects.get(), ann, OutboundMessage.objects.get(pk=reply.pk))


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def in_state(thread: Thread, status: str) -> None:
    if status == TicketStatus.WAITING_CUSTOMER:
        wait_for_customer(thread.ticket.pk, by=thread.ann)
    elif status == TicketStatus.RESOLVED:
        resolve_ticket(thread.ticket.pk, by=thread.ann, code="fixed", note="New toner.")


OPEN = st.sampled_from([TicketStatus.IN_PROGRESS, TicketStatus.WAITING_CUSTOMER, TicketStatus.RESOLVED])
PREFIXES = st.sampled_from(
    [
        "",
        "RE: ",
        "Re[2]: ",
        "AW: ",
        "WG: ",
        "Fwd: ",
        "SV: ",
        "VS: ",
        "TR: ",
        "回复: ",
        "答复:",
        "Rif: ",
        "Odp: ",
        "Vá: ",
    ]
)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="[]\x85"), max_size=40
)
FOREIGN_IDS = st.lists(
    st.from_regex(r"[a-z0-9.]{1,30}@(?:mx|outlook|relay)\.test", fullmatch=True), max_size=4, unique=True
)
SEPARATORS = st.sampled_from([" ", "\r\n ", ", ", "", "\t"])


@st.composite
def dressings(draw: Any) -> dict[str, Any]:
    """What a mail may wear around its evidence."""
    return {
        "prefix": draw(PREFIXES),
        "words": draw(WORDS),
        "body": draw(WORDS) or "Yes.",
        "before": draw(FOREIGN_IDS),
        "after": draw(FOREIGN_IDS),
        "separator": draw(SEPARATORS),
        "is_encoded": draw(st.booleans()),
    }


def a_raw(
    sender: str,
    *,
    subject: str,
    dressing: dict[str, Any],
    in_reply_to: str = "",
    reference: str = "",
    more: Sequence[str] = (),
) -> bytes:
    """Written by hand: no library would write half of these headers."""
    references = [*dressing["before"], *([reference] if reference else []), *dressing["after"]]
    lines = [
        f"From: {sender}",
        "To: support@desk.test",
        f"Subject: {Header(subject, 'utf-8').encode() if dressing['is_encoded'] else subject}",
        f"Message-ID: <{new_id().hex}@customer.test>",
    ]
    lines += [*more, *([f"In-Reply-To: <{in_reply_to}>"] if in_reply_to else [])]
    if references:
        lines.append("References: " + dressing["separator"].join(f"<{found}>" for found in references))
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", dressing["body"]]
    return "\r\n".join(lines).encode()


def comes_in(thread: Thread, raw: bytes) -> MailMessage:
    return take_in(thread.mailbox, raw, provider_id=new_id().hex, source="polled")


@MANY
@given(
    dressing=dressings(),
    status=OPEN,
    sender=st.sampled_from(["eve@elsewhere.test", "Dana Roth <known@elsewhere.test>", f'"{DANA}" <eve@evil.test>']),
    place=st.sampled_from(["subject", "body", "both"]),
    quoted=st.sampled_from(["", "new id of ours", "forged signature", "their id", "their id last"]),
    answers=st.integers(0, 3),
)
def test_a_stranger_who_quotes_a_reference_never_joins(
    thread: Thread, dressing: dict[str, Any], status: str, sender: str, place: str, quoted: str, answers: int
) -> None:
    """Whatever a stranger may have seen of the conversation but our own mails: reference, the customer's ids."""
    token = f"[{thread.ticket.reference}]"
    if place != "subject":
        dressing = dressing | {"body": f"{token} {dressing['body']}"}
    subject = dressing["prefix"] + (token if place != "body" else "") + " " + dressing["words"]
    guess = {
        "new id of ours": new_message_id(),
        "forged signature": "itn." + "a" * 32 + "." + "b" * 16 + "@desk.test",
        "their id": THEIRS,
    }.get(quoted, "")
    reference = THEIRS if quoted == "their id last" else ""
    more = [f"Thread-Index: {thread_index(answers)}"] if answers else []
    names_it = place != "body" or THEIRS in (guess, reference) or answers
    with undone():
        in_state(thread, status)
        entries = TimelineEntry.objects.filter(ticket=thread.ticket).count()
        raw = a_raw(sender, subject=subject, dressing=dressing, in_reply_to=guess, reference=reference, more=more)
        message = comes_in(thread, raw)
        assert message.state == MailState.CREATED
        assert message.reason == (Reason.STRANGER if names_it else Reason.NEW)
        assert message.ticket_id != thread.ticket.pk
        assert TimelineEntry.objects.filter(ticket=thread.ticket, kind="email_inbound").count() == 1
        assert TimelineEntry.objects.filter(ticket=thread.ticket).count() - entries <= 1  # the link's own line
        assert Ticket.objects.get(pk=thread.ticket.pk).status == status


@MANY
@given(
    dressing=dressings(),
    status=OPEN,
    quoted=st.sampled_from(["subject", "their id", "thread index", "all"]),
    is_verified=st.booleans(),
)
def test_a_customers_address_that_could_not_be_verified_joins_by_our_id_alone(
    thread: Thread, dressing: dict[str, Any], status: str, quoted: str, is_verified: bool
) -> None:
    parts = ("subject", "their id", "thread index") if quoted == "all" else (quoted,)
    subject = dressing["prefix"] + (f"[{thread.ticket.reference}] " if "subject" in parts else "") + "Printer"
    more = [f"Thread-Index: {thread_index(1)}"] if "thread index" in parts else []
    more += [FAILED.replace("dmarc=fail", "dmarc=pass") if is_verified else FAILED]
    spoofed = {"subject": subject, "dressing": dressing, "reference": THEIRS if "their id" in parts else ""}
    with undone():
        in_state(thread, status)
        message = comes_in(thread, a_raw(f"Dana Roth <{DANA}>", more=more, **spoofed))
        assert (message.state == MailState.APPENDED) == is_verified
        assert message.reason == Reason.UNVERIFIED or is_verified
        ours = thread.ours.email_message_id
        answer = comes_in(thread, a_raw(f"Dana Roth <{DANA}>", in_reply_to=ours, more=more, **spoofed))
        assert (answer.state, answer.ticket_id) == (MailState.APPENDED, thread.ticket.pk)
        assert TimelineEntry.objects.get(pk=answer.entry_id).failed_check == ("" if is_verified else "dmarc=fail")


PIECES = ["in_reply_to", "references", "conversation", "subject"]


@MANY
@given(dressing=dressings(), status=OPEN, evidence=st.sampled_from(PIECES), is_theirs=st.booleans())
def test_a_genuine_reply_with_one_piece_of_evidence_intact_joins(
    thread: Thread, dressing: dict[str, Any], status: str, evidence: str, is_theirs: bool
) -> None:
    """By our id as well as by the one that the customer's own mail had, which is what an afterthought answers."""
    ours = THEIRS if is_theirs else thread.ours.email_message_id
    subject = dressing["prefix"] + (f"[{thread.ticket.reference}] " if evidence == "subject" else "") + "Printer"
    raw = a_raw(
        f"Dana Roth <{DANA}>",
        subject=f"{subject} {dressing['words']}",
        dressing=dressing,
        in_reply_to=ours if evidence == "in_reply_to" else "",
        reference=ours if evidence == "references" else "",
        more=[f"Thread-Index: {thread_index(2)}"] if evidence == "conversation" else [],
    )
    with undone():
        in_state(thread, status)
        message = comes_in(thread, raw)
        assert (message.state, message.ticket_id) == (MailState.APPENDED, thread.ticket.pk)
        assert message.evidence["rule"] == evidence
        assert Ticket.objects.count() == 1
        assert Ticket.objects.get().status == TicketStatus.IN_PROGRESS


MACHINES = st.sampled_from(
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied (vacation)\r\nPrecedence: bulk",
        "X-Autoreply: yes",
        "X-Autorespond: away",
        "X-Vacation: yes\r\nReturn-Path: <>",
        "Precedence: auto_reply",
        "X-Failed-Recipients: someone@elsewhere.test",
    ]
)


@MANY
@given(
    dressing=dressings(),
    status=OPEN,
    headers=MACHINES,
    evidence=st.sampled_from(["in_reply_to", "references", "subject", "none"]),
    sender=st.sampled_from([DANA, "eve@elsewhere.test", "mailer-daemon@mx.test"]),
)
def test_automatic_mail_never_creates_reopens_or_resumes(
    thread: Thread, dressing: dict[str, Any], status: str, headers: str, evidence: str, sender: str
) -> None:
    ours = thread.ours.email_message_id
    raw = a_raw(
        sender,
        subject=dressing["prefix"] + (f"[{thread.ticket.reference}] " if evidence == "subject" else "") + "Away",
        dressing=dressing,
        in_reply_to=ours if evidence == "in_reply_to" else "",
        reference=ours if evidence == "references" else "",
        more=[f"Thread-Index: {thread_index(2)}"] if evidence == "conversation" else [],
    )
    with undone():
        in_state(thread, status)
        before = Ticket.objects.get()
        message = comes_in(thread, headers.encode() + b"\r\n" + raw)
        assert message.state == MailState.RECORDED
        after = Ticket.objects.get()
        facts = ("status", "owner_id", "reopen_count", "waiting_since", "last_customer_message_at", "resolved_at")
        assert [getattr(after, name) for name in facts] == [getattr(before, name) for name in facts]
        assert not TimelineEntry.objects.filter(mail_messages=message, visibility="public").exists()
