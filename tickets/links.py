"""The customer's two signed links of a resolution mail: solved, not solved (ruling 20)."""

from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.db import models

from core.errors import NotFound
from tickets.models import Ticket

SALT = "tickets.answer"


class Answer(models.TextChoices):
    SOLVED = "solved"
    NOT_SOLVED = "not_solved"


@dataclass(frozen=True)
class SignedAnswer:
    ticket_id: UUID
    answer: Answer
    round: int
    """How often the ticket had been reopened: a link speaks of one resolution only."""
    requester_id: UUID | None = None
    """Whose link it is; None in one that was sent before links knew."""

    def is_of(self, ticket: Ticket) -> bool:
        """Whether it was sent to whom the ticket belongs: a former requester does not speak for the present one."""
        return self.requester_id in (None, ticket.requester_id)


def sign_answer(ticket: Ticket, answer: Answer) -> str:
    return signing.dumps([str(ticket.pk), str(answer), ticket.reopen_count, str(ticket.requester_id)], salt=SALT)


def read_answer(token: str) -> SignedAnswer:
    """What a link says; raises NotFound for anything we did not sign."""
    try:
        ticket_id, answer, round_, *requester = signing.loads(token, salt=SALT)
        requester_id = UUID(requester[0]) if requester else None
        return SignedAnswer(UUID(ticket_id), Answer(answer), int(round_), requester_id)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound from error
