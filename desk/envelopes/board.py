"""The board of help that is wanted (`/help/`), and offering help from there."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent, Team
from accounts.selectors import reach_of
from core.errors import DomainError, Invalid
from desk.composing import id_in
from desk.envelopes.answers import known_envelope
from desk.envelopes.tabs import shown_row, tab_url
from desk.refusals import Refusal
from desk.rows import ticket_url
from desk.ticket_page import refuse_in
from desk.workspace import Part
from envelopes.help_board import HelpPage, HelpRow, Wanted, help_page, skills_to_choose
from envelopes.services import offer_help, withdraw_help_offer

ELSEWHERE, BY_SKILL = "others", "skill"


@require_GET
@agent_required
def board(request: AgentRequest) -> HttpResponse:
    """What the person may accept, the most urgent first; `?show=others`: what they could offer help with."""
    wanted, is_grouped = _wanted_in(request.GET)
    cursor = str(request.GET.get("cursor", ""))
    error: Invalid | None = None
    try:
        page = help_page(request.agent, wanted, cursor)
    except Invalid as refusal:
        error, page = refusal, HelpPage([], None, None)
    at = {"by": BY_SKILL} if is_grouped else {}
    here = {"at": _url(wanted, cursor=cursor, **at).partition("?")[2]}
    rows = [_shown(row) | {"hidden": here} for row in page.rows]
    context = {
        "parts": [
            {"label": label, "url": _url(part, **at), "is_current": part.is_elsewhere == wanted.is_elsewhere}
            for label, part in ((_("For me and my teams"), Wanted()), (_("Elsewhere"), Wanted(is_elsewhere=True)))
        ],
        "selects": _selects(request.agent, wanted, is_grouped=is_grouped),
        "hidden": {"show": ELSEWHERE} if wanted.is_elsewhere else {},
        "set_count": sum(chosen is not None for chosen in (wanted.skill_id, wanted.team_id)) + is_grouped,
        "clear_url": _url(Wanted(is_elsewhere=wanted.is_elsewhere)),
        "groups": _by_skill(rows) if is_grouped else [{"label": "", "rows": rows}] if rows else [],
        "is_elsewhere": wanted.is_elsewhere,
        "next_url": _url(wanted, cursor=page.next_cursor, **at) if page.next_cursor else "",
        "previous_url": _url(wanted, cursor=page.previous_cursor, **at) if page.previous_cursor else "",
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/envelopes/board.html", context, status=error.status if error else 200)


def _wanted_in(given: QueryDict) -> tuple[Wanted, bool]:
    """What an address narrows the board to, and whether it groups by skill."""
    wanted = Wanted(
        is_elsewhere=given.get("show") == ELSEWHERE,
        skill_id=_id_or_none(given.get("skill")),
        team_id=_id_or_none(given.get("team")),
    )
    return wanted, given.get("by") == BY_SKILL


def _id_or_none(given: Any) -> UUID | None:
    return id_in(str(given or ""))


def _url(wanted: Wanted, **more: Any) -> str:
    chosen = {"show": ELSEWHERE if wanted.is_elsewhere else "", "skill": wanted.skill_id, "team": wanted.team_id}
    query = urlencode({name: value for name, value in (chosen | more).items() if value})
    return f"{reverse('desk:help-board')}?{query}" if query else reverse("desk:help-board")


def _selects(agent: Agent, wanted: Wanted, *, is_grouped: bool) -> list[Part]:
    def options(rows: Any, chosen: UUID | None, everything: str) -> list[Part]:
        named = [{"value": str(row.pk), "label": row.name, "is_selected": row.pk == chosen} for row in rows]
        return [{"value": "", "label": everything, "is_selected": chosen is None}, *named]

    teams = Team.objects.filter(is_active=True).order_by("name").only("name")
    if not wanted.is_elsewhere:
        teams = teams.filter(pk__in=reach_of(agent).member | reach_of(agent).in_charge)
    by = [("", _("Most urgent first"), not is_grouped), (BY_SKILL, _("By skill"), is_grouped)]
    return [
        {
            "name": "skill",
            "label": _("Skill"),
            "options": options(skills_to_choose(), wanted.skill_id, _("All skills")),
        },
        {"name": "team", "label": _("Team"), "options": options(teams, wanted.team_id, _("All teams"))},
        {
            "name": "by",
            "label": _("Order"),
            "options": [{"value": value, "label": label, "is_selected": chosen} for value, label, chosen in by],
        },
    ]


def _shown(row: HelpRow) -> Part:
    """As `desk/envelopes/_wanted.html` wants it."""
    one = row.envelope
    tab = tab_url(one.reference, one.number)
    shown = shown_row(one)
    return shown | {
        "url": shown["url"] or ticket_url(one.reference),
        "skills": ", ".join(row.skills),
        "due_at": row.due_at,
        "is_late": row.is_late,
        "accept_url": f"{tab}accept/" if "accept" in row.acts else "",
        "redirect_url": f"{tab}redirect/" if row.is_late and "redirect" in row.acts else "",
        "offer_url": f"{tab}offer/" if row.may_offer and not row.has_offered else "",
        "withdraw_url": f"{tab}withdraw_offer/" if row.has_offered else "",
    }


def _by_skill(rows: list[Part]) -> list[Part]:
    """A group for each skill or set of skills, in the order of its most urgent envelope."""
    groups: dict[str, list[Part]] = {}
    for row in rows:
        groups.setdefault(row["skills"], []).append(row)
    return [{"label": skills or _("No skill named"), "rows": some} for skills, some in groups.items()]


def _on_board(request: AgentRequest, said: str) -> HttpResponse:
    """The board as it was looked at; of its address nothing is taken over but what it knows itself."""
    messages.success(request, said)
    at = QueryDict(str(request.POST.get("at", "")) or f"show={ELSEWHERE}")
    wanted, is_grouped = _wanted_in(at)
    return redirect(_url(wanted, by=BY_SKILL if is_grouped else "", cursor=at.get("cursor", "")))


@require_POST
@agent_required
def offer(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    found = known_envelope(request, reference, number)
    try:
        offer_help(found.pk, by=request.agent)
    except DomainError as error:
        return refuse_in(request, found, error)
    return _on_board(request, _("They know that you can help"))


@require_POST
@agent_required
def withdraw_offer(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    found = known_envelope(request, reference, number)
    try:
        withdraw_help_offer(found.pk, by=request.agent)
    except DomainError as error:
        return refuse_in(request, found, error)
    return _on_board(request, _("Your offer is taken back"))
