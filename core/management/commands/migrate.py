"""`migrate` under the role that owns the tables; then the application's role gets its rights."""

from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from core.grants import grant_to_application
from core.migrating import models_made_when_changed


class Command(MigrateCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] not in settings.DATABASES:
            raise CommandError("Set MIGRATION_DATABASE_URL to the role that owns the tables.")
        with models_made_when_changed() if _is_new(options["database"]) else nullcontext():
            super().handle(*args, **options)
        if options["database"] == "owner" and not options["plan"] and not options["check_unapplied"]:
            grant_to_application("owner")


def _is_new(database: str) -> bool:
    return not MigrationRecorder(connections[database]).has_table()
