"""The frame of every service that changes state: one transaction, and the audit of refused acts outside it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.errors import DomainError
from core.models import RefusedAct
from core.request_id import current_request_id
from core.writing import together

P = ParamSpec("P")
R = TypeVar("R")

AtEnd = Callable[[Collection[UUID]], None]

_at_end: ContextVar[dict[AtEnd, dict[UUID, None]] | None] = ContextVar("at_end", default=None)
_depth: ContextVar[int] = ContextVar("service_depth", default=0)
_is_one_act: ContextVar[bool] = ContextVar("is_one_act", default=False)


@contextmanager
def one_act() -> Iterator[None]:
    """A transaction whose services stand or fall with it: none sets a savepoint, so their refusals must leave it."""
    token = _is_one_act.set(True)
    try:
        with transaction.atomic(), together():
            yield
    finally:
        _is_one_act.reset(token)


def at_the_end(act: AtEnd, subject: UUID) -> None:
    """Call `act`, once with all its subjects, in the transaction of the outermost service that runs now, when the rest
    of it is done; at once where none runs.
    """
    waiting = _at_end.get()
    if waiting is None:
        act([subject])
    else:
        waiting.setdefault(act, {})[subject] = None


@contextmanager
def _ending() -> Iterator[None]:
    waiting: dict[AtEnd, dict[UUID, None]] = {}
    token = _at_end.set(waiting)
    try:
        yield
        while waiting:
            act = next(iter(waiting))
            act(list(waiting.pop(act)))
    finally:
        _at_end.reset(token)


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a transaction of its own; its first argument is the subject, `by=` the actor.

    A service that calls another stands or falls with it: there is no savepoint between them, so a refusal of the inner
    one must leave the outer one too.

    A refusal that is to be audited is written after the rollback, in a transaction of its own (ruling 8), once, by the
    outermost service.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _depth.set(_depth.get() + 1)
        try:
            with transaction.atomic(savepoint=_depth.get() == 1 and not _is_one_act.get()), together():
                if _at_end.get() is not None:
                    return function(*args, **kwargs)
                with _ending():
                    return function(*args, **kwargs)
        except DomainError as refusal:
            if refusal.is_audited and _depth.get() == 1:
                record_refusal(refusal, act=function.__name__, subject=args[0] if args else "", by=kwargs.get("by"))
            raise
        finally:
            _depth.reset(token)

    return run


def record_refusal(refusal: DomainError, *, act: str, subject: Any, by: Any) -> None:
    """Write a refused act to the audit log, outside its transaction; edges call it for what never reached a service."""
    actor: Actor | None = by
    RefusedAct.objects.create(
        act=act,
        subject=str(subject)[:60],
        actor_name=actor.audit_name if actor else "",
        actor_user_id=actor.audit_user_id if actor else None,
        code=refusal.code,
        detail=str(refusal),
        request_id=current_request_id(),
    )
