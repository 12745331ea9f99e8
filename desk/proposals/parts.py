"""Proposals as their pages show them: what would change, field by field, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.models.calendars import WEEKDAYS
from core.labels import label_of
from desk.proposals.forms import holiday_line, span_of
from sla.alerts.enums import Recipient
from sla.models.policies import TARGETS
from sla.proposals.enums import ProposalAbout, ProposalStatus
from sla.proposals.models import Proposal
from sla.proposals.policies import may_decide, may_propose
from sla.proposals.selectors import names_in
from sla.proposals.shapes import FIELDS, MODELS
from sla.wording import effects_in_words as effects_on_promises

Part = dict[str, Any]  # what a template takes
LOOKS: Mapping[str, tuple[str, str]] = {
    ProposalStatus.PENDING: ("warn", "hourglass"),
    ProposalStatus.ACCEPTED: ("ok", "badge-check"),
    ProposalStatus.DECLINED: ("danger", "circle-x"),
    ProposalStatus.WITHDRAWN: ("outline", "undo-2"),
}
MINUTES = (*TARGETS.values(), "threshold_minutes")


def row_of(proposal: Proposal) -> Part:
    tone, icon = LOOKS[proposal.status]
    return {
        "proposal": proposal,
        "url": reverse("desk:proposal", args=[proposal.pk]),
        "about": label_of(ProposalAbout, proposal.about),
        "status": {"label": label_of(ProposalStatus, proposal.status), "tone": tone, "icon": icon},
    }


def changes_in(proposal: Proposal) -> list[Part]:
    """Each field with what it was and what it is to be."""
    model, names = MODELS[proposal.about], names_in(proposal)
    return [
        {
            "name": _label(model, name),
            "old": in_words(model, name, proposal.former[name], names) if name in proposal.former else "",
            "new": in_words(model, name, proposal.values[name], names),
        }
        for name in FIELDS[proposal.about]
        if name in proposal.values
    ]


def _label(model: type[Model], name: str) -> str:
    known = {"windows": _("Open hours"), "holidays": _("Holidays of its own")}
    field: Any = None if name in known else model._meta.get_field(name)
    return known.get(name) or str(capfirst(field.verbose_name))


def in_words(model: type[Model], name: str, value: Any, names: Mapping[str, str]) -> str:
    if name == "windows":
        return "\n".join(_days(value))
    if name == "holidays":
        return "\n".join(map(holiday_line, value))
    if name == "recipients":
        return ", ".join(label_of(Recipient, one) for one in value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(value)
    if value is None or value == "":
        return ""
    if name in MINUTES:
        return _("%(minutes)s min") % {"minutes": value}
    field: Any = model._meta.get_field(name)
    return str(dict(field.flatchoices).get(value) or names.get(str(value), value))


def _days(windows: Iterable[Part]) -> Iterable[str]:
    by_day: dict[int, list[str]] = {}
    for part in windows:
        by_day.setdefault(part["weekday"], []).append(span_of(part))
    labels = dict(WEEKDAYS)
    return [f"{labels[day]} {', '.join(spans)}" for day, spans in sorted(by_day.items())]


def effects_in_words(about: str, effects: Mapping[str, int]) -> str:
    if about == ProposalAbout.ALERT_RULE:
        told = _(
            "Of the %(tickets)s tickets that are watched for this, somebody would be told otherwise of %(changed)s."
        )
        return told % effects
    return effects_on_promises(effects)


def may_decide_on(agent: Agent, proposal: Proposal) -> bool:
    return proposal.is_pending and may_decide(agent) and proposal.proposed_by_id != agent.pk


def may_withdraw(agent: Agent, proposal: Proposal) -> bool:
    return proposal.is_pending and may_propose(agent) and proposal.proposed_by_id == agent.pk
