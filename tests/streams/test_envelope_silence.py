"""What those beside an envelope hear of it on their open pages: that the ticket has changed, and no word (024)."""

from collections.abc import Callable

import pytest

from tests.envelopes.conftest import Scene, scene  # noqa: F401  # a fixture
from tests.envelopes.test_leaks import Told
from tests.factories import AgentFactory, EnvelopeFactory
from tests.streams.listening import Listener

pytestmark = pytest.mark.django_db(transaction=True)


def test_024_a_sibling_who_listens_hears_no_word_of_the_envelope_beside_theirs(
    listen: Callable[..., Listener],
    scene: Scene,  # noqa: F811
) -> None:
    EnvelopeFactory(ticket=scene.ticket, expert=scene.stranger, is_blocking=False)
    reference = scene.ticket.reference
    on_ticket = listen(scene.stranger, ticket=reference)
    listeners = {
        "owner": listen(scene.owner, ticket=reference),
        "sibling on a list": listen(scene.stranger, list=1),
        "colleague": listen(scene.mate, ticket=reference),
        "outsider": listen(AgentFactory(), list=1),
    }
    for listener in (on_ticket, *listeners.values()):
        listener.until_now()
    told = Told(scene)
    told.seal()
    heard = {name: listener.until_now() for name, listener in ({"sibling": on_ticket} | listeners).items()}
    for name in ("owner", "sibling"):
        assert reference in {each.data.get("ticket") for each in heard[name]}, f"{name} hears that it has changed"
    assert heard["outsider"] == []
    for name, found in heard.items():
        for each in found:
            words = f"{each.event} {each.data}"
            assert (name, told.canary.word in words, told.summary.word in words) == (name, False, False)
            assert set(each.data) <= {"ticket", "xid", "unread", "turns"}, "names and numbers"
