"""Who a mail is from and for: forwards by agents, people in copy, lists, Reply-To, agents at their own mail program."""

from email.message import EmailMessage

import pytest
from django.utils import timezone

from accounts.models import Agent
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import move_mail, undo_mail_move
from tests.factories import AgentFactory, CompanyFactory, ContactFactory
from tests.factories.mail import SUPPORT, MailboxFactory, a_mail, arrive, our_mail_on
from tickets import services as tickets
from tickets.enums import AuthorType, Visibility
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.selectors import entries_of
from tickets.wording import describe

pytestmark = pytest.mark.django_db

GMAIL = """Can somebody look at this? She is in a bad mood.

---------- Forwarded message ---------
From: Dana Roth <dana@customer.test>
Date: Tue, 2 Jun 2026 at 09:12
Subject: Printer is on fire
To: Mara Klein <mara@desk.test>

It burns since this morning.

Dana
"""
OUTLOOK = """Bitte uebernehmen.

Von: Dana Roth <dana@customer.test>
Gesendet: Dienstag, 2. Juni 2026 09:12
An: Mara Klein <mara@desk.test>
Betreff: Printer is on fire

It burns since this morning.

Dana
"""
APPLE = """Please take this on.

Begin forwarded message:

> From: Dana Roth <dana@customer.test>
> Subject: Printer is on fire
> Date: 2. June 2026 at 09:12:00 CEST
> To: mara@desk.test
>
> It burns since this morning.
>
> Dana
"""


@pytest.fixture
def mara(mailbox: Mailbox) -> Agent:
    return AgentFactory(name="Mara Klein", email="mara@desk.test", teams=[mailbox.team])


def ticket_of(message: MailMessage) -> Ticket:
    return Ticket.objects.select_related("requester").get(pk=message.ticket_id)


def public(ticket: Ticket) -> list[TimelineEntry]:
    return list(entries_of(ticket).public().in_order())


def participants(ticket: Ticket) -> set[str]:
    return set(ticket.participants.values_list("contact__email", flat=True))


@pytest.mark.parametrize(
    ("subject", "body", "own_words"),
    [
        ("Fwd: Printer is on fire", GMAIL, "Can somebody look at this? She is in a bad mood."),
        ("WG: Printer is on fire", OUTLOOK, "Bitte uebernehmen."),
        ("Fwd: Printer is on fire", APPLE, "Please take this on."),
    ],
    ids=["gmail", "outlook", "apple"],
)
def test_047_forward_by_an_agent_is_the_customers_ticket(
    mailbox: Mailbox, mara: Agent, subject: str, body: str, own_words: str
) -> None:
    message = arrive(a_mail(sender="Mara Klein <Mara@Desk.test>", subject=subject, body=body), mailbox)
    ticket = ticket_of(message)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.FORWARDED)
    assert (ticket.requester.email, ticket.requester.name) == ("dana@customer.test", "Dana Roth")
    assert ticket.subject == "Printer is on fire"
    [said] = public(ticket)
    assert said.body_text == "It burns since this morning.\n\nDana"
    assert (said.author_type, said.email_from) == (AuthorType.CUSTOMER, "dana@customer.test")
    [inside] = entries_of(ticket).filter(visibility=Visibility.INTERNAL, facts__event="forwarded")
    assert inside.body_text == own_words
    assert describe(inside) == "Forwarded by Mara Klein; their own words stay inside"
    assert message.evidence["forwarded_by"] == "mara@desk.test"


