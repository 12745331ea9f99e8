"""What a merge would do, before it is done: shown on its page, decided by the service."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Agent
from core.errors import DomainError, Invalid
from desk.forms import LinkForm
from tickets.models import Ticket, TimelineEntry
from tickets.selectors import entries_to_merge
from tickets.services.merging import refusal_to_merge

SHOWN = 5
EXCERPT_CHARACTERS = 120


class MergeForm(LinkForm):
    """Names the ticket that goes on; `confirmed` comes from the preview alone."""

    kind = None  # type: ignore[assignment]  # a merge is always a duplicate
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput())


@dataclass(frozen=True)
class MergePreview:
    target: Ticket
    count: int
    newest: list[dict[str, Any]]
    consequences: list[str]
    refusal: DomainError | None

    @property
    def count_text(self) -> str:
        words = ngettext("%(count)s entry moves there", "%(count)s entries move there", self.count)
        return words % {"count": self.count}

    @property
    def hint(self) -> str:
        return self.refusal.hint_text if self.refusal else ""


def preview_of(agent: Agent, source: Ticket, target: Ticket) -> MergePreview:
    """Six queries at most, however much moves."""
    moving = entries_to_merge(source)
    newest = moving.select_related("contact").order_by("-seq")[:SHOWN]
    refusal = refusal_to_merge(source, target)
    if isinstance(refusal, Invalid):
        refusal = None  # the form says it at its field
    return MergePreview(
        target=target,
        count=moving.count(),
        newest=[_row(entry) for entry in newest],
        consequences=_consequences(source, target),
        refusal=refusal,
    )


def _row(entry: TimelineEntry) -> dict[str, Any]:
    text = " ".join(entry.body_text[: EXCERPT_CHARACTERS * 2].split())
    return {
        "author": entry.contact.name if entry.contact else entry.author_name,
        "at": entry.created_at,
        "text": text if len(text) <= EXCERPT_CHARACTERS else f"{text[:EXCERPT_CHARACTERS].rstrip()} …",
        "is_public": entry.is_public,
    }


def _consequences(source: Ticket, target: Ticket) -> list[str]:
    """Each in a sentence; what does not apply is left out."""
    both = {"source": source.reference, "target": target.reference}
    sentences = [
        _("%(source)s ends as a duplicate of %(target)s; later mail to it arrives at %(target)s.") % both,
        _owners(source, target),
    ]
    known = {target.requester_id, *target.participants.values_list("contact_id", flat=True)}
    people = [source.requester, *(row.contact for row in source.participants.select_related("contact"))]
    if names := [contact.name for contact in people if contact.pk not in known]:
        sentences.append(
            _("They take part in %(target)s from then on: %(names)s.") % (both | {"names": ", ".join(names)})
        )
    if held := source.outbound_messages.to_customers().filter(status="held").count():
        words = ngettext(
            "%(count)s reply that has not been sent yet is taken back.",
            "%(count)s replies that have not been sent yet are taken back.",
            held,
        )
        sentences.append(words % {"count": held})
    if tasks := source.tasks.filter(status__in=["todo", "in_progress"]).count():
        words = ngettext("%(count)s open task stays on %(source)s.", "%(count)s open tasks stay on %(source)s.", tasks)
        sentences.append(words % (both | {"count": tasks}))
    sentences.append(_("It can be undone for 7 days, while neither ticket has a new message from or to the customer."))
    return sentences


def _owners(source: Ticket, target: Ticket) -> str:
    if target.owner is None and source.owner is not None:
        return _("Nobody owns %(target)s yet; %(owner)s stays the owner of %(source)s only.") % {
            "target": target.reference,
            "source": source.reference,
            "owner": source.owner.name,
        }
    if target.owner is None:
        return _("Nobody owns either ticket; that stays so.")
    if source.owner is None or source.owner_id == target.owner_id:
        return _("%(owner)s owns %(target)s and speaks with the customer.") % {
            "owner": target.owner.name,
            "target": target.reference,
        }
    return _("Both keep what they own: %(first)s %(source)s, %(second)s %(target)s and the conversation there.") % {
        "first": source.owner.name,
        "source": source.reference,
        "second": target.owner.name,
        "target": target.reference,
    }
