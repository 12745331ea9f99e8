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

from connectors.mail.parsing.replies import trimmed_reply
from connectors.mail.reply_address import as_known
from connectors.mail.sentences import error_in_words
from connectors.meetings.wording import EVENTS as MEETINGS
from core.actors import shown_name
from core.labels import label_of
from core.markdown import to_html
from core.templatetags.ui import relative_time
from desk.delivery import delivery_of, words_of_failure
from desk.entry_files import files_in
from desk.entry_marks import Marks, add_marks
from tickets.enums import CUSTOMER_FACING, SPOKEN, AuthorType, EntryKind, OutboundKind, OutboundStatus, Visibility
from tickets.models import Attachment, OutboundMessage, Ticket, TimelineEntry
from tickets.services.splitting import may_be_split
from tickets.wording import describe, protection, sender_warning

Item = dict[str, Any]  # what a template takes

REMOTE_IMAGE = "data-blocked-src"
"""How the sanitiser marks an image that would be fetched from elsewhere."""
SHOWN_CHARACTERS = 20_000
"""Of one message on the page; the rest is a link away."""
LINKED = re.compile(r"https?://|www\.|@|\.(?:com|edu|gov|int|mil|net|org)\b", re.IGNORECASE)
"""What `urlize` makes links of; most messages hold none of it, and looking word by word takes its time."""
KEPT_TEXTS = 512
"""What was said never changes, and a ticket is looked at again after each act."""
HELP = (EntryKind.ENVELOPE_CREATED, EntryKind.ENVELOPE_COMPLETED)
"""What the main thread tells of envelopes."""
SHOW: dict[str, Q] = {
    "customer": Q(visibility=Visibility.PUBLIC),
    "internal": Q(kind=EntryKind.NOTE) | Q(visibility=Visibility.INTERNAL, kind__in=CUSTOMER_FACING),
    "envelopes": Q(kind__in=HELP),
    "system": ~Q(kind__in=[*SPOKEN, *HELP]),
}
"""What `?show=` narrows the timeline to."""

ICONS: dict[str, str] = {
    EntryKind.OWNERSHIP: "hand",
    EntryKind.STATUS_CHANGE: "circle-dot",
    EntryKind.TASK_CREATED: "list-checks",
    EntryKind.TASK_COMPLETED: "list-checks",
    EntryKind.RESOLUTION: "file-text",
    EntryKind.APPROVAL: "badge-check",
    EntryKind.LINK: "link",
    EntryKind.CHANGE: "pencil",
    EntryKind.PRIORITY_CHANGE: "flag",
    EntryKind.FLAG: "flag",
    EntryKind.SLA_EVENT: "clock",
    EntryKind.ENVELOPE_CREATED: "mail",
    EntryKind.ENVELOPE_COMPLETED: "mail-open",
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
    may_use: bool = False,
    marks: Marks = Marks(),  # noqa: B008  # never changes
) -> list[Item]:
    """Entries under the days of the reader's zone; `original` names the mail that is shown in its own layout, `may_use`
    says that the reader writes to the customer.
    """
    days: list[Item] = []
    may_split = may_split and sum(entry.is_public for entry in entries) > 1
    split_url = reverse("desk:split", args=[ticket.reference]) if may_split else ""
    for entry in entries:
        day = timezone.localtime(entry.created_at).date()
        if not days or days[-1]["day"] != day:
            days.append({"day": day, "label": day_in_words(day), "items": []})
        item = _item(ticket, entry, is_original=entry.pk == original, csrf_token=csrf_token)
        if may_split and may_be_split(entry):
            item["split_url"] = f"{split_url}?entry={entry.pk}"
        if may_use and entry.kind == EntryKind.ENVELOPE_COMPLETED:
            url = reverse("desk:envelope-use", args=[ticket.reference, entry.facts["number"]])
            item |= {"url": url, "url_label": _("Use in reply…")}
        add_marks(item, entry, marks)
        days[-1]["items"].append(item)
    if marks.sought is None:  # what was looked for stays in sight
        for group in days:
            group["items"] = folded(group["items"])
    return days


def first_unread_of(entries: Sequence[TimelineEntry], *, read: int, reader: UUID) -> str:
    """Id of the first thing others have said beyond entry `read`; empty for none."""
    for entry in entries:
        if entry.seq > read and entry.kind in SPOKEN and entry.author_id != reader:
            return str(entry.seq)
    return ""


