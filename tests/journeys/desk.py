"""The desk of the stories: people who sign in with passwords, a shared mailbox, customers with their own Maildirs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TypeVar

from celery import current_app

from accounts.enums import Role
from accounts.models import Agent, Team
from connectors.mail import maildir
from connectors.mail.services import add_mailbox
from core.actors import SystemActor
from core.models import new_id
from tests.factories import AgentFactory, TeamFactory
from tests.kept import kept

T = TypeVar("T")
SUPPORT = "support@desk.test"
BEAT = (
    "tickets.release_due_messages",
    "core.deliver_events",
    "connectors.mail.poll_mailboxes",
    "connectors.mail.process_due",
    "connectors.mail.send_due",
)
"""What beat wakes every few seconds."""


@dataclass
class Desk:
    team: Team
    back_office: Team
    mara: Agent
    jonas: Agent
    dora: Agent
    lea: Agent
    sam: Agent
    ada: Agent


def open_desk() -> Desk:
    """Its people, and a shared mailbox with its Maildir."""
    desk = kept(people)
    add_mailbox(SUPPORT, backend="files", team=desk.team, by=SystemActor("test"))
    return desk


def people() -> Desk:
    """Service Desk with Mara, Jonas, their lead Lea and supervisor Sam; Dora of the back office; Ada administers."""
    team, back_office = TeamFactory(name="Service Desk"), TeamFactory(name="Back Office")
    desk = Desk(
        team=team,
        back_office=back_office,
        mara=AgentFactory(name="Mara Weiss", teams=[team], undo_seconds=5),
        jonas=AgentFactory(name="Jonas Kern", teams=[team], undo_seconds=5),
        dora=AgentFactory(name="Dora Lang", teams=[back_office], undo_seconds=5),
        lea=AgentFactory(name="Lea Brandt", teams=[team], roles=[Role.TEAM_LEAD]),
        sam=AgentFactory(name="Sam Okafor", roles=[Role.SUPERVISOR]),
        ada=AgentFactory(name="Ada Min", roles=[Role.ADMIN]),
    )
    team.lead, team.supervisor = desk.lea, desk.sam
    team.save()
    return desk


def customer_writes(subject: str, body: str, *, sender: str, answers: EmailMessage | None = None) -> str:
    """Drop a mail into the shared mailbox's Maildir; answers its Message-ID."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, SUPPORT, subject
    mail["Message-ID"] = f"<{new_id().hex}@acme.test>"
    if answers is not None:
        parent = str(answers["Message-ID"])
        mail["In-Reply-To"] = parent
        mail["References"] = f"{answers.get('References', '')} {parent}".strip()
    mail.set_content(body)
    maildir.deliver(maildir.folder_of(SUPPORT), mail.as_bytes(), key=str(mail["Message-ID"]))
    return str(mail["Message-ID"])


def mails_of(address: str) -> list[EmailMessage]:
    """What the customer has received, oldest first."""
    paths = maildir.messages_in(maildir.folder_of(address))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def sooner_or_later(happens: Callable[[], T | None], *, what: str, patience: float = 180.0) -> T:
    """Wake the worker as beat does until `happens()` has something to show; fails after `patience` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        for task in BEAT:
            current_app.send_task(task, retry=False, ignore_result=True, expires=10)
        for _look in range(10):
            if found := happens():
                return found
            time.sleep(0.1)
    raise AssertionError(f"not within {patience:.0f} s: {what}")
