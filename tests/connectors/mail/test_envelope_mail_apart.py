"""What an envelope's mails must not do to others: take a customer out of their conversation, or be read in a copy, in
quarantine or before anybody has looked at them; and that somebody learns of what waits.
"""

from base64 import b64encode
from email.message import EmailMessage
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent, Team
from connectors.mail.enums import MailState, Reason, Source
from connectors.mail.envelope_threads import named_in_bytes
from connectors.mail.errors import MailNotQuarantined
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.parsing import parse
from connectors.mail.selectors import own_addresses
from connectors.mail.services import block_sender, choose_envelope, process_due, retry_mail
from connectors.mail.services.intake import process, receive
from connectors.mail.services.outcome import put_aside
from core.errors import Invalid, NotFound
from envelopes.mail_tokens import token_of
from envelopes.models import Envelope
from envelopes.selectors import entries_of
from notifications.models import Notification
from tests.api.conftest import signed_in
from tests.connectors.mail.envelope_mail import DANA, NINA, VERA, Desk, a_desk, address_of, told, words_in
from tests.connectors.mail.test_threading_properties import thread_index
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive

pytestmark = pytest.mark.django_db
HELD = "A mail of {} about envelope {} of {} waits in quarantine"


@pytest.fixture
def desk(db: None) -> Desk:
    return a_desk()


def sees(agent: Agent, message: MailMessage) -> bool:
    return MailMessage.objects.visible_to(Agent.objects.get(pk=agent.pk)).filter(pk=message.pk).exists()


# The customer's conversation


def ours(desk: Desk) -> str:
    return f"<{desk.ours.email_message_id}>"


