"""Types of the world that world.py builds: the columns, and a ticket in a state with what belongs to it."""

from dataclasses import dataclass, field
from typing import Any

from accounts.models import Team
from tickets.models import Ticket

COLUMNS = (
    "anon",  # nobody signed in
    "agent",  # member of the ticket's team, not its owner
    "owner",  # owner of the ticket; of unowned ones just another member
    "deputy",  # agent of another team, covering for the ticket's absent owner
    "lead",  # team lead alone, no further role
    "super",  # supervisor alone
    "manager",  # manager alone
    "auditor",
    "admin",
    "outsider",  # agent of another team
    "bare",  # API client to which the team, but no scope is granted
    "client",  # API client with every scope there is
    "gone",  # agent of the team, deactivated after signing in
)
PROGRAMS = ("bare", "client")
STRANGERS = ("anon", "gone")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea135816e0000000049454e44ae426082"
)


@dataclass
class Scene:
    """A ticket in one state, with what belongs to it."""

    ticket: Ticket
    task: Any = None
    message: Any = None
    envelope: Any = None
    file: Any = None
    """Of a mail in the envelope's thread."""
    resolution: Any = None
    flags: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    desk: Team
    network: Team
    field_service: Team
    people: dict[str, Any]
    """By column; nobody for `anon`."""
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    scenes: dict[str, Scene] = field(default_factory=dict)
    """State -> scene of everybody, and `<state>:deputy` -> the same of the absent owner."""
    things: dict[str, Any] = field(default_factory=dict)
    """What is no ticket: absences, contacts, files, notifications by name."""

    def scene(self, state: str, column: str) -> Scene:
        own = self.scenes.get(f"{state}:deputy") if column == "deputy" else None
        return own or self.scenes[state]
