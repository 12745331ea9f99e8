"""The tab of an envelope, asking for help, and the acts on it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required, renew_snapshot
from accounts.models import Agent
from core.errors import DomainError, Invalid
from core.service import record_refusal
from core.sessions import IN_THE_BACKGROUND
from desk.composing import id_in
from desk.envelopes.answers import (
    acted_in,
    envelope_in_tab,
    form_answer,
    in_workspace,
    known_envelope,
    show_envelope,
    words_of,
)
from desk.envelopes.asking import Target, kept_target, known_reason, likely_target
from desk.envelopes.forms import MAX_REASON, AskForm, InviteForm, RedirectForm, SealForm, VendorForm, WhyForm
from desk.envelopes.tabs import tab_url, tabs_of
from desk.envelopes.thread import Writing, mode_of
from desk.envelopes.vendor_part import VendorWriting
from desk.forms import add_refusal
from desk.frame import HEAD, WORKSPACE, open_tab, show_head
from desk.recent import note_opened
from desk.refusals import Refusal
from desk.task_forms import TaskForm
from desk.ticket_page import acted, refuse_in
from desk.unfinished import forget_typed, posted_or_typed
from desk.workspace import Part, visible_ticket
from envelopes import services
from envelopes.enums import EnvelopeKind
from envelopes.guards import refusal_of_act
from envelopes.models import Envelope
from envelopes.people import askable, who_may_have_tasks_of
from envelopes.selectors import readable_envelope
from tickets.models import Ticket
from tickets.selectors import drafts_of


@require_GET
@agent_required
def envelope(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """`?before=<seq>` shows the page of the thread before that entry, `?original=<entry>` a mail in its own layout,
    `?compose=envelope` opens the composer, `?compose=vendor` the one to the vendor, with `&restore=<message>` on what
    was not sent, `&files=<message>` and `&attachments=<file>` with files ticked.
    """
    ticket, found = envelope_in_tab(request, reference, number)
    before = str(request.GET.get("before", ""))
    is_seq = before.isascii() and before.isdigit() and len(before) < 19
    if IN_THE_BACKGROUND not in request.headers:
        note_opened(request.agent, ticket)
    is_asked, to_vendor = request.GET.get("compose"), None
    if is_asked == "vendor":
        restored, files_of = (id_in(str(request.GET.get(name, ""))) for name in ("restore", "files"))
        ticked = [file_id for given in request.GET.getlist("attachments") if (file_id := id_in(given))]
        to_vendor = VendorWriting(is_open=True, restored=restored, files_of=files_of, ticked=ticked)
    writing = Writing(is_open=is_asked == "envelope", to_vendor=to_vendor)
    original = id_in(str(request.GET.get("original", "")))
    return show_envelope(
        request, ticket, found, writing=writing, before=int(before) if is_seq else None, original=original
    )


@require_http_methods(["GET", "POST"])
@agent_required
def ask(request: AgentRequest, reference: str) -> HttpResponse:
    """One form, one submit: the page stays, the new envelope is a tab of it."""
    ticket = visible_ticket(request.agent, reference)
    words = words_of("ask", target=f"#{HEAD}")
    form = AskForm(
        posted_or_typed(request),
        initial={} if request.method == "POST" else _known(request, ticket),
        ticket=ticket,
        by=request.agent,
        is_first=True,
        auto_id="ask-%s",
    )
    if request.method != "POST":
        return form_answer(request, ticket, form, words)
    if not form.is_valid():
        return form_answer(request, ticket, form, words, status=400)
    try:
        opened = services.open_envelope(ticket.pk, by=request.agent, **_asked(form))
    except Invalid as error:
        add_refusal(form, _at_target(error))
        return form_answer(request, ticket, form, words, status=error.status)
    except DomainError as error:
        return form_answer(request, ticket, form, words, error=Refusal(error), status=error.status)
    forget_typed(request)
    said = _("Envelope %(number)s opened: %(target)s is asked") % {"number": opened.number, "target": opened.target}
    if request.htmx:
        return _opened(request, reference, said)
    return acted(request, reference, said=said)


def _known(request: AgentRequest, ticket: Ticket) -> dict[str, str]:
    """What the form begins with."""
    target = kept_target(str(request.GET.get("target", ""))) or likely_target(ticket, request.agent)
    reason = str(request.GET.get("reason", ""))[:MAX_REASON] or known_reason(ticket)
    return {"target": target, "reason": reason}


def _opened(request: AgentRequest, reference: str, said: str) -> HttpResponse:
    """What opening changes at once: the head and the tabs. The rest follows as after each act from the head."""
    renew_snapshot(request.user)
    ticket = visible_ticket(request.agent, reference)
    current = open_tab(request, ticket)
    more = tabs_of(request.agent, ticket).context(current) | {"has_new_tabs": True}
    return show_head(request, ticket, said=said, more=more, closes_dialog=True)


def _asked(form: forms.Form) -> dict[str, Any]:
    given: dict[str, Any] = form.cleaned_data
    target: Target = given["target"]
    return {
        "team": target.team,
        "assigned_to": target.agent,
        "skill": target.skill,
        "reason": given["reason"],
        "is_blocking": given["is_blocking"],
        **_asked_of_vendor(given["vendor_addresses"]),
    }


def _asked_of_vendor(addresses: list[str]) -> dict[str, Any]:
    return {"kind": EnvelopeKind.EXTERNAL_VENDOR, "vendor_addresses": addresses} if addresses else {}


def _at_target(error: Invalid) -> Invalid:
    """Team, person and skill are one field here."""
    fields: dict[str, Any] = {
        ("target" if name in ("team", "assigned_to", "skill") else name): texts for name, texts in error.fields.items()
    }
    return Invalid(fields)


def act_at_once(service: Callable[..., Any], said: Callable[[], str]) -> Any:  # a view
    @require_POST
    @agent_required
    def view(request: AgentRequest, reference: str, number: int) -> HttpResponse:
        found = known_envelope(request, reference, number)
        try:
            service(found.pk, by=request.agent)
        except DomainError as error:
            return refuse_in(request, found, error)
        return acted_in(request, reference, number, said=said())

    return view


accept = act_at_once(services.accept_envelope, lambda: _("You help; the owner is told"))
reopen = act_at_once(services.reopen_envelope, lambda: _("Envelope opened again"))


@require_POST
@agent_required
def take_offer(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """One click at the name of whoever offered."""
    found = known_envelope(request, reference, number)
    agent_id = id_in(str(request.POST.get("agent", "")))
    agent = Agent.objects.filter(pk=agent_id).first() if agent_id else None
    if agent is None:
        raise Http404
    try:
        services.take_help_offer(found.pk, by=request.agent, agent=agent)
    except DomainError as error:
        return refuse_in(request, found, error)
    return acted_in(request, reference, number, said=_("%(agent)s is asked") % {"agent": agent.name})


def act_by_form(
    name: str,
    form_of: Callable[[AgentRequest, Any, Envelope], forms.Form],
    call: Callable[[AgentRequest, Envelope, dict[str, Any]], Any],
    said: Callable[[], str],
    *,
    is_for_readers: bool = False,
) -> Any:  # a view
    """GET shows the form to those who may take the step; POST acts: to others than its readers the envelope is missing
    if `is_for_readers`. Rights come before what was typed: which choices a form has tells who takes part.
    """

    @require_http_methods(["GET", "POST"])
    @agent_required
    def view(request: AgentRequest, reference: str, number: int) -> HttpResponse:
        if request.method != "POST":
            ticket, found = envelope_in_tab(request, reference, number)
            if refusal := refusal_of_act(request.agent, found, name):
                return in_workspace(request, refuse_in(request, found, refusal))
            form = form_of(request, posted_or_typed(request), found)
            return form_answer(request, ticket, form, _words(name, ticket, number))
        if is_for_readers:
            _ticket, found = envelope_in_tab(request, reference, number)
        else:
            found = known_envelope(request, reference, number)
        ticket, words = found.ticket, _words(name, found.ticket, number)
        form = form_of(request, request.POST, found)
        if refusal := refusal_of_act(request.agent, found, name):
            record_refusal(refusal, act=name, subject=found.pk, by=request.agent)
            if not _keep_words_alone(form):
                return refuse_in(request, found, refusal)
            return form_answer(request, ticket, form, words, error=Refusal(refusal), status=refusal.status)
        if not form.is_valid():
            return form_answer(request, ticket, form, words, status=400)
        try:
            call(request, found, form.cleaned_data)
        except Invalid as error:
            add_refusal(form, _at_target(error) if "target" in form.fields else error)
            return form_answer(request, ticket, form, words, status=error.status)
        except DomainError as error:
            return form_answer(request, ticket, form, words, error=Refusal(error), status=error.status)
        forget_typed(request)
        return acted_in(request, reference, number, said=said())

    return view


def _keep_words_alone(form: forms.Form) -> bool:
    """What was typed is shown again also to those who may not choose anything. Whether there is such."""
    for name in [name for name, field in form.fields.items() if isinstance(field, forms.ChoiceField)]:
        del form.fields[name]
    form.errors.clear()
    return any(str(form.data.get(name, "")).strip() for name in form.fields)


def _words(name: str, ticket: Ticket, number: int) -> Part:
    back = {"back_url": tab_url(ticket.reference, number), "back_label": _("Back to the envelope")}
    return words_of(name, target=f"#{WORKSPACE}", **back)


def _why(_request: AgentRequest, data: Any, _found: Envelope) -> forms.Form:
    return WhyForm(data, auto_id="act-%s")


def _redirect_form(request: AgentRequest, data: Any, found: Envelope) -> forms.Form:
    return RedirectForm(data, ticket=found.ticket, by=request.agent, auto_id="act-%s")


def _next_level_form(request: AgentRequest, data: Any, found: Envelope) -> forms.Form:
    initial = _begun(request, found) if data is None else {}
    return AskForm(data, initial=initial, ticket=found.ticket, by=request.agent, auto_id="act-%s")


def _begun(request: AgentRequest, found: Envelope) -> dict[str, str]:
    draft = drafts_of(request.agent).filter(ticket=found.ticket, mode=mode_of(found.number)).first()
    return {"target": likely_target(found.ticket, request.agent), "reason": draft.body_text if draft else ""}


def _invite_form(request: AgentRequest, data: Any, found: Envelope) -> forms.Form:
    there = found.participants.filter(left_at__isnull=True).values("agent")
    candidates = askable(found.ticket, by=request.agent).exclude(pk__in=there).order_by("name")
    return InviteForm(data, candidates=candidates, auto_id="act-%s")


def _vendor_form(_request: AgentRequest, data: Any, found: Envelope) -> forms.Form:
    return VendorForm(data, initial={"vendor_addresses": found.vendor_addresses}, auto_id="act-%s")


def _seal_form(_request: AgentRequest, data: Any, _found: Envelope) -> forms.Form:
    return SealForm(data, auto_id="act-%s")


decline = act_by_form(
    "decline",
    _why,
    lambda request, found, given: services.decline_envelope(found.pk, by=request.agent, reason=given["reason"]),
    lambda: _("Declined"),
)
release = act_by_form(
    "release",
    _why,
    lambda request, found, given: services.release_envelope(found.pk, by=request.agent, reason=given["reason"]),
    lambda: _("Given back"),
)
cancel = act_by_form(
    "cancel",
    _why,
    lambda request, found, given: services.cancel_envelope(found.pk, by=request.agent, reason=given["reason"]),
    lambda: _("Withdrawn"),
)
redirect_to = act_by_form(
    "redirect",
    _redirect_form,
    lambda request, found, given: services.redirect_envelope(
        found.pk,
        by=request.agent,
        team=given["target"].team,
        assigned_to=given["target"].agent,
        skill=given["target"].skill,
    ),
    lambda: _("Somebody else is asked"),
)
invite = act_by_form(
    "invite",
    _invite_form,
    lambda request, found, given: services.invite_expert(found.pk, by=request.agent, agent=given["agent"]),
    lambda: _("Invited"),
)
name_vendor = act_by_form(
    "vendor",
    _vendor_form,
    lambda request, found, given: services.name_vendor(
        found.pk, by=request.agent, vendor_addresses=given["vendor_addresses"]
    ),
    lambda: _("The vendor's addresses are saved"),
)
seal = act_by_form(
    "complete",
    _seal_form,
    lambda request, found, given: services.complete_envelope(
        found.pk, by=request.agent, summary=given["summary"], outcome=given["outcome"]
    ),
    lambda: _("Sealed; the summary stands in the timeline"),
)


def _task_form(_request: AgentRequest, data: Any, found: Envelope) -> forms.Form:
    return TaskForm(data, candidates=who_may_have_tasks_of(found), is_of_envelope=True, auto_id="task-%s")


add_task = act_by_form(
    "tasks",
    _task_form,
    lambda request, found, given: services.add_envelope_task(found.pk, by=request.agent, **given),
    lambda: _("Task added"),
    is_for_readers=True,
)


def _open_below(request: AgentRequest, found: Envelope, given: dict[str, Any]) -> Envelope:
    target: Target = given["target"]
    return services.open_next_level(
        found.pk,
        by=request.agent,
        team=target.team,
        assigned_to=target.agent,
        skill=target.skill,
        reason=given["reason"],
        is_blocking=given["is_blocking"],
    )


next_level = act_by_form("envelopes", _next_level_form, _open_below, lambda: _("Next level opened"))


@require_POST
@agent_required
def read(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """What stands in the open tab has been seen; sent by the page, which a person has before them."""
    found = readable_envelope(request.agent, ticket__reference=reference.upper(), number=number)
    if found is None:
        raise Http404
    seq = str(request.POST.get("seq", ""))
    if seq.isascii() and seq.isdigit() and len(seq) < 19:
        services.mark_envelope_read(found.pk, by=request.agent, seq=int(seq))
    return HttpResponse(status=204)
