"""Several workers, and workers that die: nothing lost, nothing doubled (acceptance 044)."""

from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from accounts.models import Contact
from connectors.mail.enums import MailState, Source
from connectors.mail.models import Mailbox, MailMessage, RawMail
from connectors.mail.services import (
    process_due,
    receive,
)
from tests.concurrency import in_parallel
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.models import Ticket, TimelineEntry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("where", ['"tickets_ticket"', '"accounts_contact"'])
def test_a_worker_whose_time_is_over_leaves_the_mail_to_the_next_one(mailbox: Mailbox, where: str) -> None:
    def out_of_time(execute: Any, sql: str, *rest: Any) -> Any:
        if where in sql:
            raise SoftTimeLimitExceeded
        return execute(sql, *rest)

    with connection.execute_wrapper(out_of_time), pytest.raises(SoftTimeLimitExceeded):
        arrive(a_mail(), mailbox)
    row = MailMessage.objects.get()
    assert (row.state, row.last_error, row.attempts) == (MailState.RECEIVED, "", 1)
    process_due(now=row.leased_until)
    row.refresh_from_db()
    assert row.state == MailState.CREATED


def test_what_a_dead_worker_left_is_finished_when_its_lease_is_over(mailbox: Mailbox) -> None:
    message = receive(mailbox, a_mail(), provider_id="1", source=Source.POLLED)
    assert process_due() == 0
    assert process_due(now=message.leased_until) == 1
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_044_two_workers_with_the_same_mail_make_one_ticket() -> None:
    mailbox = MailboxFactory()
    raw = a_mail()
    outcomes = in_parallel(*(lambda n=n: arrive(raw, mailbox, name=f"{n}.mail") for n in range(6)))
    assert sorted(message.state for message in outcomes) == ["created"] + ["duplicate"] * 5
    assert (Ticket.objects.count(), TimelineEntry.objects.count(), RawMail.objects.count()) == (1, 1, 1)
    assert MailMessage.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_new_customers_mails_to_two_mailboxes_at_once_make_one_contact_and_every_ticket() -> None:
    mailboxes = [MailboxFactory(address=f"box{number}@desk.test") for number in range(4)]
    mails = [(a_mail(body=f"Broken {n}", to=box.address), box) for n, box in enumerate(mailboxes)]
    outcomes = in_parallel(*(lambda raw=raw, box=box: arrive(raw, box) for raw, box in mails))
    assert [(message.state, message.last_error) for message in outcomes] == [("created", "")] * 4
    assert (Contact.objects.count(), Ticket.objects.count(), Contact.history.count()) == (1, 4, 1)


@pytest.mark.django_db(transaction=True)
def test_044_two_workers_with_the_same_file_make_one_ledger_row() -> None:
    mailbox = MailboxFactory()
    raw = a_mail()
    in_parallel(*(lambda: arrive(raw, mailbox, name="same.mail") for _worker in range(4)))
    assert (Ticket.objects.count(), MailMessage.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_answers_from_many_workers_all_arrive_in_one_ticket() -> None:
    mailbox = MailboxFactory()
    first = arrive(a_mail(message_id="first@customer.test"), mailbox)
    mails = [a_mail(body=f"More {n}", In_Reply_To="<first@customer.test>") for n in range(5)]
    outcomes = in_parallel(*(lambda raw=raw: arrive(raw, mailbox) for raw in mails))
    assert [message.state for message in outcomes] == ["appended"] * 5
    assert TimelineEntry.objects.filter(ticket=first.ticket).count() == 6