def test_047_forward_as_attachment_brings_its_files_and_its_message_id(mailbox: Mailbox, mara: Agent) -> None:
    original = EmailMessage()
    original["From"], original["To"] = "Dana Roth <dana@customer.test>", "mara@desk.test"
    original["Subject"], original["Message-ID"] = "Printer is on fire", "<first@customer.test>"
    original.set_content("It burns since this morning.")
    original.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="log.bin")
    forward = EmailMessage()
    forward["From"], forward["To"], forward["Subject"] = "mara@desk.test", SUPPORT, "See attachment"
    forward["Message-ID"] = "<forward@desk.test>"
    forward.set_content("Hers, not mine.")
    forward.add_attachment(original)
    ticket = ticket_of(arrive(forward.as_bytes(), mailbox))
    [said] = public(ticket)
    assert (ticket.requester.email, ticket.subject) == ("dana@customer.test", "Printer is on fire")
    assert (said.body_text.strip(), said.email_message_id) == ("It burns since this morning.", "first@customer.test")
    assert [file.filename for file in said.attachments.all()] == ["log.bin"]
    assert "Hers, not mine." in entries_of(ticket).get(facts__event="forwarded").body_text


def test_forward_by_anybody_else_speaks_for_whoever_sent_it(mailbox: Mailbox, mara: Agent) -> None:
    body = GMAIL.replace("dana@customer.test", "boss@victim.test")
    message = arrive(a_mail(sender="eve@stranger.test", subject="Fwd: Pay", body=body), mailbox)
    assert (ticket_of(message).requester.email, message.reason) == ("eve@stranger.test", Reason.NEW)


@pytest.mark.parametrize("result", ["mx.desk.test; dkim=none; dmarc=fail (p=reject)", "mx.desk.test; DMARC = FAIL"])
def test_forward_in_an_agents_name_that_fails_dmarc_is_no_forward(mailbox: Mailbox, mara: Agent, result: str) -> None:
    raw = a_mail(sender="mara@desk.test", subject="Fwd: Pay", body=GMAIL, Authentication_Results=result)
    message = arrive(raw, mailbox)
    assert (message.reason, ticket_of(message).requester.email) == (Reason.NEW, "mara@desk.test")
    assert message.evidence["flags"] == ["failed DMARC"]


def test_forward_of_an_inactive_agent_is_no_forward(mailbox: Mailbox, mara: Agent) -> None:
    Agent.objects.filter(pk=mara.pk).update(is_active=False)
    assert arrive(a_mail(sender="mara@desk.test", body=GMAIL), mailbox).reason == Reason.NEW


@pytest.mark.parametrize("original", [SUPPORT, "jonas@desk.test"])
def test_forward_of_our_own_or_a_colleagues_mail_stays_the_agents(mailbox: Mailbox, mara: Agent, original: str) -> None:
    AgentFactory(email="jonas@desk.test")
    body = GMAIL.replace("dana@customer.test", original)
    message = arrive(a_mail(sender="mara@desk.test", subject="Fwd: x", body=body), mailbox)
    assert (message.reason, ticket_of(message).requester.email) == (Reason.NEW, "mara@desk.test")


def test_agents_own_question_with_quoted_history_is_no_forward(mailbox: Mailbox, mara: Agent) -> None:
    raw = a_mail(sender="mara@desk.test", subject="AW: Printer", body=OUTLOOK, In_Reply_To="<elsewhere@customer.test>")
    assert arrive(raw, mailbox).reason == Reason.NEW


def test_forward_onto_a_ticket_stays_inside_it(mailbox: Mailbox, mara: Agent) -> None:
    ticket = ticket_of(arrive(a_mail(), mailbox))
    raw = a_mail(sender="mara@desk.test", subject=f"Fwd: [{ticket.reference}] Printer", body=GMAIL)
    message = arrive(raw, mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.RECORDED, Reason.STAFF_MAIL, ticket)
    assert len(public(ticket)) == 1