def day_in_words(day: date) -> str:
    today = timezone.localdate()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    # Translators: format of a day with its weekday, letters as in Django's date filter
    return date_format(day, _("l, j F Y"))


def folded(items: list[Item]) -> list[Item]:
    """Runs of two or more system events become one line that opens; who owns the ticket stays in sight."""
    folded: list[Item] = []
    run: list[Item] = []
    for item in [*items, None]:
        if item is not None and item["kind"] == "line" and not (item["is_ownership"] or item.get("stays_in_sight")):
            run.append(item)
            continue
        folded += [_events(run)] if len(run) > 1 else run
        run = []
        if item is not None:
            folded.append(item)
    return folded


SUMMED_UP = 3
"""Kinds that a folded run names."""


def _events(run: list[Item]) -> Item:
    kinds = list(dict.fromkeys(item["kind_label"] for item in run if item["kind_label"]))
    summary = ", ".join(kinds[:SUMMED_UP]) + (" …" if len(kinds) > SUMMED_UP else "")
    return {"kind": "events", "id": run[0]["id"], "events": run, "summary": summary}


def _item(ticket: Ticket, entry: TimelineEntry, *, is_original: bool, csrf_token: str) -> Item:
    if entry.kind not in SPOKEN:
        return line_of(entry)
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
        "warning": sender_warning(entry.failed_check),
        "body_html": _body(ticket, entry, text, is_original=is_original, csrf_token=csrf_token),
        "original_url": _layout_url(ticket, entry) if not is_original and _has_layout(entry) else "",
        "quoted_html": as_html(quoted) if quoted else "",
        "quoted_text": "",
        **files_in(files),
        "is_automatic": entry.facts.get("event") == "automatic",
        "automatic_label": AUTOMATIC_LABELS.get(str(entry.facts.get("reason"))),
        "chips": protection(entry.facts),
        "delivery": "",
        **_delivery(entry, ticket),
    }


NEWS_CHARACTERS = 2_000


def news_of(entry: TimelineEntry) -> Item:
    """What was written meanwhile, as it stands above a reply that was not sent because of it."""
    text, _quoted = _split(entry)
    return {
        "author": entry.contact.name if entry.contact else entry.author_name,
        "at": relative_time(entry.created_at),
        "text": text[:NEWS_CHARACTERS],
        "is_internal": entry.visibility == Visibility.INTERNAL,
    }


def line_of(entry: TimelineEntry) -> Item:
    text = describe(entry) or label_of(EntryKind, entry.kind)
    return {
        "kind": "line",
        "id": str(entry.seq),
        "text": text,
        "kind_label": label_of(EntryKind, entry.kind) if entry.kind != EntryKind.SYSTEM else "",
        "detail": _detail(entry, text),
        "at": relative_time(entry.created_at),
        "icon": ICONS.get(entry.kind, "circle-dot"),
        "is_ownership": entry.kind == EntryKind.OWNERSHIP,
        **_way_on(entry),
    }


def _way_on(entry: TimelineEntry) -> Item:
    """Where a line leads: the text of a reply that was not sent is offered again. What help came to stays in sight."""
    if entry.facts.get("event") in MEETINGS:
        url = reverse("desk:meeting", args=[entry.facts["reference"], entry.facts["meeting"]])
        return {"url": url, "url_label": _("Open the meeting"), "icon": "calendar", "stays_in_sight": True}
    if entry.kind == EntryKind.ENVELOPE_COMPLETED:
        return {"stays_in_sight": True}
    if entry.facts.get("event") == "merged_away":
        there = entry.facts["reference"]
        label = _("Go to %(reference)s") % {"reference": there}
        return {"url": reverse("desk:ticket", args=[there]), "url_label": label, "stays_in_sight": True}
    if entry.facts.get("event") != "scheduled_dropped" or "message" not in entry.facts:
        return {}
    return {
        "url": restore_url(entry.ticket, entry.facts["message"]),
        "url_label": _("Write again with its text"),
        "stays_in_sight": True,
    }


RESTORABLE = (OutboundStatus.CANCELLED, OutboundStatus.FAILED)
"""What has ended without being sent, so that its text may be needed again."""


def restore_url(ticket: Ticket, message_id: object) -> str:
    """The ticket with the reply's text, copies and files in the composer."""
    return reverse("desk:ticket", args=[ticket.reference]) + f"?compose=reply&restore={message_id}"


