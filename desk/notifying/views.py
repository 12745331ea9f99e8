"""How one is told of things beside the app: choices, browsers, what would come when, and what became of it."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from connectors.push.keys import public_key
from connectors.push.models import PushSubscription
from connectors.push.services import subscribe as allow_browser
from connectors.push.services import unsubscribe as remove_browser
from core.errors import DomainError, Invalid, NotFound
from core.paging import Page, keyset_page
from desk.notifying.choices import overview
from desk.notifying.forms import PreferenceForm, QuietHoursForm
from desk.people.views.common import add_refusal, next_page, refuse
from notifications.defaults import USUAL, choice_for
from notifications.enums import DeliveryChannel, EventType
from notifications.knowledge import wishes_of
from notifications.models import Delivery, QuietHours
from notifications.policies import may_retry, may_see_failures
from notifications.preview import preview_of, waiting_for
from notifications.selectors import deliveries_of, failures_seen_by, works_on
from notifications.services import keep_preference, keep_quiet_hours, retry_delivery, usual_again
from notifications.ways import installed

PAGE = 30


@require_http_methods(["GET", "POST"])
@agent_required
def settings(request: AgentRequest) -> HttpResponse:
    agent, row = request.agent, QuietHours.objects.filter(agent=request.agent).first()
    initial = {"quiet_from": row and row.quiet_from, "quiet_to": row and row.quiet_to}
    form = QuietHoursForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            keep_quiet_hours(agent, by=agent, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Your quiet hours are saved."))
            return redirect("desk:notification-settings")
    facts = {
        "form": form,
        "events": overview(agent),
        "browsers": PushSubscription.objects.filter(agent=agent),
        "push_key": public_key() if DeliveryChannel.PUSH in installed() else "",
        "working": works_on(agent, now=timezone.now()),
        "may_see_failures": may_see_failures(agent),
    }
    return render(request, "desk/notifying/settings.html", facts, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@agent_required
def preference(request: AgentRequest, event_type: str) -> HttpResponse:
    event = _event(event_type)
    agent, wishes = request.agent, wishes_of(request.agent)
    own = wishes.preferences.get(event)
    choice = choice_for(event, USUAL[event].urgency, wishes.choice(event))
    initial = {
        "channels": [str(channel) for channel in choice.channels],
        "timing": choice.timing,
        "quiet_from": own and own.quiet_from,
        "quiet_to": own and own.quiet_to,
    }
    form = PreferenceForm(request.POST or None, initial=initial, event=event)
    if request.method == "POST" and form.is_valid():
        try:
            keep_preference(agent, event, by=agent, **form.cleaned_data)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved: %(event)s") % {"event": event.label})
            return redirect("desk:notification-settings")
    facts = {"form": form, "event": event, "is_own": own is not None}
    return render(request, "desk/notifying/preference.html", facts, status=400 if form.errors else 200)


@require_POST
@agent_required
def usual(request: AgentRequest, event_type: str) -> HttpResponse:
    event = _event(event_type)
    usual_again(request.agent, event, by=request.agent)
    messages.success(request, _("As usual again: %(event)s") % {"event": event.label})
    return redirect("desk:notification-settings")


def _event(name: str) -> EventType:
    if name not in EventType:
        raise Http404
    return EventType(name)


@require_POST
@agent_required
def subscribe(request: AgentRequest) -> HttpResponse:
    """Asked by push.js once the person has allowed messages in this browser."""
    given = {name: str(request.POST.get(name, "")) for name in ("p256dh", "auth")}
    device = str(request.headers.get("User-Agent", ""))
    try:
        allow_browser(str(request.POST.get("endpoint", "")), by=request.agent, device=_device(device), **given)
    except DomainError as refusal:
        return refuse(request, refusal)
    messages.success(request, _("Messages are allowed in this browser."))
    return redirect("desk:notification-settings")


def _device(user_agent: str) -> str:
    """Browser and system, as far as they are told apart at sight."""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    browser = next((name for sign, name in browsers if sign in user_agent), "")
    system = next((name for name in systems if name in user_agent), "")
    return ", ".join(filter(None, (browser, system)))


@require_POST
@agent_required
def unsubscribe(request: AgentRequest, subscription_id: UUID) -> HttpResponse:
    try:
        remove_browser(subscription_id, by=request.agent)
    except NotFound as error:
        raise Http404 from error
    messages.success(request, _("No more messages go to that browser."))
    return redirect("desk:notification-settings")


@require_GET
@agent_required
def preview(request: AgentRequest) -> HttpResponse:
    facts = {"previews": preview_of(request.agent, now=timezone.now()), "waiting": waiting_for(request.agent)}
    return render(request, "desk/notifying/preview.html", facts)


@require_GET
@agent_required
def deliveries(request: AgentRequest) -> HttpResponse:
    return _page_of(request, deliveries_of(request.agent), ("-scheduled_for", "-id"), is_own=True)


@require_GET
@agent_required
def failures(request: AgentRequest) -> HttpResponse:
    try:
        rows = failures_seen_by(request.agent)
    except DomainError as refusal:
        return refuse(request, refusal)
    return _page_of(request, rows, ("-failed_at", "-id"), is_own=False)


def _page_of(
    request: AgentRequest, rows: QuerySet[Delivery], ordering: tuple[str, ...], *, is_own: bool
) -> HttpResponse:
    error: Invalid | None = None
    page: Page[Delivery] = Page([], None, None)
    try:
        page = keyset_page(rows, ordering, cursor=str(request.GET.get("cursor", "")), size=PAGE)
    except Invalid as refusal:
        error = refusal
    facts = {
        "rows": page.items,
        "is_own": is_own,
        "next_url": f"?cursor={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?cursor={page.previous_cursor}" if page.previous_cursor else "",
        "error": error,
    }
    return render(request, "desk/notifying/deliveries.html", facts, status=error.status if error else 200)


@require_POST
@agent_required
def retry(request: AgentRequest, delivery_id: UUID) -> HttpResponse:
    row = get_object_or_404(Delivery.objects.select_related("recipient"), pk=delivery_id)
    if not may_retry(request.agent, row.recipient):
        raise Http404
    try:
        retry_delivery(row.pk, by=request.agent)
    except DomainError as refusal:
        return refuse(request, refusal)
    messages.success(request, _("It is tried again."))
    return redirect(next_page(request, otherwise="desk:deliveries"))
