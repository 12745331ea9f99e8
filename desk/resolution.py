"""The resolution note as it is offered: a draft made of what was tried. Nothing of it is sent by itself."""

from collections.abc import Sequence
from textwrap import shorten
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from connectors.mail.parsing.replies import trimmed_reply
from desk.forms import ResolveForm
from tickets.around import Attempt, attempts_on, surroundings_of
from tickets.enums import EntryKind, Visibility
from tickets.models import Ticket
from tickets.placeholders import customer_language, granted_in_words
from tickets.policies import may_read_compensation

EXCERPT_CHARACTERS = 400
TELLING_CHARACTERS = 12
"""Shorter words of a note, as "Done", stand in other texts too and give nothing away."""


def words_of(attempt: Attempt, *, limit: int = EXCERPT_CHARACTERS) -> str:
    """What an attempt says on one line, of a mail without what it quotes; empty once redacted."""
    text = attempt.text
    if attempt.kind == EntryKind.EMAIL_INBOUND:
        text = trimmed_reply(text, is_reply=True, limit=len(text)).text or text
    return shorten(text, limit, placeholder=" …")


def draft_of(ticket: Ticket, *, reader: Agent) -> str:
    """What worked, below it what was tried before, and what was granted, in the customer's language; empty if there is
    nothing of it.
    """
    path = [(attempt, words_of(attempt)) for attempt in attempts_on(ticket)]
    worked = [words for attempt, words in path if attempt.has_worked and words]
    failed = [words for attempt, words in path if not attempt.has_worked and words]
    parts = []
    tells_granted = surroundings_of(ticket).has_resolutions and may_read_compensation(reader, ticket)
    with translation.override(customer_language(ticket)):
        if worked:
            parts.append("\n".join([_("What helped:"), *(f"- {words}" for words in worked)]))
        if failed:
            parts.append("\n".join([_("What we tried before, without success:"), *(f"- {words}" for words in failed)]))
        if tells_granted and (granted := granted_in_words(ticket)):
            parts.append("\n".join([_("What we do for you:"), *(f"- {words}" for words in granted)]))
    return "\n\n".join(parts)


class DraftedResolveForm(ResolveForm):
    """Offers the draft. Words of internal entries reach the customer only if somebody says that they have read them."""

    is_read = forms.BooleanField(
        label=gettext_lazy("I have read it: the customer may read these internal words"), required=False
    )

    def __init__(self, data: Any = None, *, ticket: Ticket, reader: Agent, **kwargs: Any) -> None:
        super().__init__(data, initial={"resolution_note": draft_of(ticket, reader=reader)}, **kwargs)
        inside = [words_of(attempt) for attempt in attempts_on(ticket) if attempt.visibility != Visibility.PUBLIC]
        self.internal_words: Sequence[str] = [words for words in inside if len(words) >= TELLING_CHARACTERS]
        if not self.internal_words:
            del self.fields["is_read"]
        if self.initial["resolution_note"]:
            note = self.fields["resolution_note"]
            note.widget.attrs["rows"] = 10
            note.help_text = gettext_lazy(
                "A draft made of what was tried; change it as you like. The customer reads it, with a link to confirm "
                "and one to object."
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        note = " ".join(str(cleaned.get("resolution_note", "")).split())
        if not cleaned.get("is_read", True) and any(words in note for words in self.internal_words):
            self.add_error(
                "is_read", _("The text holds words of internal notes. Read it again, and tick this or take them out.")
            )
        return cleaned
