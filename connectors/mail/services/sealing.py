"""Which envelopes a mail has to do with: its row in the ledger is for those alone who read all of these."""

from collections.abc import Callable, Sequence

from connectors.mail import selectors
from connectors.mail.enums import MailState
from connectors.mail.envelope_threads import (
    BY_CONVERSATION,
    Named,
    envelope_of,
    envelopes_named,
    envelopes_of_helper,
    seal,
    seal_like,
)
from connectors.mail.known_ids import KnownIds
from connectors.mail.models import MailMessage
from connectors.mail.parsing import ParsedMail
from connectors.mail.services import envelope_outcome
from connectors.mail.threads import Match
from tickets.models import OutboundMessage, Ticket


class Sealing:
    """Of one mail. `addresses`: everybody whom it names as its sender."""

    def __init__(self, message: MailMessage, mail: ParsedMail, addresses: Sequence[str]) -> None:
        self._message, self._mail, self._addresses = message, mail, addresses
        self.named: list[Named] = []
        """The envelopes it has to do with, as far as they are known by now."""

    def by_names(self, ids: KnownIds, match: Callable[[], Match | None]) -> None:
        """First of all, before anything is decided. `match`: the ticket that the mail names."""
        named = envelopes_named(self._mail, ids)
        if named and not any(one.is_sure for one in named) and self._is_the_customers(named, match()):
            return
        self._seal(named)

    def by_report(self, about: OutboundMessage) -> None:
        if not self.named:
            self._seal(envelope_of(about))

    def by_helper(self, match: Match | None) -> None:
        """What somebody who helps has written on the ticket's thread."""
        if match and not self.named:
            self._seal(envelopes_of_helper(match.ticket, self._addresses))

    def as_copy_of(self, original: MailMessage) -> None:
        seal_like(self._message, original)

    def tell_if_it_waits(self) -> None:
        if self.named and self._message.state == MailState.QUARANTINED:
            envelope_outcome.tell_of_quarantine(self._message, [one.envelope_id for one in self.named])

    def _seal(self, named: Sequence[Named]) -> None:
        self.named = list(named)
        seal(self._message, [one.envelope_id for one in named])

    def _is_the_customers(self, named: Sequence[Named], match: Match | None) -> bool:
        """What nobody has signed takes no customer out of their own conversation: an expert who answers everybody, or
        forwards it to colleagues, has written into it, and id and conversation of that mail are the customer's, too.
        """
        if match is None:
            return False
        is_shared = match.is_theirs and all(one.rule == BY_CONVERSATION for one in named)
        return (match.is_sure or is_shared) and self._is_of_the_customers_side(match.ticket)

    def _is_of_the_customers_side(self, ticket: Ticket) -> bool:
        """All of them take part in the ticket, and none as an agent or a helper."""
        if not self._addresses or not all(selectors.takes_part(address, ticket) for address in self._addresses):
            return False
        others = [address for address in self._addresses if address.lower() != ticket.requester.email.lower()]
        is_agents = selectors.agent_at(*others, also_former=True) is not None
        return not is_agents and not envelopes_of_helper(ticket, self._addresses)
