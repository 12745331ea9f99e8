"""`manage.py clean_mails_again`: after an upgrade that changed what the sanitiser lets through."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors.mail.parsing import SANITISER_VERSION
from connectors.mail.services import clean_again


class Command(BaseCommand):
    help = "Cleans the HTML of mails that an older sanitiser has cleaned, from their raw bytes; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        mails, entries, failed = clean_again()
        self.stdout.write(f"{mails} mails read again by sanitiser {SANITISER_VERSION}; {entries} entries are changed.")
        if failed:
            raise CommandError(
                f"{failed} mails could not be cleaned; why stands in the log, and the next run tries again."
            )
