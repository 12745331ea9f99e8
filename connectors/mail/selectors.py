"""Reads of the mail connector: which ticket a mail belongs to, which mailbox speaks for a ticket."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Agent, Contact
from accounts.selectors import company_for_address, contact_for_address
from connectors.mail.enums import Reason
from connectors.mail.models import MAX_ID, Mailbox, MailMessage
from connectors.mail.parsing import ParsedMail
from connectors.mail.people import has_failed_authentication
from connectors.mail.reply_address import references_in
from tickets.enums import ClosureCode, EntryKind, LinkKind, TicketStatus
from tickets.models import Ticket, TicketLink, TimelineEntry
from tickets.selectors import entries_of, references_in_subject

MAX_HOPS = 10
"""Duplicates of duplicates are followed this far."""


@dataclass(frozen=True)
class Match:
    """The ticket that a mail names, and how sure that is."""

    ticket: Ticket
    rule: str
    matched: str
    is_sure: bool
    """By a message id or a signed address of ours; a reference in the subject is only the sender's word."""

    @property
    def reason(self) -> Reason:
        return Reason.MESSAGE_ID if self.is_sure else Reason.REFERENCE


def own_addresses() -> dict[str, Mailbox]:
    """Active mailboxes by their address, the oldest first."""
    mailboxes = Mailbox.objects.active().select_related("team").order_by("created_at", "id")
    return {mailbox.address: mailbox for mailbox in mailboxes}


def names_in_ledger(mailbox: Mailbox, names: Sequence[str]) -> set[str]:
    """Those of `names` at the source that the ledger has a row for."""
    if not names:
        return set()
    rows = MailMessage.objects.filter(mailbox=mailbox, provider_id__in=names)
    return set(rows.values_list("provider_id", flat=True))


def own_mailbox(address: str, own: dict[str, Mailbox]) -> Mailbox | None:
    """The mailbox behind an address of ours, also written as a plus address."""
    local, _at, domain = address.strip().lower().rpartition("@")
    bases = (local, local.rpartition("+")[0], local.partition("+")[0])
    return next((own[f"{base}@{domain}"] for base in bases if f"{base}@{domain}" in own), None)


def addressed_mailbox(mail: ParsedMail, own: dict[str, Mailbox]) -> Mailbox | None:
    """The first of ours in To, then in Cc (ruling 16)."""
    found = (own_mailbox(person.address, own) for person in (*mail.to, *mail.cc))
    return next((mailbox for mailbox in found if mailbox is not None), None)


def find_ticket(mail: ParsedMail, *, sender: str) -> Match | None:
    """The ticket of this conversation: the address it came to, In-Reply-To, References last to first, reports' ids,
    then the subject. In a mail that fails DMARC an agent's address is a stranger's.
    """
    knows_agents = not has_failed_authentication(mail)
    if match := _by_reply_address(mail):
        return match
    ids = [("in_reply_to", found) for found in (mail.in_reply_to_all or (mail.in_reply_to,)) if found]
    ids += [("references", found) for found in reversed(mail.references)]
    ids += [("report", found) for found in mail.delivery.original_message_ids]
    ids = [(rule, found[:MAX_ID]) for rule, found in ids]
    tickets = _tickets_by_message_id([found for _rule, found in ids], sender=sender, knows_agents=knows_agents)
    for rule, found in ids:
        if ticket := tickets.get(found):
            return Match(ticket, rule, found, is_sure=True)
    return _by_subject(mail.subject, sender=sender, knows_agents=knows_agents)


def _by_reply_address(mail: ParsedMail) -> Match | None:
    """The first ticket that To, Cc or the envelope name with our signature."""
    named = references_in([*(person.address for person in (*mail.to, *mail.cc)), *mail.envelope_recipients])
    for reference in named:
        tickets = Ticket.objects.select_related("requester", "company", "team", "owner")
        if ticket := tickets.filter(reference=reference).first():
            return Match(ticket, "reply_address", reference, is_sure=True)
    return None


