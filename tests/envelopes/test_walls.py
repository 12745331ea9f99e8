"""What the database refuses about envelopes, and how another clock takes the plain one's place."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from envelopes import services
from envelopes.clock import clock, use_clock
from envelopes.enums import OlaMetric
from envelopes.models import Envelope, EnvelopePost
from tests.envelopes.conftest import Scene
from tests.factories import EnvelopeFactory, TicketFactory
from tickets.models import TimelineEntry
from tickets.services import add_note

pytestmark = pytest.mark.django_db


def refused(act: Callable[[], Any], words: str) -> None:
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        act()


def sql(text: str, *values: Any) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(text, values)

    return run


def test_an_envelope_is_never_deleted_nor_moved(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    other = TicketFactory(owner=scene.owner)
    refused(lambda: Envelope.objects.filter(pk=envelope.pk).update(ticket=other), "keeps its ticket")
    refused(lambda: Envelope.objects.filter(pk=envelope.pk).update(number=7), "keeps its ticket")
    refused(lambda: Envelope.objects.filter(pk=envelope.pk).update(path=[other.pk]), "keeps its ticket")
    refused(sql("DELETE FROM envelopes_envelope WHERE id = %s", envelope.pk), "never deleted")


def test_no_envelope_closes_above_an_open_one(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    EnvelopeFactory(below=envelope)
    now = timezone.now()
    end = {"status": "completed", "summary": "Done", "completed_at": now, "ended_at": now}
    refused(lambda: Envelope.objects.filter(pk=envelope.pk).update(**end), "above an open one")


def test_states_and_their_moments_go_together(scene: Scene) -> None:
    envelope = Envelope.objects.filter(pk=EnvelopeFactory(ticket=scene.ticket, team=scene.network).pk)
    refused(lambda: envelope.update(status="active", pending_since=None, timeout_due_at=None), "worked_by_somebody")
    refused(lambda: envelope.update(status="completed", pending_since=None, timeout_due_at=None), "envelope_")
    refused(lambda: envelope.update(team=None), "envelope_addressed")
    refused(lambda: envelope.update(level=3), "keeps its ticket")
    refused(lambda: envelope.update(pending_since=None), "pending_cycle")


def test_a_thread_holds_nothing_that_others_read_and_lets_go_of_nothing(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    elsewhere = EnvelopeFactory()
    note = add_note(scene.ticket.pk, by=scene.owner, body_text="For all of us")
    refused(lambda: EnvelopePost.objects.create(entry=note, envelope=envelope), "for nobody else")
    entry = services.post_in_envelope(envelope.pk, by=scene.nina, body_text="For the owner")
    post = EnvelopePost.objects.filter(entry=entry)
    for change in (
        lambda: post.update(envelope=elsewhere),
        sql("DELETE FROM envelopes_envelopepost WHERE entry_id = %s", entry.pk),
        lambda: TimelineEntry.objects.filter(pk=entry.pk).update(visibility="internal"),
        lambda: TimelineEntry.objects.filter(pk=entry.pk).update(visibility="public"),
    ):
        with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
            change()


class DaysLater:
    """A clock that knows no calendar."""

    def due_at(self, envelope: Envelope, metric: OlaMetric, *, start: datetime) -> datetime:
        return start + timedelta(days=1 if metric == OlaMetric.RESPONSE else 5)

    def timeout_at(self, envelope: Envelope, *, start: datetime) -> datetime:
        return start + timedelta(days=2)


@pytest.fixture
def other_clock() -> Iterator[None]:
    usual = clock()
    use_clock(DaysLater())
    yield
    use_clock(usual)


def test_another_clock_decides_what_is_due(scene: Scene, other_clock: None) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    services.accept_envelope(envelope.pk, by=scene.nina)
    found = Envelope.objects.get(pk=envelope.pk)
    assert found.accepted_at is not None
    assert found.response_due_at == found.opened_at + timedelta(days=1)
    assert found.completion_due_at == found.accepted_at + timedelta(days=5)
    assert envelope.timeout_due_at == found.opened_at + timedelta(days=2)
    assert found.opened_at.tzinfo == UTC
