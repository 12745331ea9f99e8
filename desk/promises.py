"""What is promised, as pages show it: badges of rows, cards and heads, and the clocks in the ticket's panel.

A badge tells a promise by icon, words and colour. Time left is business time, so its element carries what `times.js`
needs to go on: how much was left at the full hour, and when the calendar is open in the day after. It stays the same
for an hour, as kept markup does (ADR 5).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zlib import crc32

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from core.labels import label_of
from core.templatetags.ui import amount_in_words, exact, relative_patterns
from core.worktime import open_intervals
from sla.enums import APPROVED, ClockState, Indicator, Metric, PauseReason
from sla.explain import left_of, threshold_of
from sla.policies import may_pause
from sla.selectors import (
    OpenPause,
    ShownClock,
    clocks_beside,
    clocks_shown_to,
    explain,
    hours_by_id,
    indicator_of,
    pauses_beside,
    promises_of,
    worst,
)
from tickets.around import has_surroundings
from tickets.enums import OPEN, TicketStatus
from tickets.models import Ticket

Part = dict[str, Any]  # what a template takes

ICONS: dict[str, str] = {Indicator.MET: "check", Indicator.MISSED: "x"}
"""Of ended ones. Style draws disc, triangle, square and bars of open ones, as the elements of lists are counted; their
shapes differ, since not everybody tells the colours apart (ux.md section 6).
"""
TICKED = timedelta(hours=25)
"""For so long after the full hour a page can go on counting by itself."""


def badge_of(clock: ShownClock, now: datetime, *, why: str = "") -> Part:
    """What `components/sla.html` wants; `why` says why a clock stands still."""
    indicator = indicator_of(clock, now)
    left = left_of(hours_by_id(clock.hours_id).calendar, clock.due_at, clock.completed_at or now).total_seconds()
    is_running = clock.state == ClockState.RUNNING
    return {
        "state": str(indicator),
        "icon": ICONS.get(indicator, ""),
        "words": _words(indicator, left, is_paused=clock.state == ClockState.PAUSED, why=why),
        "title": _title(clock),
        "tick": _tick(clock, now) if is_running and (indicator != Indicator.BREACHED or left <= 0) else "",
    }


def _title(clock: ShownClock) -> str:
    metric = label_of(Metric, clock.metric)
    if clock.state == ClockState.PAUSED:
        return _("%(metric)s: paused") % {"metric": metric}
    return _("%(metric)s: due %(when)s") % {"metric": metric, "when": exact(clock.due_at)}


def _words(indicator: Indicator, left: float, *, is_paused: bool, why: str) -> str:
    time, patterns = amount_in_words(left), relative_patterns()
    match indicator:
        case Indicator.ON_TRACK:
            return patterns["left"].format(time=time)
        case Indicator.AT_RISK:
            return patterns["soon"].format(time=time)
        case Indicator.BREACHED if is_paused:
            return _("Breached · paused")
        case Indicator.BREACHED:
            return patterns["over"].format(time=time) if left <= 0 else _("Breached")
        case Indicator.PAUSED:
            return _("Paused · %(why)s") % {"why": why} if why else _("Paused")
        case Indicator.MET:
            return _("Met")
    return _("Missed by %(time)s") % {"time": time} if left <= 0 else _("Missed")


def _tick(clock: ShownClock, now: datetime) -> str:
    """Seconds of the hour that has begun, what was left then, below what it is at risk, and open times after it."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    left = int(left_of(hours_by_id(clock.hours_id).calendar, clock.due_at, hour).total_seconds())
    risk = int(threshold_of(timedelta(minutes=clock.target_minutes)).total_seconds())
    return f"{int(hour.timestamp())} {left} {risk} {_open_after(clock.hours_id, hour)}".rstrip()


@lru_cache(maxsize=256)
def _open_after(hours_id: UUID, hour: datetime) -> str:
    spans = open_intervals(hours_by_id(hours_id).calendar, hour, hour + TICKED)
    return " ".join(f"{int(start.timestamp())}-{int(end.timestamp())}" for start, end in spans)


def why_of(status: str) -> str:
    """Why the clocks of a ticket in this status stand still, where the status says so."""
    return _("waiting for customer") if status == TicketStatus.WAITING_CUSTOMER else ""


def promise_badges(tickets: Collection[Ticket]) -> dict[UUID, Part]:
    """Of each ticket the promise that is worst off, as a badge; a ticket without open promises has none. At most
    one query.
    """
    now = timezone.now()
    return {ticket_id: badge_of(worst(clocks, now)[1], now) for ticket_id, clocks in promises_of(tickets).items()}


def add_promises(tickets: Collection[Ticket], row_by_id: Mapping[UUID, Part]) -> None:
    """Mark rows by how the ticket's promises stand. At most one query."""
    for ticket_id, badge in promise_badges(tickets).items():
        row_by_id[ticket_id]["promise"] = badge


def head_badge(ticket: Ticket, now: datetime) -> Part | None:
    """The same for the head of the ticket's page; no query."""
    clocks = [clock for clock in clocks_beside(ticket) if clock.is_open and clock.envelope_id is None]
    return badge_of(worst(clocks, now)[1], now, why=_why_on(ticket)) if clocks else None


def help_badges(ticket: Ticket, now: datetime) -> dict[UUID, Part]:
    """By envelope the promise of those who help, while it runs; no query. For envelopes that may be read."""
    found: dict[UUID, list[ShownClock]] = {}
    for clock in clocks_beside(ticket) if has_surroundings(ticket) else ():
        if clock.envelope_id is not None and clock.is_open:
            found.setdefault(clock.envelope_id, []).append(clock)
    return {pk: badge_of(worst(clocks, now)[1], now, why=_why_on(ticket)) for pk, clocks in found.items()}


