"""A view of the lists in two dimensions, and moving a card there."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.auth import AgentRequest, agent_required, renew_snapshot
from accounts.models import Agent
from accounts.selectors import reach_of
from core.errors import DomainError, Invalid, NotFound, status_of
from desk.board.dimensions import Column, Layout
from desk.board.forms import BoardForm, MoveForm, layout_choices
from desk.board.keeping import USUAL, Board, as_new, bar_of, board_named, form_of, place_of, typed_in
from desk.board.limits import exceeded_by
from desk.board.moving import FIXED, HelpFormNeeded, NoSuchColumn, Targets, asks_of, fixed_column, move_card
from desk.board.reading import Part, Place, board_of
from desk.filtering import chips_of, ticket_named
from desk.forms import add_refusal
from desk.frame import saying
from desk.refusals import Refusal, refusal_for
from desk.selectors import QUEUES, QueueFilter, start_view, teams_in_sight
from desk.undoing import undo_url_of_act_just_done
from desk.workspace import named_ticket
from tickets.enums import BoardSort
from tickets.errors import WipLimitReached
from tickets.models import KanbanBoard, Ticket
from tickets.policies import may_create, may_exceed_limits, may_keep_views
from tickets.saved_views import boards_of
from tickets.services.kept import may_edit_view

PLACE = ("card", "version", "column", "lane")
Show = Callable[..., HttpResponse]
"""`_show` of the board at hand."""
WORDS = ("resolution_code", "resolution_note", "reason", "over_limit")


@require_GET
@agent_required
def home(request: AgentRequest) -> HttpResponse:
    return redirect("desk:board", view="all" if start_view(request.agent).slug == "all" else "team")


@require_GET
@agent_required
def board(request: AgentRequest, view: str) -> HttpResponse:
    """The page, or the board alone for htmx; all of its narrowing and layout stands in the address."""
    boards = boards_of(request.agent)
    chosen = board_named(view, request.agent, boards)
    if named := ticket_named(request.agent, str(request.GET.get("q", ""))):
        return redirect("desk:ticket", reference=named.reference)
    return _show(request, chosen, boards)


def _show(
    request: AgentRequest,
    chosen: Board,
    boards: Sequence[KanbanBoard],
    *,
    refusal: Refusal | None = None,
    dialog: Part | None = None,
    said: str = "",
    undo_url: str = "",
    status: int = 200,
) -> HttpResponse:
    """The board as it is now, with why a move was refused, or with the form that it needs."""
    if request.method == "POST":
        renew_snapshot(request.user)
    form = form_of(chosen, request.GET, request.agent)
    fault: Invalid | None = None
    place, shown = Place(chosen.view, QueueFilter(), USUAL, chosen.slug), None
    try:
        place = place_of(chosen, form, request.GET)
        shown = board_of(place, request.agent)
    except Invalid as error:
        fault = error
    context = {"view": chosen, "place": place, "board": shown, "error": fault, "refusal": refusal, "dialog": dialog}
    status = status_of(refusal.error if refusal else fault, default=status)
    if request.htmx and not request.htmx.history_restore_request:
        response = saying(render(request, "desk/_board_answer.html", context, status=status), said, undo_url)
    else:
        context |= _around(request, chosen, boards, place, form, fault)
        response = render(request, "desk/board.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _around(
    request: AgentRequest,
    chosen: Board,
    boards: Sequence[KanbanBoard],
    place: Place,
    form: BoardForm,
    fault: Invalid | None,
) -> Part:
    """What the page has beside the board: other boards, filters, limits."""
    wanted, layout = place.wanted, place.layout
    saved = chosen.saved
    return {
        "tabs": _tabs(chosen, boards, layout),
        "selects": _selects(place, form),
        "set_count": wanted.set_count,
        "clear_url": _clear_url(chosen, place) if wanted.is_set or fault else "",
        "typed": typed_in(chosen, request.GET),
        "kept": layout.in_address | wanted.choices,
        "kept_terms": {"q": wanted.terms.text} if wanted.terms.terms or place.keeps_filters else {},
        "chips": chips_of(wanted, lambda rest: f"?{urlencode(layout.in_address | place.in_address(rest))}"),
        "bar": bar_of(chosen, place, request.agent) if fault is None else None,
        "save_as_url": as_new(chosen, place) if saved is None and may_keep_views(request.agent) else "",
        "edit_url": reverse("desk:edit-board", args=[chosen.slug])
        if saved and may_edit_view(request.agent, saved)
        else "",
        "words": wanted.terms.words,
        "may_create": may_create(request.agent),
        "list_url": place.list_url(),
        "limit_items": _limit_items(request.agent),
    }


def _tabs(chosen: Board, boards: Sequence[KanbanBoard], layout: Layout) -> list[Part]:
    """The boards there are for everybody, in the layout at hand, and then the named ones."""
    query = urlencode(layout.in_address)
    usual = [(slug, view.label, f"{reverse('desk:board', args=[slug])}?{query}") for slug, view in QUEUES.items()]
    named = [(board.slug, board.name, reverse("desk:board", args=[board.slug])) for board in boards]
    return [{"label": label, "url": url, "is_current": slug == chosen.slug} for slug, label, url in [*usual, *named]]


def _clear_url(chosen: Board, place: Place) -> str:
    return f"{chosen.url}?{urlencode(place.layout.in_address | place.in_address(QueueFilter()))}"


def _selects(place: Place, form: BoardForm) -> list[Part]:
    layout = place.layout
    lanes = layout.lanes.field.value if layout.lanes else ""
    selects = [
        _select("by", _("Columns"), layout_choices(may_be_none=False), layout.by.field.value),
        _select("lanes", _("Lanes"), layout_choices(may_be_none=True), lanes),
        _select("sort", _("Order"), BoardSort.choices, str(layout.sort)),
    ]
    labels = {"status": _("Status"), "team": _("Team"), "priority": _("Priority"), "owner": _("Owner")}
    for name, label in labels.items():
        if name not in place.view.fixed:
            choices: Any = form.fields[name].choices  # type: ignore[attr-defined]  # ChoiceFields all
            selects.append(_select(name, label, choices, getattr(place.wanted, name)))
    return selects


def _select(name: str, label: str, choices: Any, current: str) -> Part:
    options = [{"value": value, "label": text, "is_selected": str(value) == current} for value, text in choices]
    return {"name": name, "label": label, "options": options}


def _limit_items(agent: Agent) -> list[Part]:
    """For those in charge: the limits of each of their teams."""
    in_charge = reach_of(agent).in_charge
    return [
        {"label": team.name, "url": reverse("desk:board-limits", args=[team.pk]), "icon": "users"}
        for team in (teams_in_sight(agent) if in_charge else [])
        if team.pk in in_charge
    ]


@require_http_methods(["GET", "POST"])
@agent_required
def move(request: AgentRequest, view: str) -> HttpResponse:
    """GET asks where the card goes, as the key M does and as it works without script; POST moves it."""
    boards = boards_of(request.agent)
    chosen = board_named(view, request.agent, boards)
    given = request.POST if request.method == "POST" else request.GET
    found = named_ticket(request.agent, str(given.get("card", "")))
    try:
        place = place_of(chosen, form_of(chosen, request.GET, request.agent), request.GET)
    except Invalid:  # the board explains what is wrong with its address
        return _show(request, chosen, boards)
    show = partial(_show, request, chosen, boards)
    ticket = Ticket.objects.select_related("team", "owner", "requester", "company").get(pk=found.pk)
    if request.method != "POST":
        return _ask_where(request, place, ticket, show)
    form = MoveForm(request.POST, layout=place.layout)
    if not form.is_valid():
        no_card = Invalid(dict.fromkeys(form.errors, _("This is no card of the board.")))
        return show(refusal=Refusal(no_card))
    to, version = _targets(place.layout, form.cleaned_data), form.cleaned_data["version"]
    return _move(request, place, ticket, to, version, show)


def _targets(layout: Layout, values: dict[str, Any]) -> Targets:
    """Dimension -> column; what is left out stays as it is."""
    wanted = {layout.by.field.value: values["column"]}
    if layout.lanes:
        wanted[layout.lanes.field.value] = values["lane"]
    return {name: key for name, key in wanted.items() if key}


def _move(
    request: AgentRequest, place: Place, ticket: Ticket, to: Targets, version: int | None, show: Show
) -> HttpResponse:
    words = {name: str(request.POST[name]) for name in WORDS if name in request.POST}
    try:
        way = move_card(ticket.pk, by=request.agent, to=to, words=words, version=version)
    except NotFound as error:
        raise Http404 from error
    except HelpFormNeeded:
        url = reverse("desk:envelopes", args=[ticket.reference])
        return HttpResponse(headers={"HX-Redirect": url}) if request.htmx else redirect(url)
    except DomainError as error:
        if asks := _asks(request.agent, ticket, to, error):
            return _ask_words(request, place, ticket, asks, error, show)
        return show(refusal=refusal_for(request.agent, ticket, error))
    said = ". ".join([f"{ticket.reference}: {', '.join(way.said)}", *exceeded_by(way.ticket)]) if way.said else ""
    # One act of two would be half of what was done.
    undo_url = undo_url_of_act_just_done(request.agent, way.ticket) if len(way.said) == 1 else ""
    if request.htmx:
        return show(said=said, undo_url=undo_url)
    if said:
        messages.success(request, said, extra_tags=undo_url)
    return redirect(f"{place.url}#card-{ticket.reference}")


def _asks(agent: Agent, ticket: Ticket, to: Targets, error: DomainError) -> list[str]:
    """Fields of the form that can bring the refused move about; none where no words can."""
    if isinstance(error, WipLimitReached) and may_exceed_limits(agent, error.facts["team_id"]):
        return [*asks_of(ticket, to, agent), "over_limit"]
    if not isinstance(error, Invalid) or isinstance(error, NoSuchColumn):
        return []
    asks = asks_of(ticket, to, agent)
    return asks if set(error.fields) <= set(asks) else []


def _ask_where(request: AgentRequest, place: Place, ticket: Ticket, show: Show) -> HttpResponse:
    """Choices of both dimensions, the ticket's own place chosen; what no act changes is not asked."""
    layout = place.layout
    choices: dict[str, list[Column]] = {}
    initial: Part = {"card": ticket.reference, "version": ticket.version}
    for name, dimension in (("column", layout.by), ("lane", layout.lanes)):
        if dimension and dimension.field not in FIXED:
            initial[name] = dimension.key_of(ticket)
            choices[name] = dimension.columns(request.agent, [initial[name]])
    if not choices:
        refusal = Refusal(fixed_column(layout.by.field, ticket))
        if request.htmx:
            return render(request, "desk/_board_news.html", {"refusal": refusal}, status=refusal.status)
        return show(refusal=refusal)
    form = MoveForm(layout=layout, choices=choices, initial=initial, auto_id="move-%s")
    return _ask(request, place, ticket, form, show, is_alone=True)


