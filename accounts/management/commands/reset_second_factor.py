"""`manage.py reset_second_factor EMAIL`: for the admin who has lost their app, and no other admin is there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import reset_second_factor
from core.actors import SystemActor
from core.errors import DomainError

COMMAND_LINE = SystemActor("manage.py reset_second_factor")


class Command(BaseCommand):
    help = "Take a person's second factor away; they are told by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="address with which the person signs in")

    def handle(self, *, email: str, **_options: Any) -> None:
        user = User.objects.filter(email__iexact=email.strip()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {email}.")
        try:
            reset_second_factor(user.pk, by=COMMAND_LINE)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(self.style.SUCCESS(f"The second factor of {user.email} is gone; a password alone lets in."))
