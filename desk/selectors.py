"""Reads that only the pages need: the views of the queue, counts that are cheap at any size, the audit trail."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from uuid import uuid4

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.models import Agent, Team
from accounts.selectors import Outline, outline_of, reach_of, stand_in, unneeded
from core.arrays import any_id
from core.compiled import Compiled, SlottedSql
from envelopes.turns import WAITING_FOR
from notifications.selectors import BADGE_LIMIT
from tickets.columns import ON_BOARDS
from tickets.enums import OPEN, Priority, TicketStatus
from tickets.filters import EVERYTHING, Filter, statuses_of
from tickets.models import Ticket
from tickets.narrowing import narrowed
from tickets.querysets import TicketQuerySet

COUNT_CAP = 200
"""Counts stop here and read "200+", so that none of them walks through a million rows."""
ANY_STATUS = "any"


@dataclass(frozen=True)
class QueueView:
    """One list of tickets with an address of its own."""

    slug: str
    label: Promise | str
    tickets: Callable[[Agent], TicketQuerySet]
    shows_open_only: bool
    """Whether tickets on which no work is left appear only when a status is chosen."""
    fixed: tuple[str, ...] = ()
    """Filters that make no sense here, since the view itself decides them."""

    @property
    def sort(self) -> str:
        """Its usual order, a key of `tickets.sorting.SORTS`."""
        return "-priority_score" if self.shows_open_only else "-created_at"


def _mine(agent: Agent) -> TicketQuerySet:
    return Ticket.objects.visible_to(agent).worked_by(agent)


def _team(agent: Agent) -> TicketQuerySet:
    return Ticket.objects.in_teams_of(agent)


def _unowned(agent: Agent) -> TicketQuerySet:
    return Ticket.objects.visible_to(agent).unowned()


def _all(agent: Agent) -> TicketQuerySet:
    return Ticket.objects.visible_to(agent)


QUEUES = {
    view.slug: view
    for view in (
        QueueView("mine", _("My queue"), _mine, shows_open_only=True, fixed=("owner",)),
        QueueView("team", _("Team"), _team, shows_open_only=True),
        QueueView("unowned", _("Unowned"), _unowned, shows_open_only=True, fixed=("status", "owner")),
        QueueView("all", _("All"), _all, shows_open_only=False),
    )
}


def start_view(agent: Agent) -> QueueView:
    """Where a person's day begins: those who own tickets with theirs, the others with what they look after."""
    if agent.has_role(Role.AGENT, Role.TEAM_LEAD):
        return QUEUES["mine"]
    return QUEUES["team" if agent.has_role(Role.SUPERVISOR, Role.MANAGER) else "all"]


def start_slug(agent: Agent) -> str:
    """The list a person has chosen to begin with, else `start_view`. A saved one may be gone; its page leads on."""
    return str(agent.list_settings.get("start") or start_view(agent).slug)


@dataclass(frozen=True)
class QueueFilter:
    """What a list is narrowed to; empty values narrow nothing."""

    status: str = ""
    team: str = ""
    priority: str = ""
    owner: str = ""
    terms: Filter = EVERYTHING
    """What is typed in the search box."""

    @property
    def set_count(self) -> int:
        return len(self.choices)

    @property
    def choices(self) -> dict[str, str]:
        """Those of the boxes that narrow the list."""
        boxes = {"status": self.status, "team": self.team, "priority": self.priority, "owner": self.owner}
        return {name: value for name, value in boxes.items() if value}

    @property
    def is_set(self) -> bool:
        return bool(self.choices or self.terms.terms)

    @property
    def in_address(self) -> dict[str, str]:
        """The parameters of a list so narrowed."""
        return self.choices | ({"q": self.terms.text} if self.terms.terms else {})


def tickets_in(view: QueueView, agent: Agent, wanted: QueueFilter) -> TicketQuerySet:
    """The tickets of `view` that pass the filter, unordered; all of them visible to `agent`."""
    tickets = view.tickets(agent)
    if wanted.status in TicketStatus.values:
        tickets = tickets.filter(status=wanted.status)
    elif view.shows_open_only and wanted.status != ANY_STATUS and not wanted.terms.about("status"):
        tickets = tickets.open()
    if wanted.team:
        tickets = tickets.filter(team_id=wanted.team)
    if wanted.priority in Priority.values:
        tickets = tickets.filter(priority=wanted.priority)
    if wanted.owner == "me":
        tickets = tickets.filter(owner=agent)
    elif wanted.owner == "none":
        tickets = tickets.filter(owner__isnull=True)
    return narrowed(tickets, wanted.terms, by=agent)


def has_few(view: QueueView, wanted: QueueFilter) -> bool:
    """Whether all that can stand there is in work or resolved, and found without reading words."""
    return all(term.key for term in wanted.terms.terms) and _statuses(view, wanted) <= set(ON_BOARDS)


