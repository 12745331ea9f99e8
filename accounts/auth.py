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
from django.db import connection
from django.db.models import TextField
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Agent, ApiClient, User
from accounts.models.users import DEMO_DOMAIN
from core.compiled import Compiled
from core.sessions import IN_THE_BACKGROUND

P = ParamSpec("P")

_SNAPSHOT = RawSQL("pg_current_snapshot()::text", [], output_field=TextField())
_WITH_ACTOR = Compiled(
    lambda pk: User.objects.select_related("agent", "api_client").filter(pk=pk).annotate(_seen=_SNAPSHOT),
    uuid4(),
)


class AgentBackend(ModelBackend):
    def get_user(self, user_id: UUID) -> User | None:
        user = _WITH_ACTOR.first(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Active, and no demo person on a desk that is no demo, whatever its start checks have missed."""
        if not settings.DEMO and user.email.lower().endswith(DEMO_DOMAIN):
            return False
        return bool(super().user_can_authenticate(user))


def snapshot_of(user: Any) -> str:
    """What was committed when this person's request began to read, as PostgreSQL writes it; nothing for strangers.

    It comes with the person, who is read first: a page shows all that is in it, and live updates go on from there.
    """
    return str(getattr(user, "_seen", ""))


def renew_snapshot(user: Any) -> None:
    """Call it after an act, before what the answer shows is read: the page need not look again for its own act."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        user._seen = cursor.fetchone()[0]  # noqa: SLF001  # as `_WITH_ACTOR` names it


def sign_in_name(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """The name under which failed sign-ins are counted: one spelling for all that lead to the same account."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return unicodedata.normalize("NFKC", given).strip().lower()[:254]


sign_in_pages: list[Callable[[HttpRequest, str], HttpResponse | None]] = []
"""Where a higher app answers the posted form of a stranger with a sign-in page of its own, by which they get what they
typed back; the address is where they go on otherwise.
"""


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
            return _with_what_was_typed(request) or to_sign_in(request)
        if request.agent is None:  # type: ignore[attr-defined]  # set by ActorMiddleware
            raise PermissionDenied
        with timezone.override(request.agent.timezone):  # type: ignore[attr-defined]  # set by ActorMiddleware
            return view(request, *args, **kwargs)

    update_wrapper(guarded, view)
    return guarded


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a stranger to the sign-in page, and from there back to the page they were on (not to a form's address)."""
    is_htmx = _is_htmx(request)
    back = _way_back(request)
    if is_htmx and IN_THE_BACKGROUND in request.headers:  # nobody asked for it: the page stays, and says so
        return HttpResponse(status=401)
    answer = redirect_to_login(back)
    if is_htmx:  # a fragment cannot hold the sign-in page: the whole page goes there
        return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
    return answer


def _with_what_was_typed(request: HttpRequest) -> HttpResponse | None:
    if request.method != "POST" or not _is_navigation(request):
        return None
    answers = (page(request, _way_back(request)) for page in sign_in_pages)
    return next((answer for answer in answers if answer is not None), None)


def _is_navigation(request: HttpRequest) -> bool:
    """Whether the answer becomes the page that somebody looks at; what a script fetches does not."""
    is_asked_for = IN_THE_BACKGROUND not in request.headers and not _is_htmx(request)
    return is_asked_for and "text/html" in request.headers.get("Accept", "")


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _way_back(request: HttpRequest) -> str:
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    back = request.get_full_path() if request.method in ("GET", "HEAD") and not _is_htmx(request) else "/"
    if back == "/" and is_ours:
        parts = urlsplit(referer)
        back = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return back
