"""What people do in the demo's stories: each act is one call of the service that pages and API call too."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent, Contact, Team
from connectors.mail.services import acknowledge
from core.actors import TIMER, SystemActor
from desk.demo.people import MAILBOX
from desk.demo.script import Step, Story
from envelopes import services as help_services
from envelopes.enums import EnvelopeKind, EnvelopeStatus
from envelopes.models import Envelope
from sla.scores.services import override_score
from sla.services import pause_clocks
from tickets import services
from tickets.enums import Channel, EntryKind, FlagType, OutboundStatus, Then
from tickets.models import OutboundMessage, Resolution, Task, Ticket
from tickets.resolution_enums import DamageCheck
from tickets.services.creation import Message

SEED = SystemActor("demo data")
FRESH = timedelta(days=1)
"""What is younger goes its usual way: mails are delivered, people notified. Older things count as long done."""


class Cast:
    """The people of the desk by their keys, and the tickets of the stories that have begun."""

    def __init__(self, *, contacts: dict[str, Contact], now: datetime) -> None:
        self.contacts, self.now = contacts, now
        self.tickets: dict[str, Ticket] = {}

    def agent(self, key: str) -> Agent:
        """Read anew each time: what a person reaches is kept on the object and depends on the moment."""
        return Agent.objects.get(email=f"{key}@itilnext.example")

    def ticket(self, story: Story) -> Ticket:
        return Ticket.objects.get(pk=self.tickets[story.key].pk)


def message_id_of(key: str) -> str:
    """Message-ID of a story's first message; by it a second run knows the ticket."""
    return f"demo.{key}@{MAILBOX.partition('@')[2]}"


def begin(cast: Cast, story: Story) -> None:
    requester = cast.contacts[story.requester]
    is_mail = story.channel == Channel.EMAIL
    message = Message(
        body_text=story.text,
        subject=story.subject,
        email_message_id=message_id_of(story.key),
        email_from=requester.email if is_mail else "",
        email_to=[MAILBOX] if is_mail else [],
    )
    ticket = services.create_ticket(
        by=cast.agent(story.taken_down_by) if story.taken_down_by else SEED,
        requester=requester,
        team=Team.objects.get(name=story.team),
        subject=story.subject,
        message=message,
        follow_up_of=cast.tickets[story.follow_up_of] if story.follow_up_of else None,
        priority=story.priority,
        channel=story.channel,
        type=story.type,
        product=story.product,
    )
    cast.tickets[story.key] = ticket
    if is_mail and story.requester != "spam":
        acknowledge(ticket.pk)
        _send(cast, ticket)


def perform(cast: Cast, story: Story, step: Step) -> None:
    """Do one step of a story; the clock stands at its moment."""
    ACTS[step.name](cast, story, cast.agent(step.who) if step.who else None, **step.values)


def _accepts(cast: Cast, story: Story, by: Agent) -> None:
    services.accept_ticket(cast.ticket(story).pk, by=by)


def _offers(cast: Cast, story: Story, by: Agent, *, to: str) -> None:
    services.offer_ticket(cast.ticket(story).pk, to=cast.agent(to), by=by)


def _moves(cast: Cast, story: Story, by: Agent, *, team: str) -> None:
    services.change_team(cast.ticket(story).pk, by=by, team=Team.objects.get(name=team))


def _prioritises(cast: Cast, story: Story, by: Agent, *, to: str, text: str = "") -> None:
    ticket = cast.ticket(story)
    services.edit_ticket(ticket.pk, by=by, version=ticket.version, priority=to, reason=text)


def _flags(cast: Cast, story: Story, by: Agent, *, to: str, text: str) -> None:
    services.add_flag(cast.ticket(story).pk, by=by, type=to, reason=text)


def _notes(cast: Cast, story: Story, by: Agent, *, text: str) -> None:
    services.add_note(cast.ticket(story).pk, by=by, body_text=text)


def _replies(cast: Cast, story: Story, by: Agent, *, text: str, wait: bool = False) -> None:
    ticket = cast.ticket(story)
    closing = by.signature or by.name
    greeting = "Viele Grüße" if ticket.language.startswith("de") else "Kind regards"
    message = services.reply_to_customer(
        ticket.pk, by=by, body_text=f"{text}\n\n{greeting}\n{closing}", then=Then.WAIT_FOR_CUSTOMER if wait else ""
    )
    services.release_message(message.pk, now=message.release_at)
    _send(cast, ticket)


def _writes(cast: Cast, story: Story, _by: None, *, text: str) -> None:
    ticket = cast.ticket(story)
    requester = cast.contacts[story.requester]
    last = ticket.entries.filter(kind=EntryKind.EMAIL_OUTBOUND).order_by("-seq").first()
    message = Message(
        body_text=text,
        subject=f"AW: [{ticket.reference}] {ticket.subject}",
        email_message_id=f"demo.{story.key}.{ticket.entries.count()}@{requester.email.partition('@')[2]}",
        email_from=requester.email,
        email_to=[MAILBOX],
        in_reply_to=last.email_message_id if last else "",
    )
    services.record_customer_message(ticket.pk, by=requester, message=message)