@pytest.mark.parametrize("by_header", [True, False])
def test_agents_answer_from_their_mail_program_is_recognised_and_stays_inside(
    mailbox: Mailbox, mara: Agent, by_header: bool
) -> None:
    first = arrive(a_mail(sender="dana@customer.test"), mailbox)
    ticket = ticket_of(first)
    headers = {"In_Reply_To": f"<{first.message_id}>"} if by_header else {}
    subject = "Re: Printer" if by_header else f"Re: [{ticket.reference}] Printer"
    body = "We send somebody, but she is on the list of bad payers.\n\nOn Tue, 2 Jun 2026, Dana wrote:\n> It burns.\n"
    message = arrive(
        a_mail(sender="mara@desk.test", to="dana@customer.test", Cc=SUPPORT, subject=subject, body=body, **headers),
        mailbox,
    )
    assert (message.state, message.reason) == (MailState.RECORDED, Reason.STAFF_MAIL)
    entry = TimelineEntry.objects.get(pk=message.entry_id)
    assert (entry.visibility, entry.author_type, entry.author_name) == (
        Visibility.INTERNAL,
        AuthorType.SYSTEM,
        "Mara Klein <mara@desk.test>",
    )
    assert describe(entry) == "Mail of Mara Klein, stays inside"
    assert message.reply_text == "We send somebody, but she is on the list of bad payers."
    assert [row.pk for row in public(ticket)] == [first.entry_id]
    assert not OutboundMessage.objects.exclude(kind="acknowledgement").exists()
    assert participants(ticket) == set()


def test_agents_mail_with_another_reply_to_stays_inside_too(mailbox: Mailbox, mara: Agent) -> None:
    ticket = ticket_of(arrive(a_mail(), mailbox))
    raw = a_mail(sender="mara@desk.test", Reply_To="mara@home.test", In_Reply_To=f"<{our_mail_on(ticket)}>")
    message = arrive(raw, mailbox)
    assert message.reason == Reason.STAFF_MAIL
    assert [row.kind for row in public(ticket)] == ["email_inbound", "email_outbound"]


def test_people_in_to_and_cc_take_part(mailbox: Mailbox, mara: Agent) -> None:
    MailboxFactory(address="sales@desk.test", team=mailbox.team)
    raw = a_mail(
        to=f"{SUPPORT}, Tom <tom@customer.test>",
        Cc="Ann <Ann@Customer.test>, sales@desk.test, support+x@desk.test, no-reply@shop.test, mara@desk.test, "
        "tom@customer.test, staff-owner@lists.test, mailer-daemon@customer.test",
    )
    message = arrive(raw, mailbox)
    ticket = ticket_of(message)
    assert participants(ticket) == {"tom@customer.test", "Ann@Customer.test"}
    assert message.evidence["participants"] == ["tom@customer.test", "Ann@Customer.test"]
    line = "Take part from now on: Tom <tom@customer.test>, Ann <Ann@Customer.test>"
    assert line in [describe(entry) for entry in entries_of(ticket)]


def test_who_takes_part_may_answer_by_subject_and_bring_others(mailbox: Mailbox) -> None:
    ticket = ticket_of(arrive(a_mail(Cc="ann@partner.test"), mailbox))
    subject = f"Re: [{ticket.reference}] Printer"
    message = arrive(a_mail(sender="ann@partner.test", subject=subject, Cc="tom@partner.test"), mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, ticket)
    assert participants(ticket) == {"ann@partner.test", "tom@partner.test"}


def test_strangers_bring_nobody_along(mailbox: Mailbox) -> None:
    first = arrive(a_mail(), mailbox)
    raw = a_mail(sender="eve@stranger.test", Cc="mallory@stranger.test", In_Reply_To=f"<{first.message_id}>")
    arrive(raw, mailbox)
    assert "mallory@stranger.test" not in participants(ticket_of(first))


def test_a_crowd_in_copy_is_not_taken_along(mailbox: Mailbox) -> None:
    crowd = ", ".join(f"p{number}@customer.test" for number in range(21))
    message = arrive(a_mail(Cc=crowd), mailbox)
    assert participants(ticket_of(message)) == set()
    assert message.evidence["flags"] == ["too many people in copy to take along"]


def test_list_mail_takes_nobody_along(mailbox: Mailbox) -> None:
    raw = a_mail(Cc="ann@customer.test", List_Id="<staff.customer.test>", Precedence="list")
    assert participants(ticket_of(arrive(raw, mailbox))) == set()


