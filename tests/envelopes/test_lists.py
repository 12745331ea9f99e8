"""What lists and pages tell of envelopes: what is wanted, how much is new, whose turn it is, and what that costs."""

from typing import Any
from uuid import UUID

import pytest

from accounts.models import Agent
from envelopes import services
from envelopes.help_board import Wanted, help_page
from envelopes.hints import hints_on
from envelopes.selectors import (
    envelopes_on,
    my_envelopes,
    readable_envelope,
    thread_of,
)
from tests.envelopes.conftest import Scene, fresh
from tests.factories import (
    AbsenceFactory,
    EnvelopeFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db


def wanted_of(agent: Agent) -> list[UUID]:
    return [row.envelope.id for row in help_page(agent, Wanted()).rows]


def test_help_wanted_and_my_envelopes(scene: Scene) -> None:
    asked = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    other = EnvelopeFactory(team=scene.network)
    EnvelopeFactory(ticket=scene.ticket, assigned_to=scene.stranger)
    assert wanted_of(scene.nina) == [asked.pk, other.pk]
    assert (my_envelopes(scene.nina), wanted_of(scene.mate)) == ([], [])
    services.accept_envelope(asked.pk, by=scene.nina)
    assert wanted_of(scene.noah) == [other.pk]
    (mine,) = my_envelopes(scene.nina)
    assert (mine.id, mine.is_helping, mine.reference) == (asked.pk, True, scene.ticket.reference)
    assert {(row.number, row.is_helping) for row in my_envelopes(scene.owner)} == {(1, False), (2, False)}


def test_how_much_is_new_counts_what_others_wrote_since(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    first = services.post_in_envelope(envelope.pk, by=scene.nina, body_text="One")
    services.post_in_envelope(envelope.pk, by=scene.nina, body_text="Two")

    def unread(agent: Agent) -> int:
        return envelopes_on(scene.ticket, agent)[0].unread_count

    assert (unread(scene.owner), unread(scene.nina)) == (3, 0)
    services.mark_envelope_read(envelope.pk, by=scene.owner, seq=first.seq)
    services.mark_envelope_read(envelope.pk, by=scene.owner, seq=1)
    assert unread(scene.owner) == 1


def test_pages_cost_the_same_for_one_envelope_and_for_twenty(scene: Scene, django_assert_num_queries: Any) -> None:
    """Issue 5: 20 envelopes on one ticket and a long thread do not slow the page."""
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    for _round in range(2):
        owner, colleague = fresh(scene.owner), fresh(scene.mate)
        read_reaches(owner)
        read_reaches(colleague)
        with django_assert_num_queries(1):
            envelopes_on(scene.ticket, owner)
        with django_assert_num_queries(2):
            envelopes_on(scene.ticket, colleague)
        with django_assert_num_queries(1):
            my_envelopes(owner)
        found = readable_envelope(owner, pk=envelope.pk)
        assert found is not None
        with django_assert_num_queries(4):
            thread_of(found, owner)
        EnvelopeFactory.create_batch(19, ticket=scene.ticket, team=scene.network)
        for number in range(40):
            services.post_in_envelope(envelope.pk, by=scene.nina, body_text=f"Line {number}")


def read_reaches(agent: Agent) -> None:
    from accounts.selectors import reach_of

    reach_of(agent)


def test_whose_turn_it_is_lists_tell_those_alone_who_read_the_envelope(
    scene: Scene, django_assert_num_queries: Any
) -> None:
    tickets = [scene.ticket]
    for _number in range(4):
        other = TicketFactory(team=scene.ticket.team, owner=scene.owner)
        services.post_in_envelope(EnvelopeFactory(ticket=other, expert=scene.nina).pk, by=scene.nina, body_text="Here")
        tickets.append(other)
    AbsenceFactory(agent=scene.owner, deputy=scene.noah)
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    services.post_in_envelope(envelope.pk, by=scene.nina, body_text="Which port?")
    expected = {"owner": True, "noah": True, "nina": True, "manager": True, "auditor": True, "mate": False}
    for name, awaits_owner in expected.items():
        hint = hints_on([scene.ticket], fresh(getattr(scene, name)))[scene.ticket.pk]
        assert (hint.open_count, hint.target, hint.awaits_owner) == (1, "Network · Nina Kern", awaits_owner), name
    mate = fresh(scene.mate)
    read_reaches(mate)
    with django_assert_num_queries(2):
        assert len(hints_on(tickets, mate)) == 5
