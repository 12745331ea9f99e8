"""When a message goes to a person by a channel: one pure function, asked when there is something new, again when it is
to be let go, and by the preview. Source: domain.md section 14.

Breaches give way to nothing but other breaches: of these the first goes at once, and those that follow within the
window go together at its end, so that a storm of them is two messages. All instants are UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from notifications.enums import Because, DeliveryChannel, DeliveryStatus, Timing, Urgency

WINDOW = timedelta(minutes=5)
"""Between two messages to a person by one channel; what comes meanwhile goes in one at its end."""
FOLD = timedelta(minutes=30)
"""Between two messages to a person about one ticket, by whatever channel; a higher urgency passes."""
WORKING_FOR = timedelta(minutes=60)
DAILY_AT = time(8)
"""In the person's time zone."""

QuietTimes = tuple[time, time]


@dataclass(frozen=True, kw_only=True)
class News:
    """One notification on its way to its recipient by one channel."""

    id: UUID
    ticket: UUID | None
    urgency: Urgency
    timing: Timing
    told_at: datetime
    quiet: QuietTimes | None = None
    is_read: bool = False
    is_in_sight: bool = True


@dataclass(frozen=True, kw_only=True)
class LetGo:
    """A message that was let go at once; digests make nobody wait."""

    at: datetime
    channel: DeliveryChannel
    news: frozenset[UUID]
    urgency: Urgency
    tickets: Mapping[UUID, Urgency]
    """The highest urgency by ticket."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """What planning knows of somebody."""

    zone: ZoneInfo
    let_go: Sequence[LetGo] = ()
    """Of the last `FOLD`, by any channel."""
    works_on: Mapping[UUID, datetime] = field(default_factory=dict)
    """Ticket -> until when."""
    looks_at: frozenset[UUID] = frozenset()
    """Tickets whose page is in front of them at this moment."""


@dataclass(frozen=True)
class Plan:
    """`at` is now: let it go. Later: ask again then."""

    status: DeliveryStatus
    at: datetime
    because: str = ""


def plan(news: News, person: Person, *, channel: DeliveryChannel, now: datetime) -> Plan:
    """What is to become of `news` at `now`: go, wait until when and why, or be left out."""
    is_breach = news.urgency == Urgency.BREACH
    if because := _left_out(news, person, now, is_breach=is_breach):
        return Plan(DeliveryStatus.SUPPRESSED, now, because)
    if news.timing != Timing.IMMEDIATE and not is_breach:
        at, because = max(now, digest_at(news.timing, news.told_at, person.zone)), Because.DIGEST
    else:
        at, because = max(
            (now, ""),
            (_window_ends(news, person, channel), Because.WINDOW),
            (_fold_ends(news, person), Because.FOLD_UP),
        )
    if news.quiet and not is_breach and (until := quiet_until(at, news.quiet, person.zone)):
        return Plan(DeliveryStatus.DEFERRED, until, Because.QUIET_HOURS)
    if at <= now:
        return Plan(DeliveryStatus.QUEUED, now)
    return Plan(DeliveryStatus.BATCHED, at, because)


NEVER = datetime.min.replace(tzinfo=UTC)


def _left_out(news: News, person: Person, now: datetime, *, is_breach: bool) -> str:
    if not news.is_in_sight:
        return Because.OUT_OF_SIGHT
    if is_breach:
        return ""
    if news.is_read:
        return Because.READ
    if news.ticket is None:
        return ""
    if now < person.works_on.get(news.ticket, NEVER):
        return Because.WORKING
    return Because.LOOKING if news.timing == Timing.IMMEDIATE and news.ticket in person.looks_at else ""


def _window_ends(news: News, person: Person, channel: DeliveryChannel) -> datetime:
    is_breach = news.urgency == Urgency.BREACH
    before = [
        each.at
        for each in person.let_go
        if each.channel == channel and (not is_breach or each.urgency == Urgency.BREACH)
    ]
    return max(before) + WINDOW if before else NEVER


def _fold_ends(news: News, person: Person) -> datetime:
    """Of what others than this very news have told about its ticket."""
    if news.ticket is None:
        return NEVER
    told = [each for each in person.let_go if news.ticket in each.tickets and news.id not in each.news]
    if not told or news.urgency.rank > max(each.tickets[news.ticket].rank for each in told):
        return NEVER
    return max(each.at for each in told) + FOLD


def digest_at(timing: Timing, told_at: datetime, zone: ZoneInfo) -> datetime:
    """The first digest after `told_at`: minute 0 of an hour, or 08:00, by the person's clock."""
    local = told_at.astimezone(zone)
    if timing == Timing.HOURLY_DIGEST:
        into_hour = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return told_at.astimezone(UTC) - into_hour + timedelta(hours=1)
    today = _instant(local, DAILY_AT, zone)
    return today if today > told_at else _instant(local + timedelta(days=1), DAILY_AT, zone)


def quiet_until(moment: datetime, quiet: QuietTimes, zone: ZoneInfo) -> datetime | None:
    """The end of the quiet hours in which `moment` lies; None if it lies in none. The end itself is not quiet."""
    quiet_from, quiet_to = quiet
    local = moment.astimezone(zone)
    clock = local.time()
    over_midnight = quiet_from > quiet_to
    is_evening = over_midnight and clock >= quiet_from
    if not (is_evening or (clock < quiet_to and (over_midnight or clock >= quiet_from))):
        return None
    day = local + timedelta(days=1) if is_evening else local
    end = _instant(day, quiet_to, zone)
    return end if end > moment else _instant(day, quiet_to, zone, fold=1)  # the clock was put back in between


def _instant(day: datetime, clock: time, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """When the clock of `zone` shows `clock` on the local date of `day`; where it leaps over that, when it leaps."""
    asked = datetime.combine(day.date(), clock, zone)
    found = asked.replace(fold=fold).astimezone(UTC)
    if found.astimezone(zone).time() == clock:
        return found
    before, after = asked.replace(fold=1).astimezone(UTC), asked.replace(fold=0).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).time() < clock:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
