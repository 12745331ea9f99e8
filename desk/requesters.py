"""What another requester would mean, before it is done: shown on its page, decided by the service."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.guards import refusal_of_address
from accounts.models import Contact
from accounts.selectors import company_for_address, contact_for_address
from accounts.services.customers import Person, unsaved_contact
from core.errors import DomainError
from desk.delivery import why_undeliverable
from tickets.models import Ticket
from tickets.services.requester import keeps_part, refusal_to_change_requester


class RequesterForm(forms.Form):
    """Who it is; `confirmed` comes from the preview alone."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address of the requester"),
        max_length=320,
        help_text=gettext_lazy("An unknown address becomes a new contact."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Customer's name"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Used for new contacts"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput())


@dataclass(frozen=True)
class RequesterPreview:
    contact: Contact
    """One that is not saved where nobody has the address yet."""
    is_new: bool
    consequences: list[str]
    refusal: DomainError | None


def preview_of(ticket: Ticket, *, email: str, name: str) -> RequesterPreview:
    known = contact_for_address(email)
    contact = known or unsaved_contact(Person(email, name), company_for_address(email))
    return RequesterPreview(
        contact=contact,
        is_new=known is None,
        consequences=_consequences(ticket, contact),
        refusal=refusal_of_address(email) or refusal_to_change_requester(ticket, contact),
    )


def _consequences(ticket: Ticket, contact: Contact) -> list[str]:
    """Each in a sentence; what does not apply is left out."""
    former = ticket.requester
    if contact.pk == former.pk:
        return [_("%(contact)s is the requester already; nothing changes.") % {"contact": contact.name}]
    facts = {"contact": contact.name, "address": contact.email}
    sentences = [_("Replies go to %(contact)s at %(address)s from then on.") % facts]
    if problem := why_undeliverable(contact):
        sentences.append(problem)
    if ticket.company_id is not None and contact.company is None:
        sentences.append(_("The ticket belongs to no company then."))
    elif contact.company is not None and contact.company_id != ticket.company_id:
        sentences.append(_("The ticket belongs to %(company)s then.") % {"company": contact.company.name})
    if keeps_part(ticket, former):
        text = _("%(former)s has written here and goes on taking part; the owner chooses who gets a copy.")
        sentences.append(text % {"former": former.name})
    unsent = ticket.outbound_messages.unsent_to(former.email).count()
    if unsent:
        words = ngettext(
            "%(count)s reply that has not been sent yet is taken back; its text is kept.",
            "%(count)s replies that have not been sent yet are taken back; their text is kept.",
            unsent,
        )
        sentences.append(words % {"count": unsent})
    return sentences
