"""One open page: who listens, to what, and what waits to be written to it."""

import asyncio
import json
from collections.abc import Mapping
from uuid import UUID

from live.selectors import Credentials

WAITING_AT_MOST = 1000
"""Messages that a slow reader may be behind; then its stream ends, and it comes back with what it has."""
REMEMBERED_AT_MOST = 300
"""Tickets of one page; of the one that it has not heard of for longest it is not told that it has gone."""


class Stream:
    """Its messages in the order of their numbers, each once.

    Until `go_live` what happens is kept apart: first the page is told what it has missed (`put`).
    """

    def __init__(
        self,
        *,
        agent_id: UUID,
        credentials: Credentials,
        ticket_id: UUID | None,
        hears_all: bool,
        in_sight: Mapping[UUID, str] | None = None,
    ) -> None:
        """`in_sight`: of the tickets that the page shows those its person may see now, with their references."""
        self.agent_id, self.credentials = agent_id, credentials
        self.ticket_id, self.hears_all = ticket_id, hears_all
        self.in_sight = dict(in_sight or {})
        """Tickets that were in sight when the page last heard of them."""
        self.told_until = 0
        """Number up to which everything was told, or concerned others."""
        self._early: list[tuple[str, dict[str, str], int | None, UUID | None]] | None = []
        self._waiting: list[str] = []
        self._has_news = asyncio.Event()
        self._is_over = False

    def note_sight(self, references: Mapping[UUID, str]) -> None:
        for ticket_id, reference in references.items():
            self.in_sight.pop(ticket_id, None)  # to the end, as it is the newest
            self.in_sight[ticket_id] = reference
        while len(self.in_sight) > REMEMBERED_AT_MOST:
            del self.in_sight[next(iter(self.in_sight))]

    def tell(
        self, event: str, data: dict[str, str], *, number: int | None = None, ticket_id: UUID | None = None
    ) -> None:
        """Something happens."""
        if self._early is None:
            self.put(event, data, number=number, ticket_id=ticket_id)
        else:
            self._early.append((event, data, number, ticket_id))

    def put(
        self, event: str, data: dict[str, str], *, number: int | None = None, ticket_id: UUID | None = None
    ) -> None:
        """Have a message written; one with a number up to which everything was told is left out.

        `ticket_id`: it tells of this ticket, by its reference in `data`. Without one the ticket is not in sight: that
        is told where it was, once and by the reference that is known there.
        """
        if number is not None:
            if number <= self.told_until:
                return
            self.told_until = number
        if ticket_id is not None:
            reference = data["ticket"] or self.in_sight.pop(ticket_id, "")
            if not reference:
                return
            if data["ticket"]:
                self.note_sight({ticket_id: reference})
            data = {**data, "ticket": reference}
        if len(self._waiting) >= WAITING_AT_MOST:
            self.end()
        elif not self._is_over:
            self._waiting.append(message(event, data, number=number))
            self._has_news.set()

    def go_live(self, *, until: int) -> None:
        """What was missed is told, all of it up to number `until`; now what has happened meanwhile."""
        self.told_until = max(self.told_until, until)
        early, self._early = self._early or [], None
        for event, data, number, ticket_id in early:
            self.put(event, data, number=number, ticket_id=ticket_id)

    def beat(self, known: int) -> None:
        """Tell that the line is open, and the number from which on the page may ask again: up to `known` all that
        concerns it was told.
        """
        if self._early is None:
            self.told_until = max(self.told_until, known)
            if not self._is_over and len(self._waiting) < WAITING_AT_MOST:
                self._waiting.append(message("beat", {}, number=self.told_until))
                self._has_news.set()

    def end(self) -> None:
        """After what waits, nothing more is written."""
        self._is_over = True
        self._has_news.set()

    async def written(self) -> bytes | None:
        """What is to be written next; None: the stream is over."""
        while not self._waiting:
            if self._is_over:
                return None
            await self._has_news.wait()
            self._has_news.clear()
        text, self._waiting = "".join(self._waiting), []
        return text.encode()


def message(event: str, data: object, *, number: int | None = None) -> str:
    """One message as browsers read it (WHATWG HTML, section 9.2.6)."""
    line = f"id: {number}\n" if number is not None else ""
    return f"event: {event}\n{line}data: {json.dumps(data, separators=(',', ':'))}\n\n"
