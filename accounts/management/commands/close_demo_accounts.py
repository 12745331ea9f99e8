"""`manage.py close_demo_accounts`: takes their passwords from the people of the demo desk."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.checks import demo_accounts
from accounts.services import close_account
from core.actors import SystemActor

COMMAND_LINE = SystemActor("manage.py close_demo_accounts")


class Command(BaseCommand):
    help = (
        "Close the accounts of the demo people, so that the desk may run in production. Their tickets stay as they are."
    )

    def handle(self, **_options: Any) -> None:
        count = 0
        while found := demo_accounts():
            for email in found:
                close_account(email, by=COMMAND_LINE)
            count += len(found)
        self.stdout.write(self.style.SUCCESS(f"{count} demo accounts closed."))
