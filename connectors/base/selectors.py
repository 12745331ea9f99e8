"""How connections are, for the page, the API and the admin."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from connectors.base import gates
from connectors.base.enums import ConnectionState, FindingState
from connectors.base.gates import Breaker
from connectors.base.kinds import Kind, beside, kind_named
from connectors.base.models import Connection
from connectors.base.policies import may_see_connections
from connectors.base.sentences import Said
from core.actors import Actor

NOTHING_WRONG = Breaker(0, None, None)
ENDS_SOON = timedelta(days=30)
"""So long before its end a secret or certificate is warned of."""


@dataclass(frozen=True)
class Ending:
    what: str
    at: datetime
    is_soon: bool


@dataclass(frozen=True)
class Found:
    state: FindingState
    what: str
    cure: str


@dataclass(frozen=True)
class Standing:
    """One connection as people see it; no secret is in it."""

    id: UUID
    name: str
    kind: str
    kind_label: str
    is_active: bool
    state: ConnectionState
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str
    """One sentence; empty while the last request went well."""
    backlog: int
    failures: int
    open_until: datetime | None
    paused_until: datetime | None
    ends: list[Ending]
    tested_at: datetime | None
    is_being_tested: bool
    findings: list[Found]
    notes: list[str]
    """What else is worth knowing, a sentence each."""
    more_url: str
    """Of a page with what this kind has beyond the others; empty: none."""


def connections_for(actor: Actor) -> QuerySet[Connection]:
    return Connection.objects.all() if may_see_connections(actor) else Connection.objects.none()


def standing_of(rows: Iterable[Connection]) -> list[Standing]:
    """In their order, with one statement more for all of them, besides what their kinds ask for a backlog."""
    rows, now = list(rows), timezone.now()
    kinds = {row.pk: kind_named(row.kind) for row in rows}
    accounts = {row.pk: kind.account(row.settings) for row in rows if (kind := kinds[row.pk])}
    names = {*accounts.values(), *(gates.sign_in_of(pk) for pk in accounts)}
    breakers = gates.breakers(sorted(names)) if accounts else {}
    found = []
    for row in rows:
        before_all, before_it = (
            breakers.get(name, NOTHING_WRONG) for name in (accounts.get(row.pk, ""), gates.sign_in_of(row.pk))
        )
        found.append(_standing(row, kinds[row.pk], before_all, before_it, now=now))
    return found


def _standing(row: Connection, kind: Kind | None, breaker: Breaker, of_sign_in: Breaker, *, now: datetime) -> Standing:
    """`breaker` is that of its account, `of_sign_in` its own."""
    moments = (breaker.open_until, of_sign_in.open_until)
    open_until = max((at for at in moments if at is not None and at > now), default=None)
    paused_until = breaker.paused_until if breaker.paused_until and breaker.paused_until > now else None
    return Standing(
        id=row.pk,
        name=row.name,
        kind=row.kind,
        kind_label=str(kind.label) if kind else row.kind,
        is_active=row.is_active,
        state=_state(row, is_open=open_until is not None, is_paused=paused_until is not None),
        last_success_at=row.last_success_at,
        last_failure_at=row.last_failure_at,
        last_failure=str(row.failure or ""),
        backlog=(kind.backlog(row) if kind else 0) + sum(each.backlog(row) for each in beside(row.kind)),
        failures=breaker.failures,
        open_until=open_until,
        paused_until=paused_until,
        ends=_endings(row, kind, now=now),
        tested_at=row.tested_at,
        is_being_tested=row.is_active and row.test_due_at is not None and row.test_due_at <= now,
        findings=[_found(kept) for kept in row.findings],
        notes=[str(note) for each in beside(row.kind) for note in each.notes(row)],
        more_url=kind.more_at(row) if kind else "",
    )


def _state(row: Connection, *, is_open: bool, is_paused: bool) -> ConnectionState:
    if not row.is_active:
        return ConnectionState.OFF
    if is_open:
        return ConnectionState.BROKEN_OFF
    if row.last_failure_class or any(kept.get("state") == FindingState.MISSING for kept in row.findings):
        return ConnectionState.FAILING
    if is_paused:
        return ConnectionState.PAUSED
    return ConnectionState.WORKING if row.last_success_at else ConnectionState.UNTRIED


def _endings(row: Connection, kind: Kind | None, *, now: datetime) -> list[Ending]:
    labels = kind.endings if kind else {}
    found = [(str(labels.get(code, code)), parse_datetime(str(at))) for code, at in row.ends.items()]
    soon = now + ENDS_SOON
    shortlived = str(labels.get("token", ""))
    endings = [Ending(what, at, is_soon=at < soon and what != shortlived) for what, at in found if at is not None]
    for each in beside(row.kind):
        endings += [Ending(str(each.endings[code]), at, is_soon=at <= now) for code, at in each.ends(row).items()]
    return sorted(endings, key=lambda ending: ending.at)


def _found(kept: dict[str, Any]) -> Found:
    what, cure = Said.of(kept.get("what", {})), Said.of(kept.get("cure", {}))
    return Found(FindingState(kept["state"]), str(what or ""), str(cure or ""))
