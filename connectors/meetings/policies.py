"""Who arranges meetings. permissions.md is silent: on the ticket's thread whoever speaks with the customer, since they
may be among the attendees; in an envelope whoever writes in it.
"""

from core.actors import Actor
from envelopes import policies as envelope_policies
from envelopes.models import Envelope
from tickets.models import Ticket
from tickets.policies import acts_as_owner


def may_arrange(actor: Actor, ticket: Ticket, envelope: Envelope | None = None) -> bool:
    """Arrange, change, cancel; three queries at most, in an envelope."""
    return acts_as_owner(actor, ticket) if envelope is None else envelope_policies.may_post(actor, envelope)
