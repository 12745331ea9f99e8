"""Signed addresses under which a mail's frame gets its images, and how much is fetched for one reader.

The frame sends no session cookie (ruling 23), so its addresses speak for themselves: they name image and reader, end
soon, and are made only for mails whose images somebody has allowed.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core import signing
from django.core.cache import cache
from redis.exceptions import RedisError

from connectors.mail.remote_images.addresses import TooManyLookups
from connectors.mail.remote_images.fetching import (
    MAX_SECONDS,
    ImageNotFetched,
    RemoteImage,
    ServerLeftAlone,
    fetch_image,
    host_of,
)

logger = logging.getLogger(__name__)

FOLDER = "/remote-images/"
SALT = "connectors.mail.remote_images"
HOUR = 3600
MAX_TOKEN = 3_000
"""Characters; longer request lines are not taken by every server in between."""
KEPT_SECONDS, KEPT_BYTES = HOUR, 100 * 1024
"""Images beyond that size stay with the reader's browser alone, as the cache is everybody's."""
MISSING_SECONDS = 300
"""How long a failure is remembered of an image."""
SILENT_SECONDS = 60
"""How long a server is left alone that was not reached, so that a mail full of its images holds up nobody."""
BUDGET_MILLISECONDS, BUDGET_BYTES = 30_000, 20 * 1024 * 1024
"""What one reader's images may take in a minute, waiting for each other included: whoever sends slow or many images
keeps few workers busy, and not long, and fills no cache.
"""
MOST_MILLISECONDS = int(MAX_SECONDS * 1000)
"""What one image may take, and so reserves."""
WAIT_SECONDS = 1.0
"""How long an image waits for its turn; ordinary ones take a fraction of that."""
_turns = threading.BoundedSemaphore(2)
"""Images that one process fetches at once, so that it has threads for pages, too."""


class NotOurAddress(Exception):
    """Nobody has been promised an image there, or it was too long ago."""


class TooMuchFetched(Exception):
    """The reader's images have taken too much in this minute, or too many are fetched just now."""


def path_of(url: str, *, reader_id: UUID) -> str:
    """Where `reader_id` gets the image at `url`, for one to two hours; the same for an hour, so that browsers keep it.
    Empty if the address is too long.
    """
    until = (int(time.time()) // HOUR + 2) * HOUR
    token = signing.Signer(salt=SALT).sign_object([url, str(reader_id), until], compress=True)
    return f"{FOLDER}{token}/" if len(token) <= MAX_TOKEN else ""


def image_for(token: str) -> RemoteImage:
    """What `path_of` has promised. Raises NotOurAddress, ImageNotFetched and TooMuchFetched."""
    try:
        url, reader, until = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise NotOurAddress from error
    if until < time.time():
        raise NotOurAddress
    key = f"remote-image:{hashlib.sha256(url.encode()).hexdigest()}"
    if (kept := cache.get(key)) is not None:
        return _known(kept)
    if _is_left_alone(host_of(url)):
        raise ServerLeftAlone
    return _fetched(url, key=key, reader=reader)


def _known(kept: tuple[str, bytes]) -> RemoteImage:
    content_type, content = kept
    if not content_type:
        raise ImageNotFetched("not there a moment ago")
    return RemoteImage(content, content_type)


def _fetched(url: str, *, key: str, reader: str) -> RemoteImage:
    minute = f"{reader}:{int(time.time()) // 60}"
    bytes_key = f"remote-images-bytes-of:{minute}"
    if _added(bytes_key, 0) > BUDGET_BYTES:
        raise TooMuchFetched
    try:
        with _turn_of(minute):
            image = fetch_image(url, is_left_alone=_is_left_alone)
    except TooManyLookups as error:
        raise TooMuchFetched from error
    except ServerLeftAlone:
        raise
    except ImageNotFetched as error:
        logger.info("remote image not fetched", extra={"why": str(error)})
        cache.set(key, ("", b""), MISSING_SECONDS)
        if error.silent:
            cache.set(_silence_of(error.silent), True, SILENT_SECONDS)
        raise
    _added(bytes_key, len(image.content))
    if len(image.content) <= KEPT_BYTES:
        cache.set(key, (image.content_type, image.content), KEPT_SECONDS)
    return image


def _silence_of(host: str) -> str:
    return f"remote-image-host:{host}"


def _is_left_alone(host: str) -> bool:
    return bool(cache.get(_silence_of(host)))


@contextmanager
def _turn_of(minute: str) -> Iterator[None]:
    """One of the process's turns, with all the time that it may take reserved of the reader's minute. Raises
    TooMuchFetched, at once if even alone it would not fit.
    """
    spent, reserved = f"remote-images-of:{minute}", f"remote-images-reserved-of:{minute}"
    began = time.monotonic()
    try:
        _reserve(spent, reserved, until=began + WAIT_SECONDS)
        try:
            if not _turns.acquire(timeout=max(began + WAIT_SECONDS - time.monotonic(), 0)):
                raise TooMuchFetched
            try:
                yield
            finally:
                _turns.release()
        finally:
            _added(reserved, -MOST_MILLISECONDS)
    finally:
        _added(spent, int((time.monotonic() - began) * 1000))


def _reserve(spent: str, reserved: str, *, until: float) -> None:
    while _added(reserved, MOST_MILLISECONDS) + (so_far := _added(spent, 0)) > BUDGET_MILLISECONDS:
        _added(reserved, -MOST_MILLISECONDS)
        if so_far + MOST_MILLISECONDS > BUDGET_MILLISECONDS or time.monotonic() > until:
            raise TooMuchFetched
        time.sleep(0.05)


def _added(key: str, amount: int) -> int:
    """What has been taken in this minute; 0 when the cache is not reached."""
    try:
        cache.add(key, 0, timeout=120)
        return int(cache.incr(key, amount))
    except (RedisError, ValueError):
        return 0
