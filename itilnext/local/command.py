"""One `manage.py` command, with the local servers under it if no others are named."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from itilnext.local.errors import LocalServerError
from itilnext.local.servers import PROJECT, Servers, join

NEEDS_NO_SERVER = {
    *("help", "version", "--help", "-h", "--version", "check", "collectstatic", "findstatic", "compilemessages"),
    *("makemessages", "diffsettings", "join_css", "parse_mail", "spectacular"),
}


def home() -> Path:
    return Path(os.environ.get("ITILNEXT_HOME") or PROJECT / "var").expanduser().absolute()


def run(arguments: Sequence[str]) -> int | str:
    """Run the command; the answer is an exit code, or a sentence for people that also means failure."""
    servers: Servers | None = None
    try:
        if _needs_server(arguments) and wants_local_servers():
            servers = join(home())
            os.environ |= servers.environment
        execute_from_command_line(list(arguments))
    except (LocalServerError, ImproperlyConfigured) as error:
        return str(error)
    finally:
        if servers is not None:
            servers.release()
    return 0


def wants_local_servers() -> bool:
    """Whether the environment names no servers. Raises LocalServerError if it names only one of the two."""
    named = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name) or os.environ.get(f"{name}_FILE")]
    if len(named) == 1:
        raise LocalServerError(f"Of DATABASE_URL and REDIS_URL only {named[0]} is set; set both, or neither.")
    return not named


def _needs_server(arguments: Sequence[str]) -> bool:
    command = arguments[1] if len(arguments) > 1 else "help"
    return command not in NEEDS_NO_SERVER and not {"--help", "-h"} & set(arguments)
