"""Every write to connections: what admins decide, how it goes, and what a test has found."""

import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors.base import gates, sealing
from connectors.base.enums import AnswerClass, FindingState
from connectors.base.errors import ConnectionOff, KindUnknown, MayNotTest, NameTaken
from connectors.base.failures import Failure
from connectors.base.kinds import Finding, Kind, kind_named
from connectors.base.models import TEST_EVERY, Connection
from connectors.base.policies import may_change_connections
from connectors.base.sentences import Said
from core import wake
from core.actors import Actor, system_actor
from core.errors import Forbidden, Invalid, NotFound, Text
from core.history import record
from core.service import service

logger = logging.getLogger(__name__)

Faults = dict[str, Text | list[Text]]
TEST_LEASE = timedelta(minutes=5)
NOTED_EVERY = timedelta(minutes=1)
"""How often a success that follows another is written down."""
TASK = "connectors.base.test_due"
GOOD = (FindingState.FINE, FindingState.UNCLEAR)
TOLD_BY_REQUESTS = ("token",)
"""What ends by `Health.ends`; of all else its kind knows whether it is still there."""
SEALING = system_actor("manage.py seal_connections")


@service
def add_connection(
    kind_name: str,
    *,
    by: Actor,
    name: str,
    settings: Mapping[str, object],
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    is_active: bool = True,
) -> Connection:
    """A new connection; it is tested at once. `secrets` are sealed, `variables` name where secrets stand.

    Raises Forbidden, KindUnknown, Invalid, NameTaken.
    """
    kind = _kind(kind_name)
    row = Connection(kind=kind_name, name=name.strip(), is_active=is_active)
    return _save(row, kind, by=by, settings=settings, secrets=secrets or {}, variables=variables or {})


@service
def change_connection(
    connection: Connection,
    *,
    by: Actor,
    settings: Mapping[str, object],
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
) -> Connection:
    """Save the changed `connection`, and test it at once. Secrets that are not given stay as they are; an empty
    variable takes one away, and so does its name in `removed`. Raises Forbidden, KindUnknown, Invalid, NameTaken.
    """
    kept = Connection.objects.for_update().get(pk=connection.pk)
    connection.secrets = {name: held for name, held in kept.secrets.items() if name not in removed}
    kind = _kind(kept.kind)
    return _save(
        connection, kind, by=by, settings=settings, secrets=secrets or {}, variables=variables or {}, removed=removed
    )


def _kind(name: str) -> Kind:
    if (kind := kind_named(name)) is None:
        raise KindUnknown(kind=name)
    return kind


def _save(
    row: Connection,
    kind: Kind,
    *,
    by: Actor,
    settings: Mapping[str, object],
    secrets: Mapping[str, str],
    variables: Mapping[str, str],
    removed: Collection[str] = (),
) -> Connection:
    if not may_change_connections(by):
        raise Forbidden
    wrong = _wrong_secrets(kind, secrets, variables, removed) | ({} if row.name else {"name": _("This is needed.")})
    if wrong:
        raise Invalid(wrong)
    row.settings = kind.clean(settings)
    kind.refuse_beside(row)
    row.secrets = _with_secrets(row, secrets, variables)
    row.last_failure, row.last_failure_class = {}, ""
    row.ends = {}  # of other secrets others; the test, which is due, tells
    row.test_due_at = timezone.now() if row.is_active else None
    changed = sorted({*(name for name, value in secrets.items() if value), *variables, *removed})
    try:
        with transaction.atomic():
            record(row, by=by, reason=f"secrets: {', '.join(changed)}" if changed else "")
    except IntegrityError as error:
        raise NameTaken(name=row.name) from error
    gates.reopen(kind.account(row), gates.sign_in_of(row.pk))
    wake.after_commit(TASK)
    return row


def _wrong_secrets(
    kind: Kind, secrets: Mapping[str, str], variables: Mapping[str, str], removed: Collection[str]
) -> Faults:
    asked = {each.name for each in kind.secrets}
    given = (*secrets, *variables, *removed)
    wrong: Faults = {name: _("There is no secret of this name.") for name in given if name not in asked}
    for name in removed:
        if secrets.get(name) or variables.get(name):
            wrong[name] = _("Take the secret away or give another one, not both.")
    for name, variable in variables.items():
        if variable and not kind.is_variable(variable):
            text = _("Name a variable that begins with %(prefix)s, in capital letters and without _FILE at its end.")
            wrong[name] = str(text % {"prefix": kind.prefix})
        elif variable and secrets.get(name):
            wrong[name] = _("Give the secret itself or the name of a variable, not both.")
    for each in kind.secrets:
        if each.wrong and (secret := secrets.get(each.name)) and not each.is_usable(secret):
            wrong[each.name] = str(each.wrong)
    return wrong


def _with_secrets(row: Connection, secrets: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, object]:
    kept: dict[str, object] = dict(row.secrets)
    for name, variable in variables.items():
        if variable:
            kept[name] = {"variable": variable}
        elif "variable" in row.secrets.get(name, {}):
            del kept[name]
    for name, secret in secrets.items():
        if secret:
            kept[name] = {"sealed": sealing.seal(secret, connection_id=row.pk, name=name)}
    return kept


