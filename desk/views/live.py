"""What pages fetch when the stream says that something is new: presence and numbers."""

import re
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.auth import AgentRequest, agent_required
from desk import selectors
from desk.context import capped
from desk.pins import counts_of, in_tab_order
from desk.workspace import named_ticket
from live import presence as store
from live.enums import Doing
from notifications.selectors import at_work_on
from tickets.saved_views import views_of

PAGE = re.compile(r"[a-z0-9]{1,20}")
"""How a page names itself, so that two windows of one person are two."""


@require_http_methods(["GET", "POST"])
@agent_required
def presence(request: AgentRequest, reference: str) -> HttpResponse:
    """Who else is on the ticket; a POST says that this `page` is, and what its person is `doing` (nothing: it is left).

    What makes no sense is as if nothing was said. Nobody is kept from anything by what stands here.
    """
    ticket = named_ticket(request.agent, reference)
    page = str(request.POST.get("page", ""))
    if request.method == "POST" and PAGE.fullmatch(page):
        doing = str(request.POST.get("doing", ""))
        store.note(ticket.pk, request.agent.pk, page=page, doing=Doing(doing) if doing in Doing.values else None)
    others = [
        {"name": each.name, "doing": each.doing.value, "words": _in_words(each), "seconds_left": each.seconds_left}
        for each in store.others_on(ticket.pk, besides=request.agent.pk)
    ]
    others += _at_work(ticket.pk, besides=request.agent.pk)
    return HttpResponse(render_to_string("desk/_presence.html", {"others": others}))  # without what whole pages need


def _at_work(ticket_id: UUID, *, besides: UUID) -> list[dict[str, Any]]:
    """Who has said that they work on it, whether or not they look at it."""
    now = timezone.now()
    words = _("%(name)s is working on this")
    return [
        {
            "name": row.agent.name,
            "doing": "working",
            "words": words % {"name": row.agent.name},
            "seconds_left": int((row.until - now).total_seconds()),
        }
        for row in at_work_on(ticket_id, besides=besides, now=now)
    ]


def _in_words(present: store.Present) -> str:
    match present.doing:
        case Doing.REPLY:
            words = _("%(name)s is writing a reply")
        case Doing.NOTE:
            words = _("%(name)s is writing a note")
        case _doing:
            words = _("%(name)s is viewing")
    return words % {"name": present.name}


@require_GET
@agent_required
def badges(request: AgentRequest) -> HttpResponse:
    """The numbers in the navigation, by the names they have there; nothing for none."""
    counts = selectors.badges(request.agent)
    return JsonResponse({name: str(capped(count) or "") for name, count in asdict(counts).items()})


@require_GET
@agent_required
def list_counts(request: AgentRequest) -> HttpResponse:
    """How many tickets stand in the lists of the tabs, by slug; at most three statements, and no words are read. A page
    asks at most once in ten seconds, when something has happened that an older number would not show.
    """
    views = in_tab_order(request.agent, views_of(request.agent))
    counts = selectors.open_counts(request.agent) | counts_of(request.agent, views, is_anew=True)
    return JsonResponse({slug: selectors.in_short(count) for slug, count in counts.items()})
