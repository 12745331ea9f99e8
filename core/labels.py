"""Labels of choices in the language in force. A list shows the same dozen some hundred times."""

from functools import lru_cache
from typing import Any

from django.db.models import Choices
from django.utils.translation import get_language


def label_of(choices: type[Choices], value: Any) -> str:
    """The label of `value`, or the value itself as text if `choices` has no such one."""
    return _label(choices, str(value), get_language())


@lru_cache(maxsize=2048)
def _label(choices: type[Choices], value: str, _language: str | None) -> str:
    return str(choices(value).label) if value in choices.values else value
