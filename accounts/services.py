"""Changes to people, absences and customers."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import guards
from accounts.enums import AbsenceKind, Role
from accounts.errors import AbsenceNotAllowed, PeopleNotEditable
from accounts.events import AbsenceCancelled, AbsenceRecorded, AgentDeactivated, AgentInvited, AgentReactivated
from accounts.models import Absence, Agent, Contact, Team, User
from accounts.policies import may_confirm_open_end, may_manage_people, may_record_absence
from accounts.selectors import company_for_address, contact_for_address
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
    if not may_record_absence(by, agent, team_ids=team_ids):
        raise AbsenceNotAllowed(agent=agent.name)
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
def cancel_absence(absence_id: UUID, *, by: Actor) -> Absence:
    """Take an absence back; it stays on record. Tickets transferred because of it do not return."""
    absence = Absence.objects.select_for_update().get(pk=absence_id)
    team_ids = frozenset(absence.agent.teams.values_list("pk", flat=True))
    if not may_record_absence(by, absence.agent, team_ids=team_ids):
        raise AbsenceNotAllowed(agent=absence.agent.name)
    if absence.cancelled_at is None:
        absence.cancelled_at = timezone.now()
        record(absence, by=by, update_fields=["cancelled_at"])
        publish(
            AbsenceCancelled(absence_id=absence.pk, agent_id=absence.agent_id, occurred_at=absence.cancelled_at)
        )
    return absence


@service
def invite_agent(
    email: str, *, by: Actor, name: str, roles: list[Role], teams: list[Team], timezone_name: str = "Europe/Berlin"
) -> Agent:
    """Create account and agent without a password; the invitation mail lets the person set one."""
    if not may_manage_people(by):
        raise PeopleNotEditable
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise Invalid({"email": _("There is already a user with this e-mail address.")})
    user = User(email=email, is_staff=uses_admin(roles))
    user.set_unusable_password()
    record(user, by=by, reason="invitation")
    agent = Agent(user=user, email=email, name=name, roles=roles, timezone=timezone_name)
    agent.primary_team = teams[0] if teams else None
    record(agent, by=by, reason="invitation")
    agent.teams.set(teams)
    publish(AgentInvited(agent_id=agent.pk, user_id=user.pk, occurred_at=timezone.now()))
    return agent


def uses_admin(roles: list[Role]) -> bool:
    """Whether people with these roles work in the Django admin."""
    return not {Role.SUPERVISOR, Role.MANAGER, Role.ADMIN, Role.AUDITOR}.isdisjoint(roles)


@service
def deactivate_agent(agent_id: UUID, *, by: Actor) -> Agent:
    """End all access at once; refused while open tickets wait for their transfer (domain.md section 16)."""
    agent = Agent.objects.for_update().get(pk=agent_id)
    if not may_manage_people(by):
        raise PeopleNotEditable
    for guard in guards.deactivation_guards:
        if refusal := guard(agent):
            raise refusal
    agent.is_active = False
    record(agent, by=by, reason="deactivation", update_fields=["is_active"])
    user = User.objects.select_for_update().get(pk=agent.user_id)
    user.is_active = False
    record(user, by=by, reason="deactivation", update_fields=["is_active"])
    publish(AgentDeactivated(agent_id=agent.pk, user_id=user.pk, occurred_at=timezone.now()))
    return agent


@service
def reactivate_agent(agent_id: UUID, *, by: Actor) -> Agent:
    agent = Agent.objects.for_update().get(pk=agent_id)
    if not may_manage_people(by):
        raise PeopleNotEditable
    agent.is_active = True
    record(agent, by=by, reason="reactivation", update_fields=["is_active"])
    user = User.objects.select_for_update().get(pk=agent.user_id)
    user.is_active = True
    record(user, by=by, reason="reactivation", update_fields=["is_active"])
    publish(AgentReactivated(agent_id=agent.pk, occurred_at=timezone.now()))
    return agent


def contact_for(email: str, *, name: str = "", language: str = "", by: Actor) -> Contact:
    """The contact with this address, made if there is none; the company follows from the mail domain.

    Two callers at once get the same row: the unique address decides, not the look-up.
    """
    if contact := contact_for_address(email):
        return contact
    first_name, _space, last_name = name.strip().rpartition(" ")
    contact = Contact(
        email=email.strip(),
        first_name=first_name[:150],
        last_name=last_name[:150],
        language=language,
        company=company_for_address(email),
    )
    try:
        with transaction.atomic():
            record(contact, by=by)
    except IntegrityError:
        existing = contact_for_address(email)
        if existing is None:
            raise
        return existing
    return contact
