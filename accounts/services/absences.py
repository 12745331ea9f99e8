"""Absences and deputies."""

from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import AbsenceKind, Scope
from accounts.errors import AbsenceNotAllowed, ScopeMissing
from accounts.events import AbsenceCancelled, AbsenceRecorded
from accounts.models import Absence, Agent, ApiClient
from accounts.policies import may_confirm_open_end, may_record_absence
from core.actors import Actor
from core.errors import Conflict, Invalid, StaleVersion
from core.events import publish
from core.history import record
from core.service import service


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
    agent = Agent.objects.for_update().get(pk=agent_id)
    absence = Absence(agent=agent, recorded_by=by if isinstance(by, Agent) else None)
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
    """Change dates, kind, deputy or note; what is not given stays. Raises as `record_absence`, and StaleVersion."""
    agent_id = Absence.objects.values_list("agent_id", flat=True).get(pk=absence_id)
    Agent.objects.for_update().get(pk=agent_id)
    absence = Absence.objects.select_for_update().get(pk=absence_id)
    kept = {
        name: getattr(absence, name)
        for name in ("kind", "starts_on", "ends_on", "deputy", "note", "is_open_end_confirmed")
    }
    if absence.cancelled_at:
        raise Conflict
    return _put_absence(absence, kept | values, by=by, version=version)


def _put_absence(absence: Absence, values: dict[str, Any], *, by: Actor, version: int | None = None) -> Absence:
    agent = absence.agent
    team_ids = frozenset(agent.teams.values_list("pk", flat=True))
    _refuse_unless_allowed(by, agent, team_ids)
    if values["is_open_end_confirmed"] and not may_confirm_open_end(by, team_ids=team_ids):
        raise AbsenceNotAllowed(agent=agent.name)
    for name, value in values.items():
        setattr(absence, name, value)
    _check_absence(absence)
    if version is not None and version != absence.version:
        raise StaleVersion(given=version, current=absence.version)
    record(absence, by=by)
    publish(
        AbsenceRecorded(
            absence_id=absence.pk,
            agent_id=agent.pk,
            deputy_id=absence.deputy_id,
            recorded_by_id=by.pk if isinstance(by, Agent) else None,
            occurred_at=timezone.now(),
        )
    )
    return absence


def _refuse_unless_allowed(by: Actor, agent: Agent, team_ids: frozenset[UUID]) -> None:
    if may_record_absence(by, agent, team_ids=team_ids):
        return
    if isinstance(by, ApiClient):
        raise ScopeMissing(scope=Scope.HR_WRITE)
    raise AbsenceNotAllowed(agent=agent.name)


def _check_absence(absence: Absence) -> None:
    """Dates in order, no second absence on the same day, a deputy who is there and is somebody else."""
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
    if others.filter(agent=deputy).exists():
        raise Invalid({"deputy": _("The deputy is absent in these days too.")})


@service
def cancel_absence(absence_id: UUID, *, by: Actor, version: int | None = None) -> Absence:
    """Take an absence back; it stays on record. Tickets transferred because of it do not return."""
    absence = Absence.objects.select_for_update().get(pk=absence_id)
    team_ids = frozenset(absence.agent.teams.values_list("pk", flat=True))
    _refuse_unless_allowed(by, absence.agent, team_ids)
    if version is not None and version != absence.version:
        raise StaleVersion(given=version, current=absence.version)
    if absence.cancelled_at is None:
        absence.cancelled_at = timezone.now()
        record(absence, by=by, update_fields=["cancelled_at"])
        publish(AbsenceCancelled(absence_id=absence.pk, agent_id=absence.agent_id, occurred_at=absence.cancelled_at))
    return absence
