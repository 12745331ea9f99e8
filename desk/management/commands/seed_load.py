"""`manage.py seed_load --tickets N [--seed S]`: N realistic tickets with about five entries each, by bulk load."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from desk.load.loading import load, walls_that_are_down


class Command(BaseCommand):
    help = "Adds made-up tickets for load tests, in one transaction. Tables of tickets are locked meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tickets", type=int, required=True, metavar="N", help="how many tickets")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same texts")

    def handle(self, *args: Any, **options: Any) -> None:
        total: int = options["tickets"]
        if not 1 <= total <= 20_000_000:
            raise CommandError("--tickets is a number from 1 to 20,000,000.")
        if settings.SETTINGS_MODULE.endswith(".production"):
            raise CommandError("A production desk is not filled with made-up tickets.")
        if "owner" not in settings.DATABASES:
            raise CommandError("The load needs the role that owns the tables; set MIGRATION_DATABASE_URL.")
        try:
            done = load(total, seed=options["seed"], until=timezone.now(), say=self._say)
        except OperationalError as error:
            raise CommandError(f"Nothing was loaded: {error}".strip()) from error
        if down := walls_that_are_down():
            raise CommandError(f"These triggers are disabled: {', '.join(down)}; run the migrations again.")
        self._say(
            f"{done.tickets:,} tickets with {done.entries:,} entries in {done.seconds:.0f} s; all triggers are enabled"
        )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
