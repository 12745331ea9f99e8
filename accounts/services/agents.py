"""People of the desk: invited, changed, deactivated; their own preferences."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import guards
from accounts.enums import AccountMailKind, Role
from accounts.errors import NotYourProfile, PeopleNotEditable
from accounts.events import AgentDeactivated, AgentInvited, AgentReactivated, PrimaryTeamChanged, RolesChanged
from accounts.models import Agent, Team, User
from accounts.policies import may_change_capacity, may_manage_people
from accounts.services.access import queue_account_mail, set_password
from accounts.services.cleaning import clean
from core.actors import Actor
from core.errors import Invalid, StaleVersion
from core.events import publish
from core.history import record
from core.service import service

OWN_PREFERENCES = ("availability", "theme", "density", "language", "undo_seconds", "has_shortcuts", "keys", "signature")
CAPACITY = ("max_tickets", "max_envelopes", "availability")
"""What those in charge of a team may set on its members; everything else about people is an admin's."""
PERSONAL = (
    "name",
    "timezone",
    "languages",
    "roles",
    "primary_team",
    "supervisor",
    "empowerment_limit",
    "employment_ended_on",
    *CAPACITY,
)


@service
def invite_agent(
    email: str,
    *,
    by: Actor,
    name: str,
    roles: list[Role],
    teams: list[Team],
    timezone_name: str = "Europe/Berlin",
    has_password: bool = False,
) -> Agent:
    """Create account and agent; the invitation mail lets the person set a password, unless the caller sets one."""
    if not may_manage_people(by):
        raise PeopleNotEditable
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise Invalid({"email": _("There is already a user with this e-mail address.")})
    user = User(email=email, is_staff=uses_admin(roles))
    user.set_unusable_password()
    clean(user, ["email"])
    record(user, by=by, reason="invitation")
    agent = Agent(user=user, email=email, name=name.strip(), roles=roles, timezone=timezone_name)
    agent.primary_team = teams[0] if teams else None
    clean(agent, ["name", "email", "timezone", "roles"])
    _check_zone(agent)
    record(agent, by=by, reason="invitation")
    agent.teams.set(teams)
    if not has_password:
        publish(AgentInvited(agent_id=agent.pk, user_id=user.pk, occurred_at=timezone.now()))
    return agent


def _check_zone(agent: Agent) -> None:
    """Pages and absences compute in the person's zone, so one that does not exist must never be saved."""
    if agent.timezone not in available_timezones():
        raise Invalid({"timezone": _("Write the IANA name of a time zone, such as Europe/Berlin.")})


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


@service
def change_agent(
    agent_id: UUID, *, by: Actor, version: int | None = None, teams: Iterable[Team] | None = None, **values: Any
) -> Agent:
    """Change what an admin, or as far as `CAPACITY` goes those in charge of a team, set on a person.

    `email` moves the sign-in too. Raises PeopleNotEditable, Invalid or StaleVersion.
    """
    agent = Agent.objects.for_update().select_related("user").get(pk=agent_id)
    manages = may_manage_people(by)
    allowed = {*PERSONAL, "email"} if manages else set(CAPACITY)
    if not allowed.issuperset(values) or (teams is not None and not manages):
        raise PeopleNotEditable
    if not manages and not may_change_capacity(by, team_ids=frozenset(agent.teams.values_list("pk", flat=True))):
        raise PeopleNotEditable
    old_roles, old_team_id = list(agent.roles), agent.primary_team_id
    for name, value in values.items():
        setattr(agent, name, value)
    clean(agent, values)
    _check_zone(agent)
    if version is not None and version != agent.version:
        raise StaleVersion(given=version, current=agent.version)
    record(agent, by=by)
    if teams is not None:
        agent.teams.set(teams)
    _sync_user(agent, by=by)
    if set(old_roles) != set(agent.roles):
        _tell_roles(agent, old_roles, by=by)
    if agent.primary_team_id != old_team_id:
        publish(PrimaryTeamChanged(agent_id=agent.pk, occurred_at=timezone.now()))
    return agent


def _sync_user(agent: Agent, *, by: Actor) -> None:
    user, email, is_staff = agent.user, agent.email.strip().lower(), uses_admin([Role(role) for role in agent.roles])
    if (user.email, user.is_staff) == (email, is_staff):
        return
    if User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        raise Invalid({"email": _("There is already a user with this e-mail address.")})
    if email != user.email:  # whoever knows nothing of it reads there
        queue_account_mail(user.pk, AccountMailKind.EMAIL_CHANGED, to=user.email)
    user.email, user.is_staff = email, is_staff
    record(user, by=by, update_fields=["email", "is_staff"])


def _tell_roles(agent: Agent, old: list[str], *, by: Actor) -> None:
    publish(
        RolesChanged(
            agent_id=agent.pk,
            old=",".join(sorted(old)),
            new=",".join(sorted(agent.roles)),
            changed_by_id=by.pk if isinstance(by, Agent) else None,
            occurred_at=timezone.now(),
        )
    )


@service
def edit_preferences(agent_id: UUID, *, by: Actor, **values: Any) -> Agent:
    """Change one's own `OWN_PREFERENCES`; what is not given stays. Raises NotYourProfile or Invalid."""
    agent = Agent.objects.for_update().get(pk=agent_id)
    if not isinstance(by, Agent) or by.pk != agent.pk or not by.is_active:
        raise NotYourProfile
    if unknown := set(values).difference(OWN_PREFERENCES):
        raise Invalid({name: _("This is not a preference.") for name in unknown})
    for name, value in values.items():
        setattr(agent, name, value)
    clean(agent, values)
    if agent.language and agent.language not in dict(settings.LANGUAGES):
        raise Invalid({"language": _("The pages do not exist in this language.")})
    record(agent, by=by, update_fields=list(values))
    return agent


@service
def keep_list_settings(agent_id: UUID, *, by: Actor, **values: Any) -> Agent:
    """Remember how lists are shown to oneself; what is not given stays, None forgets it. Raises NotYourProfile.

    A habit and no decision: neither version nor history move. Names and values are the pages' matter.
    """
    agent = Agent.objects.for_update().get(pk=agent_id)
    if not isinstance(by, Agent) or by.pk != agent.pk or not by.is_active:
        raise NotYourProfile
    kept = agent.list_settings | values
    agent.list_settings = {name: value for name, value in kept.items() if value is not None}
    Agent.objects.filter(pk=agent.pk).update(list_settings=agent.list_settings)
    return agent


@service
def make_admin(email: str, *, by: Actor, name: str, password: str = "") -> Agent:
    """Give `email` the role of an admin, with an account if there is none; without a password by an invitation mail.

    Works on an empty desk. A deactivated account is opened again: this is also the way back in.
    """
    agent = Agent.objects.filter(email__iexact=email.strip()).first()
    if agent is None:
        agent = invite_agent(email, by=by, name=name, roles=[Role.ADMIN], teams=[], has_password=bool(password))
    else:
        if not agent.is_active:
            agent = reactivate_agent(agent.pk, by=by)
        if Role.ADMIN not in agent.roles:
            agent = change_agent(agent.pk, by=by, roles=[*agent.roles, Role.ADMIN])
    if password:
        set_password(agent.user_id, by=by, password=password)
    return agent
