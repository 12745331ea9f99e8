"""Resolutions and calibration as their templates show them."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.labels import label_of
from desk.workspace import WORKABLE, Part
from tickets.calibration import with_blindness
from tickets.enums import Channel
from tickets.figures import Share, Sum
from tickets.models import Resolution, Ticket
from tickets.policies import acts_as_owner, holds_tier, is_own_case, may_read_compensation
from tickets.resolution_enums import (
    ApprovalStatus,
    CalibrationOutcome,
    CalibrationReason,
    CalibrationStatus,
    DamageCheck,
    EmpowermentTier,
    ItemStatus,
    ResolutionType,
    WhatWentWrong,
    WhyEligible,
)
from tickets.resolutions import resolutions_of

A, C = ApprovalStatus, CalibrationStatus
APPROVAL_TONES: dict[str, tuple[str, str]] = {
    A.NOT_REQUIRED: ("ok", "check"),
    A.PENDING: ("warn", "hourglass"),
    A.APPROVED: ("ok", "badge-check"),
    A.REJECTED: ("danger", "circle-x"),
    A.WITHDRAWN: ("outline", "undo-2"),
}
OUTCOME_TONES: dict[str, tuple[str, str]] = {
    "upheld": ("ok", "check"),
    "revised": ("warn", "pencil"),
    "coaching_needed": ("warn", "users"),
    "pending": ("outline", "hourglass"),
}


def resolutions_section(ticket: Ticket, agent: Agent) -> Part:
    """What `desk/_around_resolutions.html` wants. One query; those without a right to it are told who has."""
    may_read = may_read_compensation(agent, ticket)
    rows = with_blindness(resolutions_of(ticket), agent).order_by("created_at", "id") if may_read else []
    return {
        "template": "desk/_around_resolutions.html",
        "title": _("Resolutions"),
        "may_read": may_read,
        "rows": [_row(agent, ticket, row) for row in rows],
        "create_url": reverse("desk:resolutions", args=[ticket.reference])
        if ticket.status in WORKABLE and acts_as_owner(agent, ticket)
        else "",
    }


def chip(tones: dict[str, tuple[str, str]], value: str, label: str) -> Part:
    tone, icon = tones[value]
    return {"label": label, "tone": tone, "icon": icon}


def approval_chip(resolution: Resolution) -> Part:
    label = label_of(ApprovalStatus, resolution.approval_status)
    if resolution.is_pending:
        tier = {"tier": label_of(EmpowermentTier, resolution.empowerment_tier)}
        label = _("Waits for approval: %(tier)s") % tier
    return chip(APPROVAL_TONES, resolution.approval_status, label)


def _row(agent: Agent, ticket: Ticket, resolution: Any) -> Part:  # Any: annotated
    resolution.ticket = ticket
    return {
        "resolution": resolution,
        "title": title_of(resolution),
        "approval": approval_chip(resolution),
        "calibration": calibration_chip(resolution),
        "decided_by": resolution.approved_by or resolution.rejected_by,
        "steps": steps_of(agent, resolution),
    }


def title_of(resolution: Resolution) -> str:
    return f"{label_of(ResolutionType, resolution.resolution_type)} {resolution.amount_text}".strip()


def calibration_chip(resolution: Any) -> Part | None:  # Any: annotated
    status = C.PENDING if resolution.is_blind else C(resolution.calibration_status)
    if status == C.NOT_REQUIRED:
        return None
    return chip(OUTCOME_TONES, status, label_of(CalibrationStatus, status))


def steps_of(agent: Agent, resolution: Resolution) -> list[Part]:
    """Links to the forms of what this person may do with it now; the services check again."""
    names = []
    if resolution.is_pending and holds_tier(agent, resolution) and not is_own_case(agent, resolution):
        names += [("approve", _("Approve")), ("reject", _("Reject"))]
    if resolution.is_pending and acts_as_owner(agent, resolution.ticket):
        names.append(("withdraw", _("Withdraw")))
    return [
        {
            "label": label,
            "url": reverse("desk:resolution-step", args=[resolution.ticket.reference, resolution.pk, name]),
        }
        for name, label in names
    ]


def facts_of(resolution: Resolution) -> list[Part]:
    """All that it says, as `components/details_list.html` wants it."""
    what = label_of(WhatWentWrong, resolution.what_went_wrong_category)
    why = label_of(WhyEligible, resolution.why_eligible_category)
    looked_at = "; ".join(label_of(DamageCheck, each) for each in resolution.damage_checklist)
    parts = [
        (_("What is done"), title_of(resolution)),
        (_("Details"), resolution.resolution_details),
        (_("What went wrong"), f"{what}: {resolution.what_went_wrong}"),
        (_("Why eligible"), f"{why}: {resolution.why_eligible}"),
        (_("Looked at: physical damage"), looked_at),
        (_("Agent"), resolution.agent.name),
        (_("Tier"), label_of(EmpowermentTier, resolution.empowerment_tier)),
        (_("Channel"), label_of(Channel, resolution.channel)),
        (_("Product"), resolution.product),
        (_("Region"), resolution.region),
    ]
    return [{"term": term, "value": value} for term, value in parts if value]


def item_row(item: Any) -> Part:  # Any: annotated
    """One item of a queue; what is blind reads as not reviewed."""
    is_told = item.is_reviewed and not item.is_blind
    value = item.outcome if is_told else "pending"
    label = label_of(CalibrationOutcome, value) if is_told else label_of(ItemStatus, ItemStatus.PENDING)
    if item.carried_over_at and not item.is_reviewed:
        label = _("Carried over")
    return {
        "item": item,
        "title": title_of(item.resolution),
        "reasons": ", ".join(label_of(CalibrationReason, reason) for reason in item.reasons),
        "outcome": chip(OUTCOME_TONES, value, label),
        "reviewer": item.reviewer.name if is_told else "",
        "url": reverse("desk:calibration-item", args=[item.pk]),
    }


def share_row(name: str, share: Share) -> Part:
    percent = _("n/a") if share.percent is None else f"{share.percent} %"
    return {"name": name, "numerator": share.numerator, "denominator": share.denominator, "percent": percent}


def sum_rows(sums: Iterable[Sum], choices: Any = None) -> list[Part]:
    """As rows of a table; names of reasons and kinds in the reader's language."""
    return [
        {
            "name": label_of(choices, each.name) if choices else each.name,
            "total": f"{each.total:.2f} {each.currency}",
            "count": each.count,
            "before": f"{each.before:.2f} {each.currency}",
            "change": _("n/a") if each.change is None else f"{each.change:+} %",
        }
        for each in sums
    ]