def _adds_task(cast: Cast, story: Story, by: Agent, text: str, *, is_mandatory: bool = False) -> None:
    services.create_task(cast.ticket(story).pk, by=by, title=text, assigned_to=by, is_mandatory=is_mandatory)


def _finishes_task(cast: Cast, story: Story, by: Agent, *, title: str) -> None:
    services.finish_task(Task.objects.get(ticket=cast.ticket(story), title=title).pk, by=by)


def _resolves(cast: Cast, story: Story, by: Agent, *, text: str, code: str) -> None:
    ticket = cast.ticket(story)
    services.resolve_ticket(ticket.pk, by=by, code=code, note=text)
    _send(cast, ticket)


def _confirms(cast: Cast, story: Story, _by: None) -> None:
    ticket = cast.ticket(story)
    services.confirm_by_customer(ticket.pk, by=cast.contacts[story.requester], round=ticket.reopen_count)


def _cancels(cast: Cast, story: Story, by: Agent, *, code: str) -> None:
    services.cancel_ticket(cast.ticket(story).pk, by=by, code=code)


def _hands_over(cast: Cast, story: Story, by: Agent, *, to: str, code: str, text: str) -> None:
    ticket = cast.ticket(story)
    services.transfer_ownership(ticket.pk, by=by, new_owner=cast.agent(to), reason_code=code, reason=text)
    _send(cast, ticket)


def _grants(
    cast: Cast,
    story: Story,
    by: Agent,
    *,
    what: str,
    why: str,
    amount: str,
    category: str,
    reason: str,
    kind: str,
    text: str = "",
    is_damage_checked: bool = False,
) -> None:
    services.create_resolution(
        cast.ticket(story).pk,
        by=by,
        what_went_wrong_category=category,
        what_went_wrong=what,
        why_eligible_category=reason,
        why_eligible=why,
        resolution_type=kind,
        resolution_details=text,
        amount=Decimal(amount),
        damage_checklist=DamageCheck.values if is_damage_checked else (),
    )


def _newest_resolution(cast: Cast, story: Story) -> UUID:
    return Resolution.objects.filter(ticket=cast.ticket(story)).latest("created_at").pk


def _approves(cast: Cast, story: Story, by: Agent, *, text: str) -> None:
    services.approve_resolution(_newest_resolution(cast, story), by=by, note=text)


def _rejects(cast: Cast, story: Story, by: Agent, *, text: str) -> None:
    services.reject_resolution(_newest_resolution(cast, story), by=by, reason=text)


def _withdraws(cast: Cast, story: Story, by: Agent) -> None:
    services.withdraw_resolution(_newest_resolution(cast, story), by=by)


def _asks_colleagues(
    cast: Cast, story: Story, by: Agent, *, text: str, team: str = "", to: str = "", waits: bool = True
) -> None:
    help_services.open_envelope(
        cast.ticket(story).pk,
        by=by,
        reason=text,
        team=Team.objects.get(name=team) if team else None,
        assigned_to=cast.agent(to) if to else None,
        is_blocking=waits,
    )


def _asks_vendor(cast: Cast, story: Story, by: Agent, *, text: str, to: str, at: str) -> None:
    help_services.open_envelope(
        cast.ticket(story).pk,
        by=by,
        reason=text,
        assigned_to=cast.agent(to),
        is_blocking=False,
        kind=EnvelopeKind.EXTERNAL_VENDOR,
        vendor_addresses=[at],
    )


def _mails_vendor(cast: Cast, story: Story, by: Agent, *, text: str, subject: str = "") -> None:
    message = help_services.write_to_vendor(_envelope(cast, story).pk, by=by, subject=subject, body_text=text)
    services.release_message(message.pk, now=message.release_at)
    _send(cast, cast.ticket(story))


def _vendor_answers(cast: Cast, story: Story, _by: None, *, text: str) -> None:
    envelope = _envelope(cast, story)
    sender = envelope.vendor_addresses[0]
    help_services.post_mail(envelope.pk, senders=[sender], sender=sender, message=Message(body_text=text))


def _asks_on(cast: Cast, story: Story, by: Agent, *, text: str, to: str) -> None:
    help_services.open_next_level(_envelope(cast, story).pk, by=by, reason=text, assigned_to=cast.agent(to))


def _envelope(cast: Cast, story: Story, status: EnvelopeStatus = EnvelopeStatus.ACTIVE) -> Envelope:
    """The newest of the ticket that is in this state."""
    return Envelope.objects.filter(ticket=cast.ticket(story), status=status).latest("number")


def _joins(cast: Cast, story: Story, by: Agent) -> None:
    help_services.accept_envelope(_envelope(cast, story, EnvelopeStatus.PENDING).pk, by=by)


