"""Who acts: the least the lower apps need to know of a person, a program or the system itself."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext, gettext_noop


class Actor(Protocol):
    """Whoever causes a change; its name and user land in the history. Implemented by the models of `accounts` too."""

    @property
    def audit_name(self) -> str:
        """Name as it shall read in the audit trail for ever."""

    @property
    def audit_user_id(self) -> UUID | None:
        """Id of the signed-in user behind the act; None for customers and the system."""


@dataclass(frozen=True)
class SystemActor:
    """A timer, rule or connector that acts in its own name, without anybody's rights."""

    audit_name: str
    audit_user_id: UUID | None = None


_names: set[str] = set()


def system_actor(name: str) -> SystemActor:
    """A part of the desk that acts; `name`, marked by `gettext_noop`, is stored as it is and translated when read."""
    _names.add(name)
    return SystemActor(name)


def shown_name(name: str) -> str:
    """A stored actor's name for a reader: a part of the desk in their language, anybody else as they are called."""
    return gettext(name) if name in _names else name


TIMER = system_actor(gettext_noop("ITIL-NEXT timer"))
"""Everything that happens because time has passed."""

DESK = system_actor("ITIL-NEXT")
"""What the desk itself writes: acknowledgements and the like."""
