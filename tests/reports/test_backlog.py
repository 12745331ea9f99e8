"""The backlog of each day (metrics.md M16): written down once, at the first sweep of the day, and never changed."""

from datetime import date

import pytest
import time_machine
from django.db import DatabaseError, transaction

from core.timers import run_all
from reports.measures.trend import Day, backlog_trend
from reports.models import BacklogShare, BacklogSnapshot
from reports.services import keep_due_backlog
from tests.api.conftest import signed_in
from tests.concurrency import in_parallel
from tests.reports.conftest import Desk, at, fresh, moment
from tests.reports.test_pages import MARCH, browser_of, html_of
from tickets import services

HOUR = 3600


@pytest.mark.django_db
def test_163_m16_the_backlog_of_a_day_is_kept_at_midnight_once(desk: Desk) -> None:
    """At midnight of the 4th in Berlin: 14 h and 39 h old, and one of 38 h that waits for the customer. Of three the
    second is the median (ceil 1.5), the third the 90th percentile (ceil 2.7).
    """
    old = desk.opened("2 09:00")
    young = desk.opened("3 10:00")
    waiting = desk.accepted("2 10:00", "2 10:10")
    with moment("2 11:00"):
        services.reply_to_customer(waiting.pk, by=waiting.owner, body_text="Does it work?", then="wait_for_customer")
        services.release_due_messages(now=at("2 12:00"))
    desk.opened("3 10:00", team=desk.other)
    with moment("3 09:00"):
        assert keep_due_backlog(now=at("3 09:00")) == 1
    with moment("4 00:00"):
        assert [keep_due_backlog(now=at("3 23:59")), keep_due_backlog(now=at("4 00:00"))] == [0, 1]
        assert keep_due_backlog(now=at("4 00:01")) == 0
    desk.resolved("4 08:00", "4 08:10", "4 09:00")
    found = backlog_trend(date(2026, 3, 4), date(2026, 3, 31), teams=[desk.team.pk])
    assert found == [Day(on=date(2026, 3, 4), count=3, waiting=1, p50=38 * HOUR, p90=39 * HOUR)]
    assert backlog_trend(date(2026, 3, 1), date(2026, 3, 31), teams=None)[-1].count == 4
    share = BacklogShare.objects.get(snapshot__on=date(2026, 3, 4), team=desk.team, is_waiting=False)
    assert (share.ticket_ids, share.ages_seconds) == ([old.pk, young.pk], [39 * HOUR, 14 * HOUR])


@pytest.mark.django_db
def test_163_m16_the_backlogs_trend_on_the_page_at_the_api_and_as_csv(desk: Desk) -> None:
    """Of those in charge of the team; of a person it is not known whose it was."""
    desk.opened("2 09:00")
    desk.opened("3 10:00", team=desk.other)
    keep_due_backlog(now=at("4 00:00"))
    with time_machine.travel(at("31 12:00"), tick=False):
        page = html_of(desk.lead, f"/reports/flow/?{MARCH}")
        export = browser_of(desk.lead).get(f"/reports/backlog.csv?{MARCH}").whole.decode()
        own = browser_of(desk.mara).get(f"/reports/backlog.csv?{MARCH}").whole.decode()
        found = signed_in(fresh(desk.lead)).get(f"/api/v1/reports/backlog/?{MARCH}").json()
        of_mara = signed_in(fresh(desk.mara)).get(f"/api/v1/reports/backlog/?{MARCH}").json()
    assert f'href="/reports/backlog.csv?{MARCH}"' in page.replace("&amp;", "&")
    day = {"on": "2026-03-04", "count": 1, "waiting": 0, "p50": 39 * HOUR, "p90": 39 * HOUR}
    assert found == {"first": "2026-03-01", "last": "2026-03-31", "days": [day]}
    assert export.splitlines()[1:] == [f"2026-03-04,1,0,{39 * HOUR},{39 * HOUR}"]
    assert (own.splitlines()[1:], of_mara["days"]) == ([], [])


@pytest.mark.django_db
def test_an_empty_desk_has_a_backlog_of_none(desk: Desk) -> None:
    assert [keep_due_backlog(now=at("4 00:00")), keep_due_backlog(now=at("4 00:01"))] == [1, 0]
    [day] = backlog_trend(date(2026, 3, 4), date(2026, 3, 4), teams=[desk.team.pk])
    assert day == Day(on=date(2026, 3, 4), count=0, waiting=0, p50=None, p90=None)


@pytest.mark.django_db
def test_beat_keeps_it_with_the_other_timers(desk: Desk) -> None:
    with time_machine.travel(at("4 00:00"), tick=False):
        counts = [run_all(now=at("4 00:00")).counts["backlog_kept"] for _round in range(2)]
    assert counts == [1, 0]


@pytest.mark.django_db
def test_what_was_written_down_never_changes(desk: Desk) -> None:
    desk.opened("2 09:00")
    keep_due_backlog(now=at("4 00:00"))
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        BacklogSnapshot.objects.update(on=date(2026, 3, 5))
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        BacklogShare.objects.all().delete()
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        BacklogShare.objects.update(ages_seconds=[1])


@pytest.mark.django_db(transaction=True)
def test_two_workers_keep_one(desk: Desk) -> None:
    desk.opened("2 09:00")
    done = in_parallel(lambda: keep_due_backlog(now=at("4 00:00")), lambda: keep_due_backlog(now=at("4 00:00")))
    assert sorted(done) == [0, 1]
    assert (BacklogSnapshot.objects.count(), BacklogShare.objects.count()) == (1, 1)
