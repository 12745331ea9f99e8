"""The acknowledgement of a new ticket, behind the loop guard (ruling 20)."""

from pathlib import Path

import pytest
from django.conf import settings

from connectors.mail.models import Mailbox
from connectors.mail.services import send_due_mail
from core.events import deliver_due
from core.models import EventDelivery
from tests.connectors.mail.conftest import received_by
from tests.factories.mail import a_mail, arrive
from tickets.enums import OutboundKind
from tickets.models import OutboundMessage, Ticket

pytestmark = pytest.mark.django_db


def test_new_ticket_is_acknowledged_in_the_contacts_language(mailbox: Mailbox, maildirs: Path) -> None:
    incoming = arrive(a_mail(), mailbox)
    deliver_due()
    send_due_mail()
    (received,) = received_by("dana@customer.test")
    assert incoming.ticket is not None
    assert incoming.ticket.reference in received["Subject"]
    assert received["From"] == f"{mailbox.team.name} <support@desk.test>"
    assert received["Auto-Submitted"] == "auto-replied"
    assert received["X-Auto-Response-Suppress"] == "All"
    assert received["X-ITIL-NEXT-Loop"] == f"{settings.MESSAGE_ID_DOMAIN}; 1"
    assert received["In-Reply-To"] == f"<{incoming.message_id}>"


def test_acknowledgement_goes_out_once_however_often_the_event_is_delivered(mailbox: Mailbox) -> None:
    arrive(a_mail(), mailbox)
    deliver_due()
    EventDelivery.objects.update(done_at=None)
    deliver_due()
    assert OutboundMessage.objects.filter(kind=OutboundKind.ACKNOWLEDGEMENT).count() == 1


def test_acknowledgement_can_be_switched_off_for_a_mailbox(mailbox: Mailbox) -> None:
    Mailbox.objects.update(sends_acknowledgement=False)
    arrive(a_mail(), mailbox)
    deliver_due()
    assert not OutboundMessage.objects.exists()


def test_automatic_list_and_suppressing_mail_is_never_acknowledged(mailbox: Mailbox) -> None:
    for headers in (
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "list"},
        {"List_Id": "<list.test>"},
        {"X_Auto_Response_Suppress": "OOF"},
        {"sender": "no-reply@shop.test"},
        {"Return_Path": "<>"},
        {"X_ITIL_NEXT_Loop": "other-desk.test"},
        {"Authentication_Results": "mx.desk.test; dmarc=fail"},
    ):
        arrive(a_mail(body=str(headers), **headers), mailbox)
    deliver_due()
    assert Ticket.objects.count() == 8
    assert not OutboundMessage.objects.exists()


def test_acknowledgements_to_one_sender_end_at_the_daily_limit(mailbox: Mailbox) -> None:
    for number in range(22):
        arrive(a_mail(body=f"Alarm {number}"), mailbox)
    deliver_due()
    assert Ticket.objects.count() == 22
    assert OutboundMessage.objects.count() == 20
