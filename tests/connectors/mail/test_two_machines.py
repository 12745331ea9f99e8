"""Two machines that answer each other end after the configured brake, with one notice to the owner (email.md 5)."""

from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from accounts.models import Agent
from connectors.mail import maildir
from connectors.mail.enums import MailState
from connectors.mail.models import Brake, Mailbox, MailMessage
from connectors.mail.services import poll_mailboxes, send_due_mail
from core.events import deliver_due
from notifications.models import Notification
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory
from tickets.models import OutboundMessage, Ticket
from tickets.services import accept_ticket

pytestmark = pytest.mark.django_db
ROBOT = "robot@shop.test"
MOST_ROUNDS = 100


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path) -> Mailbox:
    settings.EMAIL_BACKEND = "connectors.mail.maildir.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.MAIL_ROOT = tmp_path
    return MailboxFactory(address="support@desk.test")


class Robot:
    """Answers every mail it gets, at once, by a mail that no header gives away as automatic."""

    def __init__(self, *, numbers_its_subjects: bool) -> None:
        self.numbers_its_subjects, self.seen, self.written = numbers_its_subjects, 0, 0

    def writes(self) -> None:
        self.written += 1
        mail = EmailMessage()
        mail["From"], mail["To"] = f"Shop <{ROBOT}>", "support@desk.test"
        mail["Subject"] = f"We received your mail #{self.written}" if self.numbers_its_subjects else "We received it"
        mail["Message-ID"] = f"<{self.written}@shop.test>"
        mail.set_content("Thank you. We answer within two days.")
        maildir.deliver(maildir.folder_of("support@desk.test"), mail.as_bytes(), key=f"robot {self.written}")

    def answers(self) -> int:
        """How many new mails it found and answered."""
        received = [message_from_bytes(path.read_bytes()) for path in maildir.messages_in(maildir.folder_of(ROBOT))]
        new = len(received) - self.seen
        self.seen = len(received)
        for _mail in range(new):
            self.writes()
        return new


def desk_works() -> None:
    """As its timers do."""
    poll_mailboxes()
    deliver_due(limit=1000)
    send_due_mail()


def play(robot: Robot, mailbox: Mailbox) -> Agent:
    """From the robot's first mail, whose ticket has an owner, until it gets no answer any more."""
    ann: Agent = AgentFactory(teams=[mailbox.team])
    robot.writes()
    poll_mailboxes()
    accept_ticket(Ticket.objects.get().pk, by=ann)
    desk_works()
    for _round in range(MOST_ROUNDS):
        if not robot.answers():
            break
        desk_works()
    else:
        pytest.fail(f"still answering each other after {MOST_ROUNDS} rounds")
    for _later in range(3):
        robot.writes()
        desk_works()
        assert robot.answers() == 0
    return ann


def notices(agent: Agent) -> int:
    return Notification.objects.filter(recipient=agent, event_type="mail_brake").count()


def test_two_machines_end_after_the_brake_of_our_answers_with_one_notice(mailbox: Mailbox, settings: Settings) -> None:
    robot = Robot(numbers_its_subjects=True)
    ann = play(robot, mailbox)
    most = settings.MAIL_BRAKES["answers"][0]
    assert OutboundMessage.objects.count() == most
    assert robot.seen == most
    assert robot.written == most + 1 + 3
    assert [(brake.kind, brake.about) for brake in Brake.objects.all()] == [("answers", ROBOT)]
    assert MailMessage.objects.filter(state=MailState.CREATED).count() == robot.written
    assert notices(ann) == 1


def test_two_machines_that_repeat_themselves_end_after_the_brake_of_content_with_one_notice(
    mailbox: Mailbox, settings: Settings
) -> None:
    robot = Robot(numbers_its_subjects=False)
    ann = play(robot, mailbox)
    most = settings.MAIL_BRAKES["content"][0]
    assert robot.seen == most
    assert Ticket.objects.count() == most
    assert [brake.kind for brake in Brake.objects.all()] == ["content"]
    assert MailMessage.objects.filter(state=MailState.QUARANTINED).count() == robot.written - most == 1 + 3
    assert notices(ann) == 1
