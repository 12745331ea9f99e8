"""`manage.py seal_connections`: every secret of a connection anew with the first of CONNECTORS_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors.base.services import seal_anew


class Command(BaseCommand):
    help = "Encrypts the secrets of all connections with the first of CONNECTORS_KEYS; then the other keys can go."

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        count, lost = seal_anew()
        self.stdout.write(f"{count} secrets sealed with the first key.")
        if lost:
            raise CommandError(f"These cannot be opened and must be entered again: {'; '.join(lost)}.")
