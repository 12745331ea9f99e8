"""Who is near enough to a customer to read their private data (object rule 11) or to correct it.

That follows from tickets, which this app does not know; `tickets` says it by `use()`. Until then only auditors read.
"""

from typing import Protocol

from accounts.enums import Role
from accounts.models import Agent, Contact
from core.actors import Actor


class Nearness(Protocol):
    """What the higher app knows about an agent and a contact."""

    def is_in_charge_of(self, agent: Agent, contact: Contact) -> bool:
        """Lead, supervisor or manager of a team that serves the contact, or of any while they have no ticket."""

    def works_for(self, agent: Agent, contact: Contact) -> bool:
        """Owner of a ticket of the contact, or deputy of its absent owner."""


class Nobody:
    def is_in_charge_of(self, agent: Agent, contact: Contact) -> bool:
        return False

    def works_for(self, agent: Agent, contact: Contact) -> bool:
        return False


_nearness: Nearness = Nobody()


def use(nearness: Nearness) -> None:
    """Called once by the app that knows."""
    global _nearness  # noqa: PLW0603  # set once, when the apps are ready
    _nearness = nearness


def is_in_charge_of(actor: Actor, contact: Contact) -> bool:
    return isinstance(actor, Agent) and actor.is_active and _nearness.is_in_charge_of(actor, contact)


def serves(actor: Actor, contact: Contact) -> bool:
    """Owner or deputy of a ticket of theirs, or lead and above of a team that serves them."""
    if not isinstance(actor, Agent) or not actor.is_active:
        return False
    return _nearness.is_in_charge_of(actor, contact) or _nearness.works_for(actor, contact)


def may_read_private_data(actor: Actor, contact: Contact) -> bool:
    """Phone and notes: owner and deputy, lead and above in scope, auditors."""
    if not isinstance(actor, Agent) or not actor.is_active:
        return False
    if actor.has_role(Role.AUDITOR):
        return True
    return _nearness.is_in_charge_of(actor, contact) or _nearness.works_for(actor, contact)