def _turns_down(cast: Cast, story: Story, by: Agent, *, text: str) -> None:
    help_services.decline_envelope(_envelope(cast, story, EnvelopeStatus.PENDING).pk, by=by, reason=text)


def _tells(cast: Cast, story: Story, by: Agent, *, text: str) -> None:
    help_services.post_in_envelope(_envelope(cast, story).pk, by=by, body_text=text)


def _seals(cast: Cast, story: Story, by: Agent, *, text: str, outcome: str) -> None:
    help_services.complete_envelope(_envelope(cast, story).pk, by=by, summary=text, outcome=outcome)


def _calls_off(cast: Cast, story: Story, by: Agent, *, text: str) -> None:
    help_services.cancel_envelope(_envelope(cast, story, EnvelopeStatus.PENDING).pk, by=by, reason=text)


def _asks_elsewhere(cast: Cast, story: Story, by: Agent, *, to: str) -> None:
    declined = _envelope(cast, story, EnvelopeStatus.DECLINED)
    help_services.redirect_envelope(declined.pk, by=by, assigned_to=cast.agent(to))


def _offers_help(cast: Cast, story: Story, by: Agent) -> None:
    help_services.offer_help(_envelope(cast, story, EnvelopeStatus.PENDING).pk, by=by)


def _gives_back(cast: Cast, story: Story, by: Agent, *, text: str) -> None:
    help_services.release_envelope(_envelope(cast, story).pk, by=by, reason=text)


def _invites(cast: Cast, story: Story, by: Agent, *, to: str) -> None:
    help_services.invite_expert(_envelope(cast, story).pk, by=by, agent=cast.agent(to))


def _asks_again(cast: Cast, story: Story, by: Agent) -> None:
    help_services.reopen_envelope(_envelope(cast, story, EnvelopeStatus.COMPLETED).pk, by=by)


def _adds_help_task(cast: Cast, story: Story, by: Agent, text: str, *, to: str, is_mandatory: bool = False) -> None:
    envelope = _envelope(cast, story)
    help_services.add_envelope_task(
        envelope.pk, by=by, title=text, assigned_to=cast.agent(to), is_mandatory=is_mandatory
    )


def _waives_photo(cast: Cast, story: Story, by: Agent, *, text: str) -> None:
    flag = cast.ticket(story).case_flags.get(type=FlagType.PHYSICAL_DAMAGE, cleared_at__isnull=True)
    services.waive_photo(flag.pk, by=by, reason=text)


def _pauses(cast: Cast, story: Story, by: Agent, *, text: str, reason: str, days: int) -> None:
    pause_clocks(cast.ticket(story).pk, by=by, reason=reason, until=timezone.now() + timedelta(days=days), note=text)


def _ranks(cast: Cast, story: Story, by: Agent, *, text: str, score: int, days: int) -> None:
    until = timezone.now() + timedelta(days=days)
    override_score(cast.ticket(story).pk, by=by, score=Decimal(score), reason=text, until=until)


ACTS: dict[str, Callable[..., Any]] = {
    "accepts": _accepts,
    "offers": _offers,
    "moves": _moves,
    "prioritises": _prioritises,
    "flags": _flags,
    "notes": _notes,
    "replies": _replies,
    "writes": _writes,
    "asks_colleagues": _asks_colleagues,
    "asks_on": _asks_on,
    "asks_vendor": _asks_vendor,
    "mails_vendor": _mails_vendor,
    "vendor_answers": _vendor_answers,
    "joins": _joins,
    "turns_down": _turns_down,
    "tells": _tells,
    "seals": _seals,
    "calls_off": _calls_off,
    "asks_elsewhere": _asks_elsewhere,
    "offers_help": _offers_help,
    "gives_back": _gives_back,
    "invites": _invites,
    "asks_again": _asks_again,
    "adds_help_task": _adds_help_task,
    "waives_photo": _waives_photo,
    "adds_task": _adds_task,
    "finishes_task": _finishes_task,
    "resolves": _resolves,
    "confirms": _confirms,
    "cancels": _cancels,
    "hands_over": _hands_over,
    "grants": _grants,
    "approves": _approves,
    "rejects": _rejects,
    "withdraws": _withdraws,
    "pauses": _pauses,
    "ranks": _ranks,
}


def _send(cast: Cast, ticket: Ticket) -> None:
    """Mark old mails as sent; those of today are left to the worker, which puts them into the customers' mailboxes."""
    at = timezone.now()
    if cast.now - at < FRESH:
        return
    for message in OutboundMessage.objects.filter(ticket=ticket, status=OutboundStatus.QUEUED):
        message.start(leased_until=at)
        message.succeed(at=at)
        message.save(update_fields=["status", "attempts", "sent_at", "next_attempt_at", "leased_until"])


def close_if_due(cast: Cast, ticket: Ticket) -> bool:
    """Close what has been resolved for five business days; the clock stands where it became due."""
    return services.auto_close_ticket(ticket.pk, by=TIMER, at=ticket.auto_closes_at or cast.now)
