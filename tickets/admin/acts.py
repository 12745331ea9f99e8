"""The two guarded acts of the operators' window: a transfer of ownership, and a redaction. Services decide both."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_site import GuardedPage
from accounts.enums import Role
from accounts.models import Agent
from core.actors import Actor
from core.admin_site import actor_in
from core.errors import DomainError, Invalid, NotFound
from core.service import record_refusal
from tickets.enums import TransferReason
from tickets.errors import TransferForbidden
from tickets.models import Ticket, TimelineEntry
from tickets.policies import may_read_records
from tickets.services import redact_entry, transfer_ownership


class TransferForm(forms.Form):
    reference = forms.CharField(label=gettext_lazy("Ticket"), max_length=20, help_text="INC-2026-000123")
    new_owner = forms.ModelChoiceField(label=gettext_lazy("New owner"), queryset=Agent.objects.none())
    reason_code = forms.CharField(  # the service judges it, so that a forged one reads as at the API
        label=gettext_lazy("Reason"), max_length=50, widget=forms.Select(choices=TransferReason.choices)
    )
    reason = forms.CharField(
        label=gettext_lazy("Explanation"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("At least 20 characters. Colleagues read it in the timeline, the customer does not."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = Agent.objects.active().filter(roles__overlap=[Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR])
        self.fields["new_owner"].queryset = owners.order_by("name")  # type: ignore[attr-defined]


class RedactionForm(forms.Form):
    reference = forms.CharField(label=gettext_lazy("Ticket"), max_length=20, help_text="INC-2026-000123")
    seq = forms.IntegerField(
        label=gettext_lazy("Number of the entry"),
        min_value=1,
        max_value=2**63 - 1,
        help_text=gettext_lazy("It stands in the address of a link to the entry, behind #e."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    is_sure = forms.BooleanField(label=gettext_lazy("The text is blanked for good. It cannot be brought back."))


def may_open_transfer(by: Actor) -> bool:
    return isinstance(by, Agent) and by.has_role(Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)


def may_open_redaction(by: Actor) -> bool:
    return isinstance(by, Agent) and by.has_role(Role.ADMIN)


def transfer(request: HttpRequest) -> HttpResponse:
    form = TransferForm(request.POST or None, initial={"reference": request.GET.get("reference", "")})
    title, verb = _("Transfer ownership"), _("Transfer ownership")
    lead = _("Only when employment has ended or for leave of more than 30 days. The customer is told the new name.")
    if request.method != "POST" or not form.is_valid():
        return _show(request, form, title, lead, verb, status=400 if form.is_bound else 200)
    by, values = actor_in(request), form.cleaned_data
    try:
        ticket = Ticket.objects.transferable_by(by).filter(reference__iexact=values.pop("reference").strip()).first()
        if ticket is None:
            raise NotFound
        moved = transfer_ownership(ticket.pk, by=by, **values)
    except DomainError as refusal:
        _add(form, refusal)
        return _show(request, form, title, lead, verb, status=refusal.status)
    facts = {"reference": moved.reference, "owner": values["new_owner"].name}
    messages.success(request, _("%(reference)s is owned by %(owner)s now.") % facts)
    is_reader = may_read_records(by) and Ticket.objects.visible_to(by).filter(pk=moved.pk).exists()
    return redirect("admin:tickets_ticket_change", moved.pk) if is_reader else redirect("admin:transfer")


def record_refused_transfer(request: HttpRequest, by: Agent) -> None:
    """Whoever may not even open the form has tried a transfer all the same, and is in the audit log as at the API."""
    given = str(request.POST.get("reference", ""))  # no form has looked at it
    reference = "".join(filter(str.isprintable, given)).strip()[:60]
    ticket_id = Ticket.objects.filter(reference__iexact=reference).values_list("pk", flat=True).first()
    record_refusal(TransferForbidden(), act="transfer_ownership", subject=ticket_id or reference, by=by)


def redaction(request: HttpRequest) -> HttpResponse:
    """By number, unread: who blanks a text for privacy need not see it."""
    form = RedactionForm(request.POST or None)
    title, verb = _("Redact an entry"), _("Blank the text")
    lead = _("Author, time and reason stay; the text goes. For data that must not be kept.")
    if request.method != "POST" or not form.is_valid():
        return _show(request, form, title, lead, verb, status=400 if form.is_bound else 200)
    values = form.cleaned_data
    try:
        entry = TimelineEntry.objects.filter(
            ticket__reference__iexact=values["reference"].strip(), seq=values["seq"]
        ).first()
        if entry is None:
            raise NotFound
        redact_entry(entry.pk, by=actor_in(request), reason=values["reason"])
    except DomainError as refusal:
        _add(form, refusal)
        return _show(request, form, title, lead, verb, status=refusal.status)
    messages.success(request, _("The text of entry %(seq)s is blanked.") % {"seq": values["seq"]})
    return redirect("admin:redaction")


def _add(form: forms.Form, refusal: DomainError) -> None:
    if isinstance(refusal, Invalid) and refusal.fields:
        for name, texts in refusal.fields.items():
            form.add_error(name if name in form.fields else None, texts)
    else:
        form.add_error(None, f"{refusal} {refusal.hint_text} ({refusal.code})")


def _show(request: HttpRequest, form: forms.Form, title: str, lead: str, verb: str, *, status: int) -> TemplateResponse:
    facts = {"form": form, "title": title, "lead": lead, "verb": verb}
    context = admin.site.each_context(request) | facts
    return TemplateResponse(request, "admin/guarded_form.html", context, status=status)


admin.site.add_page(  # type: ignore[attr-defined]  # our site
    GuardedPage(
        "transfer/",
        "transfer",
        gettext_lazy("Transfer ownership"),
        transfer,
        may_open_transfer,
        on_refused=record_refused_transfer,
    )
)
admin.site.add_page(  # type: ignore[attr-defined]  # our site
    GuardedPage("redaction/", "redaction", gettext_lazy("Redact an entry"), redaction, may_open_redaction)
)
