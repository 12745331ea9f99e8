"""What must be in the database before the desk opens: `python -m itilnext.local.prepare`, run by the supervisor."""

import hashlib
import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from itilnext.local.places import own_folder


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")
    try:
        django.setup()
        print("migrating the database", flush=True)
        call_command("migrate", verbosity=0)
        if settings.DEMO:
            _load_demo_once()
    except (CommandError, ImproperlyConfigured) as error:
        sys.exit(str(error))


def _load_demo_once() -> None:
    """Once a database: a demo desk whose people deleted something shall find it deleted after the next start."""
    database = hashlib.sha256(os.environ["DATABASE_URL"].encode()).hexdigest()[:16]
    mark = own_folder(settings.ITILNEXT_HOME / "servers") / f"demo-{database}"
    if mark.exists():
        return
    print("loading the demo desk", flush=True)
    call_command("seed_demo", verbosity=0)
    mark.touch()


if __name__ == "__main__":
    main()
