"""Which ticket a mail belongs to: the rules in their order, each with who may follow it (email.md section 3).

Only what we have signed is proof: the address that answers come to, and the Message-IDs of our own mails. Everything
else in a mail can be known by strangers or guessed, so it counts only from somebody who takes part in the ticket, and
from nobody whose address our gateway could not verify.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from connectors.mail.bounce_address import message_of
from connectors.mail.enums import Reason
from connectors.mail.known_ids import KnownIds
from connectors.mail.models import MAX_ID
from connectors.mail.parsing import ParsedMail
from connectors.mail.people import has_failed_authentication
from connectors.mail.reply_address import references_in
from connectors.mail.selectors import takes_part
from connectors.mail.thread_index import begins_conversation, conversation_of
from tickets.message_ids import is_ours
from tickets.models import Ticket
from tickets.selectors import references_in_subject

REASONS = {"subject": Reason.REFERENCE, "conversation": Reason.CONVERSATION}
MAX_TICKETS = 10
"""So many tickets that a mail names are looked at; anybody can name thousands."""


@dataclass(frozen=True)
class Match:
    """A ticket that a mail names."""

    ticket: Ticket
    rule: str
    matched: str
    is_sure: bool
    """By an id or an address that we have signed; anything else is only the sender's word."""
    is_theirs: bool = False
    """Not sure, but everybody whom the mail names as its sender takes part, and no check of them has failed."""
    is_one_of_several: bool = False
    """What names it stands on several tickets that the sender takes part in."""

    @property
    def may_join(self) -> bool:
        return self.is_sure or self.is_theirs

    @property
    def reason(self) -> Reason:
        return REASONS.get(self.rule, Reason.MESSAGE_ID)

    @property
    def evidence(self) -> dict[str, str]:
        confidence = "sure" if self.is_sure else "claimed"
        return {"rule": self.rule, "matched": self.matched, "confidence": confidence}


@dataclass
class Named:
    """What a mail names: the ticket it belongs to, else the first one for a link."""

    match: Match | None = None
    passed_over: list[str] = field(default_factory=list)
    """Ids that stand on mails of several tickets, and do not tell which one is meant."""


class _Speakers:
    """Whom a mail names as its senders; From too, as a Reply-To is written by whoever wants to be taken for another."""

    def __init__(self, addresses: Sequence[str], *, are_genuine: bool) -> None:
        self._addresses = sorted({address.strip().lower() for address in addresses} - {""})
        self._may: dict[UUID, bool] = {}
        self._are_genuine = are_genuine and bool(self._addresses)

    def may_follow(self, ticket: Ticket) -> bool:
        """Whether all of them take part in the ticket; asked once of each, and of no more than `MAX_TICKETS`."""
        if not self._are_genuine:
            return False
        if ticket.pk not in self._may and len(self._may) < MAX_TICKETS:
            self._may[ticket.pk] = all(takes_part(address, ticket) for address in self._addresses)
        return self._may.get(ticket.pk, False)


def find_ticket(mail: ParsedMail, known: KnownIds, *, speakers: Sequence[str]) -> Named:
    """The ticket of this conversation: the address it came to, In-Reply-To, References last to first, reports' ids,
    Outlook's conversation in the same mailbox, then the subject. A rule that `speakers` may not follow gives way to
    the next one.
    """
    named = Named()
    who = _Speakers(speakers, are_genuine=not has_failed_authentication(mail))
    for match in _matches(mail, known, named, who):
        is_theirs = not match.is_sure and not match.is_one_of_several and who.may_follow(match.ticket)
        if match.is_sure or is_theirs:
            named.match = replace(match, is_theirs=is_theirs)
            break
        named.match = named.match or match
    return named


def _matches(mail: ParsedMail, known_ids: KnownIds, named: Named, who: _Speakers) -> Iterator[Match]:
    yield from _by_reply_address(mail)
    yield from _by_bounce_address(mail)
    yield from _by_ids(mail, known_ids, named, who)
    yield from _by_subject(mail.subject)


