"""Handing a letter to the push services of a person's browsers (RFC 8030, 8291, 8292; integrations.md section 10).

What is sent names references and kinds of events, no customer and no subject: it shows on locked screens.
"""

import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from accounts.models import Agent
from connectors.push import services
from connectors.push.keys import encoded, private_key
from connectors.push.models import PushSubscription
from notifications.enums import DeliveryChannel, Urgency
from notifications.ways import Letter, NotDelivered

logger = logging.getLogger(__name__)

LASTS = timedelta(hours=4)
"""How long a push service keeps a message for a browser that is off; after that it is old news."""
TIMEOUT = 5.0
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
        """To each browser of the person; that one took it is enough, as it is the person who is told."""
        browsers = list(PushSubscription.objects.filter(agent=letter.recipient).order_by("created_at"))
        if not browsers:
            raise NotDelivered("No browser is allowed any more.", is_final=True)
        failures = [failure for browser in browsers if (failure := _deliver_to(browser, letter)) is not None]
        if len(failures) == len(browsers):
            waits = [failure.retry_after for failure in failures if failure.retry_after is not None]
            raise NotDelivered(
                "; ".join(map(str, failures)),
                is_final=all(failure.is_final for failure in failures),
                retry_after=max(waits, default=None),
            )


def _deliver_to(browser: PushSubscription, letter: Letter) -> NotDelivered | None:
    """What was in the way, if anything was; a browser that is gone is forgotten."""
    try:
        _send(browser, letter)
    except BrowserGone as error:
        services.forget_gone(browser.pk)
        return error
    except NotDelivered as error:
        services.note_failure(browser.pk, str(error))
        return error
    services.note_success(browser.pk, at=timezone.now())
    return None


def _send(browser: PushSubscription, letter: Letter) -> None:
    import requests  # noqa: PLC0415  # these are slow to load, and of use to the worker alone
    from py_vapid import Vapid02  # noqa: PLC0415
    from pywebpush import WebPushException, webpush  # noqa: PLC0415

    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    host = urlsplit(browser.endpoint).hostname
    with requests.Session() as session:
        session.max_redirects = 0  # whoever was named is spoken to, nobody else
        try:
            webpush(
                {"endpoint": browser.endpoint, "keys": keys},
                json.dumps(payload_of(letter), ensure_ascii=False).encode(),
                vapid_private_key=Vapid02(private_key()),
                vapid_claims=_claims(browser.endpoint),
                ttl=int(LASTS.total_seconds()),
                headers={"Topic": topic_of(letter.key), "Urgency": URGENCIES[Urgency(letter.urgency)]},
                timeout=TIMEOUT,
                requests_session=session,
            )
        except WebPushException as error:
            raise _judged(error.response, host) from error
        except requests.TooManyRedirects as error:
            raise NotDelivered(f"{host} sends us elsewhere.", is_final=True) from error
        except requests.RequestException as error:
            raise NotDelivered(f"{host} was not reached: {type(error).__name__}") from error


def _claims(endpoint: str) -> dict[str, Any]:
    address = urlsplit(endpoint)
    return {
        "aud": f"{address.scheme}://{address.netloc}",
        "exp": int((timezone.now() + SIGNED_FOR).timestamp()),
        "sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
    }


def _judged(response: Any, host: str | None) -> NotDelivered:  # Any: pywebpush says no more of it
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
