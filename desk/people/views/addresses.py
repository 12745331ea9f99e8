"""Correcting a customer's address, from their page or from a ticket whose mail came back."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import privacy
from accounts.auth import AgentRequest, agent_required
from accounts.errors import AddressNotEditable, AddressTaken
from accounts.models import Agent, Contact
from accounts.policies import may_look_up_customers
from accounts.selectors import contact_for_address
from accounts.services import correct_address
from core.errors import DomainError, Invalid
from desk.delivery import why_undeliverable
from desk.forms import add_refusal
from desk.people.forms import AddressForm
from desk.people.views.common import refuse
from desk.refusals import Refusal, WayOut
from tickets.models import Ticket


@require_http_methods(["GET", "POST"])
@agent_required
def address(request: AgentRequest, contact_id: UUID) -> HttpResponse:
    if not may_look_up_customers(request.agent):
        raise PermissionDenied
    person = get_object_or_404(Contact, pk=contact_id)
    if not privacy.serves(request.agent, person):
        return refuse(request, AddressNotEditable(contact=person.name))
    given = request.POST if request.method == "POST" else None
    ticket = _ticket(request.agent, str((given or request.GET).get("ticket", "")))
    initial = {"email": person.email, "version": person.version, "ticket": ticket.reference if ticket else ""}
    form = AddressForm(given, initial=initial)
    if given is None:
        return _page(request, person, form, ticket)
    if not form.is_valid():
        return _page(request, person, form, ticket, status=400)
    try:
        email, version = form.cleaned_data["email"], form.cleaned_data["version"]
        correct_address(person.pk, by=request.agent, email=email, version=version)
    except Invalid as refusal:
        add_refusal(form, refusal)
        return _page(request, person, form, ticket, status=refusal.status)
    except DomainError as refusal:
        error = Refusal(refusal, _ways(refusal, form.cleaned_data["email"], ticket))
        return _page(request, person, form, ticket, error=error, status=refusal.status)
    messages.success(request, _("The address is corrected."))
    return redirect(_back(person, ticket))


def _ticket(agent: Agent, reference: str) -> Ticket | None:
    return Ticket.objects.visible_to(agent).filter(reference=reference.upper()).first() if reference else None


def _back(person: Contact, ticket: Ticket | None) -> str:
    if ticket is None:
        return reverse("desk:customer", args=[person.pk])
    return reverse("desk:ticket", args=[ticket.reference]) + "?compose=reply"


def _ways(refusal: DomainError, email: str, ticket: Ticket | None) -> Sequence[WayOut]:
    """Where somebody else has the address: who that is, and their being the requester instead."""
    other = contact_for_address(email) if isinstance(refusal, AddressTaken) else None
    if other is None:
        return ()
    ways = [WayOut(_("Look at %(contact)s") % {"contact": other.name}, reverse("desk:customer", args=[other.pk]))]
    if ticket is not None:
        facts = {"contact": other.name, "reference": ticket.reference}
        label = _("Make %(contact)s the requester of %(reference)s") % facts
        url = reverse("desk:requester", args=[ticket.reference]) + "?" + urlencode({"email": other.email})
        ways.insert(0, WayOut(label, url))
    return ways


def _page(
    request: AgentRequest,
    person: Contact,
    form: AddressForm,
    ticket: Ticket | None,
    *,
    error: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "contact": person,
        "form": form,
        "undeliverable": why_undeliverable(person),
        "back_url": _back(person, ticket),
        "error": error,
    }
    return render(request, "desk/people/address.html", context, status=status)
