"""Keeping a list: the look of a built-in one for oneself, or a view of its own, for oneself or for others."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import Team
from accounts.selectors import reach_of
from accounts.services import keep_list_settings
from core.errors import DomainError
from desk.columns import COLUMNS, sort_labels
from desk.listing import FILTERS, Listing, ListLook, form_of, listing_of, state_of, usual_look
from desk.people.views.common import add_refusal
from desk.pins import PLACES, pinned_anew
from desk.refusals import Refusal
from desk.selectors import QUEUES
from desk.ticket_page import version_of
from desk.view_forms import ViewForm
from tickets import services
from tickets.enums import ViewScope
from tickets.errors import RoleForbids, ViewNotYours
from tickets.filters import read_filter
from tickets.models import SavedView
from tickets.policies import may_keep_views, may_share_views
from tickets.saved_views import views_of
from tickets.services.kept import may_edit_view


@require_POST
@agent_required
def save(request: AgentRequest, view: str) -> HttpResponse:
    """Keep what is posted: of a saved view all of it, of a built-in list its order and columns, for oneself alone."""
    listing = listing_of(view, request.agent)
    try:
        state = state_of(listing, form_of(listing, request.POST, request.agent), request.POST)
        if listing.saved is None:
            _keep_look(request, listing, state.look)
            messages.success(request, _("Kept. This list looks so for you from now on."))
        else:
            look: dict[str, Any] = {"sort": state.look.sort, "columns": list(state.look.columns)}
            seen = version_of(request)
            services.edit_view(listing.saved.pk, by=request.agent, version=seen, filters=state.filters, **look)
            messages.success(request, _("The view is saved."))
    except DomainError as error:
        return _refused(request, error)
    return redirect(listing.url)


def _keep_look(request: AgentRequest, listing: Listing, look: ListLook) -> None:
    """Only what differs from the usual is kept, so that a better usual look reaches those who never chose."""
    kept: dict[str, Any] = dict(request.agent.list_settings.get("looks", {}))
    kept.pop(listing.slug, None)
    if look != usual_look(listing.view):
        kept[listing.slug] = {"sort": look.sort, "columns": list(look.columns)}
    keep_list_settings(request.agent.pk, by=request.agent, looks=kept)


@require_POST
@agent_required
def start(request: AgentRequest, view: str) -> HttpResponse:
    """Begin the day with this list."""
    listing = listing_of(view, request.agent)
    keep_list_settings(request.agent.pk, by=request.agent, start=listing.slug)
    messages.success(request, _("The desk opens with this list from now on."))
    return redirect(listing.url)


@require_POST
@agent_required
def pin(request: AgentRequest, view: str) -> HttpResponse:
    """Where a saved view stands among the tabs, for oneself: `place` is last, earlier, or off."""
    views = views_of(request.agent)
    listing = listing_of(view, request.agent, views)
    place = str(request.POST.get("place", "last"))
    if listing.saved is None or place not in PLACES:
        raise Http404
    pins = pinned_anew(request.agent, listing.slug, place, [each.slug for each in views])
    keep_list_settings(request.agent.pk, by=request.agent, pins=pins or None)
    return redirect(listing.url)


@require_http_methods(["GET", "POST"])
@agent_required
def new(request: AgentRequest) -> HttpResponse:
    """Name the list that the address describes (GET), or that the form holds (POST)."""
    if not may_keep_views(request.agent):
        return _refused(request, RoleForbids())
    given = request.POST if request.method == "POST" else request.GET
    base = str(given.get("base", "all"))
    if base not in QUEUES:
        raise Http404
    form = ViewForm(
        _data(request), teams=sharing_teams(request), may_share_with_all=may_share_views(request.agent, None)
    )
    if request.method != "POST":
        return _form_page(request, form, given=given)
    if form.is_valid():
        try:
            saved = services.save_view(by=request.agent, base=base, **_described(given), **form.cleaned_data)
        except DomainError as error:
            add_refusal(form, error)
            return _form_page(request, form, given=given, status=error.status)
        messages.success(request, _("The view is saved."))
        return redirect("desk:queue", view=saved.slug)
    return _form_page(request, form, given=given, status=400)


@require_http_methods(["GET", "POST"])
@agent_required
def edit(request: AgentRequest, view: str) -> HttpResponse:
    """Name, readers and place of a saved view; what it shows is changed by looking at it otherwise and saving that."""
    saved = _saved(request, view)
    if not may_edit_view(request.agent, saved):
        return _refused(request, ViewNotYours(name=saved.name))
    initial = {name: getattr(saved, name) for name in ("name", "scope", "team", "position", "version")}
    teams, may_all = sharing_teams(request), may_share_views(request.agent, None)
    form = ViewForm(_data(request), initial=initial, teams=teams, may_share_with_all=may_all)
    if request.method != "POST":
        return _form_page(request, form, saved=saved)
    if form.is_valid():
        values = dict(form.cleaned_data)
        try:
            saved = services.edit_view(saved.pk, by=request.agent, version=form.seen_version, **values)
        except DomainError as error:
            add_refusal(form, error)
            return _form_page(request, form, saved=saved, status=error.status)
        messages.success(request, _("The view is saved."))
        return redirect("desk:queue", view=saved.slug)
    return _form_page(request, form, saved=saved, status=400)


@require_POST
@agent_required
def delete(request: AgentRequest, view: str) -> HttpResponse:
    saved = _saved(request, view)
    try:
        services.delete_view(saved.pk, by=request.agent, version=version_of(request))
    except DomainError as error:
        return _refused(request, error)
    messages.success(request, _("The view “%(name)s” is deleted; its tickets stay.") % {"name": saved.name})
    return redirect("desk:queue", view=saved.base)


def _saved(request: AgentRequest, slug: str) -> SavedView:
    listing = listing_of(slug, request.agent)
    if listing.saved is None:
        raise Http404
    return listing.saved


def _data(request: AgentRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def sharing_teams(request: AgentRequest) -> list[Team]:
    """Teams the person may share with; one statement."""
    teams = Team.objects.filter(is_active=True).order_by("name")
    if not may_share_views(request.agent, None):
        teams = teams.filter(pk__in=reach_of(request.agent).in_charge)
    return list(teams)


def _described(given: QueryDict) -> dict[str, Any]:
    """What the list shows, as its address says it."""
    return {
        "filters": {name: str(given[name]) for name in FILTERS if given.get(name)},
        "columns": [name for name in str(given.get("columns", "")).split(",") if name in COLUMNS],
        "sort": str(given.get("sort", "")),
    }


def _form_page(
    request: AgentRequest,
    form: ViewForm,
    *,
    saved: SavedView | None = None,
    given: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    source: dict[str, Any] = {"filters": {}, "columns": [], "sort": ""}
    if saved is not None:
        columns = [name for name in saved.columns if name in COLUMNS]
        source = {"filters": saved.filters, "columns": columns, "sort": saved.sort}
    elif given:
        source = _described(given)
    given = given if given is not None else QueryDict()
    base = saved.base if saved else str(given.get("base", "all"))
    back = saved.slug if saved else str(given.get("from", base))
    context = {
        "form": form,
        "saved": saved,
        "facts": _facts(base, source),
        "hidden": {} if saved else _hidden(base, source),
        "seen": {"version": saved.version} if saved else {},
        "back_url": reverse("desk:queue", args=[back]) if back.replace("-", "").isalnum() else reverse("desk:home"),
        "scopes": ViewScope,
    }
    return render(request, "desk/view.html", context, status=status)


def _hidden(base: str, source: dict[str, Any]) -> dict[str, Any]:
    return {**source["filters"], "base": base, "columns": ",".join(source["columns"]), "sort": source["sort"]}


def _facts(base: str, source: dict[str, Any]) -> list[dict[str, Any]]:
    """What the view will show, in words; a text that is no filter stays as it was typed."""
    filters = dict(source["filters"])
    typed = filters.pop("q", "")
    try:
        terms = [term.label for term in read_filter(typed).terms]
    except DomainError:
        terms = [typed]
    labels = {"status": _("Status"), "team": _("Team"), "priority": _("Priority"), "owner": _("Owner")}
    words = sort_labels()
    return [
        {"term": _("List"), "value": QUEUES[base].label},
        {"term": _("Filters"), "value": ", ".join([*(labels[name] for name in filters if name in labels), *terms])},
        {"term": _("Order"), "value": words.get(source["sort"], "")},
        {"term": _("Columns"), "value": ", ".join(str(COLUMNS[name].label) for name in source["columns"])},
    ]


def _refused(request: AgentRequest, error: DomainError) -> HttpResponse:
    back = {"url": reverse("desk:home"), "label": _("Back to the queue")}
    return render(request, "desk/refused.html", {"error": Refusal(error), "back": back}, status=error.status)
