"""How a person has laid out their pages: which panels are open and how wide, and where a send leads. Remembered by the
server, so that a page comes as it was left and nothing jumps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WIDTHS = range(16, 34, 2)
"""Widths of the panels at the left and at the right that there are, in rem."""


@dataclass(frozen=True)
class Panels:
    rail: str = "open"
    """The navigation: `open`, or `narrow`, which shows its icons alone."""
    details: str = "open"
    """The panel at the right: `open` or `closed`."""
    details_width: int = 20
    list: str = "open"
    """The list beside a ticket: `open` or `closed`."""
    list_width: int = 20
    after_send: str = "stay"
    """Where a sent reply leads: `stay` on the ticket, to the `next` one of the list, or back to the `list`."""

    @property
    def rail_is_open(self) -> bool:
        return self.rail == "open"

    @property
    def details_is_open(self) -> bool:
        return self.details == "open"

    @property
    def list_is_open(self) -> bool:
        return self.list == "open"

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Panels":
        """What is kept, as far as it is (still) known."""
        return cls(**{name: value for name, value in kept.items() if may_be_kept(name, value)})


CHOICES: dict[str, tuple[Any, ...]] = {
    "rail": ("open", "narrow"),
    "details": ("open", "closed"),
    "details_width": tuple(WIDTHS),
    "list": ("open", "closed"),
    "list_width": tuple(WIDTHS),
    "after_send": ("stay", "next", "list"),
}


def may_be_kept(name: str, value: Any) -> bool:
    return value in CHOICES.get(name, ())
