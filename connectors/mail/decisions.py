"""Why a mail has become what it has, in the reader's words: which rule matched, by which header, how sure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connectors.mail.enums import BrakeKind
from connectors.mail.models import MailMessage

Evidence = dict[str, Any]

_RULES: dict[str, Callable[[Evidence], str]] = {
    "reply_address": lambda e: _("The address it came to names the ticket with our signature: %(matched)s") % e,
    "in_reply_to": lambda e: _("The header In-Reply-To names a mail of the ticket: %(matched)s") % e,
    "references": lambda e: _("The header References names a mail of the ticket: %(matched)s") % e,
    "report": lambda e: _("The report names a mail that was sent from the ticket: %(matched)s") % e,
    "subject": lambda e: _("The subject names the ticket: %(matched)s") % e,
    "plus_address": lambda e: _("The address it came to names a mail that was sent from the ticket: %(matched)s") % e,
    "recipient": lambda e: _("The report names no mail; this is what was last sent to %(matched)s") % e,
}
_CONFIDENCE: dict[str, Callable[[], str]] = {
    "sure": lambda: _("Sure: only who has had a mail of the conversation knows its id."),
    "claimed": lambda: _("The sender's word: it counts only from somebody who takes part in the ticket."),
}
_SENDERS: dict[str, Callable[[], str]] = {
    "reply_to": lambda: _("Reply-To, where the sender wants answers"),
    "from": lambda: "From",
    "x_original_from": lambda: _("X-Original-From, since a list has rewritten From"),
    "sender": lambda: _("Sender, since From names nobody"),
    "return_path": lambda: _("Return-Path, since no other header names anybody"),
    "forwarded": lambda: _("The forwarded mail; an agent has forwarded it"),
}


def explained(message: MailMessage) -> list[dict[str, str]]:
    """Terms and values for a list of details; what played no part is left out."""
    evidence: Evidence = message.evidence
    facts = [
        (_("Decision"), _decision(message)),
        (_("Rule"), _rule(evidence)),
        (_("Confidence"), _confidence(evidence)),
        (_("Sender read from"), _worded(_SENDERS, evidence.get("sender"))),
        (_("Forwarded by"), str(evidence.get("forwarded_by", ""))),
        (_("Taken along"), _joined(evidence.get("participants"))),
        (_("Reported"), _joined(evidence.get("delivery"))),
        (_("Brake"), _brake(evidence)),
        (_("Signs of automatic mail"), _joined(evidence.get("signs"))),
        (_("Conspicuous"), _joined(evidence.get("flags"))),
        (_("Repaired while reading"), _joined(evidence.get("defects"))),
        (_("Message-ID"), message.message_id),
        (_("Kind"), message.kind),
        (_("Last error"), message.last_error),
    ]
    return [{"term": term, "value": value} for term, value in facts if value]


def _decision(message: MailMessage) -> str:
    parts = [str(message.get_state_display()), str(message.get_reason_display()), message.detail]
    return ": ".join(part for part in parts if part)


def _rule(evidence: Evidence) -> str:
    rule = evidence.get("rule")
    if rule is None:
        return ""
    return _RULES[rule](evidence) if rule in _RULES else f"{rule}: {evidence.get('matched', '')}"


def _confidence(evidence: Evidence) -> str:
    if evidence.get("rule") == "recipient":
        return _("Probable: recipient and time agree.")
    return _worded(_CONFIDENCE, evidence.get("confidence"))


def _brake(evidence: Evidence) -> str:
    """What was counted, and for how long the brake holds, as `services.brakes` has noted it."""
    kind = evidence.get("brake")
    if kind is None:
        return ""
    facts = {
        "kind": BrakeKind(kind).label if kind in BrakeKind.values else kind,
        "counted": evidence.get("counted"),
        "minutes": evidence.get("within_minutes"),
        "until": _moment(evidence.get("until")),
    }
    return _("%(kind)s: %(counted)s within %(minutes)s minutes; held until %(until)s") % facts


def _moment(text: Any) -> str:
    try:
        return date_format(timezone.localtime(datetime.fromisoformat(str(text))), "DATETIME_FORMAT")
    except ValueError:
        return str(text or "")


def _worded(words: dict[str, Callable[[], str]], name: Any) -> str:
    """A name that another version has written is shown as it is."""
    return words[name]() if name in words else str(name or "")


def _joined(values: Any) -> str:
    return ", ".join(str(value) for value in values or ())
