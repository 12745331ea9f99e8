"""What helpers have contributed, as a page (metrics.md M23): so that help is recognised, not ranked. Nobody is told a
colleague's; names stand in their order.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent, Team
from accounts.selectors import reach_of
from core.labels import label_of
from core.moments import is_possible
from desk.composing import id_in
from desk.empowerment.forms import PeriodForm
from desk.empowerment.parts import share_row
from desk.envelopes.tabs import shown_row
from desk.workspace import Part
from envelopes.enums import Outcome
from envelopes.figures import Contribution, Contributions, contributions
from envelopes.models import Envelope
from envelopes.selectors import rows_for
from tickets.calibration import desk_zone
from tickets.figures import months_back

SHOWN_AT_ONCE = 200
"""Envelopes of one row; the newest of more."""
AGENT, TEAM = "agent", "team"
TOOK_PART = "took_part"
"""In the place of an outcome: envelopes in which somebody helped beside their expert."""


class ContributionForm(PeriodForm):
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Team.objects.none(), required=False, empty_label=gettext_lazy("All")
    )

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]  # a ModelChoiceField
        if not teams.exists():
            del self.fields["team"]


@require_GET
@agent_required
def contribution(request: AgentRequest) -> HttpResponse:
    """`?first=&last=&team=` say what counts; `?of=agent:<id>`, or `team:<id>`, with `&outcome=` lists the envelopes
    behind a figure. 404 for a row that the reader is not told.
    """
    zone, now = desk_zone(), timezone.now()
    first, last = months_back(now, zone)
    form = _form(request, {"first": first, "last": last})
    team: Team | None = None
    if form.is_bound and form.is_valid():
        first, last, team = form.cleaned_data["first"], form.cleaned_data["last"], form.cleaned_data.get("team")
    start, end = (datetime.combine(day, time.min, zone) for day in (first, last + timedelta(days=1)))
    found = contributions(request.agent, start, end, team_id=team.pk if team else None)
    chosen = {"first": first.isoformat(), "last": last.isoformat()} | ({"team": str(team.pk)} if team else {})
    context = {
        "form": form,
        "first": first,
        "last": last,
        "now": now,
        "tables": _tables(found, chosen),
        "behind": _behind(request, found) if "of" in request.GET else None,
        "whole_url": _url(chosen),
    }
    return render(request, "desk/envelopes/contribution.html", context, status=400 if form.errors else 200)


def _form(request: AgentRequest, initial: dict[str, Any]) -> ContributionForm:
    """Bound where a period is asked for; what cannot be stands at its field, and the usual period is shown."""
    teams = Team.objects.filter(pk__in=reach_of(request.agent).in_charge).order_by("name")
    if reach_of(request.agent).sees_everything:
        teams = Team.objects.order_by("name")
    data = request.GET if "first" in request.GET or "last" in request.GET else None
    form = ContributionForm(data, teams=teams, initial=initial, auto_id="period-%s")
    if form.is_bound and form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        if last < first or not is_possible(first) or not is_possible(last):
            form.add_error("last", _("The last day is not before the first one."))
    return form


def _url(chosen: dict[str, str], **more: str) -> str:
    return f"{reverse('desk:contribution')}?{urlencode(chosen | more)}"


def _tables(found: Contributions, chosen: dict[str, str]) -> list[Part]:
    parts: list[tuple[str, Any, Sequence[Contribution]]] = [
        (AGENT, _("By person"), found.by_agent),
        (TEAM, _("By team"), found.by_team),
    ]
    return [
        {"id": f"by-{kind}", "title": title, "rows": [_row(kind, each, chosen) for each in rows]}
        for kind, title, rows in parts
        if rows
    ]


def _row(kind: str, each: Contribution, chosen: dict[str, str]) -> Part:
    of = {"of": f"{kind}:{each.who.pk}"}
    outcomes = [
        share_row(label_of(Outcome, name), share) | {"url": _url(chosen, **of, outcome=name)}
        for name, share in each.outcomes.items()
    ]
    return {
        "name": each.who.name,
        "completed": each.completed,
        "url": _url(chosen, **of) if each.completed else "",
        "outcomes": outcomes,
        "took_part": each.took_part,
        "took_part_url": _url(chosen, **of, outcome=TOOK_PART) if each.took_part else "",
    }


def _behind(request: AgentRequest, found: Contributions) -> Part:
    """The envelopes of one figure, as far as the reader knows of them still; how many others there are."""
    kind, _colon, key = str(request.GET["of"]).partition(":")
    rows = {AGENT: found.by_agent, TEAM: found.by_team}.get(kind, [])
    row = next((each for each in rows if each.who.pk == id_in(key)), None)
    if row is None:
        raise Http404
    outcome = str(request.GET.get("outcome", ""))
    ids = _ids_of(row, outcome)
    shown = _known(request.agent, ids)
    what = _("Took part") if outcome == TOOK_PART else label_of(Outcome, outcome) if outcome else _("Sealed")
    return {
        "title": f"{row.who.name}: {what}",
        "rows": [shown_row(each) for each in shown],
        "others": len(ids) - len(shown),
    }


def _ids_of(row: Contribution, outcome: str) -> Collection[UUID]:
    if outcome == TOOK_PART:
        return row.took_part_ids
    if not outcome:
        return row.ids
    if outcome not in row.outcomes:
        raise Http404
    envelopes = Envelope.objects.filter(pk__in=row.ids, outcome=outcome)
    return list(envelopes.values_list("pk", flat=True))


def _known(agent: Agent, ids: Collection[UUID]) -> list[Any]:
    envelopes = Envelope.objects.visible_to(agent).with_people().filter(pk__in=ids).order_by("-completed_at", "-id")
    return rows_for(list(envelopes.select_related("parent_envelope")[:SHOWN_AT_ONCE]), agent)
