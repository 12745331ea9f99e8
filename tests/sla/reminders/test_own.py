"""Reminders that people write down: due, snoozed, done, cancelled, recurring (domain.md section 13)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.enums import Role
from core.errors import Invalid, NotFound, StaleVersion
from sla.reminders.enums import ReminderStatus
from sla.reminders.errors import ReminderAutomatic, RemindersForbidden, ReminderTransition
from sla.reminders.models import Reminder
from sla.reminders.selectors import agenda_of, due_count, tickets_with_due_reminders
from sla.reminders.services import (
    Rhythm,
    cancel_reminder,
    complete_reminder,
    create_reminder,
    due,
    edit_reminder,
    snooze_reminder,
    trigger_due_reminders,
)
from tests.concurrency import in_parallel
from tests.factories import AbsenceFactory, AgentFactory, ApiClientFactory, TicketFactory
from tests.sla.reminders.conftest import MONDAY, Desk

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")


def mine(desk: Desk, **more: object) -> Reminder:
    values = {"message": "Call the vendor", "trigger_at": desk.now + HOUR} | more
    return create_reminder(values.pop("kind", "custom"), by=desk.mara, **values)  # type: ignore[arg-type]


def now_of(reminder: Reminder) -> Reminder:
    return Reminder.objects.get(pk=reminder.pk)


def test_119_it_comes_at_its_time_and_is_told_once(desk: Desk) -> None:
    reminder = mine(desk)
    desk.later(minutes=59)
    assert (now_of(reminder).status, desk.told()) == ("pending", [])
    desk.later(minutes=1)
    assert (now_of(reminder).status, now_of(reminder).triggered_at) == ("triggered", MONDAY + HOUR)
    desk.later(minutes=1)
    assert desk.told() == ["Reminder: Call the vendor"]


def test_119_snoozed_it_comes_again_half_an_hour_later_or_when_told(desk: Desk) -> None:
    reminder = mine(desk)
    desk.later(hours=1)
    assert snooze_reminder(reminder.pk, by=desk.mara).snooze_until == desk.now + 30 * MINUTE
    desk.later(minutes=29)
    assert now_of(reminder).status == "snoozed"
    desk.later(minutes=1)
    found = now_of(reminder)
    assert (found.status, found.snooze_until, found.trigger_at) == ("triggered", None, MONDAY + HOUR)
    assert len(desk.told()) == 2
    snooze_reminder(reminder.pk, by=desk.mara, until=desk.now + 3 * HOUR)
    snooze_reminder(reminder.pk, by=desk.mara, until=desk.now + 2 * HOUR)
    desk.later(hours=2)
    assert now_of(reminder).status == "triggered"


def test_119_done_is_done(desk: Desk) -> None:
    reminder = mine(desk)
    desk.later(hours=1)
    assert complete_reminder(reminder.pk, by=desk.mara) is None
    found = now_of(reminder)
    assert (found.status, found.ended_at) == ("completed", desk.now)
    for act in (snooze_reminder, complete_reminder, cancel_reminder):
        with pytest.raises(ReminderTransition):
            act(reminder.pk, by=desk.mara)
    assert now_of(reminder).version == found.version


def test_119_the_agenda_groups_what_is_overdue_soon_today_and_later_with_the_overdue_first(desk: Desk) -> None:
    moments = {"late": 1, "next": 240, "tonight": 13 * 60 + 59, "tomorrow": 14 * 60}
    rows = {name: mine(desk, message=name, trigger_at=MONDAY + m * MINUTE) for name, m in moments.items()}
    desk.later(minutes=1)
    agenda = agenda_of(desk.mara, now=MONDAY)
    found = [[row.message for row in group] for group in (agenda.overdue, agenda.soon, agenda.today, agenda.later)]
    assert found == [["late"], ["next"], ["tonight"], ["tomorrow"]]
    snooze_reminder(rows["late"].pk, by=desk.mara, until=MONDAY + 250 * MINUTE)
    agenda = agenda_of(desk.mara, now=desk.now)
    assert [row.message for row in agenda.today] == ["late", "tonight"]
    assert agenda.overdue == []


def test_121_a_check_in_comes_after_24_hours(desk: Desk) -> None:
    ticket = desk.ticket()
    reminder = create_reminder("check_in", by=desk.mara, ticket_id=ticket.pk)
    assert reminder.trigger_at == desk.now + 24 * HOUR
    desk.later(hours=24)
    assert tickets_with_due_reminders(desk.mara) == {ticket.pk}
    assert due_count(desk.mara) == 2, "the promise is missed by then, too"


def test_120_done_brings_the_next_one_and_what_was_missed_is_not_made_up_for(desk: Desk) -> None:
    first = datetime(2026, 3, 31, 9, tzinfo=BERLIN)
    reminder = mine(desk, trigger_at=first, rhythm=Rhythm(frequency="monthly"))
    april = complete_reminder(reminder.pk, by=desk.mara)
    assert april is not None
    assert april.trigger_at.astimezone(BERLIN) == datetime(2026, 4, 30, 9, tzinfo=BERLIN), "done before its time"
    desk.at(datetime(2026, 6, 1, tzinfo=UTC))
    june = complete_reminder(april.pk, by=desk.mara)
    assert june is not None
    assert june.trigger_at.astimezone(BERLIN) == datetime(2026, 6, 30, 9, tzinfo=BERLIN)
    july = complete_reminder(june.pk, by=desk.mara)
    assert july is not None
    assert july.trigger_at.astimezone(BERLIN) == datetime(2026, 7, 31, 9, tzinfo=BERLIN), "the 31st again"
    assert (july.message, july.status, july.agent, july.created_by) == (
        *("Call the vendor", "pending"),
        *(desk.mara, desk.mara),
    )


def test_120_another_last_day_keeps_the_31st_and_another_rhythm_begins_anew(desk: Desk) -> None:
    first = mine(desk, trigger_at=datetime(2026, 3, 31, 9, tzinfo=BERLIN), rhythm=Rhythm(frequency="monthly"))
    april = complete_reminder(first.pk, by=desk.mara)
    assert april is not None
    edit_reminder(april.pk, by=desk.mara, rhythm=Rhythm(frequency="monthly", end_on=date(2027, 12, 31)))
    may = complete_reminder(april.pk, by=desk.mara)
    assert may is not None
    assert may.trigger_at.astimezone(BERLIN) == datetime(2026, 5, 31, 9, tzinfo=BERLIN)
    edit_reminder(may.pk, by=desk.mara, trigger_at=datetime(2026, 6, 2, 9, tzinfo=BERLIN))
    july = complete_reminder(may.pk, by=desk.mara)
    assert july is not None
    assert july.trigger_at.astimezone(BERLIN) == datetime(2026, 7, 2, 9, tzinfo=BERLIN), "it was moved"
    edit_reminder(july.pk, by=desk.mara, rhythm=Rhythm(frequency="weekly"))
    following = complete_reminder(july.pk, by=desk.mara)
    assert following is not None
    assert following.trigger_at.astimezone(BERLIN) == datetime(2026, 7, 9, 9, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        ("monthly_review", {"rhythm": Rhythm(frequency="daily")}, "recurrence"),
        ("monthly_review", {"rhythm": None}, "recurrence"),
        ("custom", {"trigger_at": MONDAY + timedelta(days=20)}, "recurrence"),
        ("custom", {"rhythm": Rhythm(frequency="daily", end_on=date(2026, 3, 1))}, "recurrence"),
    ],
)
def test_what_may_not_be_made_may_not_be_made_of_it(desk: Desk, kind: str, changed: dict, field: str) -> None:
    usual = {"monthly_review": "monthly"}.get(kind, "daily")
    reminder = mine(desk, kind=kind, rhythm=Rhythm(frequency=usual, end_on=date(2026, 3, 9)))
    with pytest.raises(Invalid) as refused:
        edit_reminder(reminder.pk, by=desk.mara, **changed)
    assert set(refused.value.fields) == {field}
    assert now_of(reminder).version == reminder.version


def test_120_it_stays_nine_o_clock_where_the_person_lives_by_then(desk: Desk) -> None:
    reminder = mine(desk, trigger_at=datetime(2026, 3, 27, 9, tzinfo=BERLIN), rhythm=Rhythm(frequency="weekly"))
    desk.mara.timezone = "America/New_York"
    desk.mara.save()
    following = complete_reminder(reminder.pk, by=desk.mara)
    assert following is not None
    there = following.trigger_at.astimezone(ZoneInfo("America/New_York"))
    assert f"{there:%a %d %H:%M}" == "Fri 27 09:00", "by the new clock it lies after the one that is done"


def test_120_nothing_follows_after_the_last_day_nor_after_it_is_cancelled(desk: Desk) -> None:
    ends = Rhythm(frequency="daily", end_on=date(2026, 3, 3))
    following = complete_reminder(mine(desk, rhythm=ends).pk, by=desk.mara)
    assert following is not None
    assert complete_reminder(following.pk, by=desk.mara) is None
    cancel_reminder(mine(desk, rhythm=Rhythm(frequency="daily")).pk, by=desk.mara)
    assert desk.open() == []


def test_a_review_recurs_by_itself_and_is_of_no_ticket(desk: Desk) -> None:
    weekly = mine(desk, kind="weekly_review", message="")
    monthly = mine(desk, kind="monthly_review", rhythm=Rhythm(frequency="monthly", interval=3))
    assert (weekly.frequency, monthly.frequency, monthly.interval) == ("weekly", "monthly", 3)
    with pytest.raises(Invalid) as refusal:
        mine(desk, kind="weekly_review", rhythm=Rhythm(frequency="daily"), ticket_id=desk.ticket().pk)
    assert set(refusal.value.fields) == {"recurrence", "ticket"}


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"message": " \n "}, {"message"}),
        ({"message": "x" * 501}, {"message"}),
        ({"kind": "sla_breach"}, {"kind"}),
        ({"kind": "nonsense"}, {"kind"}),
        ({"kind": "follow_up"}, {"ticket"}),
        ({"trigger_at": None}, {"trigger_at"}),
        ({"trigger_at": MONDAY}, {"trigger_at"}),
        ({"trigger_at": MONDAY + timedelta(days=800)}, {"trigger_at"}),
        ({"rhythm": Rhythm(frequency="hourly")}, {"recurrence"}),
        ({"rhythm": Rhythm(frequency="daily", interval=0)}, {"recurrence"}),
        ({"rhythm": Rhythm(frequency="daily", end_on=date(2026, 3, 1))}, {"recurrence"}),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(desk: Desk, more: dict[str, object], fields: set[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        mine(desk, **more)
    assert set(refusal.value.fields) == fields
    assert desk.open() == []


def test_changed_it_waits_anew_and_recurs_from_its_new_time(desk: Desk) -> None:
    reminder = mine(desk, rhythm=Rhythm(frequency="daily"))
    desk.later(hours=1)
    edited = edit_reminder(
        reminder.pk, by=desk.mara, version=2, message="Write to the vendor", trigger_at=desk.now + 5 * HOUR
    )
    assert (edited.status, edited.message, edited.recurs_from) == (
        *("pending", "Write to the vendor"),
        "2026-03-02T16:00:00",
    )
    with pytest.raises(StaleVersion):
        edit_reminder(reminder.pk, by=desk.mara, version=2, message="Other")
    plain = edit_reminder(reminder.pk, by=desk.mara, rhythm=None)
    assert (plain.frequency, plain.recurs_from, plain.trigger_at) == ("", "", desk.now + 5 * HOUR)


def test_nobody_else_has_it(desk: Desk) -> None:
    """Neither a lead nor the deputy of an absent person; what they wrote down is theirs alone."""
    reminder = mine(desk)
    desk.later(hours=1)
    deputy, lead = AgentFactory(), AgentFactory(roles=[Role.TEAM_LEAD])
    AbsenceFactory(agent=desk.mara, deputy=deputy)
    for person in (deputy, lead):
        for act in (snooze_reminder, complete_reminder, cancel_reminder, edit_reminder):
            with pytest.raises(NotFound):
                act(reminder.pk, by=person)
        assert agenda_of(person, now=desk.now).overdue == []
    assert now_of(reminder).status == "triggered"


def test_auditors_and_programs_have_none(desk: Desk) -> None:
    for actor in (AgentFactory(roles=[Role.AUDITOR]), ApiClientFactory()):
        with pytest.raises(RemindersForbidden):
            create_reminder("custom", by=actor, message="x", trigger_at=desk.now + HOUR)


def test_of_a_ticket_out_of_sight_nobody_is_reminded(desk: Desk) -> None:
    with pytest.raises(NotFound):
        mine(desk, kind="follow_up", ticket_id=TicketFactory().pk)


def test_what_the_desk_made_is_not_rewritten(desk: Desk) -> None:
    ticket = desk.ticket()
    row = Reminder.objects.create(agent=desk.mara, ticket=ticket, kind="stale_ticket", cycle="x", trigger_at=desk.now)
    with pytest.raises(ReminderAutomatic):
        edit_reminder(row.pk, by=desk.mara, message="Other")


def test_history_names_who_did_what(desk: Desk) -> None:
    reminder = mine(desk)
    desk.later(hours=1)
    complete_reminder(reminder.pk, by=desk.mara)
    acts = reminder.history.order_by("history_date", "history_id").values_list("status", "actor_name")
    assert list(acts) == [("pending", "Mara Weiss"), ("triggered", "ITIL-NEXT timer"), ("completed", "Mara Weiss")]


def test_a_sweep_costs_what_is_due_and_not_what_is_there(desk: Desk, django_assert_max_num_queries) -> None:
    for _each in range(5):
        mine(desk, trigger_at=desk.now + 3 * HOUR)
    with django_assert_max_num_queries(1):
        assert trigger_due_reminders(now=desk.now) == 0


def test_a_whole_batch_that_fails_does_not_keep_what_comes_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {mine(desk).pk for _number in range(2)}
    sound = mine(desk, trigger_at=desk.now + HOUR + MINUTE)
    usual = due.record_all_soon

    def record(rows: list[Reminder], **options: object) -> None:
        if any(row.pk in broken for row in rows):
            raise RuntimeError("broken")
        usual(rows, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(due, "record_all_soon", record)
    monkeypatch.setattr(due, "BATCH", 2)
    trigger_due_reminders(now=desk.now + 2 * HOUR)
    assert now_of(sound).status == "triggered"
    assert {pk for pk in broken if Reminder.objects.get(pk=pk).status == "pending"} == broken


@pytest.mark.django_db(transaction=True)
def test_two_workers_bring_it_up_once() -> None:
    mara = AgentFactory()
    at = datetime.now(UTC) + HOUR
    reminder = create_reminder("custom", by=mara, message="Once", trigger_at=at)
    counts = in_parallel(*[lambda: trigger_due_reminders(now=at)] * 4)
    assert sum(counts) == 1
    assert now_of(reminder).status == ReminderStatus.TRIGGERED
    assert reminder.history.filter(status="triggered").count() == 1
