"""The composers below the timeline: with a fresh form, with a draft, or with what was in the way of sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from accounts.models import Agent
from accounts.panels import Panels
from desk.composing import context_of, id_in, renew_context
from desk.delivery import correct_url, why_undeliverable
from desk.drafts import draft_url, offered_draft, saved_words, shown_files, words_for_lost
from desk.entry_files import file_of
from desk.forms import MAX_FILE_BYTES, NoteForm, ReplyForm
from desk.neighbours import with_from
from desk.recipients import recipients_of
from desk.refusals import Refusal
from desk.signatures import shown_signature, without_signature
from desk.workspace import Abilities, Part, why_no_reply
from tickets.around import KeptDraft, draft_files_on, drafts_on
from tickets.enums import DraftMode
from tickets.errors import UnseenEntries
from tickets.models import OutboundMessage, Ticket
from tickets.policies import acts_as_owner
from tickets.selectors import messages_in_hand_of


@dataclass
class Composers:
    """State of the two composers: which is open, with which form, and what was in its way."""

    origin: str = ""
    """The list the ticket was opened from (`desk.neighbours`), which its forms keep."""
    opened: str = ""
    reply_form: ReplyForm | None = None
    note_form: NoteForm | None = None
    reply_error: Refusal | None = None
    note_error: Refusal | None = None
    preview: Part | None = None
    """Who would get what, as `components/preview.html` wants it."""
    risks: Sequence[str] = ()
    asked: Sequence[str] = ()
    unseen: Sequence[Part] = ()
    """What was written meanwhile: author, at, text, is_internal."""
    restored: OutboundMessage | None = None
    kept: Sequence[str] | None = None
    """Ids of its files that were ticked, if they were shown before."""
    texts: Sequence[tuple[UUID, str]] = ()
    """Canned responses to choose from, where no script offers them."""
    advice: str = ""
    """What is still to be done before sending."""
    lost_files: Sequence[str] = ()
    """Names of files that a refused form carried; browsers do not send them again by themselves."""

    @property
    def files_hint(self) -> str:
        return words_for_lost(self.lost_files)


def as_typed(given: QueryDict, mode: DraftMode) -> Composers:
    """A composer with what was typed. Nothing is sent yet, so nothing in it has to be right."""
    composers, form = _bound(given, mode)
    form.errors.clear()
    return composers


def as_refused(given: QueryDict, mode: DraftMode, error: Refusal) -> Composers:
    """A composer with what was typed, and above it why it was refused."""
    composers, _form = _bound(given, mode)
    if mode == DraftMode.REPLY:
        composers.reply_error = error
    else:
        composers.note_error = error
    return composers


def _bound(given: QueryDict, mode: DraftMode) -> tuple[Composers, ReplyForm | NoteForm]:
    form: ReplyForm | NoteForm
    composers = Composers(opened=mode)
    if mode == DraftMode.REPLY:
        form = composers.reply_form = ReplyForm(given, auto_id="reply-%s")
    else:
        form = composers.note_form = NoteForm(given, auto_id="note-%s")
    return composers, form


def dock_of(agent: Agent, ticket: Ticket, able: Abilities, last_seen_seq: int, composers: Composers) -> Part:
    """The composers. A refused text is shown again even to whom the composer would not be offered."""
    is_refused_reply = composers.reply_form is not None
    context = partial(context_of, ticket, last_seen_seq=last_seen_seq, by=agent)
    reply = note = None
    refused: Part | None = None
    if able.reply or is_refused_reply:
        draft = offered_draft(ticket, DraftMode.REPLY, composers.restored)
        form = composers.reply_form or _fresh_reply(agent, ticket, composers.restored, draft)
        renew_context(form, context(asked=composers.asked).signed())
        reply = _reply_of(agent, ticket, form, composers, may_wait=able.wait)
        reply["draft"] = _draft_of(ticket, DraftMode.REPLY, draft, composers)
    else:
        refused = {"recipient_name": ticket.requester.name, "reason": why_no_reply(agent, ticket)}
        if kept := drafts_on(ticket).get(DraftMode.REPLY):
            # Whoever may not send it any more can still take the words along, as a note or for the owner.
            refused["draft_text"] = kept.body_text
            refused["draft_version"] = kept.version
            refused["draft_url"] = with_from(draft_url(ticket, DraftMode.REPLY), composers.origin)
    if able.note or composers.note_form is not None:
        draft = offered_draft(ticket, DraftMode.NOTE)
        initial = _initial(ticket, DraftMode.NOTE, draft)
        note_form = composers.note_form or NoteForm(auto_id="note-%s", initial=initial)
        renew_context(note_form, context().signed())
        note = {
            "form": note_form,
            "draft": _draft_of(ticket, DraftMode.NOTE, draft, composers),
            "action": with_from(reverse("desk:note", args=[ticket.reference]), composers.origin),
            "is_open": composers.opened == "note",
            "max_bytes": MAX_FILE_BYTES,
            "draft_text": composers.files_hint if composers.opened == "note" else "",
            "error": composers.note_error,
            **_aids(ticket, DraftMode.NOTE, composers),
        }
    return {"reply": reply, "reply_refused": refused, "note": note}


def _initial(ticket: Ticket, mode: DraftMode, draft: KeptDraft | None) -> Part:
    """First values of a composer: the draft, and what it must know to be saved over it."""
    newest = drafts_on(ticket).get(mode)
    shown = {"body": draft.body_text, "cc": draft.cc} if draft else {}
    return {"draft_version": newest.version if newest else 0, **shown}


def _draft_of(ticket: Ticket, mode: DraftMode, draft: KeptDraft | None, composers: Composers) -> Part:
    """What the composers say of a draft; a form that came back holds a newer text than the draft."""
    is_back = (composers.reply_form if mode == DraftMode.REPLY else composers.note_form) is not None
    words = "" if is_back else saved_words(draft)
    is_kept = draft is not None or bool(draft_files_on(ticket, mode))
    url = with_from(draft_url(ticket, mode), composers.origin)
    return {"url": url, "text": words, "is_kept": is_kept, "is_behind": is_back}


def _reply_of(agent: Agent, ticket: Ticket, form: ReplyForm, composers: Composers, *, may_wait: bool) -> Part:
    """What `components/composer_reply.html` wants."""
    name, address = ticket.requester.name, ticket.requester.email
    has_seen = composers.reply_error is not None and isinstance(composers.reply_error.error, UnseenEntries)
    anyway = bool(composers.risks) or has_seen  # what was in the way is on screen now
    return {
        "form": form,
        "action": with_from(reverse("desk:reply", args=[ticket.reference]), composers.origin),
        "preview_url": with_from(reverse("desk:preview", args=[ticket.reference]), composers.origin),
        "preview": composers.preview,
        "recipient_name": name,
        "company_name": ticket.company.name if ticket.company else "",
        "recipient_address": address,
        "recipients": recipients_of(name, address, str(form["cc"].value() or ""), anyway=anyway),
        "recipient_problem": why_undeliverable(ticket.requester),
        "correct_url": correct_url(ticket),
        "on_behalf_of": ticket.owner.name if _writes_for_another(agent, ticket) and ticket.owner else "",
        "is_open": composers.opened == "reply",
        "may_wait": may_wait,
        "signature_text": shown_signature(agent, ticket),
        "max_bytes": MAX_FILE_BYTES,
        "hold_seconds": agent.undo_seconds,
        "draft_text": composers.files_hint if composers.opened == "reply" else "",
        "confirm": list(composers.risks),
        "unseen": list(composers.unseen),
        "error": composers.reply_error,
        "kept_files": _kept_files(agent, form, composers),
        **_aids(ticket, DraftMode.REPLY, composers),
    }


def _aids(ticket: Ticket, mode: DraftMode, composers: Composers) -> Part:
    """What helps writing: canned responses, and in notes the names of colleagues."""
    is_open = composers.opened == mode
    files_url = reverse("desk:draft-files", args=[f"{ticket.reference}-{mode}"])
    return {
        "aids": {
            "texts_url": reverse("desk:texts-for", args=[ticket.reference, mode]),
            "people_url": reverse("desk:people-for", args=[ticket.reference]) if mode == DraftMode.NOTE else "",
            "texts": composers.texts if is_open else (),
            "advice": composers.advice if is_open else "",
            "mode": str(mode),
        },
        "draft_files": shown_files(ticket, mode, files_url),
        "files_url": files_url,
    }


def _writes_for_another(agent: Agent, ticket: Ticket) -> bool:
    return ticket.owner_id != agent.pk and acts_as_owner(agent, ticket)


def _fresh_reply(agent: Agent, ticket: Ticket, restored: OutboundMessage | None, draft: KeptDraft | None) -> ReplyForm:
    initial = _initial(ticket, DraftMode.REPLY, draft) | {"after": Panels.of(agent.panels).after_send}
    if restored is not None:
        body = without_signature(restored.body_text, restored.author, ticket)
        taken_back = {"body": body, "cc": ", ".join(restored.cc_recipients)}
        initial = taken_back | initial | {"restored": str(restored.pk)}
    return ReplyForm(auto_id="reply-%s", initial=initial)


def _kept_files(agent: Agent, form: ReplyForm, composers: Composers) -> list[Part]:
    """Files of the reply that was taken back, to be attached again or left out."""
    restored = composers.restored
    if restored is None and form.is_bound and (message_id := id_in(form.data.get("restored", ""))):
        restored = messages_in_hand_of(agent).filter(pk=message_id).first()
    if restored is None:
        return []
    chosen = cast(QueryDict, form.data).getlist("kept") if form.is_bound else composers.kept
    return [
        file_of(file) | {"id": file.pk, "is_kept": chosen is None or str(file.pk) in chosen}
        for file in restored.attachments.all()
    ]
