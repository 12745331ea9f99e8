"""What is done for a customer, and who approves it (domain.md section 8)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypedDict, Unpack
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.calendars import work_calendar_of
from accounts.models import Agent
from core.actors import DESK, TIMER, Actor
from core.errors import Invalid, StaleVersion, Text
from core.events import publish
from core.history import record
from core.service import service
from core.sweep import run_each
from core.worktime import add_worked
from tickets import guards
from tickets.enums import EntryKind, TicketStatus
from tickets.errors import ResolutionMeanwhile
from tickets.events import ApprovalOverdue, ResolutionDecided, ResolutionRecorded
from tickets.flagging import unchecked_damage
from tickets.models import Resolution, Ticket
from tickets.policies import acts_as_owner, holds_tier, is_own_case, is_staff_role
from tickets.resolution_enums import (
    ApprovalStatus,
    CalibrationStatus,
    DamageCheck,
    EmpowermentTier,
    ResolutionType,
    WhatWentWrong,
    WhyEligible,
)
from tickets.resolution_errors import ApprovalForbidden, ResolutionTransition, SelfApproval, TierExceeded
from tickets.resolutions import is_for_vip, limits_of, names_of_approvers, personal_limit, running_total
from tickets.services._common import (
    add_entry,
    check_version,
    lock,
    not_the_owner,
    refuse_if_ended,
    refuse_unless_in,
    refuse_unless_owner,
    touch,
)
from tickets.tiers import NO_COMPENSATION, PAID, USUAL_CURRENCY, calibration_reasons, tier_for

A = ApprovalStatus
REMINDER_MINUTES = 240
"""Business minutes of the team's calendar that an approval may take."""
MAX_AMOUNT = Decimal("9999999999.99")
MAX_CHARACTERS = 5000
BATCH = 500


class ResolutionValues(TypedDict, total=False):
    """What whoever writes it down says; where it happened is the ticket's product and region unless given."""

    what_went_wrong_category: str
    what_went_wrong: str
    why_eligible_category: str
    why_eligible: str
    resolution_type: str
    resolution_details: str
    amount: Decimal | None
    currency: str
    product: str
    region: str
    damage_checklist: Sequence[str]


@service
def create_resolution(
    ticket_id: UUID,
    *,
    by: Agent,
    version: int | None = None,
    known: int | None = None,
    **values: Unpack[ResolutionValues],
) -> Resolution:
    """Write down what is done for the customer. Its tier follows from the ticket's running total, counted under its
    lock, so that two at once cannot both stay below a limit. `known`: how many resolutions stood on the ticket when
    this one was written, so that a form that is sent twice does not grant twice.

    Where physical damage is compensated, `damage_checklist` has each `DamageCheck`.

    Raises NotOwner or OwnersActForbidden, TicketClosed, InvalidTransition, Invalid, what `compensation_guards` say,
    StaleVersion or ResolutionMeanwhile.
    """
    ticket = lock(ticket_id)
    refuse_unless_owner(by, ticket)
    refuse_if_ended(ticket)
    refuse_unless_in(ticket, (TicketStatus.IN_PROGRESS, TicketStatus.WAITING_CUSTOMER, TicketStatus.WAITING_INTERNAL))
    values = _checked(values)
    if values.get("amount") is not None or values["resolution_type"] not in NO_COMPENSATION:
        guards.ask(guards.compensation_guards, ticket)
        if problem := unchecked_damage(ticket, values["damage_checklist"]):
            raise Invalid({"damage_checklist": problem})
    check_version(ticket, version)
    _refuse_unless_known(ticket, known)
    now = timezone.now()
    resolution = _resolution(ticket, values, by=by, at=now)
    record(resolution, by=by)
    facts = _facts(resolution) | {"event": "resolution"}
    add_entry(ticket, EntryKind.RESOLUTION, author=by, at=now, facts=facts)
    touch(ticket, last_staff_activity_at=now)
    publish(
        ResolutionRecorded(
            ticket_id=ticket.pk,
            resolution_id=resolution.pk,
            tier=str(resolution.empowerment_tier),
            status=str(resolution.approval_status),
            occurred_at=now,
        )
    )
    return resolution


def _refuse_unless_known(ticket: Ticket, known: int | None) -> None:
    """Last of all refusals, as a version."""
    rows = list(ticket.resolutions.order_by("created_at", "id")) if known is not None else []
    if known is not None and len(rows) != known:
        titles = ", ".join(str(row) for row in rows[known:])
        raise ResolutionMeanwhile(reference=ticket.reference, titles=titles, current=len(rows))