def _why_on(ticket: Ticket) -> str:
    return next((_reason(pause) for pause in pauses_beside(ticket)), "")


def _reason(pause: OpenPause) -> str:
    if pause.reason == PauseReason.WAITING_CUSTOMER:
        return why_of(TicketStatus.WAITING_CUSTOMER)
    return label_of(PauseReason, pause.reason)


def clocks_of(agent: Agent, ticket: Ticket, now: datetime) -> Part:
    """What `desk/_clocks.html` calls `clocks`: the ticket's own promises, and what stops them; no query."""
    order = list(Metric)
    shown = [clock for clock in clocks_beside(ticket) if clock.envelope_id is None and clock.state != "cancelled"]
    pauses = pauses_beside(ticket)
    is_paused = any(pause.reason in APPROVED for pause in pauses)
    may_stop = ticket.status in OPEN and any(clock.is_open for clock in shown) and may_pause(agent, ticket)
    return {
        "rows": [_row(clock, ticket, now) for clock in sorted(shown, key=lambda row: order.index(Metric(row.metric)))],
        "pauses": [_pause(pause) for pause in pauses],
        "pause_url": reverse("desk:pause-clocks", args=[ticket.reference]) if may_stop and not is_paused else "",
        "resume_url": reverse("desk:resume-clocks", args=[ticket.reference]) if may_stop and is_paused else "",
        "why_url": reverse("desk:around", args=[ticket.reference, "clocks"]),
        "stamp": _stamp(shown),
    }


def _row(clock: ShownClock, ticket: Ticket, now: datetime) -> Part:
    return {
        "metric": label_of(Metric, clock.metric),
        "badge": badge_of(clock, now, why=_why_on(ticket)),
        "due": clock.due_at if clock.state == ClockState.RUNNING else None,
    }


def _pause(pause: OpenPause) -> Part:
    return {
        "reason": label_of(PauseReason, pause.reason),
        "by": pause.by,
        "from_at": pause.from_at,
        "until": pause.until,
        "note": pause.note,
    }


def _stamp(clocks: Iterable[ShownClock]) -> str:
    """Differs once something about the clocks has changed, so that an explanation on screen is never an old one."""
    return f"{crc32(repr(sorted(map(repr, clocks))).encode()):08x}"


def explained_section(ticket: Ticket, agent: Agent) -> Part:
    """Each clock with every stretch of time that led to its due moment. Six queries, and two more where policies or
    calendars were edited, however many clocks.
    """
    now = timezone.now()
    clocks = clocks_shown_to(agent, ticket).exclude(state=ClockState.CANCELLED).order_by("started_at", "metric", "id")
    explained = explain(clocks, now)
    own = [one.clock for one in explained if one.clock.envelope_id is None]
    newest = {clock.metric: clock for clock in own}  # a later cycle comes later
    first = next((one for one in explained if one.clock.state in (ClockState.RUNNING, ClockState.PAUSED)), None)
    return {
        "template": "desk/_clocks_explained.html",
        "title": _("Why it is due then"),
        "stamp": _stamp(_shown(clock) for clock in newest.values()),
        "explained": [_explained(one, now) | {"is_shown": one is (first or explained[0])} for one in explained],
    }


def _shown(clock: Any) -> ShownClock:  # Any: whatever has the columns
    return ShownClock(**{name: getattr(clock, name) for name in ShownClock.__slots__})


def _explained(one: Any, now: datetime) -> Part:  # Any: sla.selectors.Explained
    clock = one.clock
    return {
        "metric": label_of(Metric, clock.metric),
        "cycle": clock.cycle if clock.cycle > 1 else 0,
        "help_number": clock.envelope.number if clock.envelope else 0,
        "badge": badge_of(_shown(clock), now),
        "due": clock.due_at,
        "is_standing": clock.state == ClockState.PAUSED,
        "target": _length(clock.target_minutes * 60),
        "policy": clock.policy.name,
        "calendar": clock.hours.calendar.name,
        "is_limited": one.is_limited,
        "parts": [_segment(part) for part in one.parts if part.seconds],
        "edits": one.edits,
        "chosen_for": one.chosen_for.label if one.chosen_for else "",
    }


def _length(seconds: int) -> str:
    """ "2 h 5 min 20 s"; what there is none of is left out."""
    patterns = relative_patterns()
    hours, rest = divmod(seconds, 3600)
    amounts = ((patterns["hours"], hours), (patterns["minutes"], rest // 60), (_("{n} s"), rest % 60))
    return " ".join(pattern.format(n=number) for pattern, number in amounts if number)


def _segment(part: Any) -> Part:  # Any: sla.selectors.Part
    segment = part.segment
    return {
        "kind": segment.kind,
        "what": _what(segment.kind, segment.why, segment.name),
        "from_at": segment.start,
        "to_at": segment.end,
        "length": _length(part.seconds),
        "by": part.person.name if part.person else "",
        "note": segment.note,
        "is_ahead": part.is_ahead,
    }


def _what(kind: str, why: str, name: str) -> str:
    if kind == "open":
        return _("Counts")
    if kind == "paused":
        return _("Paused: %(why)s") % {"why": str(_STOPS[why]) if why in _STOPS else label_of(PauseReason, why)}
    return _("Holiday: %(name)s") % {"name": name} if name else str(_CLOSED.get(why, _CLOSED["outside_hours"]))


_CLOSED = {
    "outside_hours": gettext_lazy("Closed: outside hours"),
    "free_day": gettext_lazy("Closed: free day"),
    "holiday": gettext_lazy("Holiday"),
}
_STOPS = {"resolved": gettext_lazy("resolved"), "cancelled": gettext_lazy("cancelled")}
"""Times in which nobody was to work on the ticket, beside pauses."""
