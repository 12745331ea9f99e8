"""What sets a case apart: flags are added and cleared, each with a reason. Their effects are receivers (domain.md
section 12).
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent, ApiClient, Team
from core.actors import DESK, Actor, SystemActor
from core.errors import DomainError, Invalid, StaleVersion
from core.events import publish
from core.history import record
from core.service import service
from tickets.enums import ENDED, EntryKind, FlagCause, FlagType, Sentiment, Unsent
from tickets.errors import FlagAlreadyAdded, FlagIsCleared, FlagOfOtherKind, LegalFlagForbidden
from tickets.events import FlagAdded, FlagCleared, VipTicketsLeft
from tickets.models import CaseFlag, Ticket, TicketWatch
from tickets.policies import may_clear_flag, may_flag, may_keep_flags
from tickets.repeats import CONTACTS, WITHIN, contacts_about
from tickets.selectors import readers_among
from tickets.services._common import add_entry, check_version, lock, not_the_owner, refuse_if_ended, touch
from tickets.services.outgoing import drop_all_scheduled

AT_ONCE = 100
"""Tickets of one customer that are flagged in one transaction."""


@service
def add_flag(ticket_id: UUID, *, by: Actor, type: str, reason: str, version: int | None = None) -> CaseFlag:
    """Flag a ticket; `reason` is for colleagues, customers never see it.

    The desk itself may flag ended tickets too, as a survey does. Raises ScopeMissing, RoleForbids or NotOwner, Invalid,
    TicketClosed, FlagAlreadyAdded or StaleVersion.
    """
    ticket = lock(ticket_id)
    if not may_flag(by, ticket):
        raise _refusal(by, ticket)
    _check(type, reason)
    if not isinstance(by, SystemActor):
        refuse_if_ended(ticket)
    if type in ticket.flags:
        raise FlagAlreadyAdded(reference=ticket.reference, flag=FlagType(type).label)
    check_version(ticket, version)
    return _add(ticket, FlagType(type), by=by, reason=reason.strip())


@service
def flag_automatically(ticket_id: UUID, *, type: FlagType, cause: FlagCause) -> CaseFlag | None:
    """The desk's own flag, in its own words; None where the ticket has it already or has ended."""
    ticket = lock(ticket_id)
    if type in ticket.flags or ticket.is_ended:
        return None
    with translation.override("en"):
        reason = str(cause.label)  # kept in one language; readers get it in theirs by the cause
    return _add(ticket, type, by=DESK, reason=reason, cause=cause)