def _resolution(ticket: Ticket, values: ResolutionValues, *, by: Agent, at: datetime) -> Resolution:
    """A new row with its tier, approval and calibration."""
    owner = ticket.owner
    if owner is None:
        raise ValueError("only owned tickets have resolutions")
    amount, currency = values.get("amount"), values["currency"]
    flags = guards.flags_on([ticket.pk])[ticket.pk]
    tier = tier_for(
        amount,
        before=running_total(ticket, currency),
        kind=values["resolution_type"],
        reason=values["why_eligible_category"],
        limits=limits_of(ticket.team, currency),
        personal=personal_limit(owner, by),
        is_vip=is_for_vip(ticket, flags),
    )
    reasons = calibration_reasons(tier, flags)
    is_pending = tier != EmpowermentTier.AGENT
    words = {"product": ticket.product, "region": ticket.region} | {k: v for k, v in values.items() if v != ""}
    due_at = add_worked(work_calendar_of(ticket.team), at, timedelta(minutes=REMINDER_MINUTES)) if is_pending else None
    return Resolution(
        ticket=ticket,
        agent=owner,
        created_by=by,
        occurred_at=at,
        created_at=at,
        channel=ticket.channel,
        empowerment_tier=tier,
        approval_status=A.PENDING if is_pending else A.NOT_REQUIRED,
        calibration_status=CalibrationStatus.PENDING if reasons else CalibrationStatus.NOT_REQUIRED,
        calibration_reasons=reasons,
        reminder_due_at=due_at,
        **words,
    )


def _checked(values: ResolutionValues) -> ResolutionValues:
    """With texts stripped and the currency filled in. Raises Invalid, all problems at once."""
    told = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    checked = values.get("damage_checklist") or ()
    told["damage_checklist"] = [check for check in DamageCheck.values if check in checked]
    told["currency"] = str(told.get("currency") or USUAL_CURRENCY).upper()
    problems: dict[str, Text | list[Text]] = {}
    needed = {
        "what_went_wrong": _("Say what went wrong."),
        "why_eligible": _("Say why the customer is entitled to it."),
    }
    problems |= {name: text for name, text in needed.items() if not told.get(name)}
    for name, choices, text in (
        ("what_went_wrong_category", WhatWentWrong, _("Choose what went wrong.")),
        ("why_eligible_category", WhyEligible, _("Choose why the customer is entitled to it.")),
        ("resolution_type", ResolutionType, _("Choose what is done.")),
    ):
        if told.get(name) not in choices:
            problems[name] = text
    for name in ("what_went_wrong", "why_eligible", "resolution_details"):
        if len(str(told.get(name) or "")) > MAX_CHARACTERS:
            problems[name] = _("At most %(count)s characters.") % {"count": MAX_CHARACTERS}
    if problem := _problem_of(told.get("amount"), kind=str(told.get("resolution_type"))):
        problems["amount"] = problem
    if not re.fullmatch("[A-Z]{3}", str(told["currency"])):
        problems["currency"] = _("Three capital letters, as EUR.")
    if problems:
        raise Invalid(problems)
    return told  # type: ignore[return-value]  # the same names


def _problem_of(amount: object, *, kind: str) -> Text:
    if amount is None:
        return _("Give the amount.") if kind in PAID else ""
    if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 < amount <= MAX_AMOUNT:
        return _("Give an amount above 0, or none.")
    return _("At most two decimals.") if amount != round(amount, 2) else ""


def _facts(resolution: Resolution) -> dict[str, str]:
    """For the timeline, which more people read than may know what customers were granted: no amount, no reasons."""
    return {
        "resolution": str(resolution.pk),
        "type": str(resolution.resolution_type),
        "tier": str(resolution.empowerment_tier),
        "status": str(resolution.approval_status),
    }


def _lock_resolution(resolution_id: UUID) -> Resolution:
    """The resolution and its ticket, locked in this order."""
    ticket = lock(Resolution.objects.values_list("ticket_id", flat=True).get(pk=resolution_id))
    rows = Resolution.objects.select_related("agent", "created_by").select_for_update(of=("self",), no_key=True)
    resolution = rows.get(pk=resolution_id)
    resolution.ticket = ticket
    return resolution


def _refuse_unless_approver(by: Actor, resolution: Resolution) -> None:
    if is_own_case(by, resolution):
        raise SelfApproval(approvers=names_of_approvers(resolution))
    if holds_tier(by, resolution):
        return
    if not is_staff_role(by):
        raise ApprovalForbidden(approvers=names_of_approvers(resolution))
    tier = EmpowermentTier(resolution.empowerment_tier).label
    raise TierExceeded(tier=tier, approvers=names_of_approvers(resolution))


def _refuse_unless_pending(resolution: Resolution) -> None:
    if not resolution.is_pending:
        raise ResolutionTransition(status=ApprovalStatus(resolution.approval_status).label)


def _check_version(resolution: Resolution, version: int | None) -> None:
    """Last of all refusals."""
    if version is not None and version != resolution.version:
        raise StaleVersion(given=version, current=resolution.version)


