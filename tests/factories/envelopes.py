from typing import Any

from factory.django import DjangoModelFactory

from accounts.models import Agent
from envelopes.models import Envelope
from envelopes.services import accept_envelope, open_envelope, open_next_level
from tests.factories.people import AgentFactory, TeamFactory
from tests.factories.tickets import TicketFactory
from tickets.models import Ticket


class EnvelopeFactory(DjangoModelFactory[Envelope]):
    """Asked of a team by the owner of its ticket; `expert=agent` lets that agent accept it, `below=envelope` makes it a
    child, asked by that one's expert.
    """

    class Meta:
        model = Envelope

    reason = "The switch drops packets."

    @classmethod
    def _create(cls, model_class: type[Envelope], *args: Any, **kwargs: Any) -> Envelope:
        expert: Agent | None = kwargs.pop("expert", None)
        below: Envelope | None = kwargs.pop("below", None)
        if "assigned_to" not in kwargs and "team" not in kwargs:
            kwargs["team"] = expert.teams.first() if expert and expert.teams.exists() else TeamFactory()
        if below is not None:
            above = Envelope.objects.select_related("assigned_to").get(pk=below.pk)
            envelope = open_next_level(above.pk, by=kwargs.pop("by", above.assigned_to), **kwargs)
        else:
            ticket = kwargs.pop("ticket", None) or TicketFactory(owner=AgentFactory())
            owner = Ticket.objects.select_related("owner").get(pk=ticket.pk).owner
            envelope = open_envelope(ticket.pk, by=kwargs.pop("by", owner), **kwargs)
        if expert is not None:
            team = envelope.team
            if team is not None and not expert.teams.filter(pk=team.pk).exists():
                expert.teams.add(team)
            expert.__dict__.pop("_reach", None)
            envelope = accept_envelope(envelope.pk, by=expert)
        return envelope
