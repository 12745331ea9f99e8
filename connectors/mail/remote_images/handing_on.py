"""Signed addresses under which a mail's frame gets its images, and how much is fetched for one reader.

The frame sends no session cookie (ruling 23), so its addresses speak for themselves: they name image and reader, end
soon, and are made only for mails whose images somebody has allowed.
"""

import hashlib
import logging
import time
from uuid import UUID

from django.core import signing
from django.core.cache import cache
from redis.exceptions import RedisError

from connectors.mail.remote_images.fetching import ImageNotFetched, RemoteImage, fetch_image, host_of

logger = logging.getLogger(__name__)

FOLDER = "/remote-images/"
SALT = "connectors.mail.remote_images"
HOUR = 3600
MAX_TOKEN = 3_000
"""Characters; longer request lines are not taken by every server in between."""
KEPT_SECONDS, KEPT_BYTES = HOUR, 1024 * 1024
MISSING_SECONDS = 300
"""How long a failure is remembered of an image."""
SILENT_SECONDS = 60
"""How long a server is left alone that was not reached, so that a mail full of its images holds up nobody."""
BUDGET_MILLISECONDS = 20_000
"""What fetching for one reader may take in a minute: whoever sends slow images keeps few workers busy, and not long."""


class NotOurAddress(Exception):
    """Nobody has been promised an image there, or it was too long ago."""


class TooMuchFetched(Exception):
    """The reader's images have taken too long in this minute."""


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
    host = f"remote-image-host:{host_of(url)}"
    if cache.get(host):
        raise ImageNotFetched("its server was not reached a moment ago")
    return _fetched(url, key=key, host=host, reader=reader)


def _known(kept: tuple[str, bytes]) -> RemoteImage:
    content_type, content = kept
    if not content_type:
        raise ImageNotFetched("not there a moment ago")
    return RemoteImage(content, content_type)


def _fetched(url: str, *, key: str, host: str, reader: str) -> RemoteImage:
    spent = f"remote-images-of:{reader}:{int(time.time()) // 60}"
    if _added(spent, 0) > BUDGET_MILLISECONDS:
        raise TooMuchFetched
    began = time.monotonic()
    try:
        image = fetch_image(url)
    except ImageNotFetched as error:
        logger.info("remote image not fetched", extra={"why": str(error)})
        cache.set(key, ("", b""), MISSING_SECONDS)
        if error.is_of_host:
            cache.set(host, True, SILENT_SECONDS)
        raise
    finally:
        _added(spent, int((time.monotonic() - began) * 1000))
    if len(image.content) <= KEPT_BYTES:
        cache.set(key, (image.content_type, image.content), KEPT_SECONDS)
    return image


def _added(key: str, milliseconds: int) -> int:
    """What has been spent in this minute; 0 when the cache is not reached."""
    try:
        cache.add(key, 0, timeout=120)
        return int(cache.incr(key, milliseconds))
    except (RedisError, ValueError):
        return 0
