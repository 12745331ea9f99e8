"""`manage.py add_admin EMAIL --name NAME`: the first admin of a new desk, and the way back in."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Agent, User
from accounts.services import make_admin
from core.actors import SystemActor
from core.errors import DomainError

COMMAND_LINE = SystemActor("manage.py add_admin")


class Command(BaseCommand):
    help = (
        "Give a person the role of an admin, with an account if there is none. Asks for a password, or invites by mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="address with which the person signs in")
        parser.add_argument("--name", default="", help="their name; needed for a new account")
        parser.add_argument(
            "--invite", action="store_true", help="send an invitation mail instead of asking for a password"
        )

    def handle(self, *, email: str, name: str, invite: bool, **_options: Any) -> None:
        existing = User.objects.filter(email__iexact=email.strip()).first()
        if existing is None and not name.strip():
            raise CommandError("A new account needs --name.")
        if existing is not None and not Agent.objects.filter(user=existing).exists():
            raise CommandError(f"{email} belongs to a program, not to a person.")
        has_password = existing is not None and existing.has_usable_password()
        password = "" if invite or has_password else self._ask()
        try:
            agent = make_admin(email, by=COMMAND_LINE, name=name, password=password)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        way_in = "with the password" if password or has_password else "with the link of the invitation mail"
        self.stdout.write(self.style.SUCCESS(f"{agent.name} <{agent.email}> is an admin and signs in {way_in}."))

    def _ask(self) -> str:
        """From the terminal twice, or, when piped in, one line of standard input."""
        if not sys.stdin.isatty():
            if password := sys.stdin.readline().rstrip("\n"):
                return password
            raise CommandError("Give the password on standard input, or use --invite.")
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password, once more: "):
            raise CommandError("The two passwords differ.")
        return password
