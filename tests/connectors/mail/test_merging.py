"""Mail after a merge: it follows the surviving ticket, and comes back with the undo (rulings 15 and 21)."""

import pytest

from accounts.models import Agent
from connectors.mail.models import Mailbox, MailMessage
from tests.factories import AgentFactory
from tests.factories.mail import a_mail, arrive
from tickets import services as tickets
from tickets.errors import UnmergeImpossible
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara(mailbox: Mailbox) -> Agent:
    return AgentFactory(teams=[mailbox.team])


def owned(mail: MailMessage, by: Agent) -> Ticket:
    assert mail.ticket_id is not None
    return tickets.accept_ticket(mail.ticket_id, by=by)


def ledger(mail: MailMessage) -> object:
    return MailMessage.objects.get(pk=mail.pk).ticket_id


def test_later_mail_follows_the_surviving_ticket(mailbox: Mailbox, mara: Agent) -> None:
    first, second = arrive(a_mail(), mailbox), arrive(a_mail(), mailbox)
    target, source = owned(first, mara), owned(second, mara)
    tickets.merge_ticket(source.pk, into=target, by=mara)
    assert ledger(second) == target.pk
    by_id = arrive(a_mail(In_Reply_To=f"<{second.message_id}>"), mailbox)
    by_subject = arrive(a_mail(subject=f"Re: [{source.reference}] Printer"), mailbox)
    assert [by_id.ticket_id, by_subject.ticket_id] == [target.pk, target.pk]
    with pytest.raises(UnmergeImpossible):
        tickets.unmerge_ticket(source.pk, by=mara)


def test_mail_follows_over_two_merges_too(mailbox: Mailbox, mara: Agent) -> None:
    mails = [arrive(a_mail(), mailbox) for _ in range(3)]
    first, second, third = (owned(mail, mara) for mail in mails)
    tickets.merge_ticket(first.pk, into=second, by=mara)
    tickets.merge_ticket(second.pk, into=third, by=mara)
    answer = arrive(a_mail(subject=f"Re: [{first.reference}] Printer"), mailbox)
    assert [answer.ticket_id, *map(ledger, mails)] == [third.pk] * 4


def test_after_the_undo_mail_arrives_at_its_own_ticket_again(mailbox: Mailbox, mara: Agent) -> None:
    first, second = arrive(a_mail(), mailbox), arrive(a_mail(), mailbox)
    target, source = owned(first, mara), owned(second, mara)
    tickets.merge_ticket(source.pk, into=target, by=mara)
    tickets.unmerge_ticket(source.pk, by=mara)
    answer = arrive(a_mail(In_Reply_To=f"<{second.message_id}>"), mailbox)
    assert [answer.ticket_id, ledger(second), ledger(first)] == [source.pk, source.pk, target.pk]
    assert second.history.values_list("history_change_reason", flat=True).first() == "merge undone"
