"""Which addresses of the network a mail may make us ask: those of the public internet, and what the site allows."""

import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings

GLOBAL_UNICAST = IPv6Network("2000::/3")
MAX_ADDRESSES = 4
"""Of one name, so that many dead ones do not use up the time."""
MAX_LOOKUPS = 16
"""At once, in one process: the system's look-up of a name knows no time limit, so slow ones go on when nobody waits."""
_lookups = ThreadPoolExecutor(max_workers=MAX_LOOKUPS, thread_name_prefix="remote-images")
_free = threading.BoundedSemaphore(MAX_LOOKUPS)


class TooManyLookups(Exception):
    """So many names are being looked up that this one was not; that says nothing about it."""


def is_allowed(address: str) -> bool:
    """Whether we may connect to this address; link-local ones may name their interface."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _is_public(found) or any(found in network for network in settings.REMOTE_IMAGE_NETWORKS)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Of IPv6 only what holds no IPv4 address: mapped, 6to4, Teredo or translated, it could be a private one."""
    if isinstance(address, IPv6Address) and (
        address not in GLOBAL_UNICAST or address.sixtofour is not None or address.teredo is not None
    ):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def allowed_addresses(host: str, port: int, *, seconds: float) -> Sequence[str]:
    """Addresses of `host` that we may connect to; others of its are passed over.

    Raises OSError, TimeoutError, and TooManyLookups at once: a place in a queue would cost the asker's time, and end as
    if the name were to blame.
    """
    if not _free.acquire(blocking=False):
        raise TooManyLookups
    lookup = _lookups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    lookup.add_done_callback(lambda _lookup: _free.release())
    try:
        found = lookup.result(timeout=max(seconds, 0))
    except NotInTime as error:
        raise TimeoutError("the name was not resolved in time") from error
    addresses = dict.fromkeys(str(place[0]) for *_kind, place in found)
    return [address for address in addresses if is_allowed(address)][:MAX_ADDRESSES]