def _tickets_by_message_id(ids: Sequence[str], *, sender: str, knows_agents: bool) -> dict[str, Ticket]:
    """Tickets by the ids of mails we sent or received; of several with one id the one the sender takes part in."""
    if not ids:
        return {}
    wanted: Any = list(ids)  # django-stubs knows no lists as parameters
    found: dict[str, set[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SENT_OR_RECEIVED, [wanted, wanted])
        for message_id, ticket_id in cursor:
            found.setdefault(message_id, set()).add(ticket_id)
    if not found:
        return {}
    tickets = Ticket.objects.select_related("requester", "company", "team", "owner").in_bulk(
        set().union(*found.values())
    )
    answer = {}
    for message_id, ticket_ids in found.items():
        candidates = [tickets[ticket_id] for ticket_id in ticket_ids]
        if len(candidates) > 1:
            candidates = [ticket for ticket in candidates if takes_part(sender, ticket, knows_agents=knows_agents)]
        if len(candidates) == 1:
            answer[message_id] = candidates[0]
    return answer


SENT_OR_RECEIVED = """
    SELECT email_message_id, ticket_id FROM tickets_outboundmessage WHERE email_message_id = ANY(%s)
    UNION ALL
    SELECT message_id, ticket_id FROM mail_mailmessage
     WHERE message_id = ANY(%s) AND message_id <> '' AND ticket_id IS NOT NULL
"""


def _by_subject(subject: str, *, sender: str, knows_agents: bool) -> Match | None:
    """The first reference whose ticket the sender takes part in, else the first that names any ticket."""
    references = references_in_subject(subject)
    if not references:
        return None
    named = Ticket.objects.filter(reference__in=references).select_related("requester", "company", "team", "owner")
    tickets = sorted(named, key=lambda ticket: references.index(ticket.reference))
    theirs = (ticket for ticket in tickets if takes_part(sender, ticket, knows_agents=knows_agents))
    chosen = next(theirs, next(iter(tickets), None))
    return Match(chosen, "subject", chosen.reference, is_sure=False) if chosen else None


def takes_part(address: str, ticket: Ticket, *, knows_agents: bool = True) -> bool:
    """Requester, participant, somebody who got or sent a public mail of it, the same company, or an agent; these only
    if `knows_agents`, which a mail that fails DMARC does not.
    """
    wanted = address.strip().lower()
    if not wanted:
        return False
    if belongs_to(wanted, ticket):
        return True
    spellings = [address.strip(), wanted]
    in_copy = Q(email_cc__overlap=spellings) | Q(email_to__overlap=spellings)
    if (agent := agent_at(wanted, also_former=True)) is not None:
        return knows_agents and agent.is_active
    return entries_of(ticket).public().filter(in_copy).exists()


def agent_at(*addresses: str, also_former: bool = False) -> Agent | None:
    """The agent with one of these addresses, the first ones first; one who is not active only if `also_former`."""
    wanted = [address.strip().lower() for address in addresses if address.strip()]
    if not wanted:
        return None
    agents = Agent.objects.all() if also_former else Agent.objects.active()
    agents = agents.annotate(address=Lower("email")).filter(address__in=wanted)
    return min(agents, key=lambda agent: wanted.index(agent.email.lower()), default=None)


def belongs_to(address: str, ticket: Ticket) -> bool:
    """Requester, participant or the same company: whose Cc may bring others into the conversation."""
    wanted = address.strip().lower()
    if ticket.requester.email.lower() == wanted or ticket.participants.filter(contact__email__iexact=wanted).exists():
        return True
    contact = contact_for_address(wanted)
    company = contact.company if contact else company_for_address(wanted)
    return company is not None and company.pk == ticket.company_id


def agents_and_blocked(addresses: Iterable[str]) -> set[str]:
    """Of these addresses, in lower case, those that never take part in a conversation by a mail's Cc."""
    wanted: Any = [address.lower() for address in addresses]  # django-stubs knows no lists as parameters
    with connection.cursor() as cursor:
        cursor.execute(AGENTS_AND_BLOCKED, [wanted, wanted])
        return {address for (address,) in cursor}


AGENTS_AND_BLOCKED = """
    SELECT lower(email) FROM accounts_agent WHERE is_active AND lower(email) = ANY(%s)
    UNION ALL
    SELECT lower(address) FROM mail_blockedsender WHERE lower(address) = ANY(%s)
"""


@dataclass(frozen=True)
class Known:
    """What the ledger knows of a mail before anybody looks into it."""

    copy_id: UUID | None
    """The row of the very same mail."""
    is_id_used: bool
    """Its Message-ID stands on another mail."""
    is_blocked: bool


def locked_state(message: MailMessage) -> str:
    """The row's state, locked. This transaction need not wait for the disk: the raw mail is safe already, so what a
    crash of PostgreSQL takes with it is done again; and whatever anybody does about it commits after it. Its
    statements are the same for every mail, so PostgreSQL may keep their plans where these are as good.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LOCKED}", [message.pk])
        return str(cursor.fetchone()[0])


def locked_and_known(message: MailMessage, *, senders: Sequence[str]) -> tuple[str, Known]:
    """As `locked_state`, and what the ledger knows of it, in one statement, since every mail asks.

    Who waits for the lock gets the rest as it was before; what must not be missed is held by unique constraints.
    """
    blocked: Any = [address.strip().lower() for address in senders]  # django-stubs knows no lists as parameters
    copies = [message.identity, message.pk, message.message_id, message.pk, message.content_hash]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {KNOWN}, {LOCKED}", [*copies, blocked, message.pk])
        copy_id, is_id_used, is_blocked, state, *_settings = cursor.fetchone()
        return str(state), Known(copy_id, is_id_used, is_blocked)


KNOWN = """
    (SELECT id FROM mail_mailmessage WHERE identity = %s AND id <> %s),
    EXISTS (SELECT FROM mail_mailmessage
             WHERE message_id = %s AND message_id <> '' AND id <> %s AND content_hash <> %s),
    EXISTS (SELECT FROM mail_blockedsender WHERE lower(address) = ANY(%s))
"""
LOCKED = """
    state, set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'auto', true)
    FROM mail_mailmessage WHERE id = %s FOR NO KEY UPDATE
