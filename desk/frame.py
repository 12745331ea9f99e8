"""What stands around each tab of a ticket: the answer as a whole page; as its workspace alone for htmx; or, after an
act from the head, as the head alone, as what else the act has changed follows (`static/js/liveticket.js`).
"""

import json
import re
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.http import retarget, trigger_client_event

from accounts.auth import AgentRequest
from accounts.enums import Tier
from core.labels import label_of
from desk.actions.shown import acts_on, priorities_of
from desk.alerts.parts import strip_of
from desk.forms import CancelForm
from desk.neighbours import from_of, list_url_from, listing_from, with_from
from desk.resolution import DraftedResolveForm
from desk.rows import tier_of
from desk.sections import above_feed, beside_feed, links_to
from desk.selectors import QUEUES, start_slug
from desk.workspace import Abilities, Part, abilities_of, head_of
from notifications.selectors import own_work_on
from tickets.models import Ticket

HEAD, WORKSPACE = "ticket-head", "workspace"
"""Ids of what htmx may ask for."""
OF_ENVELOPE = re.compile(r"/t/([\w-]+)/e/(\d{1,5})/$")


def open_tab(request: HttpRequest, ticket: Ticket) -> int | None:
    """Number of the envelope of `ticket` in whose tab the act was taken; None on its timeline and elsewhere."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    found = OF_ENVELOPE.search(urlsplit(page).path)
    return int(found[2]) if found and found[1].upper() == ticket.reference else None


def show_around(
    request: AgentRequest, ticket: Ticket, context: Part, *, status: int = 200, said: str = "", undo_url: str = ""
) -> HttpResponse:
    """`context` of one tab, with what stands around each of them (`around_thread` is part of it)."""
    context |= {
        **_around_head(request, ticket, context["able"]),
        "said": said,
        "resolve_form": DraftedResolveForm(ticket=ticket, reader=request.agent, auto_id="resolve-%s"),
        "cancel_form": CancelForm(auto_id="cancel-%s"),
        "alerts": strip_of(ticket, request.agent),
        "above_feed": links_to(above_feed, ticket, request.agent),
        "beside_feed": links_to(beside_feed, ticket, request.agent),
        "title": _title(ticket),
    }
    is_partial = request.htmx and not request.htmx.history_restore_request
    template = "desk/_workspace.html" if is_partial else "desk/ticket.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    if is_partial and request.htmx.target == HEAD:
        response = retarget(response, f"#{WORKSPACE}")
    return saying(response, said, undo_url) if is_partial else response


def show_head(
    request: AgentRequest,
    ticket: Ticket,
    *,
    said: str,
    undo_url: str = "",
    more: Part | None = None,
    closes_dialog: bool = False,
) -> HttpResponse:
    """What an act from the head is to change at once. The page fetches the rest when it hears `acted`."""
    able = abilities_of(request.agent, ticket)
    context = {
        **_around_head(request, ticket, able),
        "ticket": ticket,
        "able": able,
        "head": head_of(request.agent, ticket, timezone.now()),
        "said": said,
        **(more or {}),
    }
    response = saying(render(request, "desk/_acted.html", context), said, undo_url)
    if closes_dialog:
        trigger_client_event(response, "dialogDone")
    return trigger_client_event(response, "acted", after="settle")


def _around_head(request: AgentRequest, ticket: Ticket, able: Abilities) -> Part:
    """What the head needs beside the ticket's own facts: acts, ways back and on."""
    working_until = own_work_on(request.agent, ticket, now=timezone.now())
    acts = acts_on(request.agent, ticket, able, is_worked_on=working_until is not None)
    return {
        "working_until": working_until,
        "head_acts": acts["head"],
        "menu_acts": acts["menu"],
        "priorities": priorities_of(ticket, able),
        "link": request.build_absolute_uri(reverse("desk:ticket", args=[ticket.reference])),
        "back": back_of(request),
        "beside": _beside(request, ticket),
    }


def saying(response: HttpResponse, said: str, undo_url: str = "") -> HttpResponse:
    """The answer to htmx with what its page announces, and shows with the way to take it back; nothing for nothing."""
    if said:
        told = {"text": said, "undo": undo_url} if undo_url else {"text": said}
        response.headers["HX-Trigger"] = json.dumps({"say": told})
    return response


def _title(ticket: Ticket) -> str:
    """Whose ticket it is stands in the tab too, so that two tabs cannot be mistaken."""
    company = [ticket.company.name] if ticket.company else []
    tier = label_of(Tier, tier_of(ticket))
    return " · ".join([ticket.reference, ticket.requester.name, *company, tier, ticket.subject])


def back_of(request: AgentRequest) -> Part:
    """The list the ticket was opened from, as it was looked at."""
    origin = from_of(request)
    if not origin:
        slug = start_slug(request.agent)
        name = QUEUES[slug].label if slug in QUEUES else _("Queue")
        return {"url": reverse("desk:queue", args=[slug]), "label": _("Back to the queue"), "name": name}
    listing, _query = listing_from(request.agent, origin)
    label = _("Back to %(list)s") % {"list": listing.label}
    return {"url": list_url_from(request.agent, origin), "label": label, "name": listing.label}


def _beside(request: AgentRequest, ticket: Ticket) -> Part:
    """The list the ticket was opened from; addresses of its next and previous ticket there and of the list around it,
    which are read only when they are asked for.
    """
    origin = from_of(request)
    names = {"next_url": "next-ticket", "previous_url": "previous-ticket", "list_url": "list-beside"}
    urls = {key: with_from(reverse(f"desk:{name}", args=[ticket.reference]), origin) for key, name in names.items()}
    return {"origin": origin, **urls}