@service
def approve_resolution(resolution_id: UUID, *, by: Agent, note: str = "", version: int | None = None) -> Resolution:
    """Grant it: by the tier's role or a higher one, never by whoever asks for it.

    Raises SelfApproval, TierExceeded or ApprovalForbidden, ResolutionTransition, StaleVersion.
    """
    resolution = _lock_resolution(resolution_id)
    _refuse_unless_approver(by, resolution)
    _refuse_unless_pending(resolution)
    _refuse_long(note)
    _check_version(resolution, version)
    now = timezone.now()
    resolution.approve(by=by, at=now, note=note.strip())
    _decided(resolution, by=by, at=now, fields=["approved_by", "approved_at", "approval_note"])
    return resolution


@service
def reject_resolution(resolution_id: UUID, *, by: Agent, reason: str, version: int | None = None) -> Resolution:
    """Refuse it, with a reason that its author is told. Raises as approving does, and Invalid without a reason."""
    resolution = _lock_resolution(resolution_id)
    _refuse_unless_approver(by, resolution)
    _refuse_unless_pending(resolution)
    if not reason.strip():
        raise Invalid({"reason": _("Say why it is not granted; its author reads it.")})
    _refuse_long(reason, field="reason")
    _check_version(resolution, version)
    resolution.reject(by=by, note=reason.strip())
    _decided(resolution, by=by, at=timezone.now(), fields=["rejected_by", "approval_note"])
    return resolution


def _refuse_long(note: str, *, field: str = "note") -> None:
    limit = Resolution._meta.get_field("approval_note").max_length or 0
    if len(note.strip()) > limit:
        raise Invalid({field: _("At most %(count)s characters.") % {"count": limit}})


@service
def withdraw_resolution(resolution_id: UUID, *, by: Agent, version: int | None = None) -> Resolution:
    """The owner no longer asks for it. Raises NotOwner or OwnersActForbidden, ResolutionTransition, StaleVersion."""
    resolution = _lock_resolution(resolution_id)
    if not acts_as_owner(by, resolution.ticket):
        raise not_the_owner(by, resolution.ticket)
    _refuse_unless_pending(resolution)
    _check_version(resolution, version)
    _withdraw(resolution, by=by, at=timezone.now())
    return resolution


def _withdraw(resolution: Resolution, *, by: Actor, at: datetime) -> None:
    """Nothing is granted, so there is nothing to calibrate, unless it is in a week's queue already."""
    resolution.withdraw()
    if not resolution.calibration_items.exists():
        resolution.calibration_status = CalibrationStatus.NOT_REQUIRED
    _decided(resolution, by=by, at=at, fields=["calibration_status"])


@service
def withdraw_of_ended(ticket_id: UUID, *, at: datetime) -> int:
    """Nobody decides any more about what was asked for on a ticket that has ended."""
    ticket = lock(ticket_id)
    pending = Resolution.objects.filter(ticket=ticket, approval_status=A.PENDING).order_by("pk")
    rows = list(pending.select_for_update(of=("self",), no_key=True)) if ticket.is_ended else []
    for resolution in rows:
        resolution.ticket = ticket
        _withdraw(resolution, by=DESK, at=at)
    return len(rows)


def _decided(resolution: Resolution, *, by: Actor, at: datetime, fields: list[str]) -> None:
    """Save, tell the timeline and whoever listens."""
    ticket = resolution.ticket
    record(resolution, by=by, update_fields=["approval_status", "reminder_due_at", *fields])
    facts = _facts(resolution) | {"event": "approval"}
    add_entry(ticket, EntryKind.APPROVAL, author=by, at=at, facts=facts)
    if isinstance(by, Agent):
        touch(ticket, last_staff_activity_at=at)
    publish(
        ResolutionDecided(
            ticket_id=ticket.pk,
            resolution_id=resolution.pk,
            status=str(resolution.approval_status),
            by_id=by.pk if isinstance(by, Agent) else None,
            occurred_at=at,
        )
    )


def remind_of_approvals(*, now: datetime) -> int:
    """Remind of what nobody has decided for more than 240 business minutes, each once."""
    due = Resolution.objects.filter(reminder_due_at__lt=now).order_by("reminder_due_at")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    return run_each(ids, lambda resolution_id: remind_of_approval(resolution_id, by=TIMER, at=now))


@service
def remind_of_approval(resolution_id: UUID, *, by: Actor, at: datetime) -> bool:
    """Tell the approvers and the level above; False if it was decided, or told, meanwhile."""
    resolution = _lock_resolution(resolution_id)
    if resolution.reminder_due_at is None or resolution.reminder_due_at >= at:
        return False
    resolution.reminder_due_at = None
    record(resolution, by=by, update_fields=["reminder_due_at"])
    publish(ApprovalOverdue(ticket_id=resolution.ticket_id, resolution_id=resolution.pk, occurred_at=at))
    return True
