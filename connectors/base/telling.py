"""Admins are told once when a connection can no longer sign in, when it lacks a permission, and before its secret or
certificate ends.

What was told stays as a `Telling` until it is over, so that neither attempts nor tests tell it again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from connectors.base.enums import AnswerClass, FindingState
from connectors.base.events import CredentialEnds, PermissionLacking, SignInRefused
from connectors.base.kinds import Kind, kind_named
from connectors.base.models import TEST_EVERY, Connection, Telling
from core.events import DomainEvent, publish

SIGN_IN, PERMISSION, TOKEN = "sign-in", "permission", "token"
DAYS_BEFORE = (1, 7, 30)
"""So long before its end people are told of a secret or certificate, each time once."""


@dataclass(frozen=True)
class News:
    about: str
    """`SIGN_IN`, `PERMISSION`, or a code of the kind's `endings`."""
    mark: str
    """By which it is known later that this was told and nothing else."""
    event: DomainEvent


class Turn(Enum):
    """What becomes of the telling of a refused sign-in."""

    TELL = "tell"
    OVER = "over"
    """It has signed in again, while the last refusal still stands there: only a later one is told anew."""
    FORGET = "forget"


def tell_due(*, now: datetime | None = None) -> int:
    """Tell what has not been told; how much that was."""
    moment = now or timezone.now()
    rows = Connection.objects.active().order_by("pk").prefetch_related("tellings")
    return sum(_tell(row, now=moment) for row in rows if _has_news(row, now=moment))


def _has_news(row: Connection, *, now: datetime) -> bool:
    return bool(turn_of(row) or turn_of_permissions(row) or any(ends_of(row, now=now)))


@transaction.atomic
def _tell(found: Connection, *, now: datetime) -> int:
    """As it is under the lock; another worker that has it tells the same."""
    rows = Connection.objects.active().filter(pk=found.pk)
    row = rows.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if row is None:
        return 0
    news = list(ends_of(row, now=now))
    match turn_of(row):
        case Turn.TELL:
            event = SignInRefused(connection_id=row.pk, occurred_at=now)
            news.append(News(SIGN_IN, str(row.ends.get(TOKEN, "")), event))
        case Turn.OVER:
            row.tellings.filter(about=SIGN_IN).update(over_at=now)
        case Turn.FORGET:
            row.tellings.filter(about=SIGN_IN).delete()
    match turn_of_permissions(row):
        case Turn.TELL:
            news.append(News(PERMISSION, "", PermissionLacking(connection_id=row.pk, occurred_at=now)))
        case Turn.FORGET:
            row.tellings.filter(about=PERMISSION).delete()
            Connection.objects.filter(pk=row.pk, forbidden_at=row.forbidden_at).update(forbidden_at=None)
    for each in news:
        facts = {"mark": each.mark, "told_at": now, "over_at": None}
        row.tellings.update_or_create(about=each.about, defaults=facts)
        publish(each.event)
    return len(news)


def ends_of(row: Connection, *, now: datetime) -> Iterator[News]:
    """Of secrets and certificates what admins have not been told as of `now` (UTC)."""
    told = _told(row)
    for code, at in row.ends.items():
        ends_at = parse_datetime(str(at)) if code != TOKEN else None
        days = _days_before(ends_at, now=now) if ends_at else None
        mark = f"{at}/{days}"
        if ends_at is None or days is None or (code in told and told[code].mark == mark):
            continue
        event = CredentialEnds(connection_id=row.pk, credential=code, ends_at=ends_at, days=days, occurred_at=now)
        yield News(code, mark, event)


def turn_of(row: Connection) -> Turn | None:
    """What is due of the sign-in; None: nothing."""
    kind, telling = kind_named(row.kind), _told(row).get(SIGN_IN)
    if kind is None:
        return None
    refused_at = _refused_at(row, kind)
    if telling is None:
        return Turn.TELL if refused_at else None
    if telling.over_at is not None and refused_at is not None:
        return Turn.TELL if refused_at > telling.over_at else None
    if telling.over_at is None and not _has_signed_in(row, kind, telling):
        return None
    return Turn.OVER if refused_at else Turn.FORGET


def turn_of_permissions(row: Connection) -> Turn | None:
    """What is due of permissions; None: nothing. One that was refused may go unseen by tests: it is over after as long
    as lies between two of them.
    """
    kind, telling = kind_named(row.kind), _told(row).get(PERMISSION)
    if kind is None:
        return None
    is_missing = any(
        kept["state"] == FindingState.MISSING for kept in row.findings if not _is_of_signing_in(kept, kind)
    )
    if telling is None:
        return Turn.TELL if is_missing or row.forbidden_at else None
    if is_missing or row.tested_at is None or row.tested_at <= telling.told_at:
        return None
    is_recent = row.forbidden_at is not None and row.forbidden_at > row.tested_at - TEST_EVERY
    return None if is_recent else Turn.FORGET


def _told(row: Connection) -> Mapping[str, Telling]:
    return {telling.about: telling for telling in row.tellings.all()}


def _days_before(ends_at: datetime, *, now: datetime) -> int | None:
    """The nearest of `DAYS_BEFORE` that has come; None before the first of them, and once it has ended: then the
    refused sign-in is told.
    """
    left = ends_at - now
    return next((days for days in DAYS_BEFORE if timedelta() < left <= timedelta(days=days)), None)


def _refused_at(row: Connection, kind: Kind) -> datetime | None:
    """By the last request, or by a test later than the last success; None: nothing says so."""
    states, tested_at = _signing_in(row, kind), row.tested_at
    if row.last_failure_class == AnswerClass.CREDENTIALS and row.last_failure_at is not None:
        is_tested_since = states == {FindingState.FINE} and tested_at is not None and tested_at > row.last_failure_at
        return None if is_tested_since else row.last_failure_at
    is_later = tested_at is not None and (row.last_success_at is None or row.last_success_at < tested_at)
    return tested_at if is_later and FindingState.MISSING in states else None


def _has_signed_in(row: Connection, kind: Kind, telling: Telling) -> bool:
    """Whether it has since it was told. Where there are tokens only a new one proves that: those that other workers
    still hold live for up to an hour and a half.
    """
    if TOKEN in kind.endings:
        return bool(row.ends.get(TOKEN, telling.mark) != telling.mark)
    is_fine = _signing_in(row, kind) == {FindingState.FINE}
    proofs = (row.last_success_at, row.tested_at if is_fine else None)
    return any(at is not None and at > telling.told_at for at in proofs)


def _signing_in(row: Connection, kind: Kind) -> set[str]:
    """States of what a test has found of signing in."""
    return {kept["state"] for kept in row.findings if _is_of_signing_in(kept, kind)}


def _is_of_signing_in(kept: Mapping[str, Any], kind: Kind) -> bool:
    return kept.get("what", {}).get("code") in kind.signing_in
