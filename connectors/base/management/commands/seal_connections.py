"""`manage.py seal_connections`: every sealed secret anew with the first of CONNECTORS_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import seal_factors_anew
from connectors.base.services import seal_anew


class Command(BaseCommand):
    help = (
        "Encrypts the secrets of all connections and second factors with the first of CONNECTORS_KEYS; then the other "
        "keys can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        count, lost = seal_anew()
        more, factors = seal_factors_anew()
        count += more
        self.stdout.write(f"{count} secrets sealed with the first key.")
        if factors:
            self.stderr.write(f"These second factors cannot be opened and must be reset: {'; '.join(factors)}.")
        if lost:
            raise CommandError(f"These cannot be opened and must be entered again: {'; '.join(lost)}.")
