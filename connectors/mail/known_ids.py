"""Which tickets and envelopes the ids in a mail stand for, and Outlook's conversation: asked in one statement, as a
mail that names any is looked at for both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from connectors.mail.bounce_address import ids_in
from connectors.mail.enums import Reason
from connectors.mail.models import MAX_ID, Mailbox
from connectors.mail.parsing import ParsedMail
from connectors.mail.thread_index import begins_conversation, conversation_of

OF_ITS_PEOPLE = [Reason.ENVELOPE.value, Reason.ENVELOPE_CLOSED.value, Reason.ENVELOPE_WAITING.value]
"""Why a mail stands in an envelope as one of its people's. Of others the envelope keeps what belongs to the customer's
conversation: their ids, and Outlook's name for it, are the customer's.
"""
MAX_CONVERSED = 10
"""So many tickets of a conversation are looked at, and so many envelopes."""


@dataclass(frozen=True)
class KnownIds:
    """By the way an id is known: of a mail that was sent or received, or the name of a conversation."""

    tickets: Mapping[tuple[str, str], set[UUID]] = field(default_factory=dict)
    envelopes: Sequence[tuple[str, str, UUID]] = ()
    """Way, id, envelope; in the order in which the mail names them."""


def known_ids(mail: ParsedMail, mailbox: Mailbox) -> KnownIds:
    """Nothing is asked for a first mail, which names none."""
    named = [*mail.in_reply_to_all, mail.in_reply_to, *reversed(mail.references), *mail.delivery.original_message_ids]
    bounced = [f"{local}@{settings.MESSAGE_ID_DOMAIN}" for local in ids_in(addresses_of(mail))]
    ids = [found[:MAX_ID] for found in dict.fromkeys([*bounced, *named]) if found]
    conversation = "" if not ids and begins_conversation(mail.thread_index) else conversation_of(mail.thread_index)
    if not ids and not conversation:
        return KnownIds()
    tickets: dict[tuple[str, str], set[UUID]] = {}
    envelopes: list[tuple[str, str, UUID]] = []
    for way, name, ticket_id, envelope_id in _rows(ids, conversation, mailbox):
        if ticket_id is not None:
            tickets.setdefault((way, name), set()).add(ticket_id)
        if envelope_id is not None:
            envelopes.append((way, name, envelope_id))
    envelopes.sort(key=lambda row: ids.index(row[1]) if row[1] in ids else len(ids))
    return KnownIds(tickets, envelopes)


def addresses_of(mail: ParsedMail) -> list[str]:
    """All that may carry a word of ours."""
    people = [person.address for person in (*mail.to, *mail.cc, *mail.reply_to)]
    return [*people, *mail.envelope_recipients, *mail.delivery.original_senders]


def _rows(ids: Sequence[str], conversation: str, mailbox: Mailbox) -> list[tuple[str, str, UUID | None, UUID | None]]:
    values: list[Any] = [ids, ids, OF_ITS_PEOPLE, ids]
    if conversation:
        values += [conversation, mailbox.pk, conversation, MAX_CONVERSED]
        values += [conversation, mailbox.pk, conversation, OF_ITS_PEOPLE, MAX_CONVERSED]
    with connection.cursor() as cursor:
        cursor.execute(f"{SENT_OR_RECEIVED} {IN_CONVERSATION if conversation else ''}", values)
        return list(cursor)


SENT_OR_RECEIVED = """
    SELECT 'sent', m.email_message_id, m.ticket_id, v.envelope_id FROM tickets_outboundmessage m
      LEFT JOIN envelopes_vendormessage v ON v.outbound_id = m.id WHERE m.email_message_id = ANY(%s)
    UNION ALL
    SELECT 'sent', d.message_id, m.ticket_id, v.envelope_id FROM mail_graphdraft d
      JOIN tickets_outboundmessage m ON m.id = d.outbound_id
      LEFT JOIN envelopes_vendormessage v ON v.outbound_id = m.id
     WHERE d.message_id = ANY(%s) AND d.message_id <> ''
    UNION ALL
    SELECT 'received', m.message_id, m.ticket_id, l.envelope_id FROM mail_mailmessage m
      LEFT JOIN mail_envelopemail l ON l.message_id = m.id AND m.reason = ANY(%s)
     WHERE m.message_id = ANY(%s) AND m.message_id <> '' AND (m.ticket_id IS NOT NULL OR l.id IS NOT NULL)
"""
IN_CONVERSATION = """
    UNION ALL
    (SELECT DISTINCT 'conversation', %s, m.ticket_id, NULL::uuid FROM mail_mailmessage m
      WHERE m.mailbox_id = %s AND m.conversation = %s AND m.conversation <> '' AND m.ticket_id IS NOT NULL LIMIT %s)
    UNION ALL
    (SELECT DISTINCT 'conversation', %s, NULL::uuid, l.envelope_id FROM mail_mailmessage m
       JOIN mail_envelopemail l ON l.message_id = m.id
      WHERE m.mailbox_id = %s AND m.conversation = %s AND m.conversation <> '' AND m.reason = ANY(%s) LIMIT %s)
"""
