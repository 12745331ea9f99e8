"""Why a mail has become what it has, in the reader's words: which rule matched, by which header, how sure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connectors.mail.enums import BrakeKind, Reason
from connectors.mail.models import MailMessage
from connectors.mail.people import FAILED_CHECK, FAILED_DMARC
from connectors.mail.sight import Sight
from core.labels import label_of
from tickets.wording import protection, sender_warning

Evidence = dict[str, Any]

_RULES: dict[str, Callable[[Evidence], str]] = {
    "reply_address": lambda e: _("The address it came to names the ticket with our signature: %(matched)s") % e,
    "in_reply_to": lambda e: _("The header In-Reply-To names a mail of the ticket: %(matched)s") % e,
    "references": lambda e: _("The header References names a mail of the ticket: %(matched)s") % e,
    "conversation": lambda e: _("Its Thread-Index names a conversation of the ticket: %(matched)s") % e,
    "report": lambda e: _("The report names a mail that was sent from the ticket: %(matched)s") % e,
    "subject": lambda e: _("The subject names the ticket: %(matched)s") % e,
    "plus_address": lambda e: _("The address it came to names a mail that was sent from the ticket: %(matched)s") % e,
    "envelope_address": lambda e: _("The address it came to names the envelope with our signature"),
    "envelope_id": lambda e: _("A header names the envelope's conversation with our signature"),
    "envelope_subject": lambda e: _("The subject names the envelope with our signature"),
    "envelope_text": lambda e: _("Its text quotes a mail of the envelope, with our signature"),
    "envelope_file": lambda e: _("An attached mail is of the envelope, with our signature"),
    "envelope_sent": lambda e: _("A header names a mail that was sent from the envelope: %(matched)s") % e,
    "envelope_received": lambda e: _("A header names a mail that came into the envelope: %(matched)s") % e,
    "envelope_conversation": lambda e: _("Its Thread-Index names a conversation of the envelope: %(matched)s") % e,
    "envelope_report": lambda e: _("The report is about a mail that was sent from the envelope: %(matched)s") % e,
    "envelope_helper": lambda e: _("Its sender helps on the ticket that it names: %(matched)s") % e,
    "recipient": lambda e: _("The report names no mail; this is what was last sent to %(matched)s") % e,
}
_CONFIDENCE: dict[str, Callable[[], str]] = {
    "sure": lambda: _("Sure: signed by us, and only who has had a mail of the conversation knows it."),
    "claimed": lambda: _(
        "The sender's word: it counts only from somebody who takes part in the ticket, and not where the check of the "
        "sender has failed."
    ),
}
_SENDERS: dict[str, Callable[[], str]] = {
    "reply_to": lambda: _("Reply-To, where the sender wants answers"),
    "from": lambda: "From",
    "x_original_from": lambda: _("X-Original-From, since a list has rewritten From"),
    "sender": lambda: _("Sender, since From names nobody"),
    "return_path": lambda: _("Return-Path, since no other header names anybody"),
    "forwarded": lambda: _("The forwarded mail; an agent has forwarded it"),
}


def explained(message: MailMessage, sight: Sight) -> list[dict[str, str]]:
    """Terms and values for a list of details; what played no part is left out, and tickets out of sight are."""
    evidence: Evidence = sight.evidence(message)
    facts = [
        (_("Decision"), _decision(message, sight)),
        (_("Rule"), _rule(evidence)),
        (_("Confidence"), _confidence(evidence)),
        (_("Passed over, as it stands on several tickets"), _joined(evidence.get("passed_over"))),
        (_("Sender read from"), _worded(_SENDERS, evidence.get("sender"))),
        (_("Forwarded by"), str(evidence.get("forwarded_by", ""))),
        (_("Taken along"), _joined(evidence.get("participants"))),
        (_("Reported"), _joined(evidence.get("delivery"))),
        (_("Brake"), _brake(evidence)),
        (_("Signs of automatic mail"), _joined(evidence.get("signs"))),
        (_("Sender"), sender_warning(failed_check(message))),
        (_("Protection"), _joined(chip["label"] for chip in protection(evidence))),
        (_("Conspicuous"), _joined(flag for flag in evidence.get("flags", ()) if flag != FAILED_DMARC)),
        (_("Repaired while reading"), _joined(evidence.get("defects"))),
        (_("Message-ID"), message.message_id),
        (_("Kind"), message.kind),
        (_("Last error"), sight.error(message)),
    ]
    return [{"term": term, "value": value} for term, value in facts if value]


def of_kept_mail(facts: dict[str, Any]) -> str:
    """The line above a mail that an envelope keeps, and that is no post."""
    return _("Mail kept without effect: %(reason)s") % {"reason": label_of(Reason, facts["reason"])}


def failed_check(message: MailMessage) -> str:
    """Which check of the mail's sender has failed, such as dmarc=fail; empty if none has."""
    return FAILED_CHECK if FAILED_DMARC in message.evidence.get("flags", ()) else ""


def _decision(message: MailMessage, sight: Sight) -> str:
    parts = [str(message.get_state_display()), str(message.get_reason_display()), sight.text(message.detail)]
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
