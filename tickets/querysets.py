from collections.abc import Iterable
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import DateTimeField, Func, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now

from accounts.enums import Role
from accounts.models import Agent
from accounts.selectors import reach_of
from core.actors import Actor
from core.arrays import any_found
from tickets.enums import ASIDE, OPEN, OutboundStatus, TextScope, TicketStatus, Visibility
from tickets.hidden import NONE, task_ways, work_ways

if TYPE_CHECKING:
    from tickets.models import OutboundMessage, Task, Ticket, TimelineEntry  # noqa: F401


NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Where nothing is promised: behind all that is due."""


def due_sorted() -> Coalesce:
    """When a ticket is to be resolved, as its order needs it: never empty. Indexes hold this very expression."""
    return Coalesce("resolution_due_at", Value(NEVER), output_field=DateTimeField())


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, actor: Actor) -> Self:
        """Tickets whose main thread `actor` may read (permissions.md section 2); lists for people start here."""
        reach = reach_of(actor)
        if reach.sees_everything:
            return self
        return self.filter(reduce(or_, ways_beyond_teams(actor), Q(team__in=reach.teams)))

    def in_teams_of(self, actor: Actor) -> Self:
        """Tickets in sight because of their team; all of them are visible, and this is quicker to find than that."""
        return self.filter(team__in=reach_of(actor).teams)

    def transferable_by(self, actor: Actor) -> Self:
        """As `visible_to`; admins, who read no tickets, still authorise transfers of any (permissions.md section 1)."""
        if isinstance(actor, Agent) and actor.has_role(Role.ADMIN):
            return self
        return self.visible_to(actor)

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def owned_by(self, agent: Agent) -> Self:
        return self.filter(owner=agent)

    def worked_by(self, agent: Agent) -> Self:
        """Owned, offered, or covered for an absent colleague: what stands in the agent's own queue."""
        return self.filter(Q(owner__in=reach_of(agent).covers | {agent.pk}) | Q(offered_to=agent))

    def unowned(self) -> Self:
        return self.filter(owner__isnull=True, status=TicketStatus.NEW)

    def in_queue_order(self) -> Self:
        """Most urgent first; `QUEUE_ORDER` is the same for keyset paging."""
        return self.with_due().order_by(*QUEUE_ORDER)

    def with_due(self) -> Self:
        """With `due_sorted`, by which `QUEUE_ORDER` and `DUE_FIRST` order."""
        return self.annotate(due_sorted=due_sorted())

    def for_update(self) -> Self:
        """Locked in the order of ids, so that two transactions never wait for each other in a circle."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)

    def for_list(self) -> Self:
        """With the people a list row names, without the long texts."""
        return self.select_related("requester", "company", "team", "owner", "offered_to").defer(
            "description", "description_html", "resolution_note", "score_breakdown"
        )

    def for_rows(self) -> Self:
        """With what a row of a list page shows and nothing else: a list reads 51 of them."""
        return self.select_related("requester", "company", "team", "owner", "offered_to").only(*ROW)

    def due_to_close(self, now: datetime) -> Self:
        return self.filter(status=TicketStatus.RESOLVED, auto_closes_at__lte=now).order_by("auto_closes_at")

    def with_lapsed_offer(self, now: datetime) -> Self:
        return self.filter(offer_lapses_at__lte=now).order_by("offer_lapses_at")


def active_flag(types: Iterable[str]) -> Q:
    """Tickets with any of these flags; found by the index of active ones, of which there are few."""
    return Q(pk__in=RawSQL(_FLAGGED, [list(types)]))  # noqa: S611  # our own text


_FLAGGED = "SELECT f.ticket_id FROM tickets_caseflag f WHERE f.cleared_at IS NULL AND f.type = ANY(%s)"


def ways_beyond_teams(actor: Actor) -> list[Q]:
    """How `actor` sees tickets whatever the team: owned or covered, offered, asked for help, unowned where all agents
    may accept.
    """
    ways = []
    reach = reach_of(actor)
    if isinstance(actor, Agent) and actor.is_active:
        ways += [Q(owner__in=reach.covers | {actor.pk}), Q(offered_to=actor), Q(_is_asked(actor))]
    if reach.foreign - reach.teams:
        ways.append(Q(team__in=reach.foreign - reach.teams, owner__isnull=True, status=TicketStatus.NEW))
    return ways


def _is_asked(agent: Agent) -> Func:
    """Whether the agent, or a team of theirs, reads a ticket because of help they are asked for (`TicketReader`)."""
    readers: Any = apps.get_model("tickets", "TicketReader")._default_manager  # noqa: SLF001  # models lie above
    reach = reach_of(agent)
    whom = Q(agent=agent.pk) | Q(team__in=reach.in_charge)
    whom |= Q(team__in=reach.member - reach.in_charge, is_for_those_in_charge=False)
    asked = readers.filter(whom, Q(until__isnull=True) | Q(until__gt=Now())).order_by()
    return any_found("id", asked.values("ticket"))


ROW = (
    *("reference", "version", "subject", "status", "priority", "priority_score", "created_at", "reopen_count"),
    "flags",
    *("last_customer_message_at", "last_public_reply_at", "last_staff_activity_at"),
    *("requester__first_name", "requester__last_name", "requester__email", "requester__tier"),
    *("company__name", "company__tier", "team__name", "owner__name", "offered_to__name"),
)
QUEUE_ORDER = ("-priority_score", "due_sorted", "created_at", "id")
"""Of tickets `with_due`: the most urgent, of these what is due first, of these the oldest (domain.md section 11)."""
DUE_FIRST = ("due_sorted", "-priority_score", "created_at", "id")
"""Of tickets `with_due`; those without a promise come last, the most urgent of them first."""
NEWEST_FIRST = ("-created_at", "-id")


class TaskQuerySet(models.QuerySet["Task"]):
    def shown_to(self, actor: Actor) -> Self:
        """Tasks of tickets that `actor` sees, without those hidden from them; lists for people start here."""
        return self.filter(reduce(or_, (way(actor) & Q(is_hidden=True) for way in task_ways), Q(is_hidden=False)))

    def worked_beside(self, actor: Actor) -> Self:
        """Hidden tasks on which `actor` works as one who adds tasks to the help they belong to."""
        return self.filter(reduce(or_, (way(actor) for way in work_ways), NONE), is_hidden=True)


class TimelineQuerySet(models.QuerySet["TimelineEntry"]):
    def public(self) -> Self:
        return self.filter(visibility=Visibility.PUBLIC)

    def main_thread(self) -> Self:
        return self.exclude(visibility=Visibility.ENVELOPE_ONLY)

    def in_order(self) -> Self:
        return self.order_by("seq")


class OutboundQuerySet(models.QuerySet["OutboundMessage"]):
    def to_customers(self) -> Self:
        """Without what goes to others: no page of the ticket and nobody's list of replies shows that."""
        return self.exclude(kind__in=ASIDE)

    def due_for_release(self, now: datetime) -> Self:
        """Undo times first: of the scheduled ones many may wait until the customer has been heard."""
        return self.filter(status=OutboundStatus.HELD, release_at__lte=now).order_by("is_scheduled", "release_at")

    def due_for_sending(self, now: datetime) -> Self:
        """Queued and due, or left behind in `sending` by a worker that died (its lease is over)."""
        return (
            self.filter(status__in=[OutboundStatus.QUEUED, OutboundStatus.SENDING], next_attempt_at__lte=now)
            .exclude(leased_until__gt=now)
            .order_by("next_attempt_at")
        )

    def unsent_to(self, address: str) -> Self:
        """To this address first of all, held or queued: nobody has it, and no worker is handing it over."""
        waiting = self.filter(status__in=[OutboundStatus.HELD, OutboundStatus.QUEUED], leased_until__isnull=True)
        return waiting.to_customers().filter(may_have_left=False, to_recipients__0__iexact=address)


class TextQuerySet(models.QuerySet[Any]):  # Any: of each kind of shared text
    def visible_to(self, agent: Agent) -> Self:
        """One's own, those of one's teams, and everybody's; admins and auditors see those of all teams."""
        own = Q(scope=TextScope.PERSONAL, owner=agent) | Q(scope=TextScope.GLOBAL)
        if agent.has_role(Role.ADMIN, Role.AUDITOR):
            return self.filter(own | Q(scope=TextScope.TEAM))
        return self.filter(own | Q(scope=TextScope.TEAM, team__in=reach_of(agent).teams))
