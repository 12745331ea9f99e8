"""Search across envelopes: whoever reads a thread finds its posts, and nobody else, ever (object rules 2 to 6)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Agent
from accounts.selectors import reach_of
from core.actors import Actor
from core.errors import Invalid
from desk.highlighting import Sought
from desk.searching import excerpt
from envelopes import services
from envelopes.models import Envelope, EnvelopeWords
from envelopes.searching import search_envelopes
from tests.api.conftest import signed_in
from tests.envelopes.conftest import Scene, fresh
from tests.factories import AgentFactory, ApiClientFactory, EnvelopeFactory
from tickets.models import TimelineEntry
from tickets.services.redaction import redact_entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def envelope(scene: Scene) -> Envelope:
    """Nina of Network helps; a stranger helps in another envelope beside it."""
    EnvelopeFactory(ticket=scene.ticket, expert=scene.stranger, is_blocking=False, reason="Cabling")
    found: Envelope = EnvelopeFactory(
        ticket=scene.ticket, team=scene.network, expert=scene.nina, reason="Does canaryreason tell you anything?"
    )
    services.post_in_envelope(found.pk, by=scene.nina, body_text="It is canarypost on NB-48213.")
    return found


def found_by(reader: Actor, words: str) -> list[str]:
    reader = type(reader).objects.get(pk=reader.pk)  # type: ignore[attr-defined]
    return [hit.text for hit in search_envelopes(reader, words).items]


def test_readers_find_posts_and_reasons_and_nobody_else_does(scene: Scene, envelope: Envelope) -> None:
    readers = (scene.owner, scene.nina, scene.network_lead, scene.ticket_supervisor, scene.manager, scene.auditor)
    for reader in readers:
        assert found_by(reader, "canarypost") == ["It is canarypost on NB-48213."], reader.name
        assert found_by(reader, "canaryrea") == ["Does canaryreason tell you anything?"], reader.name
        assert found_by(reader, "48213 canarypost") == ["It is canarypost on NB-48213."]
    outside = (scene.mate, scene.noah, scene.stranger, scene.ticket_lead, scene.admin, AgentFactory(roles=[Role.AGENT]))
    for reader in outside:
        assert (reader.name, found_by(reader, "canarypost"), found_by(reader, "canaryreason")) == (reader.name, [], [])
    program = ApiClientFactory(scopes=list(Scope), teams=[scene.ticket.team, scene.network])
    assert found_by(program, "canarypost") == []


def test_what_was_found_ends_with_the_right_to_read(scene: Scene, envelope: Envelope) -> None:
    services.complete_envelope(envelope.pk, by=scene.nina, summary="A bad port.")
    assert len(found_by(scene.nina, "canarypost")) == 1
    Envelope.objects.filter(pk=envelope.pk).update(ended_at=timezone.now() - timedelta(days=31))
    assert found_by(scene.nina, "canarypost") == []
    assert len(found_by(scene.owner, "canarypost")) == 1


def test_words_stand_and_fall_with_what_is_written(scene: Scene, envelope: Envelope) -> None:
    with transaction.atomic():
        services.post_in_envelope(envelope.pk, by=scene.nina, body_text="undonecanary")
        assert found_by(scene.owner, "undonecanary") == ["undonecanary"]
        transaction.set_rollback(True)
    assert EnvelopeWords.objects.filter(envelope=envelope).count() == 2


def test_reasons_of_steps_and_titles_of_tasks_are_found(scene: Scene, envelope: Envelope) -> None:
    services.add_envelope_task(envelope.pk, by=scene.nina, title="Swap taskcanary")
    services.release_envelope(envelope.pk, by=scene.nina, reason="releasecanary")
    assert found_by(scene.owner, "taskcanary") == ["Swap taskcanary"]
    assert found_by(scene.owner, "releasecanary") == ["releasecanary"]


def test_what_was_blanked_is_found_no_more(scene: Scene, envelope: Envelope) -> None:
    entry = TimelineEntry.objects.get(body_text__contains="canarypost")
    redact_entry(entry.pk, by=scene.admin, reason="Private")
    assert found_by(scene.owner, "canarypost") == []
    assert not EnvelopeWords.objects.filter(entry=entry).exists()


def test_words_are_data_and_pages_follow_each_other(scene: Scene, envelope: Envelope) -> None:
    for number in range(3):
        services.post_in_envelope(envelope.pk, by=scene.nina, body_text=f"canarypost {number}")
    for text in ("", "' | canarypost", "canarypost:* & !x", "\x00"):
        search_envelopes(scene.owner, text)
    first = search_envelopes(scene.owner, "canarypost", size=3)
    second = search_envelopes(scene.owner, "canarypost", first.next_cursor or "", size=3)
    assert [hit.text for hit in (*first.items, *second.items)] == [
        *(f"canarypost {number}" for number in (2, 1, 0)),
        "It is canarypost on NB-48213.",
    ]
    assert second.next_cursor is None
    with pytest.raises(Invalid):
        search_envelopes(scene.owner, "canarypost", "nonsense")


def test_many_posts_cost_what_one_costs(scene: Scene, envelope: Envelope, django_assert_num_queries: Any) -> None:
    reader = fresh(scene.owner)
    reach_of(reader)
    for _round in range(2):
        with django_assert_num_queries(3):
            assert search_envelopes(reader, "canarypost").items
        for _number in range(12):
            services.post_in_envelope(envelope.pk, by=scene.nina, body_text="canarypost again")
    with django_assert_num_queries(2):
        assert not search_envelopes(reader, "nowhere").items


def test_page_palette_and_api_show_it_to_readers_alone(scene: Scene, envelope: Envelope) -> None:
    entry = TimelineEntry.objects.get(body_text__contains="canarypost")

    def told(agent: Agent) -> tuple[str, str, int]:
        browser = Client()
        browser.force_login(agent.user, backend="accounts.auth.AgentBackend")
        page = browser.get("/search/", {"q": "canarypost"}).content.decode()
        palette = browser.get("/palette/", {"q": "canarypost"}).content.decode()
        rows = signed_in(fresh(agent)).get("/api/v1/envelopes/?q=canarypost").json()["results"]
        return page, palette, len(rows)

    page, palette, count = told(scene.owner)
    link = f"/t/{scene.ticket.reference}/e/2/?before={entry.seq + 1}#e{entry.seq}"
    assert (link in page, "<mark>canarypost</mark>" in page, link in palette, count) == (True, True, True, 1)
    for outsider in (scene.mate, scene.stranger, scene.noah):
        page, palette, count = told(outsider)
        assert ("In envelopes" in page, "NB-48213" in page, '"envelopes": []' in palette, count) == (
            False,
            False,
            True,
            0,
        )


def test_the_place_where_it_stands_is_shown_around_it() -> None:
    text = " ".join(f"word{number}" for number in range(100))
    shown = excerpt(text, Sought.of("word50"))
    assert (shown.startswith("… word42 "), " word50 " in shown, shown.endswith(" …")) == (True, True, True)
    assert excerpt("Port 7.", Sought.of("port")) == "Port 7."
