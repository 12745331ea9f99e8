"""When a message goes: the rules of domain.md section 14, for any run of events (acceptance 123-125)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.enums import Because, DeliveryChannel, DeliveryStatus, Timing, Urgency
from notifications.planning import FOLD, WINDOW, LetGo, News, Person, QuietTimes, digest_at, plan, quiet_until

START = datetime(2026, 3, 28, 20, tzinfo=UTC)  # the night in which Europe's clocks are put forward
BERLIN = ZoneInfo("Europe/Berlin")
TICKETS = [uuid4() for _ in range(3)]
EMAIL = DeliveryChannel.EMAIL
NIGHT = (time(20), time(7))


def news(
    *, at: datetime = START, ticket: UUID | None = None, urgency: Urgency = Urgency.NORMAL, **more: object
) -> News:
    return News(id=uuid4(), ticket=ticket, urgency=urgency, told_at=at, **({"timing": Timing.IMMEDIATE} | more))


def let_go(*sent: News, at: datetime = START, channel: DeliveryChannel = EMAIL) -> LetGo:
    tickets = {each.ticket: each.urgency for each in sorted(sent, key=lambda each: each.urgency.rank) if each.ticket}
    urgency = max((each.urgency for each in sent), key=lambda each: each.rank)
    return LetGo(at=at, channel=channel, news=frozenset(each.id for each in sent), urgency=urgency, tickets=tickets)


def planned(each: News, *before: LetGo, now: datetime = START, channel: DeliveryChannel = EMAIL, **more: object):
    return plan(each, Person(zone=BERLIN, let_go=before, **more), channel=channel, now=now)


def test_first_message_goes_at_once() -> None:
    assert planned(news()).status == DeliveryStatus.QUEUED


def test_within_five_minutes_it_waits_for_their_end_and_on_another_channel_it_does_not() -> None:
    minute = START + timedelta(minutes=1)
    found = planned(news(), let_go(news()), now=minute)
    assert (found.status, found.at, found.because) == (DeliveryStatus.BATCHED, START + WINDOW, Because.WINDOW)
    assert planned(news(), let_go(news(), channel=DeliveryChannel.PUSH), now=minute).at == minute
    assert planned(news(), let_go(news()), now=START + WINDOW).status == DeliveryStatus.QUEUED


def test_second_message_about_a_ticket_is_folded_by_whatever_channel_and_a_higher_urgency_passes() -> None:
    [ticket, *_] = TICKETS
    later = START + timedelta(minutes=6)
    before = let_go(news(ticket=ticket), channel=DeliveryChannel.PUSH)
    found = planned(news(ticket=ticket), before, now=later)
    assert (found.at, found.because) == (START + FOLD, Because.FOLD_UP)
    assert planned(news(ticket=ticket, urgency=Urgency.URGENT), before, now=later).at == later
    assert planned(news(ticket=TICKETS[1]), before, now=later).at == later


def test_the_same_news_by_two_channels_is_one_message() -> None:
    both = news(ticket=TICKETS[0], urgency=Urgency.BREACH)
    assert planned(both, let_go(both, channel=DeliveryChannel.TEAMS)).status == DeliveryStatus.QUEUED


@pytest.mark.parametrize(
    ("hour", "until"), [(19, None), (20, 31), (23, 31), (30, 31), (31, None)], ids=["19", "20", "23", "06", "07"]
)
def test_124_quiet_hours_over_midnight(hour: int, until: int | None) -> None:
    midnight = datetime(2026, 6, 1, tzinfo=BERLIN)
    end = quiet_until((midnight + timedelta(hours=hour)).astimezone(UTC), NIGHT, BERLIN)
    assert end == (until and midnight + timedelta(hours=until))


def test_124_quiet_hours_end_when_the_clock_leaps_over_their_end() -> None:
    """On 29 March at 02:00 it is 03:00: a night until 02:30 is over then."""
    leap = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert quiet_until(leap - timedelta(minutes=1), (time(22), time(2, 30)), BERLIN) == leap
    assert quiet_until(leap, (time(22), time(2, 30)), BERLIN) is None


def test_125_while_working_on_it_only_breaches_of_the_ticket_come() -> None:
    ticket, other, _ = TICKETS
    works_on = {ticket: START + timedelta(minutes=1)}
    found = planned(news(ticket=ticket, urgency=Urgency.URGENT), works_on=works_on)
    assert (found.status, found.because) == (DeliveryStatus.SUPPRESSED, Because.WORKING)
    assert planned(news(ticket=ticket, urgency=Urgency.BREACH), works_on=works_on).status == DeliveryStatus.QUEUED
    assert planned(news(ticket=other), works_on=works_on).status == DeliveryStatus.QUEUED
    assert planned(news(ticket=ticket), works_on=works_on, now=START + timedelta(minutes=1)).because == ""


def test_what_i_look_at_says_so_itself_and_a_breach_comes_all_the_same() -> None:
    ticket, other, _ = TICKETS
    looks_at = frozenset({ticket})
    found = planned(news(ticket=ticket, urgency=Urgency.URGENT), looks_at=looks_at)
    assert (found.status, found.because) == (DeliveryStatus.SUPPRESSED, Because.LOOKING)
    assert planned(news(ticket=ticket, urgency=Urgency.BREACH), looks_at=looks_at).status == DeliveryStatus.QUEUED
    assert planned(news(ticket=other), looks_at=looks_at).status == DeliveryStatus.QUEUED
    assert planned(news(), looks_at=looks_at).status == DeliveryStatus.QUEUED
    assert planned(news(ticket=ticket, timing=Timing.HOURLY_DIGEST), looks_at=looks_at).because == Because.DIGEST


@pytest.mark.parametrize(
    ("timing", "told", "due"),
    [
        (Timing.HOURLY_DIGEST, "10:00:00", "11:00"),
        (Timing.HOURLY_DIGEST, "10:59:59", "11:00"),
        (Timing.DAILY_DIGEST, "07:59:59", "08:00"),
        (Timing.DAILY_DIGEST, "08:00:00", "32:00"),
    ],
)
def test_122_digests_go_at_minute_0_and_at_8_by_the_persons_clock(timing: Timing, told: str, due: str) -> None:
    zone = ZoneInfo("Asia/Kathmandu")  # 5 h 45 min ahead
    midnight = datetime(2026, 6, 1, tzinfo=zone)
    hours, minutes = map(int, due.split(":"))
    moment = datetime.combine(midnight.date(), time.fromisoformat(told), zone)
    assert digest_at(timing, moment.astimezone(UTC), zone) == midnight + timedelta(hours=hours, minutes=minutes)


# ---- any run of events ----

moments = st.integers(0, 14 * 3600).map(lambda seconds: START + timedelta(seconds=seconds))
events = st.builds(
    News,
    id=st.uuids(),
    ticket=st.sampled_from([None, *TICKETS]),
    urgency=st.sampled_from(list(Urgency)),
    timing=st.sampled_from([Timing.IMMEDIATE, Timing.IMMEDIATE, Timing.HOURLY_DIGEST]),
    told_at=moments,
    quiet=st.sampled_from([None, NIGHT, (time(1), time(2, 30))]),
)
channels = st.sampled_from([EMAIL, DeliveryChannel.PUSH])
runs = st.lists(st.tuples(events, channels), max_size=25, unique_by=lambda pair: pair[0].id)
spells = st.dictionaries(st.sampled_from(TICKETS), moments, max_size=2)


@dataclass
class Outcome:
    sent: list[LetGo] = field(default_factory=list)
    at: dict[UUID, datetime] = field(default_factory=dict)
    left_out: dict[UUID, str] = field(default_factory=dict)


def played(run: list[tuple[News, DeliveryChannel]], works_on: dict[UUID, datetime]) -> Outcome:
    """As the desk does it: asked when something is told, and again when it is due; what is due goes together."""
    outcome = Outcome()
    due = {each: (each.told_at, channel) for each, channel in run}
    while due:
        now = min(at for at, _channel in due.values())
        together: dict[DeliveryChannel, list[News]] = defaultdict(list)
        for each, (at, channel) in sorted(due.items(), key=lambda pair: (pair[1], pair[0].told_at)):
            if at <= now:
                together[channel].append(each)
        for channel, waiting in together.items():
            person = Person(zone=BERLIN, let_go=[one for one in outcome.sent if one.at > now - FOLD], works_on=works_on)
            goes = []
            for each in waiting:
                found = plan(each, person, channel=channel, now=now)
                if found.status == DeliveryStatus.QUEUED:
                    goes.append(each)
                elif found.status == DeliveryStatus.SUPPRESSED:
                    outcome.left_out[each.id] = found.because
                else:
                    assert found.at > now
                    due[each] = (found.at, channel)
                    continue
                del due[each]
            if any(each.timing == Timing.IMMEDIATE or each.urgency == Urgency.BREACH for each in goes):
                outcome.sent.append(let_go(*goes, at=now, channel=channel))
            outcome.at |= {each.id: now for each in goes}
    return outcome


@given(runs, spells)
def test_nothing_is_lost_and_nothing_goes_twice(run: list[tuple[News, DeliveryChannel]], spells: dict) -> None:
    outcome = played(run, spells)
    assert outcome.at.keys() | outcome.left_out.keys() == {each.id for each, _channel in run}
    assert outcome.at.keys().isdisjoint(outcome.left_out)


@given(runs)
def test_never_more_than_one_message_in_five_minutes_by_a_channel(run: list[tuple[News, DeliveryChannel]]) -> None:
    outcome = played(run, {})
    for channel in (EMAIL, DeliveryChannel.PUSH):
        sent = [each for each in outcome.sent if each.channel == channel]
        for before, after in pairwise(sent):
            if after.at - before.at < WINDOW:
                assert after.urgency == Urgency.BREACH
                assert before.urgency != Urgency.BREACH


@given(runs)
def test_a_ticket_is_told_again_within_30_minutes_only_for_more(run: list[tuple[News, DeliveryChannel]]) -> None:
    told = {each.id: each for each, _channel in run}
    outcome = played(run, {})
    for at, after in enumerate(outcome.sent):
        for each in (told[pk] for pk in after.news):
            if each.timing != Timing.IMMEDIATE and each.urgency != Urgency.BREACH:
                continue
            for before in outcome.sent[:at]:
                if each.ticket in before.tickets and after.at - before.at < FOLD:
                    assert each.urgency.rank > before.tickets[each.ticket].rank


@given(runs, spells)
def test_a_breach_goes_at_once_unless_another_one_just_did(
    run: list[tuple[News, DeliveryChannel]], spells: dict
) -> None:
    outcome = played(run, spells)
    for each, channel in run:
        if each.urgency != Urgency.BREACH or outcome.at[each.id] == each.told_at:
            continue
        breaches = [one for one in outcome.sent if one.urgency == Urgency.BREACH and one.at <= each.told_at]
        just_now = [one for one in breaches if one.channel == channel and one.at > each.told_at - WINDOW]
        same = [
            one
            for one in breaches
            if each.ticket and one.tickets.get(each.ticket) == Urgency.BREACH and one.at > each.told_at - FOLD
        ]
        assert just_now or same


@given(runs)
def test_124_nothing_but_breaches_goes_in_quiet_hours(run: list[tuple[News, DeliveryChannel]]) -> None:
    outcome = played(run, {})
    for each, _channel in run:
        if each.quiet and each.urgency != Urgency.BREACH:
            assert not is_quiet(outcome.at[each.id], each.quiet)


def is_quiet(moment: datetime, quiet: QuietTimes) -> bool:
    """By the wall clock, minute for minute."""
    start, end, clock = *(each.hour * 60 + each.minute for each in quiet), moment.astimezone(BERLIN)
    minute = start
    while minute != end:
        if minute == clock.hour * 60 + clock.minute:
            return True
        minute = (minute + 1) % 1440
    return False
