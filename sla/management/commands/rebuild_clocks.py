"""`manage.py rebuild_clocks [--check]`: all clocks from what was recorded, beside those that are kept."""

import json
import sys
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.sweep import run_each
from sla import services

MOST_TOLD = 20


class Command(BaseCommand):
    help = "Counts every ticket's clocks anew from the recorded facts, and puts right those that show something else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare; exit code 1 if something differs")

    def handle(self, *args: Any, **options: Any) -> None:
        tickets = found = 0
        for batch in services.recorded_tickets():
            tickets += len(batch)
            differing = list(services.differences(batch))
            for line in islice(differing, max(0, MOST_TOLD - found)):
                self.stderr.write(line)
            found += len(differing)
            if differing and not options["check"]:
                run_each(batch, services.rebuild)
        self.stdout.write(json.dumps({"tickets": tickets, "differences": found}))
        if found and options["check"]:
            sys.exit(1)
