"""Puts the demo desk together: people first, then the stories, in the order in which things happened."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.enums import AbsenceKind, Availability
from accounts.models import Absence, Agent, AgentSkill, BusinessCalendar, Company, Contact, Skill, Team, User
from accounts.selectors import legal_team
from accounts.services import deactivate_agent, record_absence, uses_admin
from connectors.mail.enums import Backend
from connectors.mail.services import add_mailbox
from core.history import record
from core.models import EventDelivery
from desk.demo import alerts, clock, everyday, people, service_desk, specialists
from desk.demo.acts import FRESH, SEED, Cast, begin, close_if_due, message_id_of, perform
from desk.demo.calendars import berlin, london
from desk.demo.decisions import calibrate, set_limits
from desk.demo.promises import promise
from desk.demo.reminders import remind
from desk.demo.script import Step, Story
from desk.demo.telling import choose
from desk.demo.texts import keep_texts
from desk.demo.views import share_views
from reports.services import keep_due_backlog
from sla.scores.services import refresh_due_scores
from tickets.enums import TicketStatus
from tickets.models import Ticket, TimelineEntry

STORIES = (*everyday.STORIES, *service_desk.STORIES, *specialists.STORIES)
FOUNDED = "60d 08:00"
LEFT, LAST_DAY = "david", "2d 12:00"
SICK, SICK_FROM, SICK_DEPUTY = "petra", "3d 08:00", "jonas"


@dataclass(frozen=True)
class Built:
    tickets: int
    """Made now; 0 where all were there already."""


@transaction.atomic
def build(now: datetime) -> Built:
    """Make what is missing of the demo desk, all of it or nothing; `now` is the moment up to which stories are told."""
    with clock.at(clock.moment(FOUNDED, now=now)):
        contacts = _people(now)
    cast = Cast(contacts=contacts, now=now)
    keep_texts(by=cast.agent("admin"))
    new = [story for story in STORIES if not _is_told(cast, story)]
    _tell(cast, new)
    share_views()
    choose(cast)
    set_limits(by=cast.agent("admin"))
    calibrate(now=now)
    remind(cast)
    promise(cast)
    _forget_old_deliveries(now)
    return Built(len(new))


def _is_told(cast: Cast, story: Story) -> bool:
    entry = TimelineEntry.objects.filter(email_message_id=message_id_of(story.key)).select_related("ticket").first()
    if entry is not None:
        cast.tickets[story.key] = entry.ticket
    return entry is not None


def _tell(cast: Cast, stories: list[Story]) -> None:
    """All acts of all stories by their moments, so that references and timelines are numbered as in life."""
    if not stories:
        return
    acts: list[tuple[datetime, Story, Step | None]] = []
    for story in stories:
        acts.append((clock.moment(story.when, now=cast.now), story, None))
        acts += [(clock.moment(step.when, now=cast.now), story, step) for step in story.steps]
    absence_at, leaving_at = (clock.moment(text, now=cast.now) for text in (SICK_FROM, LAST_DAY))
    looked_at: datetime | None = clock.moment(alerts.LOOKED_AT, now=cast.now)
    midnight = min(moment for moment, _story, _step in acts)
    for moment, story, step in sorted(acts, key=lambda act: act[0]):
        midnight = _keep_backlogs(midnight, until=moment)
        if moment >= absence_at:
            _record_absence(cast, at=absence_at)
        if moment >= leaving_at:
            _end_employment(cast, at=leaving_at)
        _close_due(cast, until=moment)
        if looked_at is not None and moment >= looked_at:
            alerts.look(at=looked_at)
            looked_at = None
        with clock.at(moment):
            begin(cast, story) if step is None else perform(cast, story, step)
    _keep_backlogs(midnight, until=cast.now)
    _close_due(cast, until=cast.now)
    alerts.look_now(cast)
    rank_now(cast)
    with clock.at(cast.now):
        leaver = cast.agent(LEFT)
        if leaver.is_active:
            deactivate_agent(leaver.pk, by=cast.agent("admin"))


def rank_now(cast: Cast) -> None:
    """As the timer does: what time alone has made urgent."""
    with clock.at(cast.now):
        while refresh_due_scores(now=cast.now):
            pass


def _keep_backlogs(since: datetime, *, until: datetime) -> datetime:
    """As the timer does at each midnight after `since`; answers from when on to go on."""
    day = since.astimezone(clock.BERLIN).date()
    while (midnight := datetime.combine(day + timedelta(days=1), time.min, clock.BERLIN)) <= until:
        keep_due_backlog(now=midnight.astimezone(UTC))
        day += timedelta(days=1)
    return max(since, until)


def _close_due(cast: Cast, *, until: datetime) -> None:
    mine = [ticket.pk for ticket in cast.tickets.values()]
    for ticket in Ticket.objects.due_to_close(until).filter(pk__in=mine, status=TicketStatus.RESOLVED):
        with clock.at(ticket.auto_closes_at or until):
            close_if_due(cast, ticket)


def _record_absence(cast: Cast, *, at: datetime) -> None:
    agent = cast.agent(SICK)
    if Absence.objects.filter(agent=agent).exists():
        return
    with clock.at(at):
        record_absence(
            agent.pk,
            by=cast.agent("lea"),
            kind=AbsenceKind.SICK,
            starts_on=agent.today(at),
            ends_on=agent.today(cast.now) + timedelta(days=9),
            deputy=cast.agent(SICK_DEPUTY),
        )


def _end_employment(cast: Cast, *, at: datetime) -> None:
    agent = cast.agent(LEFT)
    if agent.employment_ended_on is None:
        with clock.at(at):
            agent.employment_ended_on, agent.availability = agent.today(at), Availability.OFFLINE
            record(agent, by=cast.agent("admin"), update_fields=["employment_ended_on", "availability"])


def _forget_old_deliveries(now: datetime) -> None:
    """Nobody is to be told today of what happened weeks ago."""
    old = EventDelivery.objects.filter(created_at__lt=now - FRESH, done_at__isnull=True)
    old.update(done_at=now)


def _people(now: datetime) -> dict[str, Contact]:
    calendars = {"Berlin": berlin(now.year), "London": london()}
    teams = {team.name: _team(team, calendars[team.calendar]) for team in people.TEAMS}
    password = make_password(people.PASSWORD)  # hashed once: it is slow on purpose, and the same for all
    agents = {colleague.key: _agent(colleague, teams, password) for colleague in people.COLLEAGUES}
    for demo_team in people.TEAMS:
        _put_in_charge(teams[demo_team.name], demo_team, agents)
    for key, agent in agents.items():
        if key not in ("sam", "max", "aude", "admin") and agent.supervisor is None:
            agent.supervisor = agents["sam"]
            record(agent, by=SEED, update_fields=["supervisor"])
    desk = teams[people.SERVICE_DESK]
    add_mailbox(people.MAILBOX, backend=Backend.FILES, team=desk, by=SEED, name="ITIL-NEXT Support")
    return _contacts()


def _team(wanted: people.DemoTeam, calendar: BusinessCalendar) -> Team:
    team = Team.objects.filter(name=wanted.name).first()
    if team is None:
        team = Team(name=wanted.name, calendar=calendar, allow_foreign_accept=wanted.allow_foreign_accept)
        team.is_legal = wanted.is_legal and legal_team() is None  # the people of a desk may have named another one
        record(team, by=SEED)
    return team


def _put_in_charge(team: Team, wanted: people.DemoTeam, agents: dict[str, Agent]) -> None:
    if team.manager is not None:
        return
    team.manager = agents["max"]
    team.supervisor = agents["sam"] if wanted.name in people.SUPERVISED else None
    team.lead = agents.get(wanted.lead)
    record(team, by=SEED, update_fields=["manager", "supervisor", "lead"])


def _agent(wanted: people.Colleague, teams: dict[str, Team], password: str) -> Agent:
    if agent := Agent.objects.filter(email=wanted.email).first():
        return agent
    user = User(email=wanted.email, password=password, is_staff=uses_admin(list(wanted.roles)))
    record(user, by=SEED)
    agent = Agent(
        user=user,
        name=wanted.name,
        email=wanted.email,
        roles=[str(role) for role in wanted.roles],
        languages=list(wanted.languages),
        timezone=wanted.timezone,
        signature=wanted.signature,
        primary_team=teams[wanted.teams[0]] if wanted.teams else None,
    )
    record(agent, by=SEED)
    agent.teams.set(teams[name] for name in wanted.teams)
    for name, level in wanted.skills:
        skill = Skill.objects.filter(name=name).first()
        if skill is None:
            skill = Skill(name=name)
            record(skill, by=SEED)
        record(AgentSkill(agent=agent, skill=skill, level=level), by=SEED)
    return agent


def _contacts() -> dict[str, Contact]:
    """The customers by `<domain>/<first name>`, and whoever sends the spam."""
    contacts = {}
    for wanted in people.COMPANIES:
        company = Company.objects.filter(name=wanted.name).first()
        if company is None:
            company = Company(name=wanted.name, domains=[wanted.domain], tier=wanted.tier)
            record(company, by=SEED)
        for first_name, last_name, tier in wanted.people:
            address = f"{_ascii(first_name)[0]}.{_ascii(last_name)}@{wanted.domain}"
            contacts[f"{wanted.domain}/{first_name}"] = _contact(
                address,
                first_name=first_name,
                last_name=last_name,
                tier=tier,
                company=company,
                language=wanted.language,
            )
    contacts["spam"] = _contact("sales@rank-first.example", first_name="", last_name="", language="en")
    return contacts


def _contact(address: str, **values: object) -> Contact:
    contact = Contact.objects.filter(email=address).first()
    if contact is None:
        contact = Contact(email=address, **values)
        record(contact, by=SEED)
    return contact


def _ascii(name: str) -> str:
    """As people write their names in addresses: `Dr. Tobias` is t, `Köster` koester."""
    plain = name.removeprefix("Dr. ").lower()
    for sign, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ë", "e"), ("ı", "i")):
        plain = plain.replace(sign, letters)
    return plain
