"""Keys a person has chosen for themselves. What an action and a key is, the pages know; here is only how it is kept."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST = 200
LONGEST_NAME = 40
LONGEST_KEY = 20


def validate_keys(value: Any) -> None:
    """A mapping of short texts to short texts. Raises ValidationError."""
    pairs = value.items() if isinstance(value, dict) and len(value) <= MOST else [(None, None)]
    if not all(_is_short(name, LONGEST_NAME) and _is_short(key, LONGEST_KEY) for name, key in pairs):
        raise ValidationError(_("Keys are kept as short texts, by the name of what they do."))


def _is_short(value: Any, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest
