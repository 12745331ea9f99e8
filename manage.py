#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL and REDIS_URL they use the local servers of ITILNEXT_HOME (interfaces.md)."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")
    from itilnext.local.command import run

    sys.exit(run(sys.argv))


if __name__ == "__main__":
    main()
