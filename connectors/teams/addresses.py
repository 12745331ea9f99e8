"""Where cards may go: to workflows at hosts that the settings name, over TLS, and to no other address."""

import re
from fnmatch import fnmatchcase

from django.conf import settings

PLAIN_ADDRESS = re.compile(r"https://[!-~]{1,2000}", re.IGNORECASE)
PLAIN_HOST = re.compile(r"[a-z0-9.-]+")


def is_workflow(address: str) -> bool:
    """HTTPS at a host of `TEAMS_WEBHOOK_HOSTS`, with its port unless that is 443.

    Read as the client that connects reads it: parsers differ about where a host ends, and one that only one of them
    sees is no host that was checked.
    """
    from urllib3.exceptions import LocationParseError  # noqa: PLC0415  # slow to load
    from urllib3.util import parse_url  # noqa: PLC0415

    if not PLAIN_ADDRESS.fullmatch(address) or "\\" in address:
        return False
    try:
        parts = parse_url(address)
    except LocationParseError:
        return False
    if parts.scheme != "https" or parts.auth is not None or not PLAIN_HOST.fullmatch(parts.host or ""):
        return False
    host = f"{parts.host}" if parts.port in (None, 443) else f"{parts.host}:{parts.port}"
    return any(fnmatchcase(host, name) for name in settings.TEAMS_WEBHOOK_HOSTS)
