"""What cards say: of news to a person, and of posts to a channel. Within the language of whoever reads them.

A workflow keeps what it was sent, and shows that to its owners. So a card to one person, too, says no more than a
channel may read: reference, priority, state and what kind of event it is, never a name, a subject or a text.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Agent
from connectors.teams.cards import Button, Card, Item
from connectors.teams.enums import CardAct, PostKind
from connectors.teams.links import CardLink, address_of
from connectors.teams.models import ChannelPost
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope
from notifications.enums import EventType
from notifications.letters import absolute
from notifications.models import Notification
from notifications.ways import Letter, Line
from sla.reminders.enums import ReminderStatus
from sla.reminders.models import Reminder
from tickets.enums import Priority, TicketStatus
from tickets.models import Ticket

SNOOZABLE = (ReminderStatus.TRIGGERED, ReminderStatus.SNOOZED)
OF_ENVELOPES = (EventType.ENVELOPE_REQUESTED, EventType.ENVELOPE_UPDATED, EventType.ENVELOPE_MESSAGE)
"""News that only those are told who may read the envelope: asked anew when the card is written."""


def card_of_post(post: ChannelPost) -> Card:
    kind = str(PostKind(post.kind).label)
    if post.ticket is None:
        text = _("Cards of the desk arrive here. Nothing has happened.")
        item = Item(title=text, facts=[(_("State"), text)])
        return Card(title=kind, items=[item], language=_language(), url=absolute("connections:connections"))
    ticket_url = absolute("desk:ticket", post.ticket.reference)
    buttons = [Button(_("Open"), ticket_url)]
    if post.envelope_id is not None:
        link = CardLink(
            act=CardAct.ACCEPT_ENVELOPE,
            subject_id=post.envelope_id,
            key=post.pk,
            person_id=None,
            told_at=post.created_at,
        )
        buttons.insert(0, Button(str(link.act.label), address_of(link)))
    facts = _facts(post.ticket.reference, post.priority, post.ticket_status)
    item = Item(title=kind, facts=facts, buttons=buttons)
    return Card(title=f"{post.ticket.reference}: {kind}", items=[item], language=_language(), url=ticket_url)


def card_of_letter(letter: Letter) -> Card:
    """Three statements at most, however many lines."""
    rows = _notifications(letter)
    envelopes = _readable_envelopes(rows.values(), letter.recipient)
    reminders = _reminders(rows.values(), letter.recipient)
    items = [
        _item(line, rows.get(line.notification_id), envelopes, reminders, reader=letter.recipient)
        for line in letter.lines
    ]
    if len(items) == 1:
        (item,) = items
        return Card(title=item.title, items=items, language=letter.language, url=item.buttons[-1].url)
    is_all_told = all(item.facts or not line.reference for item, line in zip(items, letter.lines, strict=True))
    title = letter.title if is_all_told else _("%(count)d notifications") % {"count": len(items)}
    return Card(title=title, items=items, language=letter.language, url=letter.url)


Numbered = Mapping[tuple[UUID, int], Envelope]


def _item(
    line: Line,
    row: Notification | None,
    envelopes: Numbered,
    reminders: Mapping[UUID, Reminder],
    *,
    reader: Agent,
) -> Item:
    ticket = row.ticket if row is not None and line.reference else None
    if row is None or ticket is None:
        return Item(title=line.kind, buttons=[*_of_reminder(row, reminders, reader), Button(_("Open"), line.url)])
    envelope = envelopes.get((ticket.pk, int(row.payload.get("number", 0))))
    if row.event_type in OF_ENVELOPES and envelope is None:
        return Item(title=line.kind, buttons=[Button(_("Open"), absolute("desk:notifications"))])
    buttons = [
        *_of_offer(row, ticket, reader),
        *(_of_envelope(row, envelope, reader) if envelope is not None else ()),
        *_of_reminder(row, reminders, reader),
        Button(_("Open"), line.url),
    ]
    title = f"{line.reference}: {line.kind}"
    return Item(title=title, facts=_facts(line.reference, ticket.priority, ticket.status), buttons=buttons)


def _of_offer(row: Notification, ticket: Ticket, reader: Agent) -> list[Button]:
    is_offered = row.event_type == EventType.TICKET_ASSIGNED and ticket.offered_to_id == reader.pk
    return [_button(CardAct.ACCEPT_TICKET, ticket.pk, row, reader)] if is_offered else []


def _of_envelope(row: Notification, envelope: Envelope, reader: Agent) -> list[Button]:
    if row.event_type != EventType.ENVELOPE_REQUESTED or envelope.status != EnvelopeStatus.PENDING:
        return []
    acts = [CardAct.ACCEPT_ENVELOPE]
    if envelope.assigned_to_id == reader.pk:  # only who is asked by name can say no for themselves
        acts.append(CardAct.DECLINE_ENVELOPE)
    return [_button(act, envelope.pk, row, reader) for act in acts]


def _of_reminder(row: Notification | None, reminders: Mapping[UUID, Reminder], reader: Agent) -> list[Button]:
    reminder_id = _reminder_id(row) if row is not None else None
    found = reminders.get(reminder_id) if reminder_id else None
    if row is None or found is None:
        return []
    acts = [CardAct.COMPLETE] if row.event_type == EventType.REMINDER and found.is_open else []
    if found.status in SNOOZABLE and row.event_type != EventType.SLA_BREACH:
        acts.append(CardAct.SNOOZE)
    return [_button(act, found.pk, row, reader) for act in acts]


def _button(act: CardAct, subject_id: UUID, row: Notification, reader: Agent) -> Button:
    link = CardLink(act=act, subject_id=subject_id, key=row.pk, person_id=reader.pk, told_at=row.created_at)
    return Button(str(act.label), address_of(link))


def _facts(reference: str, priority: str, status: str) -> list[tuple[str, str]]:
    return [
        (_("Ticket"), reference),
        (_("Priority"), str(Priority(priority).label)),
        (_("State"), str(TicketStatus(status).label)),
    ]


def _notifications(letter: Letter) -> dict[UUID, Notification]:
    ids = [line.notification_id for line in letter.lines]
    rows = Notification.objects.filter(pk__in=ids, recipient=letter.recipient).select_related("ticket")
    return {row.pk: row for row in rows}


def _readable_envelopes(rows: Iterable[Notification], reader: Agent) -> Numbered:
    """Of the news about envelopes, by ticket and number: those that the reader may read now."""
    tickets = {row.ticket_id for row in rows if row.event_type in OF_ENVELOPES and row.ticket_id is not None}
    if not tickets:
        return {}
    found = Envelope.objects.thread_visible_to(reader).filter(ticket__in=tickets)
    return {(envelope.ticket_id, envelope.number): envelope for envelope in found}


def _reminders(rows: Iterable[Notification], reader: Agent) -> dict[UUID, Reminder]:
    ids = {found for row in rows if (found := _reminder_id(row)) is not None}
    return Reminder.objects.handled_by(reader).in_bulk(list(ids)) if ids else {}


def _reminder_id(row: Notification) -> UUID | None:
    kept = row.payload.get("reminder")
    return UUID(kept) if kept else None


def _language() -> str:
    return get_language() or "en"
