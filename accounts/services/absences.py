"""Absences and deputies."""

from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import AbsenceKind, Scope
from accounts.errors import AbsenceIsCancelled, AbsenceNotAllowed, ScopeMissing
from accounts.events import AbsenceCancelled, AbsenceRecorded, DeputyAbsent
from accounts.models import Absence, Agent, ApiClient
from accounts.policies import may_confirm_open_end, may_record_absence, works_tickets
from core.actors import Actor
from core.errors import Invalid, StaleVersion
from core.events import publish
from core.history import record
from core.moments import OUT_OF_RANGE, is_possible
from core.service import service

PERIOD = ("starts_on", "ends_on")
CHANGEABLE = ("kind", *PERIOD, "deputy", "note", "is_open_end_confirmed")


@service
def record_absence(
    agent_id: UUID,
    *,
    by: Actor,
    kind: AbsenceKind,
    starts_on: date,
    ends_on: date | None,
    deputy: Agent | None = None,
    note: str = "",
    is_open_end_confirmed: bool = False,
) -> Absence:
    """Record an absence in the agent's local dates. Raises AbsenceNotAllowed or Invalid (dates, deputy, overlap)."""
    absence = Absence(agent=_locked(agent_id, deputy), recorded_by=by if isinstance(by, Agent) else None)
    _refuse_unless_allowed(by, absence.agent)
    values = {
        "kind": kind,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "deputy": deputy,
        "note": note,
        "is_open_end_confirmed": is_open_end_confirmed,
    }
    return _put_absence(absence, values, by=by)


@service
def change_absence(absence_id: UUID, *, by: Actor, version: int, **values: Any) -> Absence:
    """Change dates, kind, deputy or note; what is not given stays.

    Raises as `record_absence`, and AbsenceIsCancelled or StaleVersion.
    """
    absence = Absence.objects.select_for_update(of=("self",)).select_related("deputy").get(pk=absence_id)
    kept = {name: getattr(absence, name) for name in CHANGEABLE}
    changed = kept | values
    absence.agent = _locked(absence.agent_id, changed["deputy"])
    _refuse_unless_allowed(by, absence.agent)
    if absence.cancelled_at:
        raise AbsenceIsCancelled(agent=absence.agent.name)
    return _put_absence(absence, changed, by=by, version=version)


def _locked(agent_id: UUID, deputy: Agent | None) -> Agent:
    """The agent, locked together with the deputy, so that of two who rely on each other one sees what the other did."""
    both = [agent_id] if deputy is None else [agent_id, deputy.pk]
    return {agent.pk: agent for agent in Agent.objects.for_update().filter(pk__in=both)}[agent_id]


def _put_absence(absence: Absence, values: dict[str, Any], *, by: Actor, version: int | None = None) -> Absence:
    agent, former_deputy_id = absence.agent, absence.deputy_id
    if values["ends_on"] is not None:
        values["is_open_end_confirmed"] = False
    is_confirmed_now = values["is_open_end_confirmed"] and not absence.is_open_end_confirmed
    if is_confirmed_now and not may_confirm_open_end(by, team_ids=_teams_of(agent)):
        raise AbsenceNotAllowed(agent=agent.name)
    for name, value in values.items():
        setattr(absence, name, value)
    _check_absence(absence)
    if version is not None and version != absence.version:
        raise StaleVersion(given=version, current=absence.version)
    record(absence, by=by)
    now = timezone.now()
    publish(
        AbsenceRecorded(
            absence_id=absence.pk,
            agent_id=agent.pk,
            deputy_id=absence.deputy_id,
            former_deputy_id=former_deputy_id,
            recorded_by_id=by.pk if isinstance(by, Agent) else None,
            occurred_at=now,
        )
    )
    for covered in Absence.objects.overlapping(absence.starts_on, absence.ends_on).filter(deputy=agent):
        publish(DeputyAbsent(absence_id=covered.pk, deputy_absence_id=absence.pk, occurred_at=now))
    return absence


def _teams_of(agent: Agent) -> frozenset[UUID]:
    return frozenset(agent.teams.values_list("pk", flat=True))


def _refuse_unless_allowed(by: Actor, agent: Agent) -> None:
    if may_record_absence(by, agent, team_ids=_teams_of(agent)):
        return
    if isinstance(by, ApiClient):
        raise ScopeMissing(scope=Scope.HR_WRITE)
    raise AbsenceNotAllowed(agent=agent.name)


def _check_absence(absence: Absence) -> None:
    """Dates in order, no second absence on the same day, a deputy who works tickets, is there and is somebody else."""
    if wrong := {name: OUT_OF_RANGE for name in PERIOD if (day := getattr(absence, name)) and not is_possible(day)}:
        raise Invalid(wrong)
    if absence.ends_on is not None and absence.ends_on < absence.starts_on:
        raise Invalid({"ends_on": _("The last day is not before the first one.")})
    others = Absence.objects.overlapping(absence.starts_on, absence.ends_on).exclude(pk=absence.pk)
    if others.filter(agent=absence.agent).exists():
        raise Invalid({"starts_on": _("There is already an absence in these days.")})
    if (deputy := absence.deputy) is None:
        return
    if deputy.pk == absence.agent_id:
        raise Invalid({"deputy": _("Nobody covers for themselves.")})
    if not deputy.is_active:
        raise Invalid({"deputy": _("The deputy is deactivated.")})
    if not works_tickets(deputy):
        raise Invalid({"deputy": _("The deputy does not work tickets.")})
    if others.filter(agent=deputy).exists():
        raise Invalid({"deputy": _("The deputy is absent in these days too.")})


@service
def cancel_absence(absence_id: UUID, *, by: Actor, version: int | None = None) -> Absence:
    """Take an absence back; it stays on record. Tickets transferred because of it do not return."""
    absence = Absence.objects.select_for_update().get(pk=absence_id)
    _refuse_unless_allowed(by, absence.agent)
    if version is not None and version != absence.version:
        raise StaleVersion(given=version, current=absence.version)
    if absence.cancelled_at is None:
        absence.cancelled_at = timezone.now()
        record(absence, by=by, update_fields=["cancelled_at"])
        publish(
            AbsenceCancelled(
                absence_id=absence.pk,
                agent_id=absence.agent_id,
                cancelled_by_id=by.pk if isinstance(by, Agent) else None,
                occurred_at=absence.cancelled_at,
            )
        )
    return absence
