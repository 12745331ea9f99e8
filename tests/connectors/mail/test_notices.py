"""What people of the desk are told, through a real SMTP server: each answer is told apart, and nobody gets it twice."""

from datetime import timedelta
from email.message import Message

import pytest
from django.utils import timezone

from accounts.models import Agent
from notifications.enums import Because, DeliveryStatus, EventType
from notifications.models import Delivery
from notifications.services import deliver_due, notify
from tests.factories import AgentFactory
from tests.smtp_server import Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> Agent:
    found: Agent = AgentFactory(email="ann@desk.test", language="en")
    facts = {"reference": "INC-2026-000001", "title": "Measure the line"}
    notify([found.pk], EventType.TASK_ASSIGNED, dedupe_key="task", **facts)
    return found


def deliver(*, after: timedelta = timedelta()) -> None:
    while deliver_due(now=timezone.now() + after):
        pass


def outcome() -> tuple[str, str, str]:
    row = Delivery.objects.get()
    return row.status, row.because, row.last_error


def text_of(mail: Message, kind: str) -> str:
    (part,) = [part for part in mail.walk() if part.get_content_type() == kind]
    return bytes(part.get_payload(decode=True)).decode()


def test_mail_reaches_the_server_as_text_and_html_and_says_it_is_automatic(smtp: Server, ann: Agent) -> None:
    smtp.start()
    deliver()
    (taken,) = smtp.handler.taken
    assert taken.recipients == [ann.email]
    assert taken.mail["Message-ID"] == f"<notice.{Delivery.objects.get().pk}@itilnext.example>"
    assert (taken.mail["Auto-Submitted"], taken.mail["Subject"]) == ("auto-generated", "Task for you")
    for kind in ("text/plain", "text/html"):
        assert "A task on INC-2026-000001 is yours: Measure the line" in text_of(taken.mail, kind)
    assert outcome() == (DeliveryStatus.SENT, "", "")


def test_busy_server_is_asked_again(smtp: Server, ann: Agent) -> None:
    smtp.start()
    smtp.handler.for_data = ["451 4.3.0 try again"]
    deliver()
    assert outcome() == (DeliveryStatus.QUEUED, "", "451 4.3.0 try again")
    deliver(after=timedelta(seconds=10))
    assert outcome() == (DeliveryStatus.SENT, "", "")
    assert len(smtp.handler.taken) == 1


def test_refused_address_fails_at_once(smtp: Server, ann: Agent) -> None:
    smtp.start()
    smtp.handler.for_recipient["ann@desk.test"] = ["550 5.1.1 unknown"]
    deliver()
    assert outcome() == (DeliveryStatus.FAILED, "", "ann@desk.test: 550 5.1.1 unknown")


def test_server_that_goes_silent_after_the_last_byte_is_not_given_it_again(smtp: Server, ann: Agent) -> None:
    smtp.start()
    smtp.handler.for_data = ["drop"]
    deliver()
    deliver(after=timedelta(hours=2))
    assert outcome()[:2] == (DeliveryStatus.FAILED, Because.UNCLEAR)
    assert len(smtp.handler.taken) == 1


def test_server_that_is_not_there_is_asked_again(smtp: Server, ann: Agent) -> None:
    smtp.start()
    smtp.stop()
    deliver()
    assert outcome()[:2] == (DeliveryStatus.QUEUED, "")
    smtp.start()
    deliver(after=timedelta(minutes=10))
    assert outcome() == (DeliveryStatus.SENT, "", "")