def test_mail_to_several_of_our_mailboxes_is_one_ticket_of_the_first(mailbox: Mailbox) -> None:
    network, sales = MailboxFactory(address="network@desk.test"), MailboxFactory(address="sales@desk.test")
    raw = a_mail(to="network@desk.test, support@desk.test", Cc="sales@desk.test")
    states = [arrive(raw, box).state for box in (sales, mailbox, network)]
    assert states == [MailState.CREATED, MailState.DUPLICATE, MailState.DUPLICATE]
    assert Ticket.objects.get().team == network.team


def test_reply_to_that_is_the_list_itself_is_nobody(mailbox: Mailbox) -> None:
    raw = a_mail(
        sender="Dana Roth <dana@customer.test>",
        to="staff@lists.test",
        Reply_To="staff@lists.test",
        List_Id="Staff <staff.lists.test>",
        List_Post="<mailto:staff@lists.test>",
    )
    assert ticket_of(arrive(raw, mailbox)).requester.email == "dana@customer.test"


def test_from_rewritten_by_a_list_gives_way_to_who_wrote(mailbox: Mailbox) -> None:
    raw = a_mail(
        sender="Dana Roth via Staff <staff@lists.test>",
        X_Original_From="Dana Roth <dana@customer.test>",
        List_Id="<staff.lists.test>",
        List_Post="<mailto:staff@lists.test>",
    )
    assert ticket_of(arrive(raw, mailbox)).requester.email == "dana@customer.test"


def test_reply_to_names_the_requester_of_a_new_mail(mailbox: Mailbox) -> None:
    raw = a_mail(sender="Web form <form@shop.test>", Reply_To="Dana <dana@customer.test>")
    assert ticket_of(arrive(raw, mailbox)).requester.email == "dana@customer.test"


def test_reply_to_of_somebody_else_opens_no_ticket_by_its_reference(mailbox: Mailbox) -> None:
    """From can be checked by gateways, Reply-To cannot: alone it must not be enough."""
    CompanyFactory(domains=["customer.test"])
    ticket = ticket_of(arrive(a_mail(sender="dana@customer.test"), mailbox))
    subject = f"[{ticket.reference}]"
    message = arrive(a_mail(sender="eve@stranger.test", Reply_To="dana@customer.test", subject=subject), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.STRANGER)
    assert message.ticket != ticket
    tickets.add_note(ticket.pk, by=AgentFactory(teams=[mailbox.team]), body_text="Still alone.")
    assert len(public(ticket)) == 1


FAILED = "mx.desk.test; dmarc=fail header.from=desk.test"


def test_mail_in_an_agents_name_that_fails_dmarc_is_a_strangers_by_its_reference(mailbox: Mailbox, mara: Agent) -> None:
    ticket = ticket_of(arrive(a_mail(), mailbox))
    raw = a_mail(sender="mara@desk.test", subject=f"[{ticket.reference}] Pay", Authentication_Results=FAILED)
    message = arrive(raw, mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.UNVERIFIED)
    assert message.ticket != ticket
    assert entries_of(ticket).filter(kind="email_inbound").count() == 1


def test_answer_in_an_agents_name_that_fails_dmarc_stays_inside_in_nobodys_name(mailbox: Mailbox, mara: Agent) -> None:
    ours = our_mail_on(ticket_of(arrive(a_mail(), mailbox)))
    raw = a_mail(sender="mara@desk.test", In_Reply_To=f"<{ours}>", Authentication_Results=FAILED)
    entry = TimelineEntry.objects.get(pk=arrive(raw, mailbox).entry_id)
    assert (entry.visibility, entry.author_name) == (Visibility.INTERNAL, "mara@desk.test")
    assert describe(entry) == "Mail of mara@desk.test, stays inside"


def test_answer_of_a_deactivated_agent_stays_inside_and_opens_no_ticket_by_its_reference(
    mailbox: Mailbox, mara: Agent
) -> None:
    first = arrive(a_mail(), mailbox)
    ticket = ticket_of(first)
    Agent.objects.filter(pk=mara.pk).update(is_active=False)
    answer = arrive(a_mail(sender="mara@desk.test", In_Reply_To=f"<{our_mail_on(ticket)}>"), mailbox)
    assert (answer.state, answer.reason, answer.ticket) == (MailState.RECORDED, Reason.STAFF_MAIL, ticket)
    assert [row.pk for row in public(ticket) if row.kind == "email_inbound"] == [first.entry_id]
    guess = arrive(a_mail(sender="mara@desk.test", subject=f"[{ticket.reference}]"), mailbox)
    assert guess.reason == Reason.STRANGER


