"""Audit history of mutable business models: `record()` saves a row and names who changed it and why."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, DatabaseError, IntegrityError, connections, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.actors import Actor
from core.statements import copying
from core.writing import AUDIT, Counted, QuickWrite, insert_all, insert_soon

M = TypeVar("M", bound=models.Model)


class AuditedHistory(models.Model):
    """What a history row holds beside the row itself: the actor's name as it was, also where no user stands behind
    it.
    """

    actor_name = models.CharField(_("actor"), max_length=255, blank=True)

    class Meta:
        abstract = True


def _no_request_user(**_unused: Any) -> None:
    """The actor is named by `record()`; nothing is taken from the current request."""


class DatabaseHistory(HistoricalRecords):  # type: ignore[misc]  # it has no types
    """History rows that PostgreSQL copies from the saved row: as it stands there, and in one statement that is put
    together once. Deletions, and models that keep many-to-many history, go simple-history's way; for the others its
    `post_create_historical_record` and `pre_create_historical_record` are not sent, its `_history_date` and
    `_history_user` not read.
    """

    def create_historical_record(self, instance: models.Model, history_type: str, using: str | None = None) -> None:
        if history_type == "-" or self.m2m_fields:
            super().create_historical_record(instance, history_type, using=using)
            return
        reason = self.get_change_reason_for_object(instance, history_type, using)
        meta: Any = instance._meta
        copy = copying(type(instance), f'"{meta.db_table}" WHERE "{meta.pk.column}" = %s')
        with connections[using or DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(copy, [*_actor_of(instance), reason, history_type, timezone.now(), instance.pk])
            if cursor.rowcount != 1:
                raise DatabaseError(f"{instance!r} has no row to copy into its history")


def audited_history(*, not_indexed: Sequence[str] = (), **options: Any) -> HistoricalRecords:
    """History manager of a business model. Its table takes inserts only: the application's role holds no other right
    on it.

    `not_indexed` names foreign keys whose history nobody looks up; each index costs every save.
    """
    return DatabaseHistory(
        bases=[AuditedHistory],
        get_user=_no_request_user,
        user_db_constraint=False,
        history_change_reason_field=models.CharField(max_length=500, null=True),
        no_db_index=list(not_indexed),
        **options,
    )


def stamp_actor(history_instance: Any, instance: Any, **_unused: Any) -> None:
    """Receiver of simple-history's `pre_create_historical_record`, connected by `core.apps`."""
    history_instance.actor_name, history_instance.history_user_id = _actor_of(instance)


def _actor_of(instance: Any) -> tuple[str, UUID | None]:
    """Name and user's id of whom `record()` has named; nobody for a save without it."""
    actor: Actor | None = getattr(instance, "_history_actor", None)
    return (actor.audit_name[:255], actor.audit_user_id) if actor is not None else ("", None)


def record(instance: models.Model, *, by: Actor, reason: str = "", update_fields: Iterable[str] | None = None) -> None:
    """Save `instance` and write its history row with actor and reason; a new one in one statement with it."""
    kept = vars(instance)
    kept["_history_actor"] = by  # read by stamp_actor
    kept["_change_reason"] = reason[:500] or None  # simple-history reads it
    if not instance._state.adding or not isinstance(instance, QuickWrite) or _keeps_many(type(instance)):
        instance.save(update_fields=update_fields)
        return
    kept[AUDIT] = stamp_of(by, reason)
    kept["skip_history_when_saving"] = True  # simple-history reads it
    try:
        instance.save()
    finally:
        del kept[AUDIT], kept["skip_history_when_saving"]


@lru_cache(maxsize=256)
def _keeps_many(model: type[models.Model]) -> bool:
    """Whether its history has rows of many-to-many relations beside it."""
    history: Any = model.history.model  # type: ignore[attr-defined]  # of audited models
    return bool(history._history_m2m_fields)  # noqa: SLF001  # simple-history has no public way to ask


def stamp_of(by: Actor, reason: str = "", *, is_new: bool = True) -> list[Any]:
    """Values of `core.statements.STAMP`."""
    return [by.audit_name[:255], by.audit_user_id, reason[:500] or None, "+" if is_new else "~", timezone.now()]


def record_new(rows: Sequence[models.Model], *, by: Actor, unless_there: bool = False) -> set[Any]:
    """Insert new rows of one model with their history, all in one statement; the answer is `insert_all`'s.

    Not for models that keep many-to-many history.
    """
    return insert_all(rows, stamp=stamp_of(by), unless_there=unless_there)


def record_soon(row: QuickWrite, *, by: Actor, counted: Counted | None = None) -> None:
    """Insert a new row with its history along with a later statement (`core.writing.together`), as `insert_soon` does.

    Not for models that keep many-to-many history.
    """
    insert_soon(row, stamp=stamp_of(by), counted=counted)


def record_deletion(instance: models.Model, *, by: Actor) -> None:
    """Delete `instance`; its last history row names the actor."""
    vars(instance)["_history_actor"] = by
    instance.delete()


def get_or_record(
    rows: models.QuerySet[M], *, by: Actor, values: Mapping[str, Any] | None = None, **wanted: Any
) -> tuple[M, bool]:
    """The row that answers `wanted`, or a new one of `values` (or of `wanted`) with its history, and whether it is new.

    Rests on a unique constraint: of two who make the same row at once, one gets the other's. Ask by the constraint's
    own expression; IntegrityError where it finds another row alike than `wanted` does.
    """
    if (found := rows.filter(**wanted).first()) is not None:
        return found, False
    try:
        with transaction.atomic():
            instance = rows.model(**(values or wanted))
            record(instance, by=by)
    except IntegrityError:
        if (found := rows.filter(**wanted).first()) is None:
            raise
        return found, False
    return instance, True
