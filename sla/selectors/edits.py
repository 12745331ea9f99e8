"""Which edits of policies and calendars have moved a clock, by whom and why: their histories, where facts say that it
moved.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Model, Q

from accounts.models import BusinessCalendar
from core.actors import shown_name
from sla.models import SlaPolicy
from sla.states import Clock, Retermed, State, Terms

OF_HISTORY = ("id", "history_date", "name", "actor_name", "history_change_reason")


@dataclass(frozen=True)
class Edit:
    """Somebody changed a policy or the hours of a calendar, and the clock followed."""

    at: datetime
    what: str
    """Name of the policy or calendar, as it was then."""
    by: str
    """Name of the actor, as it was then."""
    reason: str


@dataclass(frozen=True)
class _Span:
    """Edits of this row, later than `after`, were followed at `until`."""

    row_id: UUID
    after: datetime
    until: datetime


Known = Sequence[tuple[UUID, Edit]]
"""What was edited with a reason, in the order of time."""


def known_edits(clocks: Iterable[tuple[State, Clock]]) -> Known:
    """All that may have moved these clocks. Two queries; none where nothing did."""
    spans = [span for state, clock in clocks for span in _spans(state, clock)]
    if not spans:
        return ()
    found = [*_edits_in(SlaPolicy, spans), *_edits_in(BusinessCalendar, spans)]
    return sorted(found, key=lambda edit: edit[1].at)


def edits_of(state: State, clock: Clock, known: Known) -> list[Edit]:
    """Those that moved this one."""
    spans = list(_spans(state, clock))
    return [
        edit
        for row_id, edit in known
        if any(span.row_id == row_id and span.after < edit.at <= span.until for span in spans)
    ]


def _spans(state: State, clock: Clock) -> Iterator[_Span]:
    after = clock.started_at
    for change in state.retermed:
        if change.envelope_id != clock.envelope_id or change.at <= clock.started_at:
            continue
        if clock.ended_at is not None and change.at > clock.ended_at:
            return
        yield from (_Span(row_id, after, change.at) for row_id in _edited(change, clock.metric))
        after = change.at


def _edited(change: Retermed, metric: str) -> Iterator[UUID]:
    """The policy, the calendar, or both: of what was promised by the same policy before and after."""
    old, new = change.old, change.new
    if old is None or new is None or old.policy_id != new.policy_id:
        return
    if old.hours.calendar_id != new.hours.calendar_id or _moves_target(old, new, metric):
        yield new.policy_id
    if old.hours != new.hours:
        yield new.hours.calendar_id


def _moves_target(old: Terms, new: Terms, metric: str) -> bool:
    return new.is_retroactive and old.targets.get(metric) != new.targets.get(metric)


def _edits_in(model: type[Model], spans: Sequence[_Span]) -> Iterator[tuple[UUID, Edit]]:
    wanted = Q(id__in={span.row_id for span in spans}, history_change_reason__isnull=False)
    wanted &= Q(history_date__gt=min(span.after for span in spans), history_date__lte=max(span.until for span in spans))
    rows = model.history.filter(wanted).order_by("history_date")  # type: ignore[attr-defined]  # of audited models
    for row_id, at, name, by, reason in rows.values_list(*OF_HISTORY):
        yield row_id, Edit(at, name, shown_name(by), shown_name(reason))
