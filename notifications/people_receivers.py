"""What happens to people becomes notifications: absences with their cover, and roles (domain.md 16, object rule 12).

Absences are told as they stand when the receiver runs, and only what a person has not been told last: a corrected typo
is no news, a date moved there and back is two.
"""

from typing import Any
from uuid import UUID

from accounts.enums import Role
from accounts.events import AbsenceCancelled, AbsenceRecorded, DeputyAbsent, RolesChanged
from accounts.models import Absence, Agent, Team
from core.events import DomainEvent, subscribe
from notifications.enums import EventType, Urgency
from notifications.models import Notification
from notifications.services import notify
from tickets.models import Ticket

COVER = (EventType.COVER_STARTED, EventType.COVER_ENDED)


@subscribe(AbsenceRecorded, after_commit=True)
def tell_deputies_and_supervisor(event: AbsenceRecorded) -> None:
    """The deputies, present and former, learn of the cover; over 30 days the supervisor learns of the open tickets."""
    absence = _absence(event.absence_id)
    if absence.cancelled_at is not None:
        return
    if event.former_deputy_id != absence.deputy_id:
        _tell_once([event.former_deputy_id], EventType.COVER_ENDED, absence, event, besides=event.recorded_by_id)
    _tell_once([absence.deputy_id], EventType.COVER_STARTED, absence, event, besides=event.recorded_by_id)
    if absence.is_long or absence.ends_on is None:
        tickets = Ticket.objects.owned_by(absence.agent).open().order_by("created_at")
        _tell_once(
            in_charge_of(absence.agent),
            EventType.LONG_ABSENCE,
            absence,
            event,
            besides=event.recorded_by_id,
            urgency=Urgency.URGENT,
            tickets=list(tickets.values_list("reference", flat=True)[:50]),
        )


@subscribe(AbsenceCancelled, after_commit=True)
def tell_deputy_of_cancellation(event: AbsenceCancelled) -> None:
    absence = _absence(event.absence_id)
    _tell_once([absence.deputy_id], EventType.COVER_ENDED, absence, event, besides=event.cancelled_by_id)


@subscribe(DeputyAbsent, after_commit=True)
def tell_of_missing_cover(event: DeputyAbsent) -> None:
    """Whoever was to be covered and the leads of their teams look for somebody else."""
    absence = _absence(event.absence_id)
    others = Absence.objects.select_related("agent").get(pk=event.deputy_absence_id)
    if absence.cancelled_at or others.cancelled_at or absence.deputy_id != others.agent_id:
        return
    leads = Team.objects.filter(members=absence.agent).values_list("lead_id", flat=True)
    notify(
        {absence.agent_id, *leads} - {others.agent_id},
        EventType.DEPUTY_ABSENT,
        dedupe_key=f"deputy-absent:{absence.pk}:{others.pk}:{others.starts_on}:{others.ends_on or ''}",
        urgency=Urgency.URGENT,
        agent=absence.agent.name,
        deputy=others.agent.name,
        starts_on=str(others.starts_on),
        ends_on=str(others.ends_on or ""),
    )


@subscribe(RolesChanged, after_commit=True)
def tell_managers_of_self_granted_role(event: RolesChanged) -> None:
    """Object rule 12; where nobody manages, the other admins learn of it."""
    taken = set(event.new.split(",")) - set(event.old.split(",")) - {Role.ADMIN.value, ""}
    if event.changed_by_id != event.agent_id or not taken:
        return
    others = Agent.objects.active().exclude(pk=event.agent_id)
    managers = others.filter(roles__contains=[Role.MANAGER])
    told = managers if managers.exists() else others.filter(roles__contains=[Role.ADMIN])
    notify(
        told.values_list("pk", flat=True),
        EventType.ROLE_SELF_GRANTED,
        dedupe_key=f"roles:{event.agent_id}:{event.occurred_at.isoformat()}",
        urgency=Urgency.URGENT,
        agent=Agent.objects.get(pk=event.agent_id).name,
        roles=sorted(taken),
    )


def in_charge_of(agent: Agent) -> set[UUID]:
    """The agent's supervisor, else the supervisors of their teams, else the leads (permissions.md section 1)."""
    teams = Team.objects.filter(members=agent)
    levels: list[set[UUID | None]] = [
        {agent.supervisor_id},
        {team.supervisor_id for team in teams},
        {team.lead_id for team in teams},
    ]
    for level in levels:
        people = {person for person in level if person is not None and person != agent.pk}
        present = Agent.objects.active().filter(pk__in=people)
        if found := set(present.values_list("pk", flat=True)):
            return found
    return set()


def _absence(absence_id: UUID) -> Absence:
    """Locked, so that of two events about one absence the second sees what the first has told."""
    rows = Absence.objects.select_related("agent").select_for_update(of=("self",), no_key=True)
    return rows.get(pk=absence_id)


def _tell_once(
    people: list[UUID | None] | set[UUID],
    event_type: EventType,
    absence: Absence,
    event: DomainEvent,
    *,
    besides: UUID | None,
    urgency: Urgency = Urgency.NORMAL,
    **more: Any,
) -> None:
    """Tell those of `people` whose last word about the absence was another one."""
    dates = (str(absence.starts_on), str(absence.ends_on or ""))
    about = f"absence:{absence.pk}:"
    kinds = COVER if event_type in COVER else (event_type,)
    news = []
    for person in people:
        said = Notification.objects.filter(recipient=person, event_type__in=kinds, dedupe_key__startswith=about)
        last = said.order_by("-created_at", "-id").first()
        told = last and (last.event_type, last.payload["starts_on"], last.payload["ends_on"])
        if told != (event_type, *dates):
            news.append(person)
    notify(
        news,
        event_type,
        dedupe_key=f"{about}{event_type}:{event.occurred_at.isoformat()}",
        urgency=urgency,
        besides=besides,
        agent=absence.agent.name,
        starts_on=dates[0],
        ends_on=dates[1],
        **more,
    )
