"""Who looks at which ticket just now: the app that knows says it by `use_attention()` (ux.md: muted for what I am
looking at). Until then nobody is known to look at anything.
"""

from collections.abc import Callable, Collection
from uuid import UUID

Looking = Callable[[UUID, Collection[UUID]], frozenset[UUID]]
"""Person, tickets -> those of them whose page the person has in front of them. Cheap, and never raises."""


def _nobody_is_known(agent_id: UUID, ticket_ids: Collection[UUID]) -> frozenset[UUID]:
    return frozenset()


_looking: Looking = _nobody_is_known


def use_attention(looking: Looking) -> Looking:
    """Called once, in `ready()`; answers what served before."""
    global _looking  # set once, when the apps are ready
    before, _looking = _looking, looking
    return before


def looked_at_by(agent_id: UUID, ticket_ids: Collection[UUID]) -> frozenset[UUID]:
    return _looking(agent_id, ticket_ids) if ticket_ids else frozenset()