"""


def final_target(ticket: Ticket) -> Ticket | None:
    """The ticket that a cancelled duplicate leads to, over several hops; None if it leads nowhere."""
    for _hop in range(MAX_HOPS):
        if ticket.status != TicketStatus.CANCELLED:
            return ticket
        if ticket.closure_code != ClosureCode.DUPLICATE:
            return None
        target = ticket.merged_into or _duplicate_target(ticket)
        if target is None:
            return None
        ticket = target
    return None


def _duplicate_target(ticket: Ticket) -> Ticket | None:
    link = (
        TicketLink.objects.filter(from_ticket=ticket, kind=LinkKind.DUPLICATE_OF)
        .select_related("to_ticket__requester", "to_ticket__company", "to_ticket__team", "to_ticket__owner")
        .first()
    )
    return link.to_ticket if link else None


def open_follow_up(ticket: Ticket, *, sender: str) -> Ticket | None:
    """Where the sender goes on with an ended ticket: their newest follow-up of it, or of that one if it has ended."""
    for _hop in range(MAX_HOPS):
        theirs = Ticket.objects.filter(follow_up_of=ticket, requester__email__iexact=sender.strip())
        found = theirs.order_by("-created_at", "-id").first()
        if found is None or not found.is_ended:
            return found
        ticket = found
    return None


def mailbox_for(ticket: Ticket) -> Mailbox | None:
    """The address a ticket's mails come from: one of its team's, best the one it came in by, else any of ours."""
    came_by = ticket.mail_messages.order_by("received_at").values_list("mailbox_id", flat=True).first()
    mailboxes = list(own_addresses().values())
    team_id = ticket.team_id

    def rank(mailbox: Mailbox) -> tuple[bool, bool]:
        return mailbox.team_id != team_id, mailbox.pk != came_by

    return min(mailboxes, key=rank, default=None)


def newest_customer_mail(ticket: Ticket, *, before: TimelineEntry | None) -> TimelineEntry | None:
    """The customer's mail that an answer of ours continues."""
    mails = entries_of(ticket).public().filter(kind=EntryKind.EMAIL_INBOUND).exclude(email_message_id="")
    if before is not None:
        mails = mails.filter(seq__lt=before.seq)
    return mails.order_by("-seq").first()


def references_of(entry: TimelineEntry) -> list[str]:
    """The ids that the mail behind an entry refers to, oldest first."""
    mail = entry.mail_messages.exclude(references=[]).first()
    return list(mail.references) if mail else [entry.in_reply_to] if entry.in_reply_to else []


def reply_texts(entry_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Bodies without quoted history, by entry, for those where that differs from the body: a view with a switch."""
    rows = MailMessage.objects.filter(entry__in=entry_ids).exclude(reply_text="")
    return dict(rows.values_list("entry_id", "reply_text"))


def known_contact(address: str) -> Contact | None:
    return contact_for_address(address) if address else None
