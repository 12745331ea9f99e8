"""SIGKILL at every step of mail intake, release, events and sending, then a restart: all is there, and once.

The steps come from the code (`core.steps`): one that this scenario does not pass fails here until it does.
"""

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from connectors.mail import maildir
from connectors.mail.enums import MailState
from connectors.mail.models import MailMessage, RawMail
from core import steps
from core.models import EventDelivery, Heartbeat
from envelopes.mail_tokens import token_of
from envelopes.selectors import entries_of
from envelopes.services import write_to_vendor
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.killable import Killable
from tickets.enums import EntryKind, OutboundKind, OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import accept_ticket, reply_to_customer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]


def in_maildir(home: Path, address: str) -> list[Path]:
    return list(maildir.messages_in(maildir.folder_of(address, root=home / "mail")))


OF_OTHER_SCENARIOS = (
    *(
        "accounts.mail.",
        "mail.copies.",
        "mail.graph.",
        "sla.alerts.",
        "tickets.bulk.",
        "notifications.delivering.",
        "meetings.",
    ),
)
"""Chains off this path; tests of their own kill at each of their steps: `tests/accounts/test_account_mail.py`,
`test_sent_copies.py`, `test_graph_sending.py`, `tests/sla/alerts/test_kills.py`, `tests/tickets/test_bulk_kills.py`,
`tests/notifications/test_kills.py`, `tests/connectors/meetings/test_sending.py`.
"""
ON_THE_WAY = [name for name in steps.declared() if not name.startswith(OF_OTHER_SCENARIOS)]


@pytest.mark.parametrize("step", ON_THE_WAY)
def test_killed_at_any_step_nothing_is_lost_and_nothing_doubled(step: str, tmp_path: Path, killable: Killable) -> None:
    mailbox = MailboxFactory()
    # Dana's ticket has an owner whose answer is still held; Bob's mail waits in the shared mailbox.
    first = arrive(a_mail(message_id="first@customer.test", Auto_Submitted="auto-generated"), mailbox)
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(first.ticket_id, by=ann)
    reply = reply_to_customer(first.ticket_id, by=ann, body_text="Is the plug in?")
    inbox = maildir.ensure(maildir.folder_of(mailbox.address, root=tmp_path / "mail"))
    (inbox / "new" / "1.bob").write_bytes(a_mail(sender="Bob <bob@customer.test>", subject="Scanner"))

    later = timezone.now() + timedelta(minutes=5)
    killed = killable.run_timers(tmp_path, now=later, kill_at=step)
    assert killed.returncode == -signal.SIGKILL, f"this scenario does not pass {step}: {killed.output}"
    assert not Heartbeat.objects.exists()
    again = killable.run_timers(tmp_path, now=later + timedelta(minutes=5))
    assert again.returncode == 0, again.output

    incoming = MailMessage.objects.get(provider_id="1.bob")
    assert incoming.state == MailState.CREATED
    assert RawMail.objects.filter(sha256=incoming.raw_id).count() == 1
    ticket = Ticket.objects.get(subject="Scanner")
    assert ticket.entries.filter(kind=EntryKind.EMAIL_INBOUND).count() == 1
    assert [path.name for path in maildir.messages_in(inbox)] == ["1.bob:2,S"]
    assert not EventDelivery.objects.filter(done_at__isnull=True).exists()
    assert ticket.outbound_messages.get().kind == OutboundKind.ACKNOWLEDGEMENT
    assert len(in_maildir(tmp_path, "bob@customer.test")) == 1
    assert reply.ticket.entries.filter(kind=EntryKind.EMAIL_OUTBOUND).count() == 1
    assert len(in_maildir(tmp_path, "dana@customer.test")) == 1
    assert set(OutboundMessage.objects.values_list("status", flat=True)) == {OutboundStatus.SENT}
    assert Heartbeat.objects.get().name == "timers"


def test_every_chain_of_the_mail_path_declares_its_steps() -> None:
    """A step that is taken away would take its kill test with it."""
    assert {name.rpartition(".")[0] for name in steps.declared()} >= {
        "mail.intake",
        "mail.sending",
        "tickets.release",
        "events.deliver",
    }
    assert [name.rpartition(".")[2] for name in steps.declared("mail.intake")] == [
        *("raw_stored", "file_moved", "leased", "parsed", "acted", "committed")
    ]
    assert [name.rpartition(".")[2] for name in steps.declared("mail.sending")] == ["leased", "handed_over", "marked"]


OF_A_VENDOR = [name for name in ON_THE_WAY if name.startswith(("mail.intake.", "mail.sending.", "tickets.release."))]


@pytest.mark.parametrize("step", OF_A_VENDOR)
def test_killed_between_an_envelope_and_its_vendor_all_is_there_once(
    step: str, tmp_path: Path, killable: Killable
) -> None:
    """A mail to the vendor is still held; the vendor's first words wait in the shared mailbox."""
    mailbox = MailboxFactory(takes_plus_addresses=True)
    ticket = TicketFactory(team=mailbox.team, owner=AgentFactory(teams=[mailbox.team]))
    help_of_vendor = {"kind": "external_vendor", "vendor_addresses": ["vera@vendor.test"]}
    envelope = EnvelopeFactory(ticket=ticket, expert=AgentFactory(teams=[TeamFactory()]), **help_of_vendor)
    held = write_to_vendor(envelope.pk, by=ticket.owner, subject="Switch 7", body_text="Which firmware?")
    inbox = maildir.ensure(maildir.folder_of(mailbox.address, root=tmp_path / "mail"))
    answer = a_mail(sender="vera@vendor.test", to=f"support+{token_of(envelope.pk)}@desk.test", body="It is 1.2")
    (inbox / "new" / "1.vera").write_bytes(answer)

    later = timezone.now() + timedelta(minutes=5)
    killed = killable.run_timers(tmp_path, now=later, kill_at=step)
    assert killed.returncode == -signal.SIGKILL, f"this scenario does not pass {step}: {killed.output}"
    again = killable.run_timers(tmp_path, now=later + timedelta(minutes=5))
    assert again.returncode == 0, again.output

    held.refresh_from_db()
    assert (held.status, len(in_maildir(tmp_path, "vera@vendor.test"))) == (OutboundStatus.SENT, 1)
    words = entries_of(envelope).filter(kind=EntryKind.ENVELOPE_MESSAGE).values_list("body_text", flat=True)
    assert sorted(text.strip() for text in words) == ["It is 1.2", "Which firmware?"]
    assert MailMessage.objects.get(provider_id="1.vera").state == MailState.POSTED
    assert in_maildir(tmp_path, ticket.requester.email) == []
