"""`manage.py add_mailbox ADDRESS --backend files|imap|msgraph --team NAME` (interfaces.md section 1)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Team
from connectors.mail import maildir
from connectors.mail.enums import KNOWN_BACKENDS
from connectors.mail.services import add_mailbox
from core.actors import SystemActor
from core.errors import DomainError

OPERATOR = SystemActor("manage.py add_mailbox")


class Command(BaseCommand):
    help = "Adds a shared mailbox for a team; adding the same one again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="ADDRESS", help="what customers write to")
        parser.add_argument("--backend", required=True, choices=KNOWN_BACKENDS, help="how it is read")
        parser.add_argument("--team", required=True, metavar="NAME", help="whose tickets its mails become")
        parser.add_argument("--name", default="", help="sender of automatic mails; else the team's name")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        team = Team.objects.filter(name__iexact=options["team"], is_active=True).first()
        if team is None:
            names = ", ".join(Team.objects.filter(is_active=True).values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no active team {options['team']}; known: {names}.")
        try:
            mailbox = add_mailbox(
                options["address"], backend=options["backend"], team=team, by=OPERATOR, name=options["name"]
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal} {refusal.hint_text}".strip()) from refusal
        folder = maildir.folder_of(mailbox.address)
        self.stdout.write(f"{mailbox.address} belongs to {team.name}; its mails are read from {folder}.")
