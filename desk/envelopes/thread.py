"""The tab of one envelope: its facts, its thread, its composer."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from connectors.mail.enums import Reason
from core.labels import label_of
from core.templatetags.ui import relative_time
from desk.composing import context_of, renew_context
from desk.drafts import saved_words, shown_files, words_for_lost
from desk.entry_files import files_in
from desk.envelopes.forms import MessageForm
from desk.envelopes.tabs import ICONS, TONES, kind_chip, tab_url, turn_of
from desk.envelopes.vendor_part import VendorWriting, vendor_part, with_sending
from desk.forms import MAX_FILE_BYTES
from desk.refusals import Refusal
from desk.timeline import as_html, day_in_words, folded, line_of
from desk.workspace import Part, meets_in
from envelopes.enums import EnvelopeStatus, Outcome
from envelopes.help_board import offers_on
from envelopes.models import Envelope
from envelopes.policies import may_take_offer
from envelopes.selectors import EnvelopeThread, due_of, thread_of
from envelopes.services.mail import KEPT
from tickets.around import drafts_on
from tickets.enums import EntryKind, Priority
from tickets.models import Ticket, TimelineEntry
from tickets.policies import acts_as_owner
from tickets.wording import describe, protection, sender_warning

SHOWN_CHARACTERS = 20_000
LABELS = {
    "accept": gettext_lazy("Accept envelope"),
    "reopen": gettext_lazy("Open again"),
    "complete": gettext_lazy("Seal envelope"),
    "envelopes": gettext_lazy("Add next level"),
    "tasks": gettext_lazy("Add task"),
    "invite": gettext_lazy("Invite a colleague"),
    "redirect": gettext_lazy("Ask somebody else"),
    "vendor": gettext_lazy("Addresses of the vendor"),
    "release": gettext_lazy("Give it back"),
    "decline": gettext_lazy("Decline"),
    "cancel": gettext_lazy("Withdraw"),
}
"""Acts on an envelope, in the order of their buttons; names as in their paths."""
STEP_ICONS = {
    "accept": "hand",
    "complete": "check",
    "envelopes": "plus",
    "tasks": "list-checks",
    "reopen": "rotate-ccw",
}
AT_ONCE = ("accept", "reopen")
"""Acts that need no form."""


@dataclass
class Writing:
    """State of the envelope's composer: the form that came back, and what was in its way."""

    is_open: bool = False
    form: MessageForm | None = None
    error: Refusal | None = None
    lost_files: Sequence[str] = ()
    """Names of files that the form carried and that cannot be kept with the draft."""
    to_vendor: VendorWriting | None = None


def mode_of(number: int) -> str:
    """Under which name a person's draft for this envelope is kept with the ticket (ruling 5)."""
    return f"e{number}"


def thread_context(
    agent: Agent,
    ticket: Ticket,
    envelope: Envelope,
    writing: Writing,
    *,
    before: int | None = None,
    original: UUID | None = None,
) -> Part:
    """As `desk/envelopes/_thread.html` wants it. The statements of `thread_of`, however long the thread is. `original`
    names the mail that is shown in its own layout.
    """
    thread = thread_of(envelope, agent, before_seq=before)
    here = tab_url(ticket.reference, envelope.number)
    owns = acts_as_owner(agent, ticket)
    use_url = reverse("desk:envelope-use", args=[ticket.reference, envelope.number]) if owns and ticket.is_open else ""
    last_seq = thread.entries[-1].seq if thread.entries else 0
    shown = Shown(here, use_url, before, original)
    vendor = vendor_part(agent, ticket, thread, writing.to_vendor or VendorWriting(), last_seq=last_seq)
    return {
        "vendor": vendor,
        "envelope": envelope,
        "here": here,
        "facts": _facts(thread) | {"use_url": use_url if envelope.summary else ""},
        "steps": [_step(here, name) for name in LABELS if name in thread.acts],
        "meetings_url": _meetings_url(ticket, thread, here),
        "days": with_sending(_days(thread.entries, shown), vendor),
        "older_url": f"{here}?before={thread.entries[0].seq}" if thread.has_earlier else "",
        "newest_url": here if before is not None else "",
        "read_url": f"{here}read/" if before is None and last_seq else "",
        "last_seq": last_seq,
        "composer": _composer(agent, ticket, thread, writing, last_seq) if _may_write(thread, writing) else None,
        "unsent": _unsent(ticket, here, envelope.number),
        "thread_tasks": thread.tasks,
        "offers": _offers(agent, thread),
        "take_url": f"{here}take_offer/" if may_take_offer(agent, envelope) else "",
    }