def _by_reply_address(mail: ParsedMail) -> Iterator[Match]:
    """The tickets that To, Cc or the envelope name with our signature."""
    named = references_in([*(person.address for person in (*mail.to, *mail.cc)), *mail.envelope_recipients])
    for reference in named:
        tickets = Ticket.objects.select_related("requester", "company", "team", "owner")
        if ticket := tickets.filter(reference=reference).first():
            yield Match(ticket, "reply_address", reference, is_sure=True)


def _by_bounce_address(mail: ParsedMail) -> Iterator[Match]:
    """Machines answer to where a mail's envelope came from (RFC 3834 section 4), be it an absence note."""
    message = message_of([*(person.address for person in (*mail.to, *mail.cc)), *mail.envelope_recipients])
    if message is not None:
        ticket = Ticket.objects.select_related("requester", "company", "team", "owner").get(pk=message.ticket_id)
        yield Match(ticket, "plus_address", message.email_message_id, is_sure=True)


def _by_ids(mail: ParsedMail, known_ids: KnownIds, named: Named, who: _Speakers) -> Iterator[Match]:
    """Tickets by the ids of mails that we sent or received, and by Outlook's conversation."""
    ids = [("in_reply_to", found) for found in (mail.in_reply_to_all or (mail.in_reply_to,))[:MAX_TICKETS] if found]
    ids += [("references", found) for found in reversed(mail.references)]
    ids += [("report", found) for found in mail.delivery.original_message_ids]
    ids = [(rule, found[:MAX_ID]) for rule, found in ids]
    conversation = "" if not ids and begins_conversation(mail.thread_index) else conversation_of(mail.thread_index)
    known = _tickets_of(known_ids)
    for rule, found in ids:
        is_sure = is_ours(found)  # on a mail of somebody else such an id says nothing
        tickets = known.get(("sent", found), [])
        if not is_sure:
            tickets = list({ticket.pk: ticket for ticket in (*tickets, *known.get(("received", found), []))}.values())
        yield from _of(tickets, rule, found, named, who, is_sure=is_sure)
    yield from _of(known.get(("conversation", conversation), []), "conversation", conversation, named, who)


def _of(
    tickets: Sequence[Ticket], rule: str, found: str, named: Named, who: _Speakers, *, is_sure: bool = False
) -> Iterator[Match]:
    """The ticket that an id stands for. Of several the only one that the sender takes part in, so that nobody parts a
    customer from their ticket by using an id of theirs again; else it tells nothing but what to link.
    """
    theirs = [ticket for ticket in tickets if who.may_follow(ticket)] if len(tickets) > 1 else []
    if len(tickets) == 1 or len(theirs) == 1:
        yield Match((theirs or tickets)[0], rule, found, is_sure=is_sure)
    elif tickets and found not in named.passed_over:
        named.passed_over.append(found)
        yield Match((theirs or tickets)[0], rule, found, is_sure=False, is_one_of_several=bool(theirs))


def _tickets_of(known: KnownIds) -> dict[tuple[str, str], list[Ticket]]:
    """Those that ids stand for."""
    if not known.tickets:
        return {}
    rows = Ticket.objects.select_related("requester", "company", "team", "owner")
    tickets = rows.in_bulk(set().union(*known.tickets.values()))
    return {key: [tickets[ticket_id] for ticket_id in sorted(ids)] for key, ids in known.tickets.items()}


def _by_subject(subject: str) -> Iterator[Match]:
    """The tickets whose references stand there, in their order."""
    references = references_in_subject(subject)
    if not references:
        return
    named = Ticket.objects.filter(reference__in=references).select_related("requester", "company", "team", "owner")
    for ticket in sorted(named, key=lambda ticket: references.index(ticket.reference)):
        yield Match(ticket, "subject", ticket.reference, is_sure=False)
