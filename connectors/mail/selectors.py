"""Reads of the mail connector: what the ledger knows, who takes part in a ticket, which mailbox speaks for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Agent, Contact
from accounts.selectors import company_for_address, contact_for_address
from connectors.base.models import Connection
from connectors.mail.enums import Backend
from connectors.mail.errors import AddressIsOurs
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.parsing import ParsedMail
from connectors.microsoft365.setup import MailboxName
from core.arrays import any_of
from core.compiled import Compiled
from core.errors import DomainError
from tickets.enums import ClosureCode, EntryKind, LinkKind, TicketStatus
from tickets.models import Ticket, TicketLink, TimelineEntry
from tickets.selectors import entries_of

GRAPH_PREFIX = "graph:"
"""Of names of mails that came by Microsoft 365; their immutable id follows."""
MAX_HOPS = 10
"""Duplicates of duplicates are followed this far."""


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


def no_mailbox_of_ours(address: str) -> DomainError | None:
    """The objection to a customer with an address of ours: we would write to ourselves."""
    return AddressIsOurs(address=address) if own_mailbox(address, own_addresses()) else None


def mailboxes_in_microsoft365(connection: Connection) -> list[MailboxName]:
    """Those that this connection signs in for, also ones that are switched off: they come back with their scope."""
    rows = Mailbox.objects.filter(backend=Backend.GRAPH, connection=connection).values_list("address", "settings__user")
    return [MailboxName(address, "" if user in (None, address) else str(user)) for address, user in rows]


def addressed_mailbox(mail: ParsedMail, own: dict[str, Mailbox]) -> Mailbox | None:
    """The first of ours in To, then in Cc (ruling 16)."""
    found = (own_mailbox(person.address, own) for person in (*mail.to, *mail.cc))
    return next((mailbox for mailbox in found if mailbox is not None), None)


def takes_part(address: str, ticket: Ticket) -> bool:
    """Requester, participant, somebody who got or sent a public mail of it, the same company, or an agent."""
    wanted = address.strip().lower()
    if not wanted:
        return False
    if belongs_to(wanted, ticket):
        return True
    spellings = [address.strip(), wanted]
    in_copy = Q(email_cc__overlap=spellings) | Q(email_to__overlap=spellings)
    if (agent := agent_at(wanted, also_former=True)) is not None:
        return agent.is_active
    return entries_of(ticket).public().filter(in_copy).exists()


def agent_at(*addresses: str, also_former: bool = False) -> Agent | None:
    """The agent with one of these addresses, the first ones first; one who is not active only if `also_former`."""
    wanted = [address.strip().lower() for address in addresses if address.strip()]
    if not wanted:
        return None
    agents = _AGENTS_AT.fetch(wanted)
    named = [agent for agent in agents if also_former or agent.is_active]
    return min(named, key=lambda agent: wanted.index(agent.email.lower()), default=None)


_AGENTS_AT = Compiled(lambda wanted: Agent.objects.filter(any_of(Lower("email"), wanted)).order_by(), ["an@address"])


def belongs_to(address: str, ticket: Ticket) -> bool:
    """Requester, participant or the same company: whose Cc may bring others into the conversation."""
    wanted = address.strip().lower()
    if speaks_as_customer(wanted, ticket):
        return True
    contact = contact_for_address(wanted)
    company = contact.company if contact else company_for_address(wanted)
    return company is not None and company.pk == ticket.company_id


def speaks_as_customer(address: str, ticket: Ticket) -> bool:
    """Requester or participant."""
    is_requester = ticket.requester.email.lower() == address.lower()
    return is_requester or ticket.participants.filter(contact__email__iexact=address).exists()


def never_taken_along(addresses: Iterable[str], ticket: Ticket | None = None) -> set[str]:
    """Of these addresses, in lower case, those that never take part in a conversation by a mail's Cc: agents, blocked
    senders, and vendors who help on the ticket, who may have answered everybody.
    """
    wanted: Any = [address.lower() for address in addresses]  # django-stubs knows no lists as parameters
    with connection.cursor() as cursor:
        cursor.execute(NEVER_TAKEN_ALONG, [wanted, wanted, ticket.pk if ticket else None, wanted])
        return {address for (address,) in cursor}


NEVER_TAKEN_ALONG = """
    SELECT lower(email) FROM accounts_agent WHERE is_active AND lower(email) = ANY(%s)
    UNION ALL
    SELECT lower(address) FROM mail_blockedsender WHERE lower(address) = ANY(%s)
    UNION ALL
    SELECT unnest(vendor_addresses) FROM envelopes_envelope
     WHERE ticket_id = %s AND ended_at IS NULL AND vendor_addresses && %s