def _meetings_url(ticket: Ticket, thread: EnvelopeThread, here: str) -> str:
    meets = meets_in(ticket, thread.envelope.pk, is_possible="messages" in thread.acts)
    return f"{here}meetings/" if meets else ""


def _offers(agent: Agent, thread: EnvelopeThread) -> list[Part]:
    """Who says that they can help; for the helpers' side too, since it may be what they miss."""
    found = offers_on(thread.envelope, besides=[part.agent_id for part in thread.experts])
    return [
        {"name": offer.agent.name, "fields": {"agent": offer.agent_id}, "at": relative_time(offer.created_at)}
        for offer in found
        if offer.agent_id != thread.envelope.assigned_to_id
    ]


def _may_write(thread: EnvelopeThread, writing: Writing) -> bool:
    return "messages" in thread.acts or writing.form is not None


def _unsent(ticket: Ticket, here: str, number: int) -> Part | None:
    """What was begun, for where there is no composer any more that holds it."""
    draft = drafts_on(ticket).get(mode_of(number))
    return {"text": draft.body_text, "version": draft.version, "url": f"{here}draft/"} if draft else None


def _facts(thread: EnvelopeThread) -> Part:
    envelope = thread.envelope
    status = EnvelopeStatus(envelope.status)
    return {
        "status_label": status.label,
        "icon": ICONS[status],
        "tone": TONES.get(status, ""),
        "due": due_of(envelope),
        "priority": envelope.ticket.priority,
        "priority_label": label_of(Priority, envelope.ticket.priority),
        "turn": turn_of(envelope) if envelope.is_open else "",
        "experts": ", ".join(part.agent.name for part in thread.experts),
        "kind_chip": kind_chip(envelope.kind),
        "asked_by": envelope.requested_by.name if envelope.requested_by else _("System"),
        "reason": as_html(envelope.reason),
        "summary": as_html(envelope.summary) if envelope.summary else "",
        "outcome_label": Outcome(envelope.outcome).label if envelope.outcome else "",
        "kin": [_kin(other, thread.envelope) for other in (*thread.above, *thread.below)],
    }


def _kin(other: Envelope, envelope: Envelope) -> Part:
    words = (
        _("Opened from envelope %(number)s") if other.level < envelope.level else _("Next level: envelope %(number)s")
    )
    return {
        "label": words % {"number": other.number},
        "target": other.target,
        "url": tab_url(envelope.ticket.reference, other.number),
    }


def _step(here: str, name: str) -> Part:
    kind = "action" if name in AT_ONCE else "url"
    return {
        "name": name,
        "label": LABELS[name],
        "icon": STEP_ICONS.get(name, ""),
        "tone": "primary" if name == "accept" else "",
        kind: f"{here}{name}/",
    }


@dataclass(frozen=True)
class Shown:
    """How the thread is looked at, and where its entries lead."""

    here: str
    use_url: str
    before: int | None
    original: UUID | None

    def layout_url(self, entry: TimelineEntry) -> str:
        page = f"before={self.before}&" if self.before is not None else ""
        return f"{self.here}?{page}original={entry.pk}#e{entry.seq}"

    def text_url(self, entry: TimelineEntry) -> str:
        page = f"?before={self.before}" if self.before is not None else ""
        return f"{self.here}{page}#e{entry.seq}"


def _days(entries: Sequence[TimelineEntry], shown: Shown) -> list[Part]:
    days: list[Part] = []
    for entry in entries:
        day = timezone.localtime(entry.created_at).date()
        if not days or days[-1]["day"] != day:
            days.append({"day": day, "label": day_in_words(day), "items": []})
        days[-1]["items"].append(_message(entry, shown) if entry.kind in WRITTEN else line_of(entry))
    for group in days:
        group["items"] = folded(group["items"])
    return days


