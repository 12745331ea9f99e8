"""What the views of this part share."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import DomainError, Invalid


def add_refusal(form: forms.Form, refusal: DomainError, *, field: str | None = None) -> None:
    """Show what a service refused at the field it is about (`field`, if it does not say so itself), or above the form,
    with the way forward.
    """
    if isinstance(refusal, Invalid) and refusal.fields:
        for name, texts in refusal.fields.items():
            form.add_error(name if name in form.fields else None, texts)
        return
    form.add_error(field, " ".join(filter(None, [str(refusal), refusal.hint_text])))


def refuse(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """A page of its own for an act that is not possible: what is in the way and who can do it."""
    facts = {"detail": str(refusal), "hint": refusal.hint_text}
    return render(request, "errors/403.html", facts, status=refusal.status)


def next_page(request: HttpRequest, *, otherwise: str) -> str:
    """Where a form asks to go afterwards, if that is one of our own pages."""
    return asked_for_next(request) or reverse(otherwise)


def asked_for_next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and is_ours else ""


def site_address(path: str) -> str:
    """As other sites are told it."""
    return f"{settings.SITE_URL.rstrip('/')}{path}"
