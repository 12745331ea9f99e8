"""`manage.py parse_mail FILE --json`: what the mail parser reads, nothing stored (interfaces.md section 1)."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors.mail.parsing import parse
from connectors.mail.parsing.output import as_json


class Command(BaseCommand):
    help = "Parses one mail without storing it and prints one JSON object; with --jsonl one per file name on stdin."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", help="the mail (.eml)")
        parser.add_argument("--json", action="store_true", help="print JSON (always so; for clarity in scripts)")
        parser.add_argument("--jsonl", action="store_true", help="read one file name a line from standard input")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        if options["jsonl"]:
            self._answer_lines()
            return
        if not options["file"]:
            raise CommandError("Name a file, or use --jsonl and give file names on standard input.")
        self.stdout.write(_line_for(options["file"]))

    def _answer_lines(self) -> None:
        """One answer a line, a missing file included, so that the reader's count stays right."""
        for line in sys.stdin:
            if name := line.rstrip("\r\n"):
                try:
                    answer = _line_for(name)
                except CommandError as error:
                    answer = json.dumps({"file": name, "error": str(error)})
                self.stdout.write(answer)
                self.stdout.flush()


def _line_for(name: str) -> str:
    try:
        raw = Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"Cannot read {name}: {error.strerror}.") from error
    return json.dumps(as_json(parse(raw)), ensure_ascii=True)
