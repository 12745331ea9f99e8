"""In whose name the intake writes: an address proves nobody, so no mail speaks in an agent's."""

from django.utils.translation import gettext_noop

from accounts.models import Agent
from core.actors import SystemActor, system_actor

INTAKE = system_actor(gettext_noop("Mail intake"))
CLEANING = system_actor(gettext_noop("Mail sanitiser"))
MAIL_SYSTEM = system_actor(gettext_noop("Mail system"))
"""Who sent a report that names no sender."""


def named(agent: Agent) -> SystemActor:
    """An agent's address as a mail shows it; it does not prove that they wrote (email.md section 4)."""
    return SystemActor(f"{agent.name} <{agent.email}>")


def machine(address: str) -> SystemActor:
    return SystemActor(address) if address else MAIL_SYSTEM
