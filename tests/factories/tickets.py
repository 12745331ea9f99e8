from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.models import Agent
from core.actors import SystemActor
from tests.factories.people import ContactFactory, TeamFactory
from tickets.enums import Channel
from tickets.models import Ticket
from tickets.services import accept_ticket, create_ticket
from tickets.services.creation import Message

INTAKE = SystemActor("test intake")


class TicketFactory(DjangoModelFactory[Ticket]):
    """A new ticket by mail; `owner=agent` lets that agent accept it."""

    class Meta:
        model = Ticket

    team = factory.SubFactory(TeamFactory)
    requester = factory.SubFactory(ContactFactory)
    subject = factory.Sequence(lambda n: f"Printer {n} is offline")
    channel = Channel.EMAIL

    @classmethod
    def _create(cls, model_class: type[Ticket], *args: Any, **kwargs: Any) -> Ticket:
        owner: Agent | None = kwargs.pop("owner", None)
        by = kwargs.pop("by", INTAKE)
        message = kwargs.pop("message", Message(body_text="It is off again."))
        ticket = create_ticket(by=by, message=message, **kwargs)
        if owner is not None:
            if not owner.teams.filter(pk=ticket.team_id).exists():
                owner.teams.add(ticket.team)
                owner.__dict__.pop("_reach", None)
            ticket = accept_ticket(ticket.pk, by=owner)
        return ticket
