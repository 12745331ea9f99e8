"""Tickets made at the same time: each gets its number, and nobody waits for another's files."""

import threading

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from core.errors import Invalid
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tests.factories.tickets import INTAKE
from tickets.models import Attachment, ReferenceCounter, Ticket
from tickets.services import NewFile, create_ticket, create_ticket_for
from tickets.services.creation import Message

other_is_made = threading.Event()


class SlowStorage(FileSystemStorage):
    """An object store that takes its time: a file is stored once the other ticket is there."""

    def save(self, name, content, max_length=None):
        if not other_is_made.wait(timeout=20):
            raise TimeoutError("the other ticket waits for this file")
        return super().save(name, content, max_length)


@pytest.mark.django_db(transaction=True)
def test_a_slow_upload_does_not_keep_other_tickets_from_being_made(settings: Settings, tmp_path) -> None:
    settings.STORAGES = settings.STORAGES | {
        "attachments": {"BACKEND": f"{__name__}.SlowStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    other_is_made.clear()
    team, first, second = TeamFactory(), ContactFactory(), ContactFactory()
    TicketFactory(team=team)  # the counter's row is there: both have to count it up

    def with_file() -> Ticket:
        message = Message(body_text="See the plan.", files=[NewFile(filename="plan.txt", content=b"slow")])
        return create_ticket(by=INTAKE, requester=first, team=team, subject="Slow", message=message)

    def without() -> Ticket:
        ticket = create_ticket(by=INTAKE, requester=second, team=team, subject="Quick", message=Message(body_text="x"))
        other_is_made.set()
        return ticket

    slow, quick = in_parallel(with_file, without)
    assert (slow.subject, quick.subject) == ("Slow", "Quick")
    assert slow.reference > quick.reference
    assert slow.entries.get().attachments.get().filename == "plan.txt"


@pytest.mark.django_db
def test_refused_creation_stores_no_file_and_takes_no_number(settings: Settings, tmp_path) -> None:
    settings.STORAGES = settings.STORAGES | {
        "attachments": {"BACKEND": f"{__name__}.SlowStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    message = Message(body_text="x", files=[NewFile(filename="plan.txt", content=b"slow")])
    with pytest.raises(Invalid):
        create_ticket(by=INTAKE, requester=ContactFactory(), team=TeamFactory(), subject=" ", message=message)
    assert not Attachment.objects.exists()
    assert not ReferenceCounter.objects.filter(year=timezone.now().year).exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_a_service_within_a_service_sets_no_savepoint() -> None:
    team = TeamFactory()
    agent, contact = AgentFactory(teams=[team]), ContactFactory()
    words = {"subject": "Screen is black", "message": Message(body_text="Since today.")}
    with CaptureQueriesContext(connection) as queries:
        create_ticket_for(contact.email, by=agent, team=team, **words)
    assert sum(query["sql"].startswith("SAVEPOINT") for query in queries) == 1  # of the outermost, in this test's own