def _statuses(view: QueueView, wanted: QueueFilter) -> set[str]:
    if wanted.status in TicketStatus.values:
        return {wanted.status}
    named = [set(statuses_of(term.values)) for term in wanted.terms.about("status")]
    if named:
        return set.union(*named)
    return set(OPEN) if view.shows_open_only and wanted.status != ANY_STATUS else set(TicketStatus.values)


def open_counts(agent: Agent) -> dict[str, int]:
    """How many tickets stand in each list that shows open ones, up to COUNT_CAP + 1; one statement for all."""
    outline, ids = outline_of(agent)
    names, text = _counting(outline)
    counts = dict.fromkeys((view.slug for view in QUEUES.values() if view.shows_open_only), 0)
    if names:
        with connection.cursor() as cursor:
            cursor.execute(text.sql, text.params(ids))
            counts |= dict(zip(names, cursor.fetchone(), strict=True))
    return counts


@lru_cache(maxsize=128)
def _counting(outline: Outline) -> tuple[list[str], SlottedSql]:
    """The lists in which something can stand, and how their tickets are counted."""
    agent, marks = stand_in(outline)
    parts, params = {}, []
    for view in QUEUES.values():
        if view.shows_open_only:
            bounded = tickets_in(view, agent, QueueFilter()).order_by().values("pk")[: COUNT_CAP + 1]
            try:
                sql, args = bounded.query.get_compiler(connection=connection).as_sql()
            except EmptyResultSet:
                continue
            parts[view.slug] = f"(SELECT count(*) FROM ({sql}) AS bounded)"  # noqa: S608  # our own, values are parameters
            params += args
    return list(parts), SlottedSql(
        f"SELECT {', '.join(parts.values())}", params, marks, may_lack=unneeded(outline, marks)
    )


def in_short(count: int) -> str:
    """A capped count as people read it: "200+" beyond the cap."""
    return f"{COUNT_CAP}+" if count > COUNT_CAP else str(count)


def teams_in_sight(agent: Agent) -> list[Team]:
    """Teams whose tickets can stand in the agent's lists; those a list can be narrowed to. Ordered by name."""
    reach = reach_of(agent)
    if reach.sees_everything:
        return _ALL_TEAMS.fetch()
    return _TEAMS.fetch(list(reach.teams | reach.foreign))


_ALL_TEAMS = Compiled(lambda: Team.objects.order_by("name").only("name"))
_TEAMS = Compiled(lambda ids: Team.objects.filter(any_id("id", ids)).order_by("name").only("name"), [uuid4()])


def next_unowned(agent: Agent, *, besides: Ticket) -> Ticket | None:
    """The most urgent ticket nobody owns that `agent` sees: where to go when somebody else was faster."""
    found: Ticket | None = _unowned(agent).exclude(pk=besides.pk).in_queue_order().only("reference", "subject").first()
    return found


@dataclass(frozen=True)
class Badges:
    """Numbers in the navigation, each at most `BADGE_LIMIT`."""

    unread: int
    quarantined: int
    """Mails of one's teams' mailboxes that wait for a person; 0 for those who see no ledger."""
    turns: int
    """Envelopes in which it is one's turn."""
    reminders: int
    """Those that are due."""
    alerts: int
    """Open ones that one was told of."""


def badges(agent: Agent) -> Badges:
    """Every page asks, so it is one statement over indexes that hold little more than what is counted."""
    reach = reach_of(agent)
    teams = None if reach.sees_everything else [str(team_id) for team_id in reach.teams]
    statement = f"""
        SELECT (SELECT count(*) FROM (SELECT FROM notifications_notification
                 WHERE recipient_id = %(person)s AND read_at IS NULL LIMIT %(limit)s) AS unread),
               (SELECT count(*) FROM (SELECT FROM mail_mailmessage m JOIN mail_mailbox b ON b.id = m.mailbox_id
                 WHERE m.state = 'quarantined' AND (%(teams)s::uuid[] IS NULL OR b.team_id = ANY(%(teams)s::uuid[]))
                   AND NOT EXISTS (SELECT FROM mail_envelopemail e WHERE e.message_id = m.id)
                 LIMIT %(limit)s) AS waiting),
               ({WAITING_FOR}),
               (SELECT count(*) FROM (SELECT FROM sla_reminder r
                 WHERE r.status = 'triggered' AND r.agent_id = ANY(%(owners)s::uuid[])
                   AND (r.agent_id = %(person)s OR r.cycle <> '') LIMIT %(limit)s) AS due),
               (SELECT count(*) FROM (SELECT FROM sla_alertrecipient l
                 WHERE l.agent_id = %(person)s AND l.is_open LIMIT %(limit)s) AS alerts)
    """  # noqa: S608  # our own words; values are parameters
    owners = [str(agent_id) for agent_id in reach.covers | {agent.pk}]
    with connection.cursor() as cursor:
        cursor.execute(statement, {"person": agent.pk, "limit": BADGE_LIMIT, "teams": teams, "owners": owners})
        return Badges(*cursor.fetchone())
