"""Validation of single fields as their model declares them."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models

from core.errors import Invalid, Text


def clean(instance: models.Model, names: Iterable[str]) -> None:
    """Validate the named fields as their model declares them; raises Invalid."""
    others = {field.name for field in instance._meta.fields}.difference(names)
    try:
        instance.clean_fields(exclude=others)
        instance.validate_unique(exclude=others)
    except ValidationError as error:
        raise Invalid({name: list[Text](texts) for name, texts in error.message_dict.items()}) from error