def _way_after_failure(ticket: Ticket, message_id: UUID, kind: str) -> Item:
    """What a person wrote is written again, to an address that works; our own words are not theirs to repeat."""
    if kind in (OutboundKind.ACKNOWLEDGEMENT, OutboundKind.REMINDER):
        url = reverse("desk:ticket", args=[ticket.reference]) + "?compose=reply"
        return {"retry_url": url, "retry_label": _("Check the address and write again")}
    return {"retry_url": restore_url(ticket, message_id), "retry_label": _("Write again with its text")}


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
    if entry.facts.get("event") == "former_requester":
        return describe(entry)
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


def as_formatted(text: str) -> SafeString:
    """What an agent wrote with formatting, as the customer gets it."""
    html = to_html(text)
    return mark_safe(html) if html else as_html(text)  # noqa: S308  # cleaned by nh3


def _is_formatted(entry: TimelineEntry) -> bool:
    """Only what is written here has its formatting in its text; a mail that came in has a layout of its own."""
    return entry.kind == EntryKind.EMAIL_OUTBOUND and bool(getattr(entry, "has_html", False))


def _body(ticket: Ticket, entry: TimelineEntry, text: str, *, is_original: bool, csrf_token: str) -> SafeString:
    """The words; in a template of their own where more is to be said than them."""
    is_cut = len(entry.body_text) > SHOWN_CHARACTERS
    words = as_formatted(text) if _is_formatted(entry) else as_html(text)
    if text.strip() and not is_cut and not is_original and entry.redacted_at is None:
        return words
    at, is_original = [ticket.reference, entry.pk], is_original and _has_layout(entry)
    has_hidden = is_original and not ticket.remote_images_allowed and REMOTE_IMAGE in entry.body_html
    context = {
        "entry": entry,
        "text": words if text.strip() else "",
        "frame_url": reverse("desk:original", args=at) if is_original else "",
        "text_url": f"{reverse('desk:ticket', args=at[:1])}#e{entry.seq}",
        "images_url": reverse("desk:images", args=at[:1]) if has_hidden else "",
        "whole_url": reverse("desk:whole-text", args=at) if is_cut else "",
        "csrf_token": csrf_token,
    }
    return render_to_string("desk/_entry_body.html", context)


def _has_layout(entry: TimelineEntry) -> bool:
    """Whether it is a mail that has a layout of its own."""
    has_html = bool(getattr(entry, "has_html", False))
    return has_html and entry.redacted_at is None and entry.kind != EntryKind.EMAIL_OUTBOUND


def _layout_url(ticket: Ticket, entry: TimelineEntry) -> str:
    return f"{reverse('desk:ticket', args=[ticket.reference])}?original={entry.pk}#e{entry.seq}"


def _delivery(entry: TimelineEntry, ticket: Ticket) -> Item:
    """How the sending of an entry went; read from its outgoing message (ruling 11)."""
    message: OutboundMessage | None = getattr(entry, "outbound_message", None)
    if message is None:
        return {}
    return sending_of(message, ticket, _way_after_failure(ticket, message.pk, str(entry.facts.get("outbound", ""))))


def sending_of(message: OutboundMessage, ticket: Ticket, way: Item) -> Item:
    """State and words; `way` is what leads on where it has failed. To be read with `handover`."""
    match message.status:
        case OutboundStatus.SENT:
            at = timezone.localtime(message.sent_at) if message.sent_at else None
            when = date_format(at, "H:i") if at else ""
            if reported := delivery_of(message, ticket):
                return reported
            return {"delivery": "sent", "delivery_text": _("Sent %(time)s") % {"time": when}}
        case OutboundStatus.FAILED:
            return {"delivery": "failed", "delivery_text": words_of_failure(message), **way}
        case OutboundStatus.CANCELLED:
            return {"delivery": "failed", "delivery_text": _("Taken back, not sent")}
    if message.last_error:
        words = _("Not sent yet, tried again: %(error)s")
        if message.may_have_left:
            words = _("Perhaps not with everybody yet, tried again: %(error)s")
        text = words % {"error": error_in_words(message.last_error)}
        return {"delivery": "sending", "delivery_text": text}
    return {"delivery": "sending", "delivery_text": _("Waiting to be sent")}
