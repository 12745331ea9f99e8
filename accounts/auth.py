"""Who is behind a request: the signed-in user together with their agent or API client, read in one query."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.models import Agent, ApiClient, User

P = ParamSpec("P")


class AgentBackend(ModelBackend):
    def get_user(self, user_id: UUID) -> User | None:
        user = User.objects.select_related("agent", "api_client").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


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
    """Let signed-in agents pass; strangers are sent to the sign-in page, users without an agent are refused."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.agent is None:  # type: ignore[attr-defined]  # set by ActorMiddleware
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
