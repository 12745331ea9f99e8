"""What other hours of a calendar would do to promises, told where they are edited (`accounts.extensions`)."""

from collections.abc import Iterator
from dataclasses import asdict

from django.utils.translation import gettext as _

from accounts.extensions import Aftermath
from sla.services.book import fresh_book
from sla.services.policies import effects_between
from sla.wording import effects_in_words


def effects_of_calendar() -> Aftermath:
    before = fresh_book()

    def told() -> Iterator[str]:
        effects = effects_between(before, fresh_book())
        yield effects_in_words(asdict(effects)) if effects.changed else _("No promise on an open ticket would change.")

    return told
