"""System checks of the database set-up; each names its cure."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def roles_are_apart(**_unused: Any) -> list[CheckMessage]:
    """The application must not own its tables: an owner could switch off the triggers that guard ownership (ruling
    6).
    """
    default, owner = settings.DATABASES["default"], settings.DATABASES.get("owner")
    if owner is not None and owner["USER"] == default["USER"]:
        return [
            Error(
                "DATABASE_URL and MIGRATION_DATABASE_URL name the same database role.",
                hint="Create a second role that owns nothing and put it into DATABASE_URL.",
                id="core.E001",
            )
        ]
    return []
