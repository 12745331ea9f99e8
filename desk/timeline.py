"""The timeline as its templates want it: entries with their day, system events folded, mails as text."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from connectors.mail.parsing.replies import trimmed_reply
from connectors.mail.reply_address import as_known
from core.actors import shown_name
from core.labels import label_of
from core.templatetags.ui import relative_time
from desk.delivery import delivery_of
from desk.scheduling import moment_in_words
from tickets.enums import CUSTOMER_FACING, AuthorType, EntryKind, OutboundKind, OutboundStatus, Visibility
from tickets.files import scan_note_in_words
from tickets.models import Attachment, OutboundMessage, Ticket, TimelineEntry
from tickets.policies import may_undo
from tickets.services.splitting import may_be_split
from tickets.wording import describe

Item = dict[str, Any]  # what a template takes

REMOTE_IMAGE = "data-blocked-src"
"""How the sanitiser marks an image that would be fetched from elsewhere."""
SHOWN_CHARACTERS = 20_000
"""Of one message on the page; the rest is a link away."""
LINKED = re.compile(r"https?://|www\.|@|\.(?:com|edu|gov|int|mil|net|org)\b", re.IGNORECASE)
"""What `urlize` makes links of; most messages hold none of it, and looking word by word takes its time."""
KEPT_TEXTS = 512
"""What was said never changes, and a ticket is looked at again after each act."""
SPOKEN = (*CUSTOMER_FACING, EntryKind.NOTE)
"""Kinds that are somebody's words; the others are one-line events."""

SHOW: dict[str, Q] = {
    "customer": Q(visibility=Visibility.PUBLIC),
    "internal": Q(kind=EntryKind.NOTE) | Q(visibility=Visibility.INTERNAL, kind__in=CUSTOMER_FACING),
    "system": ~Q(kind__in=SPOKEN),
}
"""What `?show=` narrows the timeline to."""

ICONS: dict[str, str] = {
    EntryKind.OWNERSHIP: "hand",
    EntryKind.STATUS_CHANGE: "circle-dot",
    EntryKind.TASK_CREATED: "list-checks",
    EntryKind.TASK_COMPLETED: "list-checks",
    EntryKind.LINK: "link",
    EntryKind.CHANGE: "pencil",
    EntryKind.PRIORITY_CHANGE: "flag",
}
AUTOMATIC_LABELS = {
    "bounce": gettext_lazy("Delivery report"),
    "report": gettext_lazy("Report of a mail system"),
    "read_receipt": gettext_lazy("Read receipt"),
    "calendar_answer": gettext_lazy("Answer to an invitation"),
}
"""What kind of automatic mail an entry is, by the reason it was kept without effect; else an automatic reply."""
CHANNEL_ICONS: dict[str, str] = {EntryKind.PHONE_NOTE: "phone", EntryKind.CHAT: "message-square"}


def days_of(
    ticket: Ticket,
    entries: Sequence[TimelineEntry],
    *,
    original: UUID | None = None,
    csrf_token: str = "",
    may_split: bool = False,
) -> list[Item]:
    """Entries under the days of the reader's zone; `original` names the mail that is shown in its own layout."""
    days: list[Item] = []
    may_split = may_split and sum(entry.is_public for entry in entries) > 1
    split_url = reverse("desk:split", args=[ticket.reference]) if may_split else ""
    for entry in entries:
        day = timezone.localtime(entry.created_at).date()
        if not days or days[-1]["day"] != day:
            days.append({"day": day, "label": _day_in_words(day), "items": []})
        item = _item(ticket, entry, is_original=entry.pk == original, csrf_token=csrf_token)
        if may_split and may_be_split(entry):
            item["split_url"] = f"{split_url}?entry={entry.pk}"
        days[-1]["items"].append(item)
    for group in days:
        group["items"] = _folded(group["items"])
    return days


def _day_in_words(day: date) -> str:
    today = timezone.localdate()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    # Translators: format of a day with its weekday, letters as in Django's date filter
    return date_format(day, _("l, j F Y"))


def _folded(items: list[Item]) -> list[Item]:
    """Runs of two or more system events become one line that opens; who owns the ticket stays in sight."""
    folded: list[Item] = []
    run: list[Item] = []
    for item in [*items, None]:
        if item is not None and item["kind"] == "line" and not (item["is_ownership"] or item.get("stays_in_sight")):
            run.append(item)
            continue
        folded += [{"kind": "events", "id": run[0]["id"], "events": run}] if len(run) > 1 else run
        run = []
        if item is not None:
            folded.append(item)
    return folded


