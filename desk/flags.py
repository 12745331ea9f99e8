"""Case flags as the pages show them: chips, what each asks for, forms."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import shown_name
from core.labels import label_of
from desk.sections import Section
from envelopes.policies import may_open
from tickets.around import flags_on
from tickets.enums import OPEN, FlagType, Sentiment, TicketStatus
from tickets.models import Ticket
from tickets.policies import may_clear_flag, may_keep_flags
from tickets.repeats import about_the_same

Part = dict[str, Any]  # what a template takes

LOOKS: dict[str, tuple[str, str]] = {
    FlagType.PHYSICAL_DAMAGE: ("warn", "triangle-alert"),
    FlagType.SOCIAL_MEDIA: ("danger", "globe"),
    FlagType.VIP: ("warn", "star"),
    FlagType.LEGAL: ("danger", "shield"),
    FlagType.REPEAT_CONTACT: ("warn", "refresh-cw"),
    FlagType.COMPLAINT: ("danger", "octagon-alert"),
}
"""Tone and icon of each chip."""

ASKS: dict[str, Promise] = {
    FlagType.PHYSICAL_DAMAGE: _("Nothing is compensated without a photo of the damage, or a reason why there is none."),
    FlagType.SOCIAL_MEDIA: _("The manager watches. How it is talked about is recorded before the ticket is resolved."),
    FlagType.LEGAL: _(
        "The legal team is asked in an envelope. What is sent begins with a prescribed text. Category, product and "
        "region are filled in before the ticket is resolved. A supervisor, a manager or the legal team clears the flag."
    ),
}
"""What a flag asks of those who work the ticket."""


def chips_of(types: Iterable[str]) -> list[Part]:
    return [{"label": label_of(FlagType, flag), "tone": LOOKS[flag][0], "icon": LOOKS[flag][1]} for flag in types]


def chips_with_reasons(ticket: Ticket) -> list[Part]:
    """No query: read with the ticket's page."""
    return [chips_of([flag.type])[0] | {"title": flag.shown_reason} for flag in flags_on(ticket)]


def flags_of(agent: Agent, ticket: Ticket) -> list[Part]:
    """Active flags with their reasons, and what this person can do with each; no query."""
    is_keeper = not ticket.is_ended and may_keep_flags(agent, ticket)
    parts = []
    for flag in flags_on(ticket):
        steps = []
        if is_keeper and flag.type == FlagType.PHYSICAL_DAMAGE and not flag.waiver:
            steps.append(("waiver", _("There is no photo")))
        if is_keeper and flag.type == FlagType.SOCIAL_MEDIA:
            steps.append(("sentiment", _("Record the sentiment")))
        if not ticket.is_ended and may_clear_flag(agent, ticket, flag.type):
            steps.append(("clear", _("Clear flag")))
        parts.append(
            {
                "chip": chips_of([flag.type])[0],
                "reason": flag.shown_reason,
                "by": shown_name(flag.by),
                "at": flag.at,
                "asks": ASKS.get(flag.type, ""),
                "waiver": flag.waiver,
                "sentiment": label_of(Sentiment, flag.sentiment) if flag.sentiment else "",
                "steps": [
                    {"label": label, "url": reverse("desk:flag", args=[ticket.reference, flag.id, name])}
                    for name, label in steps
                ],
            }
        )
    return parts


class FlagForm(forms.Form):
    type = forms.ChoiceField(label=_("Flag"), choices=FlagType.choices)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Colleagues read it; the customer sees neither flag nor reason."),
    )


class SentimentForm(forms.Form):
    sentiment = forms.ChoiceField(label=_("How is it talked about now?"), choices=Sentiment.choices)


def _about_the_same(ticket: Ticket, agent: Agent) -> Part:
    """Whoever may ask for help gets the form of an envelope with the reason filled in; the others write a note."""
    found = about_the_same(ticket, seen_by=agent)
    same = [
        {
            "reference": other.reference,
            "subject": other.subject,
            "status": other.status,
            "status_label": label_of(TicketStatus, other.status),
            "at": other.created_at,
        }
        for other in found
    ]
    may_ask = ticket.status in OPEN and may_open(agent, ticket)
    return {
        "ask_url": _ask_url(ticket, found) if may_ask else "",
        "note_url": reverse("desk:ticket", args=[ticket.reference]) + "?compose=note",
        "same": same,
    }


def _ask_url(ticket: Ticket, same: list[Ticket]) -> str:
    reason = gettext("%(customer)s has contacted us for the third time within 30 days about the same issue.") % {
        "customer": ticket.requester.name
    }
    if same:
        references = ", ".join(other.reference for other in same)
        reason += "\n" + gettext("About the same: %(references)s") % {"references": references}
    return f"{reverse('desk:envelopes', args=[ticket.reference])}?{urlencode({'reason': reason})}"


REPEAT_CONTACT = Section(
    title=_("Third contact about the same issue"),
    template="desk/_repeat_contact.html",
    read=_about_the_same,
    is_for=lambda ticket: FlagType.REPEAT_CONTACT in ticket.flags,
    is_part_of_page=True,
)
"""Help and the common cause are suggested above the feed."""
