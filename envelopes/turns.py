"""Whose turn it is: what the number at the switcher counts, and who has to count anew after an act."""

from uuid import UUID

from django.utils import timezone

from accounts.models import Absence
from envelopes.enums import OPEN, Awaiting
from envelopes.events import EnvelopeEvent
from envelopes.models import Envelope, EnvelopeParticipant

_OPEN = ", ".join(f"'{status}'" for status in OPEN)

WAITING_FOR = f"""
    SELECT count(*) FROM (
        SELECT e.id FROM envelopes_envelope e JOIN tickets_ticket t ON t.id = e.ticket_id
         WHERE e.awaiting = '{Awaiting.OWNER}' AND e.status IN ({_OPEN})
           AND t.owner_id = ANY(%(owners)s::uuid[]) AND e.assigned_to_id IS DISTINCT FROM %(person)s
           AND NOT EXISTS (SELECT FROM envelopes_envelopeparticipant p
                            WHERE p.envelope_id = e.id AND p.agent_id = %(person)s AND p.left_at IS NULL)
        UNION ALL
        (SELECT e.id FROM envelopes_envelope e
          WHERE e.assigned_to_id = %(person)s AND e.awaiting = '{Awaiting.EXPERT}' AND e.status IN ({_OPEN})
         UNION
         SELECT e.id FROM envelopes_envelopeparticipant p JOIN envelopes_envelope e ON e.id = p.envelope_id
          WHERE p.agent_id = %(person)s AND p.left_at IS NULL
            AND e.awaiting = '{Awaiting.EXPERT}' AND e.status IN ({_OPEN}))
        LIMIT %(limit)s
    ) AS turns
"""  # noqa: S608  # our own words; values are parameters
"""SQL of a number, part of the statement that every page asks: those of `my_envelopes` in which it is the person's
turn. `owners` are the person and those they cover for.
"""


def people_of(event: EnvelopeEvent) -> set[UUID]:
    """Whose number the event may change: agents on either side, and who has just gone. Three queries."""
    names = ("ticket__owner", "assigned_to")
    owner_id, expert_id = Envelope.objects.values_list(*names).get(pk=event.envelope_id)
    deputies = Absence.objects.filter(agent=owner_id).on(timezone.localdate()).values_list("deputy", flat=True)
    experts = EnvelopeParticipant.objects.filter(envelope=event.envelope_id).values_list("agent", flat=True)
    gone = getattr(event, "former_agent_id", None)
    return {pk for pk in (owner_id, expert_id, event.by_id, gone, *deputies, *experts) if pk is not None}
