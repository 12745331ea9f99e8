"""A form that was filled from an older version of what it changes: both are shown, and the person decides (ux.md 8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import BoundField, Form
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.errors import StaleVersion

BESIDES = ("version", "reason")


@dataclass(frozen=True)
class Difference:
    label: str
    now: str
    typed: str


def differences_in(form: Form) -> list[Difference]:
    """Fields in which what was typed differs from what stands there now; the form's initial values are those."""
    changed = [form[name] for name in form.changed_data if name not in BESIDES]
    return [
        Difference(str(bound.label), _in_words(bound, bound.initial), _in_words(bound, bound.data))
        for bound in changed
        if not bound.is_hidden
    ]


def _in_words(bound: BoundField, value: Any) -> str:
    if value in (None, "", []):
        return "–"
    choices: dict[str, str] = {}
    for key, label in getattr(bound.field, "choices", ()):
        if isinstance(label, list | tuple):
            choices |= {str(inner): str(text) for inner, text in label}
        else:
            choices[str(key)] = str(label)
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, bool) or value == "on":
        return _("Yes") if value else _("No")
    return choices.get(str(value), str(value))


def take_current_version(form: Form, error: StaleVersion) -> None:
    """Saved once more, the form is put over what it has just shown."""
    if isinstance(form.data, QueryDict) and "version" in form.fields:
        data = form.data.copy()
        data[form.add_prefix("version")] = str(error.facts["current"])
        form.data = data
