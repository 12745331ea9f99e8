"""Where higher apps may object before people change."""

from collections.abc import Callable

from accounts.models import Agent
from core.errors import DomainError

deactivation_guards: list[Callable[[Agent], DomainError | None]] = []
"""Asked before an agent is deactivated; the first error refuses."""
