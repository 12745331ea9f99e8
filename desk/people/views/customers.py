"""Customers and their companies, with those of their tickets that the reader may see."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import privacy
from accounts.auth import AgentRequest, agent_required
from accounts.errors import ContactNotEditable
from accounts.models import Company, Contact
from accounts.policies import may_edit_contacts, may_look_up_customers
from accounts.services import edit_contact, mark_deliverable
from core.errors import DomainError, Invalid
from core.paging import Page, keyset_page
from desk.delivery import why_undeliverable
from desk.people.forms import ContactForm
from desk.people.selectors import contacts_found, tickets_of_company, tickets_of_contact
from desk.people.views.common import add_refusal, refuse
from desk.promises import add_promises
from desk.rows import row_of
from tickets.models import Ticket
from tickets.querysets import NEWEST_FIRST

BY_NAME = ("last_name", "first_name", "email", "id")
PAGE_SIZE = 50


@require_GET
@agent_required
def found(request: AgentRequest) -> HttpResponse:
    _refuse_strangers(request)
    query = request.GET.get("q", "").strip()[:200]
    page, status = _page(request, contacts_found(query), BY_NAME)
    facts = {"query": query, "contacts": page.items} | _links(page, q=query)
    return render(request, "desk/people/customers.html", facts, status=status)


@require_GET
@agent_required
def contact(request: AgentRequest, contact_id: UUID) -> HttpResponse:
    _refuse_strangers(request)
    person = get_object_or_404(Contact.objects.select_related("company"), pk=contact_id)
    page, status = _page(request, tickets_of_contact(person, request.agent), NEWEST_FIRST)
    facts = {
        "contact": person,
        "shows_private": privacy.may_read_private_data(request.agent, person),
        "may_edit": may_edit_contacts(request.agent) and privacy.is_in_charge_of(request.agent, person),
        "undeliverable": why_undeliverable(person),
        "may_correct": privacy.serves(request.agent, person),
        "rows": _rows(request, page),
    }
    return render(request, "desk/people/customer.html", facts | _links(page), status=status)


@require_http_methods(["GET", "POST"])
@agent_required
def edit(request: AgentRequest, contact_id: UUID) -> HttpResponse:
    _refuse_strangers(request)
    person = get_object_or_404(Contact, pk=contact_id)
    if not may_edit_contacts(request.agent) or not privacy.is_in_charge_of(request.agent, person):
        return refuse(request, ContactNotEditable(contact=person.name))
    form = ContactForm(request.POST or None, contact=person)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            values = dict(form.cleaned_data)
            try:
                edit_contact(person.pk, by=request.agent, version=values.pop("version") or 0, **values)
            except DomainError as refusal:
                add_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(request, _("The contact is saved."))
                return redirect("desk:customer", contact_id=person.pk)
    return render(request, "desk/people/edit_customer.html", {"contact": person, "form": form}, status=status)


@require_POST
@agent_required
def deliverable(request: AgentRequest, contact_id: UUID) -> HttpResponse:
    """Somebody who serves the contact knows that their address works again."""
    _refuse_strangers(request)
    person = get_object_or_404(Contact, pk=contact_id)
    try:
        mark_deliverable(person.pk, by=request.agent)
    except DomainError as refusal:
        return refuse(request, refusal)
    messages.success(request, _("Replies to this address are sent without a warning again."))
    return redirect("desk:customer", contact_id=person.pk)


@require_GET
@agent_required
def company(request: AgentRequest, company_id: UUID) -> HttpResponse:
    _refuse_strangers(request)
    row = get_object_or_404(Company, pk=company_id)
    page, status = _page(request, tickets_of_company(row, request.agent), NEWEST_FIRST)
    contacts = list(row.contacts.order_by(*BY_NAME)[: PAGE_SIZE + 1])
    facts = {
        "company": row,
        "contacts": contacts[:PAGE_SIZE],
        "has_more_contacts": len(contacts) > PAGE_SIZE,
        "rows": _rows(request, page),
    }
    return render(request, "desk/people/company.html", facts | _links(page), status=status)


def _refuse_strangers(request: AgentRequest) -> None:
    """Admins configure the desk; they have no business with its customers."""
    if not may_look_up_customers(request.agent):
        raise PermissionDenied


def _page(request: HttpRequest, rows: QuerySet[Any], ordering: tuple[str, ...]) -> tuple[Page[Any], int]:
    """The page asked for; a link that was tampered with shows the first one, with the status that says so."""
    try:
        return keyset_page(rows, ordering, cursor=request.GET.get("page", ""), size=PAGE_SIZE), 200
    except Invalid as error:
        messages.error(request, str(error))
        return keyset_page(rows, ordering, size=PAGE_SIZE), error.status


def _rows(request: AgentRequest, page: Page[Ticket]) -> list[dict[str, Any]]:
    rows = {ticket.pk: row_of(ticket, request.agent, may_act=False) for ticket in page.items}
    add_promises(page.items, rows)
    return list(rows.values())


def _links(page: Page[Any], **kept: str) -> dict[str, str | None]:
    def link(cursor: str | None) -> str | None:
        return (
            f"?{urlencode({name: value for name, value in kept.items() if value} | {'page': cursor})}"
            if cursor
            else None
        )

    return {"next_url": link(page.next_cursor), "previous_url": link(page.previous_cursor)}
