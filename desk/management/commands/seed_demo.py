"""`manage.py seed_demo`: the demo desk of interfaces.md. Safe to repeat: what is there already is left as it is."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from desk.demo.building import build
from desk.demo.people import DOMAIN, PASSWORD


class Command(BaseCommand):
    help = "Makes the demo desk: teams, people in every role, customers, calendars, tickets in every state."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo desk; set ITILNEXT_DEMO=1 on a desk that is not used for real work.")
        built = build(timezone.now())
        if options["verbosity"]:
            made = f"{built.tickets} tickets" if built.tickets else "nothing, all was there already"
            self.stdout.write(f"Made {made}. Sign in as mara@{DOMAIN} with the password {PASSWORD}.")