ANSWERS = {
    "with our id": {"References": "<first@customer.test> {ours} <all@helper.test>", "Thread_Index": thread_index(3)},
    "to it": {"In_Reply_To": "<all@helper.test>", "References": "{ours} <all@helper.test>"},
    "in Outlook": {"Thread_Index": thread_index(3)},
    "to her own": {"In_Reply_To": "<first@customer.test>", "Thread_Index": thread_index(3)},
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("helper", [VERA, NINA])
def test_a_helper_who_answers_everybody_takes_no_customer_along_into_the_envelope(
    desk: Desk, helper: str, answer: str
) -> None:
    begun = desk.comes(f"Dana Roth <{DANA}>", In_Reply_To=ours(desk), Thread_Index=thread_index(0))
    assert (begun.state, begun.ticket_id) == (MailState.APPENDED, desk.ticket.pk)
    signs = {"In_Reply_To": ours(desk), "Thread_Index": thread_index(1)}
    aside = desk.comes(helper, message_id="all@helper.test", body="To all of you", Cc=DANA, **signs)
    assert (aside.reason, aside.ticket_id) == (Reason.ENVELOPE_ASIDE, None)
    wears = {name: text.format(ours=ours(desk)) for name, text in ANSWERS[answer].items()}
    found = desk.comes(f"Dana Roth <{DANA}>", body="Still burning", **wears)
    assert (found.state, found.ticket_id) == (MailState.APPENDED, desk.ticket.pk)
    assert "Still burning" in desk.public_words()
    assert sees(desk.mate, found)


@pytest.mark.parametrize("answer", ["with our id", "in Outlook", "to her own"])
def test_nor_does_an_expert_who_forwards_the_customers_mail_into_it(desk: Desk, answer: str) -> None:
    desk.comes(f"Dana Roth <{DANA}>", In_Reply_To=ours(desk), Thread_Index=thread_index(0))
    forward = desk.comes(
        NINA,
        to=address_of(desk.inside),
        subject="WG: Printer",
        message_id="all@helper.test",
        Thread_Index=thread_index(1),
    )
    assert forward.state == MailState.POSTED
    wears = {name: text.format(ours=ours(desk)) for name, text in ANSWERS[answer].items()}
    found = desk.comes(f"Dana Roth <{DANA}>", body="Still burning", **wears)
    assert (found.state, found.ticket_id) == (MailState.APPENDED, desk.ticket.pk)


def test_what_is_kept_of_a_stranger_draws_nothing_after_it(desk: Desk) -> None:
    kept = desk.comes(
        f"Dana Roth <{DANA}>", to=address_of(desk.inside), message_id="one@customer.test", Thread_Index=thread_index(0)
    )
    assert kept.reason == Reason.ENVELOPE_STRANGER
    subject = f"[{desk.ticket.reference}] Printer"
    found = desk.comes(f"Dana Roth <{DANA}>", subject=subject, In_Reply_To="<one@customer.test>")
    assert (found.state, found.ticket_id) == (MailState.APPENDED, desk.ticket.pk)


@pytest.mark.parametrize("sender", [f"Dana Roth <{DANA}>", NINA, VERA, "eve@elsewhere.test"])
def test_what_carries_the_envelopes_word_stays_inside_whatever_else_it_names(desk: Desk, sender: str) -> None:
    desk.comes(f"Dana Roth <{DANA}>", In_Reply_To=ours(desk), Thread_Index=thread_index(0))
    found = desk.comes(
        sender, body=f"> secret\n> {token_of(desk.inside.pk)}", In_Reply_To=ours(desk), Thread_Index=thread_index(1)
    )
    assert (found.ticket_id, "secret" in desk.public_words()) == (None, False)
    assert found.entry_id in entries_of(desk.inside).values_list("pk", flat=True)


def test_an_answer_to_a_post_stays_inside_unless_something_signed_speaks_for_the_ticket(desk: Desk) -> None:
    desk.comes(VERA, to=address_of(desk.vendor), message_id="one@vendor.test")
    by_id = {"In_Reply_To": "<one@vendor.test>", "subject": f"[{desk.ticket.reference}] Printer"}
    assert desk.comes(f"Dana Roth <{DANA}>", **by_id).reason == Reason.ENVELOPE_STRANGER
    assert desk.comes(VERA, References=f"{ours(desk)} <one@vendor.test>").state == MailState.POSTED
    assert desk.comes(NINA, References=f"{ours(desk)} <one@vendor.test>").reason == Reason.ENVELOPE_STRANGER


# Copies


@pytest.fixture
def sales(desk: Desk) -> Mailbox:
    return MailboxFactory(address="sales@desk.test")


@pytest.mark.parametrize("helper", [VERA, NINA])
def test_a_copy_of_a_helpers_mail_is_read_by_those_alone_who_read_the_mail(
    desk: Desk, sales: Mailbox, helper: str
) -> None:
    seller = AgentFactory(teams=[sales.team])
    raw = a_mail(sender=helper, subject=f"Secret [{desk.ticket.reference}]", Cc="sales@desk.test", body="Port 3")
    first, copy = arrive(raw, desk.mailbox), arrive(raw, sales)
    assert (first.reason, copy.state) == (Reason.ENVELOPE_ASIDE, MailState.DUPLICATE)
    for agent in (seller, desk.mate):
        api = signed_in(Agent.objects.get(pk=agent.pk))
        for row in (first, copy):
            assert (agent.name, sees(agent, row)) == (agent.name, False)
            assert api.get(f"/api/v1/mail/messages/{row.pk}/raw/").status_code == 404
        assert "Secret" not in api.get("/api/v1/mail/messages/").content.decode()
    assert sees(desk.owner, first)


# What could not be processed


def broken(desk: Desk, raw: bytes, *, attempts: int = 6) -> MailMessage:
    """As if its worker had failed so often."""
    row = receive(desk.mailbox, raw, provider_id="broken", source=Source.POLLED)
    row.attempts = attempts
    return process(row)


def packed(body: str, *, sender: str = VERA) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, "support@desk.test", "RE", "<p@x.test>"
    mail.set_content(body, cte="base64")
    return mail.as_bytes()


@pytest.mark.parametrize("attempts", [6, 7])
def test_of_what_keeps_failing_the_owner_is_told_and_its_words_are_for_readers(desk: Desk, attempts: int) -> None:
    told(desk.owner)
    row = broken(desk, packed(f"Secret\n> {token_of(desk.vendor.pk)}"), attempts=attempts)
    assert (row.state, row.reason) == (MailState.QUARANTINED, Reason.GAVE_UP)
    sender = VERA if attempts == 6 else "–"
    assert told(desk.owner) == [HELD.format(sender, 2, desk.ticket.reference)]
    assert (sees(desk.owner, row), sees(desk.mate, row)) == (True, False)


def test_what_names_only_the_ticket_is_a_helpers_all_the_same(desk: Desk) -> None:
    told(desk.owner)
    row = broken(desk, a_mail(sender=VERA, subject=f"[{desk.ticket.reference}]"))
    assert (row.reason, row.from_address) == (Reason.GAVE_UP, VERA)
    assert told(desk.owner) == [HELD.format(VERA, 2, desk.ticket.reference)]
    assert not sees(desk.mate, row)


def test_what_was_refused_and_what_is_objected_to_is_sealed_and_told_like_it(desk: Desk) -> None:
    told(desk.owner)
    row = receive(desk.mailbox, a_mail(sender=VERA), provider_id="refused", source=Source.POLLED)
    mail = parse(a_mail(sender=VERA, In_Reply_To=ours(desk)))
    with transaction.atomic():
        put_aside(row, mail, own_addresses(), reason=Reason.REFUSED, detail="not today", at=timezone.now())
        row.save()
    assert told(desk.owner) == [HELD.format(VERA, 2, desk.ticket.reference)]
    block_sender(VERA, by=desk.owner)
    blocked = desk.comes(VERA, In_Reply_To=ours(desk), body="Secret")
    assert blocked.reason == Reason.BLOCKED_SENDER
    assert told(desk.owner) == [HELD.format(VERA, 2, desk.ticket.reference)]
    for held in (row, blocked):
        assert (sees(desk.owner, held), sees(desk.mate, held)) == (True, False)


def test_bytes_name_an_envelope_in_every_usual_dress(desk: Desk) -> None:
    token = token_of(desk.inside.pk)
    plain = f"Subject: {token}\r\n\r\nx".encode()
    split = (
        f"Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{token[:20]}=\r\n{token[20:]}\r\n".encode()
    )
    subject = b"Subject: =?utf-8?B?" + b64encode(f"AW {token}".encode()) + b"?=\r\n\r\nx"
    for raw in (plain, split, subject, packed(f"long line\n{'x' * 200}\n> {token}")):
        assert named_in_bytes(raw) == [desk.inside.pk]
    assert named_in_bytes(b"\xff\x00=?utf-8?B?!!?=\r\n\r\n===\r\n\r\nabc") == []


# Before anybody has looked


def test_the_bytes_of_what_was_not_processed_yet_are_for_nobody_of_the_team(desk: Desk) -> None:
    row = receive(desk.mailbox, a_mail(sender=VERA, body="Secret"), provider_id="new", source=Source.POLLED)
    MailMessage.objects.filter(pk=row.pk).update(last_error="DataError: Secret")
    auditor = AgentFactory(roles=[Role.AUDITOR])
    for agent, status in ((desk.mate, 409), (desk.owner, 409), (auditor, 200)):
        api = signed_in(Agent.objects.get(pk=agent.pk))
        assert api.get(f"/api/v1/mail/messages/{row.pk}/raw/").status_code == status
        shown = api.get(f"/api/v1/mail/messages/{row.pk}/").json()
        assert (shown["last_error"] != "") == (status == 200)
        page = desk.browser(agent).get(f"/mail/{row.pk}/raw/")
        assert page.status_code == status
        assert ("Secret" in page.content.decode()) == (status == 200)
        assert ("Secret" in desk.browser(agent).get(f"/mail/{row.pk}/").content.decode()) == (status == 200)
    process(MailMessage.objects.get(pk=row.pk))
    api = signed_in(Agent.objects.get(pk=desk.mate.pk))
    assert api.get(f"/api/v1/mail/messages/{row.pk}/raw/").status_code == 200
    assert words_in(desk.vendor) == []


# Of several envelopes


def of_two(desk: Desk, *envelopes: Envelope) -> MailMessage:
    """Of an envelope that the expert answers in and others that she quotes."""
    quoted = "\n".join(f"> {token_of(envelope.pk)}" for envelope in envelopes)
    found = desk.comes(NINA, to=address_of(desk.inside), body=f"Port 3\n{quoted}")
    assert (found.state, found.reason) == (MailState.QUARANTINED, Reason.SEVERAL_ENVELOPES)
    return found


def chosen(found: MailMessage, envelope: Envelope, *, by: Agent) -> MailMessage:
    choose_envelope(found.pk, envelope_id=envelope.pk, by=Agent.objects.get(pk=by.pk))
    process_due()
    return MailMessage.objects.get(pk=found.pk)


def openers(found: MailMessage, *people: Agent) -> list[str]:
    agents = [Agent.objects.get(pk=agent.pk) for agent in people]
    return [agent.name for agent in agents if MailMessage.objects.openable_by(agent).filter(pk=found.pk).exists()]


def test_whoever_reads_all_of_them_puts_the_mail_into_one(desk: Desk) -> None:
    told(desk.owner)
    found = of_two(desk, desk.vendor)
    assert len(told(desk.owner)) == 2
    with pytest.raises(NotFound):
        choose_envelope(found.pk, envelope_id=desk.inside.pk, by=desk.mate)
    with pytest.raises(Invalid):
        choose_envelope(found.pk, envelope_id=uuid4(), by=desk.owner)
    retry_mail(found.pk, by=desk.owner)
    process_due()
    found.refresh_from_db()
    assert (found.reason, told(desk.owner)) == (Reason.SEVERAL_ENVELOPES, [])
    page = desk.browser(desk.owner).get(f"/mail/{found.pk}/").content.decode()
    assert f"Envelope 1 of {desk.ticket.reference}: Network · Nina Kern" in page
    found = chosen(found, desk.inside, by=desk.owner)
    assert (found.state, words_in(desk.inside)[-1][:6], words_in(desk.vendor)) == (MailState.POSTED, "Port 3", [])
    assert (sees(desk.owner, found), sees(desk.nina, found)) == (True, False)
    with pytest.raises(MailNotQuarantined):
        choose_envelope(found.pk, envelope_id=desk.vendor.pk, by=desk.owner)


@pytest.fixture
def elsewhere(desk: Desk) -> Envelope:
    """Of another owner's ticket, in another team."""
    lead, manager = AgentFactory(roles=[Role.SUPERVISOR]), AgentFactory(roles=[Role.MANAGER])
    team = TeamFactory(name="Storage", supervisor=lead, manager=manager)
    ticket = TicketFactory(team=team, owner=AgentFactory(name="Otto", teams=[team]))
    return EnvelopeFactory(ticket=ticket, expert=desk.nina, is_blocking=False)


def test_of_several_owners_somebody_above_them_all_decides(desk: Desk, elsewhere: Envelope) -> None:
    above = AgentFactory(name="Sam", roles=[Role.SUPERVISOR])
    Team.objects.filter(pk__in=[desk.ticket.team_id, elsewhere.ticket.team_id]).update(supervisor=above)
    told(desk.owner)
    found = of_two(desk, elsewhere)
    owners = [desk.owner, elsewhere.ticket.owner]
    assert openers(found, above, *owners, elsewhere.ticket.team.manager) == ["Sam"]
    assert (len(told(above)), len(told(desk.owner))) == (2, 1)
    found = chosen(found, elsewhere, by=above)
    assert (found.state, words_in(elsewhere)[-1][:6]) == (MailState.POSTED, "Port 3")


def test_where_nobody_is_the_managers_of_the_mailboxs_team_decide(desk: Desk, elsewhere: Envelope) -> None:
    manager = AgentFactory(name="Max", roles=[Role.MANAGER])
    Team.objects.filter(pk=desk.mailbox.team_id).update(manager=manager)
    found = of_two(desk, elsewhere)
    assert openers(found, manager, desk.owner, elsewhere.ticket.owner, elsewhere.ticket.team.manager) == ["Max"]
    assert (sees(manager, found), len(told(manager))) == (True, 2)
    found = chosen(found, desk.inside, by=manager)
    assert (found.state, sees(manager, found)) == (MailState.POSTED, False)


def test_an_owner_of_another_team_opens_what_they_are_told_of(desk: Desk, sales: Mailbox) -> None:
    """The mail came to a mailbox that the owner has nothing to do with."""
    told(desk.owner)
    body = f"Port 3\n> {token_of(desk.vendor.pk)}"
    found = arrive(a_mail(sender=NINA, to=f"sales+{token_of(desk.inside.pk)}@desk.test", body=body), sales)
    assert (found.reason, sees(desk.owner, found)) == (Reason.SEVERAL_ENVELOPES, False)
    assert openers(found, desk.owner, desk.mate, desk.nina, desk.noah) == ["Mara Weiss"]
    browser = desk.browser(desk.owner)
    assert told(desk.owner)[0].endswith("waits in quarantine")
    news = Notification.objects.filter(recipient=desk.owner, payload__what="mail_held")[0]
    assert browser.post(f"/notifications/{news.pk}/open/").headers["Location"] == f"/mail/{found.pk}/"
    assert browser.get(f"/mail/{found.pk}/").status_code == 200
    answer = browser.post(f"/mail/{found.pk}/choose/", {"envelope": str(desk.inside.pk)})
    assert (answer.status_code, process_due()) == (302, 1)
    assert MailMessage.objects.get(pk=found.pk).state == MailState.POSTED
