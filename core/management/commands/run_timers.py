"""`manage.py run_timers [--now ISO-8601]`: everything that is due, once, as if it were that moment (interfaces.md)."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core import timers


class Command(BaseCommand):
    help = "Runs everything that is due (clocks, offers, auto-close, mail, outbox) once and prints counts as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", metavar="ISO-8601", help="the moment to stand in; with no offset it is UTC")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        run = timers.run_all(now=_moment(options["now"]))
        self.stdout.write(json.dumps(run.counts))
        if run.failed:
            raise CommandError(f"Failed, see the log: {', '.join(run.failed)}.")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--now {text!r} is no moment; write it as 2026-03-01T09:00:00Z.")
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=timezone.get_default_timezone())
