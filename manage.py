#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL and REDIS_URL they use the local servers of ITILNEXT_HOME (interfaces.md)."""

import os
import sys

from itilnext.local.command import run


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")
    sys.exit(run(sys.argv))


if __name__ == "__main__":
    main()
