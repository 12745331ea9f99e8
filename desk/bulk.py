"""Acts on the ticked tickets of a list: which are offered to whom, and the form each needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Availability
from accounts.models import Agent, Team
from accounts.selectors import reach_of
from desk.forms import CancelForm, clean_tags
from tickets.enums import ON_THE_WAY, BulkKind, BulkStage, BulkState, Priority
from tickets.models import BulkAct
from tickets.policies import may_act_in_bulk, works_tickets
from tickets.services.bulk import KEPT_ACTS
from tickets.services.bulk_kinds import is_stoppable, is_undoable
from tickets.services.bulk_work import due_of


class NothingForm(forms.Form):
    """For acts that need no value."""


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), choices=Priority.choices)
    reason = forms.CharField(
        label=gettext_lazy("Why this priority?"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("Needed when the priority is raised to critical; colleagues read it in the timeline."),
    )


class TagsForm(forms.Form):
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        max_length=500,
        help_text=gettext_lazy("Separated by commas"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_tags(self) -> list[str]:
        return clean_tags(str(self.cleaned_data["tags"]))


class OfferManyForm(forms.Form):
    to = forms.ModelChoiceField(label=gettext_lazy("Offer to"), queryset=Agent.objects.none())

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = reach_of(agent).in_charge
        people = Agent.objects.active().filter(teams__in=teams, availability=Availability.AVAILABLE)
        self.fields["to"].queryset = people.distinct().order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField


class TeamManyForm(forms.Form):
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Team.objects.filter(is_active=True).order_by("name"), empty_label="–"
    )


class CancelManyForm(CancelForm):
    """`closure_code` under the name the service takes."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        return {"code": values["closure_code"]} if "closure_code" in values else values


@dataclass(frozen=True)
class ManyAct:
    """One act of the bar below a list."""

    label: Promise | str
    form: type[forms.Form] = NothingForm
    tone: str = ""
    is_for: Callable[[Agent], bool] = may_act_in_bulk

    @property
    def needs_values(self) -> bool:
        return self.form is not NothingForm

    def form_for(self, agent: Agent, data: Any = None) -> forms.Form:
        more: dict[str, Any] = {"agent": agent} if self.form is OfferManyForm else {}
        return self.form(data, auto_id="many-%s", **more)


def _routes(agent: Agent) -> bool:
    return bool(reach_of(agent).in_charge)


ACTS = {
    BulkKind.ACCEPT: ManyAct(gettext_lazy("Accept"), is_for=works_tickets),
    BulkKind.PRIORITY: ManyAct(gettext_lazy("Priority…"), PriorityForm),
    BulkKind.ADD_TAGS: ManyAct(gettext_lazy("Add tags…"), TagsForm),
    BulkKind.REMOVE_TAGS: ManyAct(gettext_lazy("Remove tags…"), TagsForm),
    BulkKind.WATCH: ManyAct(gettext_lazy("Watch")),
    BulkKind.OFFER: ManyAct(gettext_lazy("Offer…"), OfferManyForm, is_for=_routes),
    BulkKind.CHANGE_TEAM: ManyAct(gettext_lazy("Change team…"), TeamManyForm, is_for=_routes),
    BulkKind.CANCEL: ManyAct(gettext_lazy("Cancel…"), CancelManyForm, tone="danger"),
}


TONES = {BulkState.DONE: "ok", BulkState.REFUSED: "danger", BulkState.KEPT: "warn"}
ORDER = tuple(BulkState(state) for state in ("refused", "kept", "done", "undone", "unchanged", "waiting"))
SHOWN = 200
"""Tickets of one outcome on a page; more have pages of their own."""


def summary_of(act: BulkAct, state: str = "", after: int = 0) -> dict[str, Any]:
    """The receipt as its page shows it: what was asked, how many came out how, each ticket with its reason. With
    `state` only those, from the outcome `after` on.
    """
    counts = dict(act.outcomes.order_by().values_list("state").annotate(n=Count("pk")))
    shown = [state] if state else [each for each in ORDER if each != BulkState.WAITING]
    return {
        "title": act.get_kind_display(),
        "asked": asked_in_words(act),
        "counts": [
            {"label": f"{each.label}: {counts[each]}", "tone": TONES.get(each, "outline")}
            for each in ORDER
            if each in counts
        ],
        "groups": _groups(act, [BulkState(each) for each in shown if each in counts], after),
        "progress": progress_of(act, counts.get(due_of(act), 0)),
        "may_stop": is_stoppable(act),
        "may_undo": is_undoable(act) and BulkState.DONE in counts,
    }


def _groups(act: BulkAct, states: list[BulkState], after: int) -> list[dict[str, Any]]:
    """The first of each state; one statement."""
    place = Window(RowNumber(), partition_by=[F("state")], order_by="pk")
    outcomes = act.outcomes.filter(state__in=states, pk__gt=after).annotate(place=place)
    outcomes = outcomes.filter(place__lte=SHOWN + 1).select_related("ticket").order_by("pk")
    rows = list(outcomes.only("reference", "state", "detail", "act", "ticket__reference", "ticket__subject"))
    groups = []
    for state in states:
        found = [row for row in rows if row.state == state]
        last = found[SHOWN - 1].pk if len(found) > SHOWN else 0
        groups.append({"state": state.value, "label": state.label, "rows": found[:SHOWN], "last": last})
    return groups


def progress_now(act: BulkAct) -> dict[str, Any] | None:
    """What the page asks for every two seconds: one number, whatever the receipt is to show in the end."""
    return progress_of(act, act.outcomes.filter(state=due_of(act)).count()) if act.stage in ON_THE_WAY else None


def progress_of(act: BulkAct, waiting: int) -> dict[str, Any] | None:
    """How far it is; None once nothing is on its way."""
    if act.stage not in ON_THE_WAY:
        return None
    facts = {"done": act.total - waiting, "total": act.total}
    words = _("%(done)s of %(total)s tickets") % facts
    label = _("Taking it back") if act.undone_at else act.get_stage_display()
    return {**facts, "label": label, "words": words}


def acts_of(agent: Agent) -> list[dict[str, Any]]:
    """The last ones of a person, newest first; one statement."""
    acts = BulkAct.objects.filter(person=agent).exclude(stage=BulkStage.ASKED).order_by("-created_at")
    return [
        {
            "title": act.get_kind_display(),
            "asked": asked_in_words(act),
            "stage": act.get_stage_display() if act.stage != BulkStage.DONE else "",
            "is_undone": act.undone_at is not None,
            "at": act.created_at,
            "count": act.total,
            "url": reverse("desk:bulk-act", args=[act.pk]),
        }
        for act in acts[:KEPT_ACTS]
    ]


def asked_in_words(act: BulkAct) -> str:
    values = act.values
    match act.kind:
        case BulkKind.PRIORITY:
            return _("Priority: %(priority)s") % {"priority": Priority(values["priority"]).label}
        case BulkKind.ADD_TAGS | BulkKind.REMOVE_TAGS:
            return _("Tags: %(tags)s") % {"tags": ", ".join(values["tags"])}
        case BulkKind.OFFER:
            return str(values["to"]["name"])
        case BulkKind.CHANGE_TEAM:
            return str(values["team"]["name"])
    return ""