def _ask_words(
    request: AgentRequest, place: Place, ticket: Ticket, asks: list[str], error: DomainError, show: Show
) -> HttpResponse:
    """The form of the act, with what is missing once it has been asked for; a full column is named before."""
    last_asked = "over_limit" if "over_limit" in asks else "asked"
    if last_asked not in request.POST:
        is_full = isinstance(error, WipLimitReached)
        initial = {name: str(request.POST[name]) for name in (*PLACE, *WORDS) if name in request.POST}
        form = MoveForm(layout=place.layout, asks=asks, initial=initial, auto_id="move-%s")
        lead, status = (str(error), error.status) if is_full else ("", 200)
        return _ask(request, place, ticket, form, show, lead=lead, status=status)
    form = MoveForm(request.POST, layout=place.layout, asks=asks, auto_id="move-%s")
    form.is_valid()
    if not form.errors:
        add_refusal(form, error)
    return _ask(request, place, ticket, form, show, status=error.status)


def _ask(
    request: AgentRequest,
    place: Place,
    ticket: Ticket,
    form: MoveForm,
    show: Show,
    *,
    is_alone: bool = False,
    lead: str = "",
    status: int = 200,
) -> HttpResponse:
    """As a dialog over the board for htmx, else as a page; `is_alone`: the board behind it stays as it is."""
    dialog = {"form": form, "ticket": ticket, "action": place.move_url, "back_url": place.url, "lead": lead}
    if not request.htmx:
        return render(request, "desk/board_move.html", {**dialog, "place": place}, status=status)
    if is_alone:
        return render(request, "desk/_board_news.html", {"dialog": dialog})
    return show(dialog=dialog, status=status)
