"""The demo desk's limits, and the weeks in which its decisions were looked at again."""

from datetime import datetime, time, timedelta

from accounts.models import Agent, Team
from core.actors import TIMER
from core.history import get_or_record
from desk.demo import clock
from tickets import services
from tickets.calibration import GENERATED_AT, Week, desk_zone, newest_due_week, to_review, week_of
from tickets.models import CalibrationSession, EmpowermentConfig, Resolution

REVIEWER, CLOSER = "sam", "max"
CLOSED_AFTER = timedelta(minutes=20)
NOTES = "Nach Vertrag und mit Beleg. Der Kunde wurde erst nach der Freigabe benachrichtigt."


def set_limits(*, by: Agent) -> None:
    """Euros for every team, so that there is something to look at and change."""
    for team in Team.objects.order_by("name"):
        get_or_record(EmpowermentConfig.objects.all(), by=by, team=team, currency="EUR")


def calibrate(*, now: datetime) -> None:
    """Each week with decisions gets its session, on the Monday after; the oldest is reviewed and closed."""
    zone = desk_zone()
    moments = Resolution.objects.order_by("created_at").values_list("created_at", flat=True)
    weeks = sorted({week_of(moment.astimezone(zone).date()) for moment in moments})
    for week in weeks:
        if week <= newest_due_week(now, zone) and not _is_there(week):
            monday = datetime.combine(week.next.monday, GENERATED_AT, zone)
            with clock.at(monday):
                services.generate_calibration(*week, by=TIMER)
            at = datetime.combine(week.next.monday, time(14), zone)
            _review(week, at=at, now=now, is_first=week == weeks[0], is_last=week == weeks[-1])


def _is_there(week: Week) -> bool:
    return CalibrationSession.objects.filter(iso_year=week.year, iso_week=week.number).exists()


def _review(week: Week, *, at: datetime, now: datetime, is_first: bool, is_last: bool) -> None:
    """The oldest week is done and closed; of the others something is left, so that there is something to do."""
    if at + CLOSED_AFTER > now or is_last:
        return
    with clock.at(at):
        reviewer = Agent.objects.get(email=f"{REVIEWER}@itilnext.example")
        for item in to_review(reviewer).filter(session__iso_year=week.year, session__iso_week=week.number)[
            : None if is_first else 1
        ]:
            services.review_item(item.pk, by=reviewer, outcome="upheld", notes=NOTES)
    if is_first:
        with clock.at(at + CLOSED_AFTER):
            session = CalibrationSession.objects.get(iso_year=week.year, iso_week=week.number)
            services.close_calibration(session.pk, by=Agent.objects.get(email=f"{CLOSER}@itilnext.example"))