@service
def flag_open_tickets_of_vips(*, contact_id: UUID | None = None, company_id: UUID | None = None) -> int:
    """Flag what is open of a contact, or of everybody at a company, that has become VIP; answers how many were flagged.

    So many at once; of the rest an event tells, so that no transaction grows with the company.
    """
    whose = Q(requester=contact_id) if contact_id else Q(company=company_id) | Q(requester__company=company_id)
    left = Ticket.objects.filter(whose).exclude(status__in=ENDED).exclude(flags__contains=[FlagType.VIP])
    ids = list(left.order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
    for ticket_id in ids[:AT_ONCE]:
        flag_automatically(ticket_id, type=FlagType.VIP, cause=FlagCause.TIER)
    if len(ids) > AT_ONCE:
        publish(VipTicketsLeft(contact_id=contact_id, company_id=company_id, occurred_at=timezone.now()))
    return len(ids[:AT_ONCE])


@service
def flag_repeat_contact(ticket_id: UUID, *, at: datetime) -> CaseFlag | None:
    """Flag the ticket if the customer's contact of this moment is the third within 30 days about the same issue.

    What came before the flag was cleared the last time counts no more. Counted without a lock, as few are the third:
    contacts only become more, and whether the flag is there is asked again under it.
    """
    ticket = Ticket.objects.only("requester", "company", "category", "flags").get(pk=ticket_id)
    since = at - WITHIN
    if FlagType.REPEAT_CONTACT in ticket.flags or contacts_about(ticket, since=since, until=at) < CONTACTS:
        return None
    cleared = CaseFlag.objects.filter(ticket=ticket, type=FlagType.REPEAT_CONTACT, cleared_at__gt=since)
    last = cleared.aggregate(last=Max("cleared_at"))["last"]
    if last is not None and contacts_about(ticket, since=last, until=at) < CONTACTS:
        return None
    return flag_automatically(ticket_id, type=FlagType.REPEAT_CONTACT, cause=FlagCause.CONTACTS)


@service
def carry_flags(ticket_id: UUID, *, into_id: UUID) -> None:
    """Set on the ticket it was merged into what it is flagged as, with waiver and sentiment: a legal case stays one.
    What stands there already stays. Taking the merge back leaves them there, for somebody to clear.
    """
    into = lock(into_id)
    active = CaseFlag.objects.filter(cleared_at__isnull=True)
    there = {flag.type: flag for flag in active.filter(ticket=into).select_for_update(of=("self",), no_key=True)}
    for flag in active.filter(ticket=ticket_id):
        kept = there.get(flag.type) or _add(into, FlagType(flag.type), by=DESK, reason=flag.reason, cause=flag.cause)
        kept.ticket = into
        _take_over(flag, kept)


def _take_over(flag: CaseFlag, kept: CaseFlag) -> None:
    now, is_waived = timezone.now(), bool(flag.waiver_reason and not kept.waiver_reason)
    is_felt = bool(flag.sentiment and not kept.sentiment)
    if is_waived:
        kept.waiver_reason = flag.waiver_reason
        _tell(kept.ticket, kept, "photo_waived", by=DESK, at=now, body_text=kept.waiver_reason)
    if is_felt:
        kept.sentiment = flag.sentiment
        _tell(kept.ticket, kept, "sentiment", by=DESK, at=now, value=str(kept.sentiment))
    if is_waived or is_felt:
        record(kept, by=DESK)


@service
def clear_flag(flag_id: UUID, *, by: Actor, reason: str, version: int | None = None) -> CaseFlag:
    """It holds no more, or never did; the row is kept. `version` is the flag's.

    Raises LegalFlagForbidden, ScopeMissing, RoleForbids or NotOwner, Invalid, TicketClosed, FlagIsCleared or
    StaleVersion.
    """
    ticket, flag = _lock_flag(flag_id)
    if not may_clear_flag(by, ticket, flag.type):
        is_legal = flag.type == FlagType.LEGAL
        raise LegalFlagForbidden(reference=ticket.reference) if is_legal else _refusal(by, ticket)
    if not reason.strip():
        raise Invalid({"reason": _("Say why the flag is cleared.")})
    _refuse_unless_active(flag, ticket)
    _check_version(flag, version)
    now = timezone.now()
    flag.cleared_at, flag.clear_reason, flag.cleared_by_name = now, reason.strip(), by.audit_name[:255]
    flag.cleared_by = by if isinstance(by, Agent) else None
    record(flag, by=by, reason=flag.clear_reason)
    _show(ticket, sorted({*ticket.flags} - {flag.type}))
    _tell(ticket, flag, "flag_cleared", by=by, at=now, body_text=flag.clear_reason)
    agent_id = by.pk if isinstance(by, Agent) else None
    publish(FlagCleared(ticket_id=ticket.pk, flag_id=flag.pk, type=flag.type, by_id=agent_id, occurred_at=now))
    return flag


@service
def waive_photo(flag_id: UUID, *, by: Actor, reason: str, version: int | None = None) -> CaseFlag:
    """Physical damage is compensated without a photo; whoever may clear the flag says why.

    Raises ScopeMissing, RoleForbids or NotOwner, Invalid, TicketClosed, FlagIsCleared, FlagOfOtherKind or StaleVersion.
    """
    ticket, flag = _lock_flag(flag_id)
    _refuse_detail(flag, ticket, FlagType.PHYSICAL_DAMAGE, by=by)
    if not reason.strip():
        raise Invalid({"reason": _("Say why there is no photo.")})
    _check_version(flag, version)
    flag.waiver_reason = reason.strip()
    record(flag, by=by, reason=flag.waiver_reason)
    _tell(ticket, flag, "photo_waived", by=by, at=timezone.now(), body_text=flag.waiver_reason)
    return flag


@service
def record_sentiment(flag_id: UUID, *, by: Actor, sentiment: str, version: int | None = None) -> CaseFlag:
    """How a case of social media is talked about in the end; asked for before the ticket is resolved.

    Raises as `waive_photo`.
    """
    ticket, flag = _lock_flag(flag_id)
    _refuse_detail(flag, ticket, FlagType.SOCIAL_MEDIA, by=by)
    if sentiment not in Sentiment:
        raise Invalid({"sentiment": _("Choose how it is talked about.")})
    _check_version(flag, version)
    flag.sentiment = Sentiment(sentiment)
    record(flag, by=by)
    _tell(ticket, flag, "sentiment", by=by, at=timezone.now(), value=str(flag.sentiment))
    return flag


@service
def watch_as_manager(ticket_id: UUID) -> Agent | None:
    """Let the manager of the ticket's team, or of the next team above with one, hear of what happens on it.

    None where there is no manager, or the ticket is not in their sight.
    """
    ticket = lock(ticket_id)
    manager = manager_of(ticket.team)
    if manager is None or not manager.is_active or not readers_among([manager], ticket):
        return None
    TicketWatch.objects.get_or_create(ticket_id=ticket_id, person=manager)
    return manager


@service
def drop_scheduled_of_legal_case(ticket_id: UUID, *, by: Actor) -> None:
    """Take back the replies that wait for a later moment: texts are prescribed from now on."""
    drop_all_scheduled(lock(ticket_id), reason=Unsent.LEGAL, by=by, at=timezone.now())


def manager_of(team: Team) -> Agent | None:
    """Of the team itself, else of the nearest one above it."""
    seen, above = set[UUID](), team
    while above.manager is None and above.parent is not None and above.pk not in seen:
        seen.add(above.pk)
        above = above.parent
    return above.manager


def _refusal(by: Actor, ticket: Ticket) -> DomainError:
    return ScopeMissing(scope=Scope.FLAGS_WRITE) if isinstance(by, ApiClient) else not_the_owner(by, ticket)


def _check(type: str, reason: str) -> None:
    wrong = {}
    if type not in FlagType:
        wrong["type"] = _("Choose a flag.")
    if not reason.strip():
        wrong["reason"] = _("Say why the ticket is flagged.")
    if wrong:
        raise Invalid(wrong)


def _add(ticket: Ticket, type: FlagType, *, by: Actor, reason: str, cause: str = "") -> CaseFlag:
    now, agent = timezone.now(), by if isinstance(by, Agent) else None
    flag = CaseFlag(ticket=ticket, type=type, reason=reason, cause=cause, added_by=agent, created_at=now)
    flag.added_by_name = by.audit_name[:255]
    record(flag, by=by, reason=reason)
    _show(ticket, [*ticket.flags, type.value])
    facts = {"cause": str(cause)} if cause else {}
    _tell(ticket, flag, "flag_added", by=by, at=now, body_text="" if cause else reason, **facts)
    agent_id = agent.pk if agent else None
    publish(FlagAdded(ticket_id=ticket.pk, flag_id=flag.pk, type=type.value, by_id=agent_id, occurred_at=now))
    return flag


def _show(ticket: Ticket, types: list[str]) -> None:
    """Keep the types on the ticket's row. Its version stays: nobody's open form is stale."""
    ticket.flags = sorted(types)
    Ticket.objects.filter(pk=ticket.pk).update(flags=ticket.flags)


def _tell(
    ticket: Ticket, flag: CaseFlag, event: str, *, by: Actor, at: datetime, body_text: str = "", **facts: str
) -> None:
    told = {"event": event, "type": str(flag.type), **facts}
    add_entry(ticket, EntryKind.FLAG, author=by, at=at, body_text=body_text, facts=told)
    if isinstance(by, Agent):
        touch(ticket, last_staff_activity_at=at)


def _lock_flag(flag_id: UUID) -> tuple[Ticket, CaseFlag]:
    """The ticket first, as everywhere."""
    ticket = lock(CaseFlag.objects.values_list("ticket_id", flat=True).get(pk=flag_id))
    flag = CaseFlag.objects.select_for_update(of=("self",), no_key=True).get(pk=flag_id)
    flag.ticket = ticket
    return ticket, flag


def _refuse_unless_active(flag: CaseFlag, ticket: Ticket) -> None:
    refuse_if_ended(ticket)
    if flag.cleared_at is not None:
        raise FlagIsCleared(reference=ticket.reference, flag=flag.get_type_display())


def _refuse_detail(flag: CaseFlag, ticket: Ticket, type: FlagType, *, by: Actor) -> None:
    if not may_keep_flags(by, ticket):
        raise _refusal(by, ticket)
    _refuse_unless_active(flag, ticket)
    if flag.type != type:
        raise FlagOfOtherKind(flag=flag.get_type_display())


def _check_version(flag: CaseFlag, version: int | None) -> None:
    if version is not None and version != flag.version:
        raise StaleVersion(given=version, current=flag.version)
