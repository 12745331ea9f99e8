"""The ticket page and its simple acts."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from core.errors import DomainError
from core.sessions import IN_THE_BACKGROUND
from desk.composers import Composers
from desk.composing import id_in
from desk.mentioning import OFFER, offered_watchers
from desk.recent import note_opened, read_until
from desk.ticket_page import act, acted, refused, show_ticket, version_of
from desk.timeline import RESTORABLE
from desk.workspace import Part, named_ticket, visible_ticket
from notifications import services as telling
from tickets import services
from tickets.selectors import messages_in_hand_of


@require_GET
@agent_required
def ticket(request: AgentRequest, reference: str) -> HttpResponse:
    """`?compose=reply|note` opens a composer, `?restore=<message>` fills it with a reply that was taken back or
    not sent, `kept` naming which of its files were ticked.
    """
    found = visible_ticket(request.agent, reference)
    composers = Composers(opened=str(request.GET.get("compose", "")))
    if message_id := id_in(str(request.GET.get("restore", ""))):
        in_hand = messages_in_hand_of(request.agent)
        unsent = in_hand.filter(pk=message_id, ticket=found, status__in=RESTORABLE)
        composers.restored = unsent.first()
        composers.kept = request.GET.getlist("kept") or None
    if IN_THE_BACKGROUND not in request.headers:
        note_opened(request.agent, found)
    more: Part = {}
    if OFFER in request.GET:
        more["watch_offers"] = offered_watchers(found, str(request.GET[OFFER]), to=request.agent)
    return show_ticket(request, found, composers=composers, read=read_until(request.agent, found), more=more)


@require_POST
@agent_required
def accept(request: AgentRequest, reference: str) -> HttpResponse:
    version = version_of(request)
    return act(
        request,
        reference,
        lambda found: services.accept_ticket(found.pk, by=request.agent, version=version),
        said=_("Assigned to you"),
    )


@require_POST
@agent_required
def withdraw_offer(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: services.withdraw_offer(found.pk, by=request.agent, version=version_of(request)),
        said=_("Offer withdrawn; the ticket stands in the queue again"),
    )


@require_POST
@agent_required
def unmerge(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: services.unmerge_ticket(found.pk, by=request.agent, version=version_of(request)),
        said=_("The merge is undone"),
    )


@require_POST
@agent_required
def wait(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: services.wait_for_customer(found.pk, by=request.agent, version=version_of(request)),
        said=_("Waiting for the customer"),
        may_undo=True,
    )


@require_POST
@agent_required
def resume(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: services.resume_ticket(found.pk, by=request.agent, version=version_of(request)),
        said=_("In progress again"),
        may_undo=True,
    )


@require_POST
@agent_required
def confirm(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: services.confirm_ticket(found.pk, by=request.agent, version=version_of(request)),
        said=_("Closed, confirmed by the customer"),
    )


@require_POST
@agent_required
def watch(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: services.watch(found.pk, by=request.agent),
        said=_("You are told of what happens on this ticket"),
    )


@require_POST
@agent_required
def unwatch(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: services.unwatch(found.pk, by=request.agent),
        said=_("You are no longer told of what happens on this ticket"),
    )


@require_POST
@agent_required
def start_working(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: telling.start_working(found.pk, by=request.agent),
        said=_("For an hour you are told nothing of this ticket but breaches, and colleagues see that you are at it"),
    )


@require_POST
@agent_required
def stop_working(request: AgentRequest, reference: str) -> HttpResponse:
    return act(
        request,
        reference,
        lambda found: telling.stop_working(found.pk, by=request.agent),
        said=_("You are told of this ticket again"),
    )


@require_POST
@agent_required
def watchers(request: AgentRequest, reference: str) -> HttpResponse:
    """Let a colleague hear of the ticket; back to the page that offers the others named in the same note."""
    ticket = named_ticket(request.agent, reference)
    person = get_object_or_404(Agent.objects.active(), pk=id_in(str(request.POST.get("person", ""))))
    try:
        services.add_watcher(ticket.pk, person=person, by=request.agent)
    except DomainError as error:
        return refused(request, ticket, error)
    entry_id = id_in(str(request.POST.get(OFFER, "")))
    where = f"?{OFFER}={entry_id}" if entry_id else ""
    said = _("%(name)s is told of what happens on this ticket") % {"name": person.name}
    return acted(request, reference, said=said, where=where)


@require_POST
@agent_required
def allow_images(request: AgentRequest, reference: str) -> HttpResponse:
    original = id_in(str(request.POST.get("original", "")))
    return act(
        request,
        reference,
        lambda found: services.allow_remote_images(found.pk, by=request.agent),
        said=_("Remote images of this ticket's mails are shown"),
        where=f"?original={original}" if original else "",
    )