@pytest.mark.parametrize(
    ("results", "flags"),
    [
        (["mx.desk.test; dkim=none", "mx.desk.test; dmarc=fail"], ["failed DMARC"]),
        (
            ["mx.desk.test 1; dkim=pass", "(opendmarc) MX.desk.test; spf=pass", "mx.desk.test; dmarc=fail"],
            ["failed DMARC"],
        ),
        (["mx.desk.test; dmarc=pass", "mx.sender.test; dmarc=fail"], []),
        (["mx.desk.test; dkim=pass", "mx.sender.test; arc=none", "mx.desk.test; dmarc=fail"], []),
    ],
)
def test_all_leading_results_of_our_own_gateway_count(mailbox: Mailbox, results: list[str], flags: list[str]) -> None:
    head = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    assert arrive(head.encode() + a_mail(), mailbox).evidence["flags"] == flags


def test_forwarded_mail_moves_with_what_the_agent_wrote_and_comes_back_with_it(mailbox: Mailbox, mara: Agent) -> None:
    message = arrive(a_mail(sender="mara@desk.test", subject="Fwd: Printer", body=GMAIL), mailbox)
    source, target = ticket_of(message), ticket_of(arrive(a_mail(sender="tom@other.test"), mailbox))
    inside = entries_of(source).get(facts__event="forwarded")
    move_mail(message.pk, to=target.reference, by=mara)
    assert {message.entry_id, inside.pk} <= set(entries_of(target).values_list("pk", flat=True))
    assert not {message.entry_id, inside.pk} & set(entries_of(source).values_list("pk", flat=True))
    assert (ticket_of(message).pk, ticket_of(message).status) == (source.pk, "cancelled")
    undo_mail_move(message.pk, by=mara)
    assert {message.entry_id, inside.pk} <= set(entries_of(source).values_list("pk", flat=True))
    assert inside.pk not in set(entries_of(target).values_list("pk", flat=True))
    assert Ticket.objects.get(pk=source.pk).status == "new"


def test_attached_mail_beyond_the_limits_puts_the_agents_forward_into_quarantine(mailbox: Mailbox, mara: Agent) -> None:
    original = EmailMessage()
    original["From"], original["Subject"] = "dana@customer.test", "Many files"
    original.set_content("All of them.")
    for number in range(520):
        original.add_attachment(b"%d" % number, maintype="application", subtype="x", filename=f"{number}.bin")
    forward = EmailMessage()
    forward["From"], forward["To"], forward["Subject"] = "mara@desk.test", SUPPORT, "See attachment"
    forward.set_content("Hers.")
    forward.add_attachment(original)
    message = arrive(forward.as_bytes(), mailbox)
    assert (message.state, message.reason, message.detail) == (MailState.QUARANTINED, Reason.OVER_LIMIT, "parts")
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize(
    ("headers", "is_cleared"),
    [
        ({"sender": "dana@acme.example"}, True),
        ({"sender": "eve@elsewhere.test", "Reply_To": "dana@acme.example"}, False),
        ({"sender": "dana@acme.example", "Authentication_Results": "mx.desk.test; dmarc=fail"}, False),
        ({"sender": "dana@acme.example", "Precedence": "list"}, False),
    ],
)
def test_only_a_persons_own_mail_shows_that_their_address_works(headers: dict[str, str], is_cleared: bool) -> None:
    mailbox = MailboxFactory()
    dana = ContactFactory(email="dana@acme.example", undeliverable_at=timezone.now(), undeliverable_code="5.1.1")
    arrive(a_mail(**headers), mailbox)
    dana.refresh_from_db()
    assert (dana.undeliverable_at is None) == is_cleared