@service
def ask_for_test(connection_id: UUID, *, by: Actor) -> Connection:
    """A worker tests it now. Raises NotFound, MayNotTest, ConnectionOff."""
    if not may_change_connections(by):
        raise MayNotTest
    row = Connection.objects.for_update().filter(pk=connection_id).first()
    if row is None:
        raise NotFound
    if not row.is_active:
        raise ConnectionOff(name=row.name)
    row.test_due_at = timezone.now()
    Connection.objects.filter(pk=row.pk).update(test_due_at=row.test_due_at)
    if kind := kind_named(row.kind):
        gates.reopen(kind.account(row), gates.sign_in_of(row.pk))
    wake.after_commit(TASK)
    return row


# Testing --------------------------------------------------------------------------------------------------------------


def run_due_test(*, now: datetime | None = None) -> int:
    """Test one connection that is due, outside of any transaction; the answer is how many that were.

    The moment of the next test is put off first, so that no two workers test the same one.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        due = Connection.objects.due_for_testing(moment).order_by("test_due_at")
        row = due.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
        if row is None:
            return 0
        leased_until = moment + TEST_LEASE
        Connection.objects.filter(pk=row.pk).update(test_due_at=leased_until)
    _note_test(row, _findings(row), leased_until=leased_until)
    return 1


def _findings(row: Connection) -> list[Finding]:
    kind = kind_named(row.kind)
    if kind is None:
        return [Finding(FindingState.FAILED, Said("kind_unknown", {"kind": row.kind}))]
    try:
        return list(kind.look_over(row))
    except Failure as failure:
        return [Finding(FindingState.FAILED, failure.said)]
    except SoftTimeLimitExceeded:
        raise  # the worker's time is over: the next one tests it, after the lease
    except Exception as error:  # the outermost loop over connections: one must not stop the others
        logger.exception("connection not tested", extra={"connection": str(row.pk)})
        return [Finding(FindingState.FAILED, Said("bug", {"cause": type(error).__name__}))]


@transaction.atomic
def _note_test(tested: Connection, findings: list[Finding], *, leased_until: datetime) -> None:
    """What was found, unless the connection was changed meanwhile: then the next test, which is due, tells."""
    row = Connection.objects.for_update().filter(pk=tested.pk, version=tested.version).first()
    if row is None:
        return
    if findings and all(finding.state in GOOD for finding in findings) and (kind := kind_named(row.kind)):
        gates.reopen(kind.account(row), gates.sign_in_of(row.pk))
    ends = {code: at for code, at in row.ends.items() if code in TOLD_BY_REQUESTS}
    ends |= {code: at.astimezone(UTC).isoformat() for code, at in _ends(row).items()}
    was_asked_again = row.test_due_at != leased_until
    Connection.objects.filter(pk=row.pk).update(
        findings=[finding.as_json() for finding in findings],
        tested_at=timezone.now(),
        test_due_at=row.test_due_at if was_asked_again else leased_until - TEST_LEASE + TEST_EVERY,
        ends=ends,
    )


def _ends(row: Connection) -> Mapping[str, datetime]:
    kind = kind_named(row.kind)
    try:
        return kind.ends(row) if kind else {}
    except SoftTimeLimitExceeded:
        raise
    except Exception:  # as with its findings: what one kind cannot read must not stop the test
        logger.exception("ends of a connection not read", extra={"connection": str(row.pk)})
        return {}


# How it goes ----------------------------------------------------------------------------------------------------------


class Health:
    """Writes down how requests of one connection go, for the page that shows it."""

    def __init__(self, connection_id: UUID) -> None:
        self._id = connection_id

    def succeeded(self) -> None:
        now = timezone.now()
        is_old = Q(last_success_at__isnull=True) | Q(last_success_at__lt=now - NOTED_EVERY) | ~Q(last_failure_class="")
        rows = Connection.objects.filter(is_old, pk=self._id)
        rows.update(last_success_at=now, last_failure={}, last_failure_class="")

    def failed(self, failure: Failure) -> None:
        now = timezone.now()
        Connection.objects.filter(pk=self._id).update(
            last_failure_at=now,
            last_failure=failure.said.as_json(),
            last_failure_class=failure.answer_class,
            **({"forbidden_at": now} if failure.answer_class == AnswerClass.PERMISSION else {}),
        )
        facts = {"connection": str(self._id), "said": failure.said.code, "vendor_request": failure.vendor_request}
        logger.warning("connection failed", extra=facts)

    def ends(self, code: str, at: datetime) -> None:
        """Something of ours ends then, such as a token; kept beside what else is known."""
        with transaction.atomic():
            row = Connection.objects.for_update().filter(pk=self._id).first()
            if row is not None:
                Connection.objects.filter(pk=row.pk).update(ends=row.ends | {code: at.astimezone(UTC).isoformat()})


# Keys -----------------------------------------------------------------------------------------------------------------


def seal_anew() -> tuple[int, list[str]]:
    """Seal every secret with the first key; how many, and which could not be opened, by "connection: name"."""
    count, lost = 0, []
    for connection_id in Connection.objects.values_list("pk", flat=True).order_by("pk"):
        with transaction.atomic():
            row = Connection.objects.for_update().get(pk=connection_id)
            sealed = {name: kept for name, kept in row.secrets.items() if "sealed" in kept}
            for name, kept in sealed.items():
                try:
                    secret = sealing.open_sealed(str(kept["sealed"]), connection_id=row.pk, name=name)
                except sealing.NotOpened:
                    lost.append(f"{row.name}: {name}")
                    continue
                row.secrets[name] = {"sealed": sealing.seal(secret, connection_id=row.pk, name=name)}
                count += 1
            if sealed:
                record(row, by=SEALING, reason="secrets sealed with another key", update_fields=["secrets"])
    return count, lost
