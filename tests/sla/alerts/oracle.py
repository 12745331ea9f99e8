"""Alerts of one ticket counted minute by minute, from the words of domain.md section 10 and nothing of `sla.alerts`.

What is true of the ticket, such as its status, the pauses of its promise and when that is due, is told to it; what the
desk raises and whom it tells, it finds for itself. All moments are whole minutes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.sla.oracle import MINUTE, Week

NA, NU, NC = "not_assigned", "not_updated", "not_completed"
OVER = ("resolved", "closed", "cancelled")
WINDOW = timedelta(minutes=5)
Key = tuple[str, int, int]
"""Condition, cycle, level."""
DESK = Week("Europe/Berlin", (*[((480, 1080),)] * 5, (), ()))
"""Monday to Friday, 08:00 to 18:00."""


@dataclass(frozen=True)
class Facts:
    status: str
    priority: str
    owner: str
    """Empty: nobody."""
    due_at: datetime | None
    """Of the promised resolution, while its clock runs."""
    is_paused: bool
    stops: Sequence[tuple[datetime, datetime | None]]
    rules: Mapping[tuple[str, str], Mapping[int, tuple[int, Sequence[str]]]]
    """Priority and condition -> level -> minutes and roles."""

    @property
    def is_silent(self) -> bool:
        return self.is_paused or self.status == "waiting_customer" or self.status in OVER


@dataclass
class Raised:
    at: datetime
    status: str
    people: frozenset[str]


@dataclass
class Row:
    """Somebody who is to be told of an alert."""

    person: str
    key: Key
    tell_at: datetime | None
    told_at: datetime | None = None


@dataclass
class Cycle:
    number: int = 0
    anchor: datetime | None = None
    fired: int = 0
    """The highest level so far."""


@dataclass
class Oracle:
    supervisor: str
    manager: str
    cycles: dict[str, Cycle] = field(default_factory=lambda: {NA: Cycle(), NU: Cycle(), NC: Cycle()})
    raised: dict[Key, Raised] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    messages: list[tuple[str, str, int, datetime]] = field(default_factory=list)
    """Person, condition, level, when."""

    # What happens -----------------------------------------------------------------------------------------------------

    def begin(self, condition: str, at: datetime) -> None:
        cycle = self.cycles[condition]
        self.cycles[condition] = Cycle(cycle.number + 1, at)
        self.clear(condition)

    def end(self, condition: str) -> None:
        self.cycles[condition].anchor = None
        self.clear(condition)

    def clear(self, condition: str) -> None:
        for key, alert in self.raised.items():
            if key[0] == condition:
                alert.status = "cleared"

    def accepted(self, at: datetime) -> None:
        self.end(NA)
        self.begin(NU, at)

    def worked_on(self, at: datetime) -> None:
        anchor = self.cycles[NU].anchor
        if anchor is not None and anchor < at:
            self.begin(NU, at)

    def ended(self) -> None:
        for condition in self.cycles:
            self.end(condition)

    def reopened(self, at: datetime, *, is_owned: bool) -> None:
        self.begin(NU if is_owned else NA, at)

    def acknowledged(self, condition: str, level: int) -> None:
        """What is open is of the cycle that runs."""
        key = (condition, self.cycles[condition].number, level)
        self.raised[key].status = "acknowledged"
        for row in self.rows:
            if row.key == key:
                row.tell_at = None

    def see(self, facts: Facts) -> None:
        """A promise that is due at another moment; a later one begins anew."""
        cycle = self.cycles[NC]
        if facts.status in OVER or facts.due_at is None:
            return
        if cycle.anchor is None or cycle.anchor < facts.due_at:
            self.begin(NC, facts.due_at)
        cycle = self.cycles[NC]
        cycle.anchor = facts.due_at

    # What the desk does -----------------------------------------------------------------------------------------------

    def check(self, facts: Facts, now: datetime) -> None:
        for condition in (NA, NU, NC):
            self._raise(condition, facts, now)
        for person, condition in dict.fromkeys((row.person, row.key[0]) for row in self.rows):
            self._tell(person, condition, now)

    def coming(self, condition: str, facts: Facts) -> Iterable[tuple[int, datetime]]:
        """Levels that are still to fire, with their moments, none before a lower one."""
        cycle = self.cycles[condition]
        if cycle.anchor is None or (condition != NA and facts.is_silent) or (condition == NC and facts.due_at is None):
            return
        reached = None
        for level, (minutes, _roles) in sorted(facts.rules.get((facts.priority, condition), {}).items()):
            if level > cycle.fired:
                moment = before(cycle.anchor, minutes) if condition == NC else self._after(condition, minutes, facts)
                reached = moment if reached is None else max(moment, reached)
                yield level, reached

    def _after(self, condition: str, minutes: int, facts: Facts) -> datetime:
        at = self.cycles[condition].anchor
        assert at is not None
        stops = facts.stops if condition == NU else ()
        used = 0
        while used < minutes:
            used += DESK.is_open(at) and not any(start <= at and (end is None or at < end) for start, end in stops)
            at += MINUTE
        return at

    def _raise(self, condition: str, facts: Facts, now: datetime) -> None:
        due = [level for level, moment in self.coming(condition, facts) if moment <= now]
        cycle = self.cycles[condition]
        for level in due:
            _minutes, roles = facts.rules[facts.priority, condition][level]
            key = (condition, cycle.number, level)
            people = self.people(roles, facts.owner)
            self.raised[key] = Raised(now, "open", people)
            if level == due[-1]:
                self.rows += [Row(person, key, now) for person in people]
        if due:
            cycle.fired = due[-1]

    def people(self, roles: Iterable[str], owner: str) -> frozenset[str]:
        holders = {"tech": owner or self.supervisor, "supervisor": self.supervisor, "group_manager": self.manager}
        return frozenset(holders[role] for role in roles)

    def _tell(self, person: str, condition: str, now: datetime) -> None:
        mine = [row for row in self.rows if row.person == person and row.key[0] == condition]
        waiting = [row for row in mine if row.tell_at is not None and row.tell_at <= now]
        for row in waiting:
            if self.raised[row.key].status != "open":
                row.tell_at = None
        waiting = [row for row in waiting if row.tell_at is not None]
        if not waiting:
            return
        level = max(row.key[2] for row in waiting)
        told = [row.told_at for row in mine if row.told_at is not None and (level < 3 or row.key[2] == 3)]
        if told and max(told) > now - WINDOW:
            for row in waiting:
                row.tell_at = max(told) + WINDOW
            return
        self.messages.append((person, condition, level, now))
        for row in waiting:
            row.tell_at, row.told_at = None, now


def before(at: datetime, minutes: int) -> datetime:
    """So many business minutes before `at`."""
    used = 0
    while used < minutes:
        at -= MINUTE
        used += DESK.is_open(at)
    return at
