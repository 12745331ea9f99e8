"""Which alias does what: both name one database, `owner` as the role that owns the tables."""

from typing import Any

OWNER = "owner"


class MigrateOnOwner:
    """Migrations run as the owner only; reads and writes go to `default` unless an alias is named."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == OWNER

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return True