def _item(ticket: Ticket, entry: TimelineEntry, *, is_original: bool, csrf_token: str) -> Item:
    if entry.kind not in SPOKEN:
        return _line(entry)
    text, quoted = _split(entry)
    files: list[Attachment] = []
    if vars(entry)["has_files"]:
        files = sorted(entry.attachments.all(), key=lambda file: (file.created_at, file.pk))
    return {
        "kind": "entry",
        "id": str(entry.seq),
        "variant": _variant(entry),
        "author_name": entry.contact.name if entry.contact else entry.author_name,
        "on_behalf_of": entry.on_behalf_of.name if entry.on_behalf_of else "",
        "at": relative_time(entry.created_at),
        "channel_icon": CHANNEL_ICONS.get(entry.kind, "send" if entry.kind == EntryKind.EMAIL_OUTBOUND else "mail"),
        "channel_label": _channel_label(entry),
        "addresses": _addresses(entry),
        "body_html": _body(ticket, entry, text, is_original=is_original, csrf_token=csrf_token),
        "original_url": _layout_url(ticket, entry) if not is_original and _has_layout(entry) else "",
        "quoted_html": as_html(quoted) if quoted else "",
        "quoted_text": "",
        "attachments": [file_of(file) for file in files if not file.is_inline],
        "is_unscanned": any(not file.is_inline for file in files),
        "is_automatic": entry.facts.get("event") == "automatic",
        "automatic_label": AUTOMATIC_LABELS.get(str(entry.facts.get("reason"))),
        "delivery": "",
        **_delivery(entry, ticket),
    }


def _line(entry: TimelineEntry) -> Item:
    text = describe(entry) or label_of(EntryKind, entry.kind)
    return {
        "kind": "line",
        "id": str(entry.seq),
        "text": text,
        "detail": _detail(entry, text),
        "at": relative_time(entry.created_at),
        "icon": ICONS.get(entry.kind, "circle-dot"),
        "is_ownership": entry.kind == EntryKind.OWNERSHIP,
        **_way_on(entry),
    }


def _way_on(entry: TimelineEntry) -> Item:
    """Where a line leads: the text of a scheduled reply that was not sent is offered again."""
    if entry.facts.get("event") == "merged_away":
        there = entry.facts["reference"]
        label = _("Go to %(reference)s") % {"reference": there}
        return {"url": reverse("desk:ticket", args=[there]), "url_label": label, "stays_in_sight": True}
    if entry.facts.get("event") != "scheduled_dropped":
        return {}
    here = reverse("desk:ticket", args=[entry.ticket.reference])
    return {
        "url": f"{here}?compose=reply&restore={entry.facts['message']}",
        "url_label": _("Write again with its text"),
        "stays_in_sight": True,
    }


def _detail(entry: TimelineEntry, text: str) -> str:
    """Who did it, unless the line says so itself, and what they said about it."""
    who = "" if entry.author_name in text else shown_name(entry.author_name)
    said = _("“%(text)s”") % {"text": entry.body_text} if entry.body_text else ""
    return " ".join(part for part in (who, said) if part)


def _variant(entry: TimelineEntry) -> str:
    if entry.kind == EntryKind.EMAIL_OUTBOUND:
        return "customer-out"
    is_internal_word = entry.visibility == Visibility.INTERNAL and entry.author_type != AuthorType.CUSTOMER
    return "note" if entry.kind == EntryKind.NOTE or is_internal_word else "customer-in"


def _channel_label(entry: TimelineEntry) -> str:
    if entry.kind == EntryKind.EMAIL_OUTBOUND:
        kind = entry.facts.get("outbound")
        return label_of(OutboundKind, kind) if kind in OutboundKind.values else _("Reply")
    if entry.kind == EntryKind.PHONE_NOTE:
        return _("Phone call")
    return _("Chat") if entry.kind == EntryKind.CHAT else _("E-mail")


def _addresses(entry: TimelineEntry) -> str:
    """From whom to whom, as far as the channel knows addresses."""
    parts = []
    if sender := entry.email_from or (entry.contact.email if entry.contact else ""):
        parts.append(_("From %(addresses)s") % {"addresses": sender})
    if entry.email_to:
        parts.append(_("To %(addresses)s") % {"addresses": ", ".join(map(as_known, entry.email_to))})
    if entry.email_cc:
        parts.append(_("Cc %(addresses)s") % {"addresses": ", ".join(map(as_known, entry.email_cc))})
    return " · ".join(parts)


def _split(entry: TimelineEntry) -> tuple[str, str]:
    """New words and what a mail quotes below them; nothing is ever dropped."""
    text = entry.body_text[:SHOWN_CHARACTERS]
    return _parted(text, bool(entry.in_reply_to)) if entry.kind == EntryKind.EMAIL_INBOUND else (text, "")


@lru_cache(maxsize=KEPT_TEXTS)
def _parted(text: str, is_reply: bool) -> tuple[str, str]:
    new = trimmed_reply(text, is_reply=is_reply, limit=SHOWN_CHARACTERS).text
    if not new or not text.lstrip().startswith(new):
        return text, ""
    return new, text.lstrip()[len(new) :].strip()


