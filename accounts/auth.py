"""Who is behind a request: the signed-in user together with their agent or API client, read in one query."""

import unicodedata
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Agent, ApiClient, User
from accounts.models.users import DEMO_DOMAIN
from core.compiled import Compiled

P = ParamSpec("P")

_WITH_ACTOR = Compiled(lambda pk: User.objects.select_related("agent", "api_client").filter(pk=pk), uuid4())


class AgentBackend(ModelBackend):
    def get_user(self, user_id: UUID) -> User | None:
        user = _WITH_ACTOR.first(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Active, and no demo person on a desk that is no demo, whatever its start checks have missed."""
        if not settings.DEMO and user.email.lower().endswith(DEMO_DOMAIN):
            return False
        return bool(super().user_can_authenticate(user))


def sign_in_name(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """The name under which failed sign-ins are counted: one spelling for all that lead to the same account."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return unicodedata.normalize("NFKC", given).strip().lower()[:254]


class AgentRequest(HttpRequest):
    """A request that has passed `agent_required`; the type of our page views' first argument."""

    agent: Agent
    htmx: Any


def actor_of(user: Any) -> Agent | ApiClient | None:
    """The active agent or API client behind a signed-in user."""
    for name in ("agent", "api_client"):
        try:
            actor: Agent | ApiClient = getattr(user, name)
        except (AttributeError, ObjectDoesNotExist):
            continue
        if actor.is_active:
            return actor
    return None


class ActorMiddleware:
    """Sets `request.agent` (None for programs and strangers) and the agent's language for the pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = actor_of(request.user)
        request.agent = actor if isinstance(actor, Agent) else None  # type: ignore[attr-defined]  # our addition
        if isinstance(actor, Agent) and actor.language:
            with translation.override(actor.language):
                request.LANGUAGE_CODE = actor.language
                return self.get_response(request)
        return self.get_response(request)


def agent_required(
    view: Callable[Concatenate[Any, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let signed-in agents pass, in their own time zone; strangers are sent to sign in, others are refused."""

    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if request.agent is None:  # type: ignore[attr-defined]  # set by ActorMiddleware
            raise PermissionDenied
        with timezone.override(request.agent.timezone):  # type: ignore[attr-defined]  # set by ActorMiddleware
            return view(request, *args, **kwargs)

    update_wrapper(guarded, view)
    return guarded


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a stranger to the sign-in page, and from there back to the page they were on (not to a form's address)."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    is_htmx = request.headers.get("HX-Request") == "true"
    back = request.get_full_path() if request.method in ("GET", "HEAD") and not is_htmx else "/"
    if back == "/" and is_ours:
        parts = urlsplit(referer)
        back = f"{parts.path}?{parts.query}" if parts.query else parts.path
    answer = redirect_to_login(back)
    if is_htmx:  # a fragment cannot hold the sign-in page: the whole page goes there
        return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
    return answer
