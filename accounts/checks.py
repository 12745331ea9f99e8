"""Demo accounts, whose password is printed in the README, must not exist on a desk that is no demo; roles that
settings name must exist.
"""

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from accounts.enums import Role
from accounts.models import User
from accounts.models.users import DEMO_DOMAIN

logger = logging.getLogger(__name__)

CURE = (
    "Use a database that was never filled by seed_demo. To keep this one, run `manage.py close_demo_accounts`, which "
    "takes the passwords of the demo people away, or deactivate them in the admin."
)


def demo_accounts() -> list[str]:
    """Addresses of demo people who could sign in."""
    users = User.objects.filter(email__iendswith=DEMO_DOMAIN, is_active=True)
    return list(users.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).values_list("email", flat=True)[:20])


@register(Tags.database, deploy=True)
def no_demo_accounts(databases: Sequence[str] | None = None, **_unused: Any) -> list[CheckMessage]:
    """Part of `check --deploy --database default`."""
    if settings.DEMO or not databases:
        return []
    try:
        found = demo_accounts()
    except DatabaseError:
        return []  # not migrated yet: there are no accounts at all
    if not found:
        return []
    return [Error(f"Demo accounts exist on a production desk: {', '.join(found)}.", hint=CURE, id="accounts.E001")]


@register()
def second_factor_roles_exist(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    unknown = sorted(set(settings.SECOND_FACTOR_ROLES) - set(Role.values))
    if not unknown:
        return []
    hint = f"The roles are {', '.join(Role.values)}."
    return [Error(f"SECOND_FACTOR_ROLES names unknown roles: {', '.join(unknown)}.", hint=hint, id="accounts.E002")]


def refuse_demo_accounts() -> None:
    """Called when the web process starts; raises ImproperlyConfigured. A lost database is `/readyz`'s matter."""
    if settings.DEMO:
        return
    try:
        found = demo_accounts()
    except DatabaseError:
        logger.warning("database not reached; demo accounts are looked for at the next start")
        return
    if found:
        raise ImproperlyConfigured(f"Demo accounts exist on a production desk: {', '.join(found)}. {CURE}")
