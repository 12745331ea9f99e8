"""What one wants to be reminded of: the page of it, and the form below a ticket."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid, NotFound
from desk.forms import add_refusal
from desk.refusals import Refusal
from desk.reminders.forms import SNOOZES, EditReminderForm, ReminderForm, SnoozeForm
from desk.reminders.parts import groups_of
from desk.ticket_page import refused
from desk.unfinished import forget_typed, made_for, posted_or_typed
from desk.views.forms import Words, form_act
from desk.workspace import visible_ticket
from sla.reminders import services
from sla.reminders.errors import RemindersForbidden
from sla.reminders.models import Reminder
from sla.reminders.policies import may_have_reminders
from sla.reminders.selectors import reminders_of, reminders_on
from sla.reminders.wording import describe, reference_of
from tickets.models import Ticket

STEPS = ("snooze", "complete", "cancel")


@require_http_methods(["GET", "POST"])
@agent_required
def reminders(request: AgentRequest) -> HttpResponse:
    """What is due and what comes; a POST adds one that is of no ticket."""
    form = ReminderForm(posted_or_typed(request), agent=request.agent, for_ticket=False, auto_id="reminder-%s")
    if request.method != "POST":
        return _page(request, form)
    try:
        if not may_have_reminders(request.agent) or form.is_valid():
            made = services.create_reminder(by=request.agent, **getattr(form, "cleaned_data", {"kind": ""}))
            forget_typed(request)
            messages.success(request, _said(made.trigger_at))
            return redirect("desk:reminders")
    except DomainError as refusal:
        if refusal.status == 403:
            return _page(request, form, error=refusal)
        add_refusal(form, refusal)
    return _page(request, form, status=400)


def _page(
    request: AgentRequest, form: ReminderForm, *, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    groups, is_cut = groups_of(request.agent, now=timezone.now())
    context = {
        "groups": groups,
        "is_cut": is_cut,
        "form": form if may_have_reminders(request.agent) else None,
        "snoozes": SNOOZES,
        "made_for": made_for(request.agent),
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/reminders/reminders.html", context, status=error.status if error else status)


@require_http_methods(["GET", "POST"])
@agent_required
def edit(request: AgentRequest, reminder_id: UUID) -> HttpResponse:
    """Change a reminder of one's own; what the desk reminds of, and what has ended, is refused."""
    reminder = reminders_of(request.agent).filter(pk=reminder_id).first()
    if reminder is None:
        raise Http404
    form = EditReminderForm(request.POST or None, reminder=reminder, auto_id="reminder-%s")
    error: DomainError | None = None
    try:
        if form.is_valid():
            version = form.cleaned_data["version"]
            changed = services.edit_reminder(reminder.pk, by=request.agent, version=version, **form.values())
            messages.success(request, _said(changed.wanted_at))
            return redirect("desk:reminders")
        services.refuse_edit(reminder)
    except Invalid as refusal:
        add_refusal(form, refusal)
    except DomainError as refusal:
        error = refusal
    return _edit_page(request, form, reminder, error)


def _edit_page(
    request: AgentRequest, form: EditReminderForm, reminder: Reminder, error: DomainError | None
) -> HttpResponse:
    reference = reference_of(reminder)
    context = {
        "form": form,
        "title": describe(reminder),
        "reference": reference,
        "ticket_url": reverse("desk:ticket", args=[reference]) if reference else "",
        "error": Refusal(error) if error else None,
    }
    status = error.status if error else 400 if form.errors else 200
    return render(request, "desk/reminders/edit.html", context, status=status)


@require_POST
@agent_required
def step(request: AgentRequest, reminder_id: UUID, name: str) -> HttpResponse:
    """Snooze, done or cancel; without script as with it the page comes anew."""
    if name not in STEPS:
        raise Http404
    form = SnoozeForm(request.POST)
    try:
        said = _take(request, reminder_id, name, form)
    except NotFound as error:
        raise Http404 from error
    except DomainError as refusal:
        plain = ReminderForm(agent=request.agent, for_ticket=False, auto_id="reminder-%s")
        return _page(request, plain, error=refusal)
    messages.success(request, said)
    return redirect("desk:reminders")


def _take(request: AgentRequest, reminder_id: UUID, name: str, form: SnoozeForm) -> str:
    agent = request.agent
    if name == "snooze":
        if not form.is_valid():
            raise Invalid({"until": _("There is no such choice.")})
        snoozed = services.snooze_reminder(reminder_id, by=agent, until=form.moment(agent))
        return _("Snoozed until %(moment)s") % {"moment": _moment(snoozed.snooze_until)}
    if name == "cancel":
        services.cancel_reminder(reminder_id, by=agent)
        return _("Reminder cancelled")
    following = services.complete_reminder(reminder_id, by=agent)
    return (
        _("Done; the next one is on %(moment)s") % {"moment": _moment(following.trigger_at)} if following else _("Done")
    )


@require_http_methods(["GET", "POST"])
@agent_required
def remind(request: AgentRequest, reference: str) -> HttpResponse:
    """Remind me of this ticket."""
    ticket = visible_ticket(request.agent, reference)
    if not may_have_reminders(request.agent):
        return refused(request, ticket, RemindersForbidden())
    form = ReminderForm(posted_or_typed(request), agent=request.agent, for_ticket=True, auto_id="remind-%s")

    def create(values: dict[str, Any]) -> None:
        services.create_reminder(by=request.agent, ticket_id=ticket.pk, **values)

    words: Words = {
        "title": _("Remind me"),
        "submit": _("Remind me"),
        "icon": "clock",
        "about": _there_already(request, ticket),
    }
    return form_act(request, ticket, form, create, said=_("You will be reminded"), words=words)


def _there_already(request: AgentRequest, ticket: Ticket) -> list[dict[str, str]]:
    """What reminds this person of the ticket, above the form for one more."""
    rows = reminders_on(request.agent, ticket.pk)
    return [{"term": _moment(row.wanted_at), "value": describe(row)} for row in rows]


def _said(moment: Any) -> str:
    return _("You will be reminded on %(moment)s") % {"moment": _moment(moment)}


def _moment(at: Any) -> str:
    """By the reader's clock."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")
