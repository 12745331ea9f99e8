"""The tabs of a ticket: its timeline, and one for each of its envelopes, with what stands in the panel about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from core.labels import label_of
from desk.promises import help_badges
from desk.workspace import Abilities, Part, abilities_of
from envelopes.enums import EnvelopeKind, EnvelopeStatus, Outcome
from envelopes.selectors import EnvelopeRow, envelopes_on
from tickets.enums import Priority
from tickets.models import Ticket

S = EnvelopeStatus
ICONS: dict[str, str] = {
    S.PENDING: "mail",
    S.ACTIVE: "mail-open",
    S.DECLINED: "triangle-alert",
    S.COMPLETED: "check",
    S.CANCELLED: "x",
}
TONES: dict[str, str] = {S.PENDING: "warn", S.ACTIVE: "env", S.DECLINED: "danger", S.COMPLETED: "ok"}
TURNS = {"owner": gettext_lazy("Owner"), "expert": gettext_lazy("Expert")}


KINDS: dict[str, tuple[str, str]] = {
    EnvelopeKind.EXTERNAL_VENDOR: ("warn", "globe"),
    EnvelopeKind.LEGAL: ("danger", "shield"),
}
"""Tone and icon of the kinds that are not help of colleagues."""


def kind_chip(kind: str) -> Part | None:
    if kind not in KINDS:
        return None
    tone, icon = KINDS[kind]
    return {"label": EnvelopeKind(kind).label, "tone": tone, "icon": icon}


def tab_url(reference: str, number: int, step: str = "") -> str:
    url = reverse("desk:envelope", args=[reference, number])
    return f"{url}{step}/" if step else url


@dataclass(frozen=True)
class Tabs:
    """The envelopes of one ticket as one person sees them."""

    ticket: Ticket
    agent: Agent
    rows: Sequence[EnvelopeRow]

    @cached_property
    def is_helping(self) -> bool:
        """Whether the person works in one of them."""
        return any(row.is_helping and row.status == S.ACTIVE for row in self.rows)

    @cached_property
    def able(self) -> Abilities:
        return abilities_of(self.agent, self.ticket, is_helping=self.is_helping)

    def context(self, current: int | None = None) -> Part:
        """As `desk/envelopes/_tabs.html` and `_panel.html` want it; `current` is the number of the open tab."""
        here = reverse("desk:ticket", args=[self.ticket.reference])
        tabs = [{"label": _("Timeline"), "url": here, "icon": "history", "is_current": current is None}]
        tabs += [self._tab(row, current) for row in self.rows]
        promises = help_badges(self.ticket, timezone.now()) if self.rows else {}
        return {
            "ticket_tabs": tabs if self.rows else [],
            "envelopes": [
                shown_row(row) | {"promise": promises.get(row.id) if row.is_readable else None} for row in self.rows
            ],
            "help_tab": self._help_tab() if self.is_helping and not self.able.note else None,
        }

    def _help_tab(self) -> EnvelopeRow | None:
        """Where the person writes instead of on the main thread."""
        return next((row for row in self.rows if row.is_helping and row.status == S.ACTIVE), None)

    def _tab(self, row: EnvelopeRow, current: int | None) -> Part:
        is_current = row.number == current
        return {
            "label": name_of(row),
            "url": tab_url(row.reference, row.number) if row.is_readable else "",
            "icon": ICONS[row.status],
            "status_label": row.status.label,
            "is_current": is_current,
            "unread_count": 0 if is_current else row.unread_count,
        }


def tabs_of(agent: Agent, ticket: Ticket) -> Tabs:
    """At most two queries, one where the ticket has no envelope."""
    return Tabs(ticket, agent, envelopes_on(ticket, agent))


def name_of(row: EnvelopeRow) -> str:
    """Its number and whom it asks: two may ask the same team. Of what was opened below another, its level too."""
    if row.parent_number is None:
        return f"{row.number}: {row.target}"
    facts = {"number": row.number, "level": row.level, "target": row.target}
    return _("%(number)s (level %(level)s): %(target)s") % facts


def shown_row(row: EnvelopeRow) -> Part:
    """An envelope as the panel, the switcher and the help board show it."""
    return {
        "row": row,
        "name": name_of(row),
        "url": tab_url(row.reference, row.number) if row.is_readable else "",
        "icon": ICONS[row.status],
        "tone": TONES.get(row.status, ""),
        "status_label": row.status.label,
        "priority_label": label_of(Priority, row.priority),
        "turn": turn_of(row) if row.is_open and row.is_readable else "",
        "kind_chip": kind_chip(row.kind),
        "outcome_label": Outcome(row.outcome).label if row.outcome else "",
    }


def turn_of(row: Any) -> Any:  # Any: a row or an envelope; text in the reader's language
    """Who must act next."""
    return TURNS[row.awaiting]
