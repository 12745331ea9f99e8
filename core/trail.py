"""The audit history of one row in words: who, when, why, and each field before and after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.actors import shown_name

HIDDEN = frozenset({"id", "version", "created_at", "updated_at"})
"""Columns that every change touches or none does."""
EMPTY = "–"


@dataclass(frozen=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Act:
    """One saved change of a row or of one of its parts."""

    at: datetime
    who: str
    reason: str
    what: str
    changes: Sequence[Change]


def acts_on(
    instance: models.Model, *, parts: Iterable[str] = (), hidden: frozenset[str] = frozenset(), limit: int = 200
) -> list[Act]:
    """Newest first. `parts` names reverse relations (a calendar's windows) whose own histories are told with it.

    `hidden` names fields the reader may not see; who changed them and when is told all the same.
    """
    acts = _acts(instance._meta.model, {"pk": instance.pk}, part="", hidden=hidden, limit=limit)
    for name in parts:
        relation: Any = instance._meta.get_field(name)
        wanted = {relation.field.attname: instance.pk}
        part = str(relation.related_model._meta.verbose_name)
        acts += _acts(relation.related_model, wanted, part=part, hidden=hidden, limit=limit)
    return sorted(acts, key=lambda act: act.at, reverse=True)[:limit]


def _acts(model: Any, wanted: dict[str, Any], *, part: str, hidden: frozenset[str], limit: int) -> list[Act]:
    """History of one row, or of all parts of one; a row is compared with the one before it of the same object."""
    key = model._meta.pk.attname
    where = {(key if name == "pk" else name): value for name, value in wanted.items()}
    rows = list(model.history.filter(**where).order_by("-history_date", "-history_id")[: limit + 1])
    fields = [field for field in model.history.model.tracked_fields if field.name not in HIDDEN | hidden]
    names = _names_behind(fields, rows)
    related = _related_of(model, rows)
    acts, later = [], rows[:limit]
    for index, row in enumerate(later):
        earlier = next((old for old in rows[index + 1 :] if getattr(old, key) == getattr(row, key)), None)
        changes = _changes(fields, row, earlier, names)
        changes += _related_changes(related, row, earlier)
        if changes or row.history_type != "~":
            who = shown_name(row.actor_name) or _("ITIL-NEXT")
            acts.append(Act(row.history_date, who, row.history_change_reason or "", _what(row, part), changes))
    return acts


def _what(row: Any, part: str) -> str:
    word = {"+": _("created"), "~": _("changed"), "-": _("removed")}[row.history_type]
    return f"{capfirst(part)}: {word}" if part else str(capfirst(word))


def _changes(fields: Sequence[Any], row: Any, earlier: Any, names: dict[Any, str]) -> list[Change]:
    is_whole = earlier is None or row.history_type == "-"  # what came or went is told by its values
    changes = []
    for field in fields:
        after = getattr(row, field.attname)
        before = None if is_whole else getattr(earlier, field.attname)
        if is_whole and after in (None, "", [], False):
            continue
        if before != after:
            changes.append(
                Change(capfirst(str(field.verbose_name)), _text(field, before, names), _text(field, after, names))
            )
    if row.history_type == "-":
        return [Change(change.field, change.after, EMPTY) for change in changes]
    return changes


def _names_behind(fields: Sequence[Any], rows: Sequence[Any]) -> dict[Any, str]:
    """Today's names of the objects that foreign keys point to; one query a model."""
    ids: dict[type[models.Model], set[Any]] = {}
    for field in fields:
        if field.is_relation:
            found = {getattr(row, field.attname) for row in rows} - {None}
            ids.setdefault(field.related_model, set()).update(found)
    return {
        instance.pk: str(instance)
        for model, wanted in ids.items()
        if wanted
        for instance in model._default_manager.filter(pk__in=wanted)  # noqa: SLF001  # public by Django's documentation
    }


def _related_of(model: Any, rows: Sequence[Any]) -> dict[str, dict[Any, str]]:
    """Many-to-many fields with history: the names behind each history row."""
    found: dict[str, dict[Any, str]] = {}
    for field in model.history.model._history_m2m_fields:  # noqa: SLF001  # simple-history names it nowhere else
        through = getattr(model.history.model, field.name).model
        links = through.objects.filter(history__in=[row.history_id for row in rows])
        target = field.m2m_reverse_field_name()
        by_row: dict[Any, list[str]] = {}
        for link in links.select_related(target):
            by_row.setdefault(link.history_id, []).append(str(getattr(link, target)))
        found[capfirst(str(field.verbose_name))] = {row: ", ".join(sorted(names)) for row, names in by_row.items()}
    return found


def _related_changes(related: dict[str, dict[Any, str]], row: Any, earlier: Any) -> list[Change]:
    changes = []
    for label, names in related.items():
        before = names.get(earlier.history_id, EMPTY) if earlier is not None else EMPTY
        after = names.get(row.history_id, EMPTY)
        if before != after:
            changes.append(Change(label, before, after))
    return changes


def _text(field: Any, value: Any, names: dict[Any, str]) -> str:
    if value is None or value in ("", [], {}):
        return EMPTY
    if field.is_relation:
        return names.get(value, str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, list):
        choices = dict(getattr(field.base_field, "flatchoices", None) or [])
        return ", ".join(str(choices.get(item, item)) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {part}" for name, part in value.items())
    return str(dict(field.flatchoices).get(value, value))