WRITTEN = (EntryKind.ENVELOPE_MESSAGE,)


def _message(entry: TimelineEntry, shown: Shown) -> Part:
    """What came by mail says so; what is none of the envelope's people's says that, and leads nowhere."""
    is_kept = entry.facts.get("event") == KEPT
    files = list(entry.attachments.all()) if vars(entry)["has_files"] else []
    has_layout = bool(entry.body_html) and entry.redacted_at is None
    is_original = has_layout and entry.pk == shown.original
    return {
        "kind": "entry",
        "id": str(entry.seq),
        "variant": "envelope",
        "author_name": entry.author_name,
        "on_behalf_of": entry.on_behalf_of.name if entry.on_behalf_of else "",
        "at": relative_time(entry.created_at),
        "channel_label": describe(entry),
        "warning": _why_kept(entry) if is_kept else sender_warning(entry.failed_check),
        "body_html": _body(entry, shown, is_original=is_original),
        "original_url": shown.layout_url(entry) if has_layout and not is_original else "",
        "chips": protection(entry.facts),
        **files_in(files),
        "use_url": f"{shown.use_url}?entry={entry.pk}" if shown.use_url and not is_kept else "",
    }


def _why_kept(entry: TimelineEntry) -> str:
    reason = label_of(Reason, str(entry.facts.get("reason", "")))
    return _("Mail kept without effect: %(reason)s") % {"reason": reason}


def _body(entry: TimelineEntry, shown: Shown, *, is_original: bool) -> SafeString:
    """The words; in a template of their own where more is to be said than them. What a vendor's mail would load from
    elsewhere is never fetched: nobody outside learns who reads it.
    """
    words = as_html(entry.body_text[:SHOWN_CHARACTERS])
    is_cut = len(entry.body_text) > SHOWN_CHARACTERS
    if entry.body_text and not is_cut and not is_original and entry.redacted_at is None:
        return words
    one = f"{shown.here}entries/{entry.pk}/"
    context = {
        "entry": entry,
        "text": words if entry.body_text else "",
        "frame_url": f"{one}html/" if is_original else "",
        "text_url": shown.text_url(entry),
        "whole_url": f"{one}text/" if is_cut else "",
    }
    return render_to_string("desk/_entry_body.html", context)


def addressed_as(agent: Agent, thread: EnvelopeThread) -> str:
    """Who reads first what `agent` writes: the other side."""
    envelope, owner = thread.envelope, thread.envelope.ticket.owner
    is_expert = any(part.agent_id == agent.pk for part in thread.experts)
    if is_expert and owner is not None:
        return owner.name
    return envelope.team.name if envelope.team else envelope.target


def _composer(agent: Agent, ticket: Ticket, thread: EnvelopeThread, writing: Writing, last_seq: int) -> Part:
    """What `components/composer_envelope.html` wants."""
    number = thread.envelope.number
    mode = mode_of(number)
    draft = drafts_on(ticket).get(mode)
    initial = {"body": draft.body_text if draft else "", "draft_version": draft.version if draft else 0}
    form = writing.form or MessageForm(auto_id="envelope-%s", initial=initial)
    token = context_of(ticket, last_seen_seq=last_seq, by=agent, mode=mode).signed()
    renew_context(form, token)
    here = tab_url(ticket.reference, number)
    files = shown_files(ticket, mode, f"{here}draft/files/")
    return {
        "form": form,
        "number": number,
        "action": f"{here}messages/",
        "to": addressed_as(agent, thread),
        "is_open": writing.is_open,
        "error": writing.error,
        "state": words_for_lost(writing.lost_files),
        "max_bytes": MAX_FILE_BYTES,
        "files_url": f"{here}draft/files/",
        "draft_files": files,
        "draft": {
            "url": f"{here}draft/",
            "text": "" if writing.form else saved_words(draft),
            "is_kept": draft is not None or bool(files),
            "is_behind": writing.form is not None,
        },
    }
