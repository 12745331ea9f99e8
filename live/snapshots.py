"""What a page has seen: PostgreSQL's own account of which transactions were over when its first row was read."""

import re
from dataclasses import dataclass
from typing import Self

LONGEST = 2000
"""Characters; a snapshot names each transaction under way, at most as many as there are connections."""
WRITTEN = re.compile(r"([0-9]{1,19}):([0-9]{1,19}):((?:[0-9]{1,19},)*[0-9]{1,19})?")


@dataclass(frozen=True)
class Snapshot:
    xmin: int
    xmax: int
    under_way: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """As `pg_current_snapshot()` writes it (745:750:745,747); None for anything else, since a browser sends it."""
        found = WRITTEN.fullmatch(text) if len(text) <= LONGEST else None
        if found is None:
            return None
        return cls(int(found[1]), int(found[2]), frozenset(map(int, filter(None, (found[3] or "").split(",")))))

    def shows(self, xid: int) -> bool:
        """Whether a committed transaction was over by then."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.under_way)
