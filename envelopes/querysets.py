from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Exists, Func, OuterRef, Q, UUIDField
from django.db.models.functions import Now

from accounts.models import Agent
from accounts.selectors import reach_of
from core.actors import Actor
from core.arrays import any_found
from envelopes.enums import OPEN, EnvelopeStatus
from tickets.models import Ticket

if TYPE_CHECKING:
    from envelopes.models import Envelope, HelpOffer  # noqa: F401

READABLE_AFTERWARDS = timedelta(days=30)
"""For so long experts read on once their help has ended (permissions.md, object rule 4)."""


class EnvelopeQuerySet(models.QuerySet["Envelope"]):
    def open(self) -> Self:
        """Asked, worked on, or declined and waiting for a decision: what keeps a ticket from being resolved."""
        return self.filter(status__in=OPEN)

    def visible_to(self, actor: Actor) -> Self:
        """Envelopes of which `actor` may know that they exist, with target and status: all that they may read, those of
        tickets in their sight, and open ones asked of their teams (object rules 2 and 3). Programs know of none.
        """
        if not isinstance(actor, Agent):
            return self.none()
        if reach_of(actor).sees_everything:
            return self
        return self.filter(_readable_by(actor) | _was_asked_of(actor) | Q(Exists(_in_sight_of(actor))))

    def thread_visible_to(self, actor: Actor) -> Self:
        """Envelopes whose reason, thread and tasks `actor` may read (permissions.md, object rules 2 and 3)."""
        if not isinstance(actor, Agent):
            return self.none()
        return self if reach_of(actor).sees_everything else self.filter(_readable_by(actor))

    def of_helper(self, agent_ids: Collection[UUID], addresses: Collection[str]) -> Self:
        """Open ones in which one of these agents is an expert or asked by name; those of a vendor that write to one of
        these `addresses`, in lower case, and have not ended long ago: late answers belong there, too.
        """
        rows: Any = apps.get_model("envelopes", "EnvelopeParticipant")._default_manager  # noqa: SLF001  # lies above
        takes_part = Exists(rows.filter(envelope=OuterRef("pk"), agent__in=agent_ids, left_at__isnull=True))
        helps = Q(status__in=OPEN) & (Q(assigned_to__in=agent_ids) | takes_part)
        return self.filter(helps | Q(vendor_addresses__overlap=list(addresses)) & not_long_over())

    def asked_alone(self, agent_id: UUID) -> Self:
        """Open ones in which this person is asked, or helps, and no team."""
        return self.filter(status__in=OPEN, team__isnull=True, assigned_to=agent_id)

    def for_update(self) -> Self:
        """Locked in the order of ids, so that two transactions never wait for each other in a circle."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)

    def with_people(self) -> Self:
        return self.select_related("ticket__team", "ticket__owner", "team", "assigned_to", "requested_by", "skill")

    def due_to_time_out(self, now: datetime) -> Self:
        return self.filter(timeout_due_at__lte=now).order_by("timeout_due_at")


class HelpOfferQuerySet(models.QuerySet["HelpOffer"]):
    def standing(self) -> Self:
        """Neither taken nor taken back; what is left of them once the envelope has ended, nobody asks for."""
        return self.filter(taken_at__isnull=True, withdrawn_at__isnull=True, envelope__status__in=OPEN)


def _was_asked_of(agent: Agent) -> Q:
    """A member who did not accept keeps title and status."""
    return Q(team__in=reach_of(agent).member, status__in=OPEN) if agent.is_active else Q(pk__in=[])


def _in_sight_of(agent: Agent) -> models.QuerySet[Ticket]:
    return Ticket.objects.visible_to(agent).filter(pk=OuterRef("ticket")).order_by()


def _readable_by(agent: Agent) -> Q:
    """Owner and deputy; who asked; the addressed agent, experts, those of envelopes below; the target team while it is
    asked, its lead afterwards too; supervisors and managers of either side.
    """
    if not agent.is_active:
        return Q(pk__in=[])
    reach = reach_of(agent)
    is_asked = Q(status=EnvelopeStatus.PENDING)
    return (
        Q(ticket__owner__in=reach.covers | {agent.pk})
        | Q(requested_by=agent.pk) & not_long_over()
        | is_asked & (Q(assigned_to=agent.pk) | Q(team__in=reach.member))
        | Q(team__in=reach.in_charge)
        | Q(ticket__team__in=reach.overseen)
        | Q(any_found("id", _worked_on_by(agent)))
    )


def not_long_over(*, prefix: str = "") -> Q:
    """Open, or ended no longer ago than `READABLE_AFTERWARDS`."""
    still = {f"{prefix}ended_at__isnull": True}
    lately = {f"{prefix}ended_at__gt": Now() - READABLE_AFTERWARDS}
    return Q(**still) | Q(**lately)


def _worked_on_by(agent: Agent) -> Any:  # of ids
    """Envelopes in which the agent is an expert, and those from which these were opened."""
    rows: Any = apps.get_model("envelopes", "EnvelopeParticipant")._default_manager  # noqa: SLF001  # models lie above
    own = rows.filter(not_long_over(prefix="envelope__"), agent=agent.pk, left_at__isnull=True).order_by()
    return own.values_list(_Unnested("envelope__path"), flat=True)


class _Unnested(Func):
    function = "unnest"
    arity = 1
    set_returning = True
    output_field = UUIDField()
