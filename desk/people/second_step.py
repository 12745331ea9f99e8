"""Between password and second factor: who has given the right password is kept in the session, signed in as nobody.

It is forgotten after `MAX_SECONDS`, and with anything that would end a session: a new password, the end of access.
"""

import time
from dataclasses import dataclass

from django.contrib.auth import login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.auth import actor_of
from accounts.models import Agent, User
from accounts.policies import needs_second_factor
from accounts.selectors import second_factor_of

KEPT = "second_step"
BY_MICROSOFT = "microsoft"
"""In a session that was begun by Microsoft: the connection, for signing out there, too."""
TO_MICROSOFT = "to_microsoft"
"""In a session that is on its way there: what the answer has to fit."""
MAX_SECONDS = 600
BACKEND = "accounts.auth.AgentBackend"


@dataclass(frozen=True)
class Waiting:
    """Somebody whose password was right."""

    user: User
    agent: Agent
    has_factor: bool
    """Whether they give a code; else they set a second factor up first, as their role needs one."""


def is_needed(agent: Agent) -> bool:
    return needs_second_factor(agent) or second_factor_of(agent.user_id) is not None


def keep_waiting(request: HttpRequest, agent: Agent) -> Waiting:
    """The session gets another key, as at sign-in: nobody else may go on from here."""
    request.session.cycle_key()
    keep_briefly(request, seconds=MAX_SECONDS)
    user = agent.user
    request.session[KEPT] = [str(user.pk), user.get_session_auth_hash(), int(time.time())]
    return Waiting(user, agent, second_factor_of(user.pk) is not None)


def waiting_in(session: SessionBase) -> Waiting | None:
    user_id, kept_hash, since = session.get(KEPT, ("", "", 0))
    if not user_id or not 0 <= time.time() - since <= MAX_SECONDS:
        return None
    user = User.objects.select_related("agent").filter(pk=user_id, is_active=True).first()
    agent = actor_of(user)
    if user is None or not isinstance(agent, Agent):
        return None
    if not constant_time_compare(kept_hash, user.get_session_auth_hash()):
        return None
    return Waiting(user, agent, second_factor_of(user.pk) is not None)


def go_in(request: HttpRequest, waiting: Waiting) -> None:
    let_in(request, waiting.agent)


def let_in(request: HttpRequest, agent: Agent) -> None:
    """The session is theirs from now on, under another key and for its full age; what was begun to come in is over."""
    for begun in (KEPT, TO_MICROSOFT):
        request.session.pop(begun, None)
    request.session.set_expiry(None)
    login(request, agent.user, backend=BACKEND)


def keep_briefly(request: HttpRequest, *, seconds: int) -> None:
    """What a stranger begins to sign in with is not kept as long as a session; that of somebody signed in stays."""
    if not request.user.is_authenticated:
        request.session.set_expiry(seconds)