"""


@dataclass(frozen=True)
class Known:
    """What the ledger knows of a mail before anybody looks into it."""

    copy_id: UUID | None
    """The row of the very same mail."""
    is_id_used: bool
    """Its Message-ID stands on another mail."""
    is_blocked: bool
    is_newcomer: bool
    """No contact has the sender's address, and no company its domain."""


def locked_state(message: MailMessage) -> str:
    """The row's state, locked."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LOCKED}", [message.pk])
        return str(cursor.fetchone()[0])


def locked_and_known(message: MailMessage, *, senders: Sequence[str], locks: Sequence[int]) -> tuple[str, Known]:
    """As `locked_state`, taking advisory `locks` besides, and what the ledger knows of it: in one statement, since
    every mail asks.

    Who waits for the lock gets the rest as it was before; what must not be missed is held by unique constraints.
    """
    newcomer = message.from_address.strip()
    blocked: Any = [address.strip().lower() for address in senders]  # django-stubs knows no lists as parameters
    copies = [message.identity, message.pk, message.message_id, message.pk, message.content_hash]
    with connection.cursor() as cursor:
        numbers: Any = list(locks)
        values = [*copies, blocked, newcomer, newcomer.rpartition("@")[2].lower(), numbers, message.pk]
        cursor.execute(f"SELECT {KNOWN}, {NEWCOMER}, {LOCKS}, {LOCKED}", values)
        copy_id, is_id_used, is_blocked, is_newcomer, _locks, state = cursor.fetchone()
        return str(state), Known(copy_id, is_id_used, is_blocked, is_newcomer)


KNOWN = """
    (SELECT id FROM mail_mailmessage WHERE identity = %s AND id <> %s),
    EXISTS (SELECT FROM mail_mailmessage
             WHERE message_id = %s AND message_id <> '' AND id <> %s AND content_hash <> %s),
    EXISTS (SELECT FROM mail_blockedsender WHERE lower(address) = ANY(%s))
"""
NEWCOMER = """
    NOT EXISTS (SELECT FROM accounts_contact WHERE lower(email) = lower(%s))
    AND NOT EXISTS (SELECT FROM accounts_company WHERE domains && ARRAY[%s]::varchar[])
"""
LOCKS = "(SELECT count(pg_advisory_xact_lock(n)) FROM unnest(%s::bigint[]) AS n)"
LOCKED = "state FROM mail_mailmessage WHERE id = %s FOR NO KEY UPDATE"


def locked_ticket(ticket: Ticket) -> Ticket:
    """The ticket under lock, so that its state is the one that decides (`record_customer_message` locks it again)."""
    pk: UUID = ticket.pk
    Ticket.objects.for_update().values_list("pk").get(pk=pk)
    return Ticket.objects.select_related("team", "owner", "requester", "company", "merged_into").get(pk=pk)


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


def source_of(mailbox: Mailbox, message_id: str) -> str:
    """The id, in Microsoft 365, of a mail that came into this mailbox; empty where it did not come by that way."""
    rows = MailMessage.objects.filter(message_id=message_id, mailbox=mailbox, provider_id__startswith=GRAPH_PREFIX)
    name = rows.order_by("-received_at").values_list("provider_id", flat=True).first() if message_id else None
    return name.removeprefix(GRAPH_PREFIX) if name else ""


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
