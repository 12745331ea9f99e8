"""A secret that somebody wrote into an envelope can be blanked wherever it stands."""

import pytest
from django.db import connection

from envelopes import services
from envelopes.models import EnvelopePost
from tests.envelopes.conftest import Scene, inside, now_of
from tests.factories import EnvelopeFactory
from tickets.models import Ticket, TimelineEntry
from tickets.services import redact_entry

pytestmark = pytest.mark.django_db

SECRET = "hunterzwei"


def redact(scene: Scene, entry: TimelineEntry) -> None:
    redact_entry(entry.pk, by=scene.admin, reason="A password")


def holding() -> list[str]:
    """Tables in which the secret stands."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" AS r WHERE r::text LIKE %s)', [f"%{SECRET}%"])
            found += [table] if cursor.fetchone()[0] else []
    return found


def test_a_reason_is_blanked_with_the_line_that_help_was_asked_for(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, reason=f"The password is {SECRET}")
    assert sorted(holding()) == ["envelopes_envelope", "envelopes_envelopewords"]
    redact(scene, inside(scene.ticket)[0])
    assert holding() == []
    assert now_of(envelope).reason == "redacted"


def test_a_summary_is_blanked_with_its_line_and_a_later_one_stays(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, expert=scene.nina)
    services.complete_envelope(envelope.pk, by=scene.nina, summary=f"Try {SECRET}")
    redact(scene, inside(scene.ticket)[-1])
    assert (holding(), now_of(envelope).summary) == ([], "redacted")
    services.reopen_envelope(envelope.pk, by=scene.owner)
    services.complete_envelope(envelope.pk, by=scene.nina, summary="First")
    first = inside(scene.ticket)[-1]
    services.reopen_envelope(envelope.pk, by=scene.owner)
    services.complete_envelope(envelope.pk, by=scene.nina, summary="Second")
    redact(scene, first)
    assert now_of(envelope).summary == "Second"


def test_what_was_said_in_the_thread_is_blanked_and_told_there_alone(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.release_envelope(envelope.pk, by=scene.nina, reason=f"It is {SECRET}")
    services.cancel_envelope(envelope.pk, by=scene.owner, reason=f"It was {SECRET}")
    before = list(Ticket.objects.get(pk=scene.ticket.pk).entries.main_thread().values_list("pk", flat=True))
    for post in EnvelopePost.objects.filter(entry__body_text__contains=SECRET):
        redact(scene, post.entry)
    assert (holding(), now_of(envelope).cancel_reason) == ([], "redacted")
    assert list(scene.ticket.entries.main_thread().values_list("pk", flat=True)) == before
    told = EnvelopePost.objects.filter(envelope=envelope, entry__facts__event="redacted")
    assert told.count() == 2
