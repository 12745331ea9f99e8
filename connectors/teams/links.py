"""Signed addresses of a card's buttons. Whoever opens one is asked to sign in, and nothing is done until they say so:
previews and scanners fetch addresses, too.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing

from connectors.teams.enums import CardAct
from core.errors import NotFound
from notifications.letters import absolute

SALT = "connectors.teams.card"
LASTS = timedelta(days=7)
"""From the news on; afterwards what the card told is history."""


@dataclass(frozen=True, kw_only=True)
class CardLink:
    """One button of one card."""

    act: CardAct
    subject_id: UUID
    """Of the ticket, envelope or reminder, as the act says."""
    key: UUID
    """Of the card: each button of it does its service once."""
    person_id: UUID | None
    """Whose card it is; None where a group reads it."""
    told_at: datetime
    """UTC, to the second."""

    @property
    def is_over_at(self) -> datetime:
        return self.told_at + LASTS


def address_of(link: CardLink) -> str:
    """Absolute. The same link has the same address, however often its card is written."""
    parts = [
        link.act.value,
        link.subject_id.hex,
        link.key.hex,
        link.person_id.hex if link.person_id else "",
        int(link.told_at.timestamp()),
    ]
    return absolute("teams-card", signing.Signer(salt=SALT).sign_object(parts))


def read_address(token: str) -> CardLink:
    """What an address says. Raises NotFound for anything we did not sign."""
    try:
        act, subject, key, person, told_at = signing.Signer(salt=SALT).unsign_object(token)
        return CardLink(
            act=CardAct(act),
            subject_id=UUID(subject),
            key=UUID(key),
            person_id=UUID(person) if person else None,
            told_at=datetime.fromtimestamp(told_at, tz=UTC),
        )
    except (signing.BadSignature, ValueError, TypeError, OverflowError) as error:
        raise NotFound from error
