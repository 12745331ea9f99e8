"""Answers to what is done in an envelope's tab, and to forms in a dialog."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import reswap, retarget, trigger_client_event

from accounts.auth import AgentRequest, renew_snapshot
from desk.envelopes.tabs import Tabs, tab_url, tabs_of
from desk.envelopes.thread import Writing, thread_context
from desk.frame import WORKSPACE, show_around
from desk.neighbours import from_of, with_from
from desk.refusals import Refusal
from desk.selectors import start_slug
from desk.unfinished import made_for
from desk.workspace import Part, around_thread, visible_ticket
from envelopes.errors import EnvelopeOutOfSight
from envelopes.models import Envelope
from envelopes.selectors import readable_envelope
from tickets.models import Ticket

FORM = "envelope-form"
"""Id of the form in the dialog."""


def envelope_in_tab(request: AgentRequest, reference: str, number: int) -> tuple[Ticket, Envelope]:
    """404 for what is missing and for what this person may not read."""
    envelope = readable_envelope(request.agent, ticket__reference=reference.upper(), number=number)
    if envelope is None:  # asked first, so that it costs the same whether the ticket is there or not
        raise Http404
    return visible_ticket(request.agent, reference), envelope


def known_envelope(request: AgentRequest, reference: str, number: int) -> Envelope:
    """For acts: of whatever envelope one knows; the services say what may be done."""
    found = Envelope.objects.visible_to(request.agent).with_people()
    envelope = found.filter(ticket__reference=reference.upper(), number=number).first()
    if envelope is None:
        raise Http404
    return envelope


def out_of_sight(request: AgentRequest, reference: str) -> HttpResponse:
    """The text comes back all the same; nothing says whether there is such an envelope, or such a ticket."""
    error = Refusal(EnvelopeOutOfSight())
    context = {
        "error": error,
        "unsent": str(request.POST.get("body", "")),
        "back": {"url": reverse("desk:ticket", args=[reference]), "label": _("Back to the ticket")},
    }
    return render(request, "desk/refused.html", context, status=error.status)


def show_envelope(
    request: AgentRequest,
    ticket: Ticket,
    envelope: Envelope,
    *,
    writing: Writing | None = None,
    error: Refusal | None = None,
    status: int = 200,
    said: str = "",
    undo_url: str = "",
    before: int | None = None,
    original: UUID | None = None,
) -> HttpResponse:
    """The tab of one envelope in the place of the timeline; `before` shows an older part of its thread, `original`
    names the mail that is shown in its own layout.
    """
    tabs: Tabs = tabs_of(request.agent, ticket)
    around = around_thread(request.agent, ticket, tabs.able)
    thread = thread_context(request.agent, ticket, envelope, writing or Writing(), before=before, original=original)
    own = {task.pk for task in thread["thread_tasks"]}  # with their steps they stand in the tab, not beside it
    context = {
        **around,
        **tabs.context(envelope.number),
        **thread,
        "tasks": [part for part in around["tasks"] if part["task"].pk not in own],
        "thread_tasks": [part for part in around["tasks"] if part["task"].pk in own],
        "path": (),
        "error": error,
    }
    return show_around(request, ticket, context, status=status, said=said, undo_url=undo_url)


def acted_in(request: AgentRequest, reference: str, number: int, *, said: str, where: str = "") -> HttpResponse:
    """After an act: the envelope as it is now, or the ticket, or the queue, as far as they are in sight still."""
    if request.htmx:
        renew_snapshot(request.user)
    try:
        ticket = visible_ticket(request.agent, reference)
    except Http404:
        return _left(request, reverse("desk:queue", args=[start_slug(request.agent)]), f"{reference.upper()}: {said}")
    envelope = readable_envelope(request.agent, ticket=ticket, number=number)
    if envelope is None:
        return _left(request, reverse("desk:ticket", args=[ticket.reference]), said)
    if request.htmx:
        response = show_envelope(request, ticket, envelope, said=said)
        return trigger_client_event(response, "dialogDone")
    messages.success(request, said)
    return redirect(with_from(tab_url(ticket.reference, number) + where, from_of(request)))


def _left(request: AgentRequest, url: str, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponse(headers={"HX-Redirect": url}) if request.htmx else redirect(url)


def form_answer(
    request: AgentRequest,
    ticket: Ticket,
    form: forms.Form,
    words: Part,
    *,
    error: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form in a dialog for htmx, alone if it came back, else a page of its own.

    `words`: title, submit, and what `desk/act.html` knows beside; `target` of the answer, `back_url`.
    """
    context: dict[str, Any] = {"ticket": ticket, "form": form, "error": error, "action": request.path, **words}
    if not request.htmx:
        context["made_for"] = made_for(request.agent)
        return render(request, "desk/act.html", context, status=status)
    if request.method == "GET":
        return render(request, "desk/envelopes/_dialog.html", context)
    response = render(request, "desk/envelopes/_form.html", context, status=status)
    return reswap(retarget(response, f"#{FORM}"), "outerHTML")


def in_workspace(request: AgentRequest, response: HttpResponse) -> HttpResponse:
    """The page instead of the dialog that was asked for."""
    return reswap(retarget(response, f"#{WORKSPACE}"), "outerHTML") if request.htmx else response


def words_of(name: str, **more: Any) -> Part:
    """What the forms of acts say."""
    known: dict[str, Part] = {
        "ask": {"title": _("New envelope"), "submit": _("Open envelope"), "icon": "mail"},
        "envelopes": {"title": _("Add next level"), "submit": _("Open envelope"), "icon": "mail"},
        "decline": {"title": _("Decline envelope"), "submit": _("Decline envelope")},
        "redirect": {"title": _("Ask somebody else"), "submit": _("Ask somebody else")},
        "vendor": {"title": _("Addresses of the vendor"), "submit": _("Save the addresses")},
        "invite": {"title": _("Invite a colleague"), "submit": _("Invite"), "icon": "user-plus"},
        "release": {"title": _("Give the envelope back"), "submit": _("Give it back")},
        "complete": {"title": _("Seal envelope"), "submit": _("Seal envelope"), "icon": "check"},
        "tasks": {"title": _("Add task"), "submit": _("Add task"), "icon": "plus"},
        "cancel": {"title": _("Withdraw envelope"), "submit": _("Withdraw envelope"), "tone": "danger"},
    }
    return known[name] | more