@lru_cache(maxsize=KEPT_TEXTS)
def as_html(text: str) -> SafeString:
    """Plain text with its paragraphs and its addresses as links, everything else escaped."""
    linked = urlize(text, nofollow=True, autoescape=True) if LINKED.search(text) else escape(text)
    return mark_safe(linebreaks(linked))  # noqa: S308  # escaped by both


def _body(ticket: Ticket, entry: TimelineEntry, text: str, *, is_original: bool, csrf_token: str) -> SafeString:
    """The words; in a template of their own where more is to be said than them."""
    is_cut = len(entry.body_text) > SHOWN_CHARACTERS
    if text and not is_cut and not is_original and entry.redacted_at is None:
        return as_html(text)
    context = {
        "ticket": ticket,
        "entry": entry,
        "text": as_html(text),
        "csrf_token": csrf_token,
        "is_cut": is_cut,
        "is_original": is_original and _has_layout(entry),
        "may_show_images": is_original and not ticket.remote_images_allowed and REMOTE_IMAGE in entry.body_html,
    }
    return render_to_string("desk/_entry_body.html", context)


def _has_layout(entry: TimelineEntry) -> bool:
    """Whether it is a mail that has a layout of its own."""
    return bool(getattr(entry, "has_html", False)) and entry.redacted_at is None


def _layout_url(ticket: Ticket, entry: TimelineEntry) -> str:
    return f"{reverse('desk:ticket', args=[ticket.reference])}?original={entry.pk}#e{entry.seq}"


def file_of(file: Attachment) -> Item:
    """One file; a blocked one is named with its reason and has no address."""
    is_clean = file.may_be_served
    return {
        "name": file.filename,
        "size_bytes": file.size_bytes,
        "url": reverse("desk:attachment", args=[file.pk]) if is_clean else "",
        "is_blocked": not is_clean,
        "reason": "" if is_clean else scan_note_in_words(file.scan_note) or file.get_scan_status_display(),
        "is_image": file.content_type.startswith("image/"),
    }


def content_of(file: Attachment) -> bytes:
    with file.file.open("rb") as content:
        return bytes(content.read())


def _delivery(entry: TimelineEntry, ticket: Ticket) -> Item:
    """How the sending of an entry went; read from its outgoing message (ruling 11)."""
    message: OutboundMessage | None = getattr(entry, "outbound_message", None)
    if message is None:
        return {}
    match message.status:
        case OutboundStatus.SENT:
            at = timezone.localtime(message.sent_at) if message.sent_at else None
            when = date_format(at, "H:i") if at else ""
            if reported := delivery_of(message, ticket):
                return reported
            return {"delivery": "sent", "delivery_text": _("Sent %(time)s") % {"time": when}}
        case OutboundStatus.FAILED:
            text = _("Not sent: %(error)s") % {"error": message.last_error}
            return {"delivery": "failed", "delivery_text": text, "retry_url": reverse("desk:outbox")}
        case OutboundStatus.CANCELLED:
            return {"delivery": "failed", "delivery_text": _("Taken back, not sent")}
    if message.last_error:
        text = _("Not sent yet, tried again: %(error)s") % {"error": message.last_error}
        return {"delivery": "sending", "delivery_text": text}
    return {"delivery": "sending", "delivery_text": _("Waiting to be sent")}


SOON_SECONDS = 60
"""From then on a scheduled reply counts its seconds down like any other."""


def outgoing_of(message: OutboundMessage, agent: Agent, *, name: str) -> Item:
    """A message that is no entry yet, or failed, as `components/outgoing.html` wants it."""
    left = max(0, round((message.release_at - timezone.now()).total_seconds()))
    is_held = message.status == OutboundStatus.HELD
    waits = is_held and message.is_scheduled and left > SOON_SECONDS
    state = (
        "scheduled"
        if waits
        else "held"
        if is_held and left
        else "failed"
        if message.status == OutboundStatus.FAILED
        else "sending"
    )
    return {
        "id": message.pk,
        "state": state,
        "author_name": message.author.name if message.author else _("ITIL-NEXT"),
        "to": name,
        "body_text": message.body_text,
        "release_at": message.release_at,
        "moment": moment_in_words(message.release_at, message.ticket.requester) if waits else "",
        "seconds_left": left,
        "hold_seconds": max(round((message.release_at - message.created_at).total_seconds()), 1),
        "undo_url": reverse("desk:undo", args=[message.pk]) if may_undo(agent, message) else "",
        "schedule_url": reverse("desk:schedule", args=[message.pk]) if waits and may_undo(agent, message) else "",
        "problem": message.last_error if state == "failed" else "",
        "attachments": [file_of(file) for file in message.attachments.all()],
    }
