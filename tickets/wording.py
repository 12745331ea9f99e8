"""System entries in words: the timeline keeps facts, the reader's language puts them."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.labels import label_of
from tickets.columns import LABELS
from tickets.enums import (
    AttemptOutcome,
    ClosureCode,
    ColumnField,
    FlagCause,
    FlagType,
    LinkKind,
    OutboundKind,
    PlacementCause,
    Priority,
    ResolutionCode,
    Sentiment,
    TicketStatus,
    TransferReason,
    Unsent,
)
from tickets.models import TimelineEntry
from tickets.models.timeline import ENCRYPTED, SIGNED
from tickets.resolution_enums import ApprovalStatus, EmpowermentTier, ResolutionType

Facts = dict[str, Any]


def _status(facts: Facts) -> str:
    text = _("Status: %(old)s → %(new)s") % {
        "old": label_of(TicketStatus, facts["from"]),
        "new": label_of(TicketStatus, facts["to"]),
    }
    code = facts.get("code")
    if code in ResolutionCode.values:
        return f"{text} ({label_of(ResolutionCode, code)})"
    return f"{text} ({label_of(ClosureCode, code)})" if code else text


FIELD_NAMES: dict[str, Callable[[], str]] = {
    "subject": lambda: _("Subject"),
    "category": lambda: _("Category"),
    "product": lambda: _("Product"),
    "region": lambda: _("Region"),
    "language": lambda: _("Language"),
    "priority": lambda: _("Priority"),
    "impact": lambda: _("Impact"),
    "urgency": lambda: _("Urgency"),
    "tags": lambda: _("Tags"),
}


def _edited(facts: Facts) -> str:
    parts = []
    for name, (old, new) in facts["changes"].items():
        if name == "priority":
            old, new = label_of(Priority, old), label_of(Priority, new)
        label = FIELD_NAMES[name]() if name in FIELD_NAMES else name
        parts.append(f"{label}: {old or '–'} → {new or '–'}")
    return "; ".join(parts)


TASK_FIELDS: dict[str, Callable[[], str]] = {
    "title": lambda: _("Title"),
    "description": lambda: _("Details"),
    "due_at": lambda: _("Due"),
    "is_mandatory": lambda: _("Mandatory"),
}


def _task_edited(facts: Facts) -> str:
    fields = ", ".join(TASK_FIELDS[name]() if name in TASK_FIELDS else name for name in facts["fields"])
    return _("Task changed: %(title)s (%(fields)s)") % {"title": facts["title"], "fields": fields}


def _task_assigned(facts: Facts) -> str:
    if receivers := ", ".join(filter(None, (facts["agent"], facts["team"]))):
        return _("Task given to %(receivers)s: %(title)s") % {"title": facts["title"], "receivers": receivers}
    return _("Task given to nobody for now: %(title)s") % facts


def _task_waits(facts: Facts) -> str:
    if facts["before"]:
        return _("Task %(title)s waits for: %(before)s") % facts
    return _("Task %(title)s waits for no other task any more") % facts


def _moved_away(facts: Facts) -> str:
    if facts["cause"] == PlacementCause.UNDO:
        return _("Mail from %(sender)s moved back to %(reference)s") % facts
    if facts["cause"] == PlacementCause.SPLIT:
        return _("Message of %(sender)s split off: %(reference)s") % facts
    return _("Mail from %(sender)s moved to %(reference)s") % facts


def _moved_here(facts: Facts) -> str:
    if facts["cause"] == PlacementCause.UNDO:
        return _("Mail from %(sender)s is back from %(reference)s") % facts
    if facts["cause"] == PlacementCause.SPLIT:
        return _("Message of %(sender)s split off from %(reference)s") % facts
    return _("Mail from %(sender)s moved here from %(reference)s") % facts


def _dropped(facts: Facts) -> str:
    reason = {"reason": label_of(Unsent, facts["reason"])}
    if facts.get("is_scheduled", True):
        return _("A scheduled reply was not sent: %(reason)s") % reason
    return _("A reply was not sent: %(reason)s") % reason


def _requester(facts: Facts) -> str:
    return _with_company(_("Requester: %(from)s → %(to)s") % facts, facts)


def _address(facts: Facts) -> str:
    return _with_company(_("Address of %(name)s: %(from)s → %(to)s") % facts, facts)


def _with_company(text: str, facts: Facts) -> str:
    if "company" not in facts:
        return text
    old, new = facts["company"]
    return f"{text}; {_('Company')}: {old or '–'} → {new or '–'}"


def _attempt(facts: Facts) -> str:
    if facts["outcome"] == AttemptOutcome.WORKED:
        return _("Marked as an attempt that worked: entry of %(of)s") % facts
    if facts["outcome"] == AttemptOutcome.FAILED:
        return _("Marked as an attempt that did not work: entry of %(of)s") % facts
    return _("No attempt after all: entry of %(of)s") % facts


def _resolution(facts: Facts) -> str:
    """No amount: colleagues of the team read it too."""
    kind = {"type": label_of(ResolutionType, facts["type"])}
    if facts["status"] == ApprovalStatus.PENDING:
        tier = {"tier": label_of(EmpowermentTier, facts["tier"])}
        return _("Resolution written down: %(type)s; waits for approval (%(tier)s)") % (kind | tier)
    return _("Resolution written down: %(type)s") % kind


def _approval(facts: Facts) -> str:
    words = {
        ApprovalStatus.APPROVED: _("Resolution approved: %(type)s"),
        ApprovalStatus.REJECTED: _("Resolution not approved: %(type)s"),
        ApprovalStatus.WITHDRAWN: _("Resolution withdrawn: %(type)s"),
    }
    return words[ApprovalStatus(facts["status"])] % {"type": label_of(ResolutionType, facts["type"])}


def _flag_added(facts: Facts) -> str:
    text = _("Flag added: %(flag)s") % {"flag": label_of(FlagType, facts["type"])}
    return f"{text} ({label_of(FlagCause, facts['cause'])})" if facts.get("cause") else text


_WORDS: dict[str, Callable[[Facts], str]] = {
    "accepted": lambda f: _("%(owner)s accepted the ticket and owns it") % f,
    "offered": lambda f: _("Offered to %(agent)s") % f,
    "offer_withdrawn": lambda f: _("Offer to %(agent)s withdrawn") % f,
    "offer_lapsed": lambda f: _("Offer to %(agent)s lapsed; back in the queue") % f,
    "transferred": lambda f: (
        _("Ownership transferred from %(old_owner)s to %(new_owner)s (%(reason)s), authorised by %(authorised_by)s")
        % (f | {"reason": label_of(TransferReason, f["reason_code"])})
    ),
    "status": _status,
    "edited": _edited,
    "priority": lambda f: (
        _("Priority: %(old)s → %(new)s") % {"old": label_of(Priority, f["from"]), "new": label_of(Priority, f["to"])}
    ),
    "team": lambda f: _("Team: %(from)s → %(to)s") % f,
    "linked": lambda f: f"{label_of(LinkKind, f['kind'])} {f['reference']}",
    "task_created": lambda f: _("Task added: %(title)s") % f,
    "task_edited": _task_edited,
    "task_assigned": _task_assigned,
    "task_waits": _task_waits,
    "task_started": lambda f: _("Task started: %(title)s") % f,
    "task_done": lambda f: _("Task done: %(title)s") % f,
    "task_cancelled": lambda f: _("Task cancelled: %(title)s") % f,
    "task_reopened": lambda f: _("Task opened again: %(title)s") % f,
    "resolution": _resolution,
    "approval": _approval,
    "message_cancelled": lambda f: _("%(author)s took a message back before it was sent") % f,
    "scheduled_dropped": _dropped,
    "requester": _requester,
    "address": _address,
    "automatic": lambda f: _("Automatic mail, kept without effect (%(reason)s)") % f,
    "attempt": _attempt,
    "flag_added": _flag_added,
    "flag_cleared": lambda f: _("Flag cleared: %(flag)s") % {"flag": label_of(FlagType, f["type"])},
    "photo_waived": lambda f: _("No photo of the damage is needed"),
    "sentiment": lambda f: _("Sentiment at the end: %(value)s") % {"value": label_of(Sentiment, f["value"])},
    "moved_away": _moved_away,
    "moved_here": _moved_here,
    "merged_away": lambda f: (
        ngettext(
            "Merged into %(reference)s; %(count)s entry stands there now",
            "Merged into %(reference)s; %(count)s entries stand there now",
            f["count"],
        )
        % f
    ),
    "merged_here": lambda f: (
        ngettext(
            "%(reference)s merged into this ticket; %(count)s entry came along",
            "%(reference)s merged into this ticket; %(count)s entries came along",
            f["count"],
        )
        % f
    ),
    "unmerged": lambda f: _("%(reference)s is a ticket of its own again; its entries went back") % f,
    "forwarded": lambda f: _("Forwarded by %(agent)s; their own words stay inside") % f,
    "former_requester": lambda f: _("Mail of a former requester, stays inside"),
    "staff_mail": lambda f: _("Mail of %(agent)s, stays inside") % f,
    "participants": lambda f: _("Take part from now on: %(names)s") % {"names": ", ".join(f["names"])},
    "over_limit": lambda f: (
        _("Beyond the limit of “%(column)s”: %(count)s of at most %(limit)s")
        % (f | {"column": LABELS[ColumnField(f["field"])][f["column"]]})
    ),
    "redacted": lambda f: _("The text of entry %(seq)s was redacted") % f,
    "outbound": lambda f: label_of(OutboundKind, f["outbound"]),
}


def put(event: str, words: Callable[[Facts], str]) -> None:
    """How what an app above tells on a timeline reads; called in its `ready()`."""
    _WORDS[event] = words


def describe(entry: TimelineEntry) -> str:
    """One line for a system entry, in the current language; empty for entries that speak for themselves."""
    event = entry.facts.get("event")
    return _WORDS[event](entry.facts) if event in _WORDS else ""


def sender_warning(failed_check: str) -> str:
    """What is said of a mail whose sender did not pass this check; nothing if it passed all."""
    return _("The sender could not be verified: %(check)s") % {"check": failed_check} if failed_check else ""


def protection(facts: Facts) -> list[dict[str, str]]:
    """Chips that say how a mail is protected, by the facts of its entry or the evidence of the ledger."""
    chips = []
    if facts.get(ENCRYPTED):
        chips.append({"label": _("Encrypted"), "icon": "key-round", "tone": "info"})
    if facts.get(SIGNED):
        chips.append({"label": _("Signed, not verified"), "icon": "shield", "tone": "outline"})
    return chips
