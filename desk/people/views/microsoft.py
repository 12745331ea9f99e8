"""Sign-in with Microsoft: to it, and back with its answer."""

import time
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Agent
from connectors.entra.errors import NotBegunHere
from connectors.entra.flow import begin, finish
from connectors.entra.selectors import way_in, way_in_named, ways_in
from connectors.entra.services import person_of
from core.errors import DomainError
from desk.people import second_step
from desk.people.forms import SignInForm
from desk.people.views.common import asked_for_next, site_address
from desk.people.views.session import given_back
from desk.unfinished import read_unfinished

KEPT = second_step.TO_MICROSOFT
"""In the session, from the button to the answer, by its state: what the answer must fit, and where it leads."""
MAX_SECONDS = 900
MOST = 4
"""Ways that one browser may have begun: those of its tabs; with another one the oldest is given up."""


def back_address() -> str:
    """As it stands in the app registration."""
    return site_address(reverse("desk:microsoft-back"))


@never_cache
@require_POST
def to_microsoft(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """A page that leads on at once: our content security policy lets no form end at another site, so no redirect."""
    connection = way_in(connection_id)
    if connection is None:
        raise Http404
    try:
        flow = begin(connection, redirect_uri=back_address())
    except DomainError as refusal:
        return refused(request, refusal)
    typed = str(request.POST.get("typed", ""))
    going = {"next": asked_for_next(request), "typed": typed if read_unfinished(typed) else ""}
    kept = {"connection": str(connection_id), "flow": flow, "at": int(time.time()), **going}
    begun = list(request.session.get(KEPT, {}).items())[-(MOST - 1) :]
    request.session[KEPT] = dict([*begun, (flow["state"], kept)])
    second_step.keep_briefly(request, seconds=MAX_SECONDS)
    return render(request, "registration/to_microsoft.html", {"address": flow["auth_uri"]})


@never_cache
@require_GET
@sensitive_variables()
def back(request: HttpRequest) -> HttpResponse:
    """Microsoft sends the person here. What was kept for its answer serves once, whatever comes of it."""
    begun = request.session.get(KEPT, {})
    kept = begun.pop(request.GET.get("state", ""), {})
    if kept:
        request.session[KEPT] = begun
    try:
        person = _person(request, kept)
    except DomainError as refusal:
        return refused(request, refusal)
    second_step.let_in(request, person)
    if begun:  # other tabs come back, too
        request.session[KEPT] = begun
    request.session[second_step.BY_MICROSOFT] = kept["connection"]
    return given_back(request, person, kept["typed"]) or redirect(kept["next"] or reverse("desk:home"))


def _person(request: HttpRequest, kept: dict[str, Any]) -> Agent:
    connection = way_in_named(kept["connection"]) if kept else None
    if connection is None or not 0 <= time.time() - kept["at"] <= MAX_SECONDS:
        raise NotBegunHere
    return person_of(connection.pk, finish(connection, kept["flow"], request.GET.dict()))


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """The sign-in page with what is in the way; passwords work whatever becomes of Microsoft."""
    context = {"form": SignInForm(request), "refusal": refusal, "ways_in": ways_in()}
    return render(request, "registration/sign_in.html", context, status=refusal.status)
