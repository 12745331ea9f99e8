"""Handing a letter to the push services of a person's browsers (RFC 8030, 8291, 8292; integrations.md section 10).

What is sent names references and kinds of events, no customer and no subject: it shows on locked screens.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr, parsedate_to_datetime
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from accounts.models import Agent
from connectors.push import services
from connectors.push.endpoints import host_of
from connectors.push.keys import encoded, private_key
from connectors.push.models import PushSubscription
from notifications.enums import DeliveryChannel, Urgency
from notifications.ways import Letter, NotDelivered

logger = logging.getLogger(__name__)

LASTS = timedelta(hours=4)
"""How long a push service keeps a message for a browser that is off; after that it is old news."""
SECONDS = 9.0
"""For a letter, however many browsers it goes to: what their services keep others waiting for."""
TIMEOUT = 4.0
"""For one browser at most, so that one that hangs leaves time for another."""
SIGNED_FOR = timedelta(hours=12)
LINES_SHOWN = 4
URGENCIES = {Urgency.NORMAL: "normal", Urgency.URGENT: "high", Urgency.BREACH: "high"}
GONE = (404, 410)
NEVER_AGAIN = (400, 401, 403, 413)
"""The keys do not match, or the message is not what the service takes: the same again is answered alike."""


class BrowserGone(NotDelivered):
    """Its push service knows it no more."""


class PushWay:
    channel = DeliveryChannel.PUSH
    is_repeatable = True
    """The second message takes the place of the first: at the service by its topic, in the browser by its tag."""

    def reaches(self, agent: Agent) -> bool:
        return PushSubscription.objects.filter(agent=agent).exists()

    def deliver(self, letter: Letter) -> None:
        """To each browser of the person, as far as the time goes; that one took it is enough, as it is the person who
        is told. Where it arrived last it is tried first.
        """
        last_reached = F("last_success_at").desc(nulls_last=True)
        browsers = list(PushSubscription.objects.filter(agent=letter.recipient).order_by(last_reached, "created_at"))
        if not browsers:
            raise NotDelivered("No browser is allowed any more.", is_final=True)
        ends = time.monotonic() + SECONDS
        failures: list[NotDelivered] = []
        is_told = False
        for browser in browsers:
            if (left := ends - time.monotonic()) <= 0:
                failures.append(NotDelivered("There was no time left for another browser."))
                break
            if failure := _deliver_to(browser, letter, seconds=min(left, TIMEOUT)):
                failures.append(failure)
            else:
                is_told = True
        if not is_told:
            waits = [failure.retry_after for failure in failures if failure.retry_after is not None]
            raise NotDelivered(
                "; ".join(map(str, failures)),
                is_final=all(failure.is_final for failure in failures),
                retry_after=max(waits, default=None),
            )


def _deliver_to(browser: PushSubscription, letter: Letter, *, seconds: float) -> NotDelivered | None:
    """What was in the way, if anything was; a browser that is gone is forgotten."""
    try:
        _within(seconds, lambda: _send(browser, letter, seconds=seconds))
    except BrowserGone as error:
        services.forget_gone(browser.pk)
        return error
    except NotDelivered as error:
        services.note_failure(browser.pk, str(error))
        return error
    services.note_success(browser.pk, at=timezone.now())
    return None


def _within(seconds: float, send: Callable[[], None]) -> None:
    """Wait for `send` no longer than that. A time-out of a connection counts from one byte to the next, and looking up
    a name has none. What comes too late harms nothing: the same message takes the place of the one before.
    """
    answer: Future[None] = Future()

    def run() -> None:
        try:
            send()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the waiting one's
            answer.set_exception(error)
        else:
            answer.set_result(None)

    Thread(target=run, name="push", daemon=True).start()
    try:
        answer.result(timeout=seconds)
    except TimeoutError as error:
        raise NotDelivered("The push service did not answer in time.") from error


def _send(browser: PushSubscription, letter: Letter, *, seconds: float) -> None:
    import requests  # noqa: PLC0415  # these are slow to load, and of use to the worker alone
    from py_vapid import Vapid02  # noqa: PLC0415
    from pywebpush import WebPushException, webpush  # noqa: PLC0415

    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    host = host_of(browser.endpoint)
    if host is None:
        raise NotDelivered("This is the address of no push service that the desk knows.", is_final=True)
    with requests.Session() as session:
        session.max_redirects = 0  # whoever was named is spoken to, nobody else
        try:
            webpush(
                {"endpoint": browser.endpoint, "keys": keys},
                json.dumps(payload_of(letter), ensure_ascii=False).encode(),
                vapid_private_key=Vapid02(private_key()),
                vapid_claims=_claims(host),
                ttl=int(LASTS.total_seconds()),
                headers={"Topic": topic_of(letter.key), "Urgency": URGENCIES[Urgency(letter.urgency)]},
                timeout=seconds,
                requests_session=session,
            )
        except WebPushException as error:
            raise _judged(error.response, host) from error
        except requests.TooManyRedirects as error:
            raise NotDelivered(f"{host} sends us elsewhere.", is_final=True) from error
        except requests.RequestException as error:
            raise NotDelivered(f"{host} was not reached: {type(error).__name__}") from error


def _claims(host: str) -> dict[str, Any]:
    return {
        "aud": f"https://{host}",
        "exp": int((timezone.now() + SIGNED_FOR).timestamp()),
        "sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
    }


def _judged(response: Any, host: str) -> NotDelivered:  # Any: pywebpush says no more of it
    """Statuses as RFC 8030 and the services give them."""
    if response is None:
        return NotDelivered(f"The message for {host} could not be written.", is_final=True)
    status = int(response.status_code)
    if status in GONE:
        return BrowserGone(f"{host} knows this browser no more.", is_final=True)
    return NotDelivered(
        f"{host} answered {status}.",
        is_final=status in NEVER_AGAIN or 300 <= status < 400,
        retry_after=_pause(response.headers.get("Retry-After", "")),
    )


def _pause(header: str) -> timedelta | None:
    """RFC 9110: seconds, or a date; at most a day."""
    if header.isascii() and header.isdigit():
        return min(timedelta(seconds=int(header[:9])), timedelta(days=1))
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(wait, timedelta()), timedelta(days=1))


def topic_of(key: str) -> str:
    """At most 32 letters that a service takes; a message with the same topic takes the place of one still waiting."""
    return encoded(hashlib.sha256(key.encode()).digest()[:24])


def payload_of(letter: Letter) -> dict[str, Any]:
    """What the service worker shows; far below the 4 KB a service takes."""
    rest = len(letter.lines) - LINES_SHOWN
    shown = [f"{line.reference}: {line.kind}" if line.reference else line.kind for line in letter.lines[:LINES_SHOWN]]
    body = "\n".join(shown + ([f"+ {rest}"] if rest > 0 else []))
    is_one = len({line.url for line in letter.lines}) == 1
    return {
        "key": letter.key,
        "title": letter.title,
        "body": "" if len(letter.lines) == 1 else body,
        "url": urlsplit(letter.lines[0].url if is_one else letter.url).path,
        "lang": letter.language,
        "stays": letter.urgency == Urgency.BREACH,
    }
