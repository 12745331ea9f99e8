"""What a ledger row may tell of tickets: whoever sees a mailbox does not see every ticket that its mails name."""

import re
from collections.abc import Iterable
from typing import Any

from accounts.models import Agent
from connectors.mail.enums import BrakeKind
from connectors.mail.models import Brake, MailMessage
from connectors.mail.policies import may_read
from tickets.models import Ticket

HIDDEN = "…"
OF_A_TICKET = (BrakeKind.THREAD, BrakeKind.REOPENING)
"""Kinds that are about a ticket: what they are about is its reference."""
_REFERENCE = re.compile(r"\b[A-Z]{2,5}-[0-9]{4}-[0-9]{6,12}\b")


class Sight:
    """The references that some ledger rows and brakes name, as far as their reader sees the tickets; one statement."""

    def __init__(self, reader: Agent, rows: Iterable[MailMessage | Brake], *references: str) -> None:
        self._reader = reader
        named = set(references).union(*map(_named, rows))
        seen = Ticket.objects.visible_to(reader).filter(reference__in=named) if named else Ticket.objects.none()
        self._seen = set(seen.values_list("reference", flat=True))

    def sees(self, ticket: Ticket | None) -> bool:
        return ticket is not None and ticket.reference in self._seen

    def reference(self, ticket: Ticket | None) -> str:
        """Of a ticket out of sight nothing."""
        return ticket.reference if ticket is not None and self.sees(ticket) else ""

    def text(self, text: str) -> str:
        """What was written down about a decision, without references out of sight."""
        return _REFERENCE.sub(lambda found: found[0] if found[0] in self._seen else HIDDEN, text)

    def about(self, brake: Brake) -> str:
        """An address and a mail's own subject belong to the mailbox."""
        return self.text(brake.about) if brake.kind in OF_A_TICKET else brake.about

    def error(self, message: MailMessage) -> str:
        """Why an attempt has failed, which may quote the mail."""
        return str(message.last_error) if may_read(self._reader, message) else ""

    def evidence(self, message: MailMessage) -> dict[str, Any]:
        evidence: dict[str, Any] = message.evidence
        return evidence | {"matched": self.text(str(evidence["matched"]))} if "matched" in evidence else evidence


def _named(row: MailMessage | Brake) -> set[str]:
    said = row.about if isinstance(row, Brake) else f"{row.detail} {row.evidence.get('matched', '')}"
    return {*_REFERENCE.findall(said), *([row.ticket.reference] if row.ticket else [])}
