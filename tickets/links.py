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


def sign_answer(ticket: Ticket, answer: Answer) -> str:
    return signing.dumps([str(ticket.pk), str(answer), ticket.reopen_count], salt=SALT)


def read_answer(token: str) -> SignedAnswer:
    """What a link says; raises NotFound for anything we did not sign."""
    try:
        ticket_id, answer, round_ = signing.loads(token, salt=SALT)
        return SignedAnswer(UUID(ticket_id), Answer(answer), int(round_))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound from error
