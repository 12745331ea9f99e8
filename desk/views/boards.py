"""Keeping a board: under a name, for oneself or for others, with the columns that are chosen for it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError
from desk.board.forms import KeepForm
from desk.board.keeping import Board, board_named, described, facts_of, form_of, place_of
from desk.board.reading import Place, columns_to_choose
from desk.people.views.common import add_refusal
from desk.refusals import Refusal
from desk.selectors import QUEUES
from desk.ticket_page import version_of
from desk.views.saved_views import sharing_teams
from tickets import services
from tickets.errors import BoardNotYours, RoleForbids
from tickets.models import KanbanBoard
from tickets.policies import may_keep_views, may_share_views
from tickets.saved_views import boards_of
from tickets.services.kept import may_edit_view


@require_http_methods(["GET", "POST"])
@agent_required
def new(request: AgentRequest) -> HttpResponse:
    """Name the board that the address describes (GET), or that the form holds (POST)."""
    if not may_keep_views(request.agent):
        return _refused(request, RoleForbids())
    given = request.POST if request.method == "POST" else request.GET
    base = str(given.get("base", "team"))
    if base not in QUEUES:
        raise Http404
    board = Board(base, str(QUEUES[base].label), QUEUES[base])
    try:
        place = place_of(board, form_of(board, given, request.agent), given)
        form = _form(request, place)
    except DomainError as error:
        return _refused(request, error)
    if request.method != "POST":
        return _page(request, form, place, given=given)
    if form.is_valid():
        try:
            saved = services.save_board(by=request.agent, **described(place) | form.cleaned_data)
        except DomainError as error:
            add_refusal(form, error)
            return _page(request, form, place, given=given, status=error.status)
        messages.success(request, _("The board is saved."))
        return redirect("desk:board", view=saved.slug)
    return _page(request, form, place, given=given, status=400)


@require_http_methods(["GET", "POST"])
@agent_required
def edit(request: AgentRequest, view: str) -> HttpResponse:
    """Name, readers, place, order and columns; what it is narrowed to and laid out by is changed by looking at it
    otherwise and saving that.
    """
    board, saved = _saved(request, view)
    if not may_edit_view(request.agent, saved):
        return _refused(request, BoardNotYours(name=saved.name))
    try:
        place = place_of(board, form_of(board, QueryDict(), request.agent), QueryDict())
        form = _form(request, place, saved)
    except DomainError as error:  # its filter can no longer be read
        return _refused(request, error)
    if request.method != "POST":
        return _page(request, form, place, saved=saved)
    if form.is_valid():
        try:
            saved = services.edit_board(
                saved.pk, by=request.agent, version=form.seen_version, **dict(form.cleaned_data)
            )
        except DomainError as error:
            add_refusal(form, error)
            return _page(request, form, place, saved=saved, status=error.status)
        messages.success(request, _("The board is saved."))
        return redirect("desk:board", view=saved.slug)
    return _page(request, form, place, saved=saved, status=400)


@require_POST
@agent_required
def save(request: AgentRequest, view: str) -> HttpResponse:
    """Keep a named board as it is looked at. Chosen columns stay as long as they are of the same kind."""
    board, saved = _saved(request, view)
    try:
        place = place_of(board, form_of(board, request.POST, request.agent), request.POST)
        values = described(place) | {"columns": list(place.layout.chosen)}
        services.edit_board(saved.pk, by=request.agent, version=version_of(request), **values)
    except DomainError as error:
        return _refused(request, error)
    messages.success(request, _("The board is saved."))
    return redirect(board.url)


@require_POST
@agent_required
def delete(request: AgentRequest, view: str) -> HttpResponse:
    _board, saved = _saved(request, view)
    try:
        services.delete_board(saved.pk, by=request.agent, version=version_of(request))
    except DomainError as error:
        return _refused(request, error)
    messages.success(request, _("The board “%(name)s” is deleted; its tickets stay.") % {"name": saved.name})
    return redirect("desk:board", view=saved.base)


def _saved(request: AgentRequest, slug: str) -> tuple[Board, KanbanBoard]:
    board = board_named(slug, request.agent, boards_of(request.agent))
    if board.saved is None:
        raise Http404
    return board, board.saved


def _form(request: AgentRequest, place: Place, saved: KanbanBoard | None = None) -> KeepForm:
    """Raises Invalid."""
    names = ("name", "scope", "team", "position", "version")
    initial: dict[str, Any] = {name: getattr(saved, name) for name in names} if saved else {}
    return KeepForm(
        request.POST if request.method == "POST" else None,
        initial=initial | {"sort_by": str(place.layout.sort)},
        teams=sharing_teams(request),
        may_share_with_all=may_share_views(request.agent, None),
        columns=columns_to_choose(place, request.agent),
        chosen=place.layout.chosen,
    )


def _page(
    request: AgentRequest,
    form: KeepForm,
    place: Place,
    *,
    saved: KanbanBoard | None = None,
    given: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    source = str(given.get("from", "")) if given is not None else ""
    back = saved.slug if saved else source or place.view.slug
    is_slug = back.replace("-", "").isalnum() and back.isascii()
    context = {
        "form": form,
        "saved": saved,
        "facts": facts_of(place),
        "hidden": {} if saved else place.layout.in_address | place.wanted.in_address | {"base": place.view.slug},
        "seen": {"version": saved.version} if saved else {},
        "back_url": reverse("desk:board", args=[back]) if is_slug else reverse("desk:board-home"),
    }
    return render(request, "desk/board_keep.html", context, status=status)


def _refused(request: AgentRequest, error: DomainError) -> HttpResponse:
    back = {"url": reverse("desk:board-home"), "label": _("Back to the board")}
    return render(request, "desk/refused.html", {"error": Refusal(error), "back": back}, status=error.status)
