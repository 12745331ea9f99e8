"""Web push to a real endpoint: encrypted for one browser, signed by the desk, and only to services that are known."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from connectors.push.endpoints import is_known
from connectors.push.errors import TooManyBrowsers
from connectors.push.keys import ORDER, encoded, private_key, public_key
from connectors.push.models import PushSubscription
from connectors.push.services import MOST, subscribe, unsubscribe
from core.errors import Invalid, NotFound
from notifications.enums import Because, EventType, Urgency
from notifications.models import Delivery
from notifications.services import deliver_due, keep_preference, notify
from tests.factories import AgentFactory, TicketFactory
from tests.push_service import Browser, PushService, is_signed, push_service

pytestmark = pytest.mark.django_db
STRANGE = [
    "https://10.0.0.5\\x.push.apple.com/",
    "https://10.0.0.5\\@x.push.apple.com/",
    "https://10.0.0.5%5cx.push.apple.com/",
    "https://10.0.0.5\t.push.apple.com/",
    "https://x.push.apple.com\t/",
    "https://10.0.0.5@x.push.apple.com/",
    "https://x.push.apple.com./",
    "https://x.push.apple.com:8443/",
    "https://10.0.0.5#.push.apple.com/",
    " https://x.push.apple.com/",
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PushService, Path]]:
    with push_service(tmp_path_factory.mktemp("push")) as started:
        yield started


@pytest.fixture
def service(running: tuple[PushService, Path], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> PushService:
    service, certificate = running
    service.taken.clear()
    service.answers.clear()
    settings.PUSH_HOSTS = [service.host]
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    return service


def allowed(service: PushService, agent, name: str = "phone") -> Browser:
    browser = Browser(service, name)
    subscribe(browser.endpoint, by=agent, device=name, **browser.keys)
    return browser


def breach(agent, ticket=None, *, key: str = "1") -> None:
    notify(
        [agent.pk],
        EventType.SLA_BREACH,
        ticket_id=ticket and ticket.pk,
        dedupe_key=key,
        urgency=Urgency.BREACH,
        reference=ticket.reference if ticket else "INC-2026-000001",
        subject="Salaries of the board",
    )


def test_a_breach_is_read_by_the_persons_browser_alone(service: PushService) -> None:
    owner, colleague = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=owner, subject="Salaries of the board")
    phone, other = allowed(service, owner), allowed(service, colleague, "other")
    breach(owner, ticket)
    deliver_due()
    (shown,) = phone.shown()
    delivery = Delivery.objects.get(channel="push")
    assert shown == {
        "key": str(delivery.pk),
        "title": f"{ticket.reference}: Overdue",
        "body": "",
        "url": f"/t/{ticket.reference}/",
        "lang": "en",
        "stays": True,
    }
    assert other.shown() == []
    (taken,) = service.taken
    assert b"Salaries" not in taken.body
    assert is_signed(taken)
    assert taken.headers["authorization"].endswith(f"k={public_key()}")
    assert (taken.headers["content-encoding"], taken.headers["urgency"]) == ("aes128gcm", "high")
    assert (int(taken.headers["ttl"]), len(taken.headers["topic"])) == (4 * 3600, 32)
    assert delivery.status == "sent"
    assert PushSubscription.objects.get(agent=owner).last_success_at is not None


def test_many_are_one_message_that_fits(service: PushService) -> None:
    owner = AgentFactory()
    phone = allowed(service, owner)
    for number in range(500):
        breach(owner, key=str(number))
    deliver_due()
    (shown,) = phone.shown()
    assert shown["title"] == "500 notifications"
    assert shown["body"].splitlines()[-1] == "+ 496"
    assert len(service.taken[0].body) < 3072


def test_a_preference_is_respected(service: PushService) -> None:
    owner = AgentFactory()
    phone = allowed(service, owner)
    keep_preference(owner, EventType.MENTIONED, by=owner, channels=["push"])
    keep_preference(owner, EventType.TASK_ASSIGNED, by=owner, channels=[])
    for event in (EventType.MENTIONED, EventType.TASK_ASSIGNED):
        notify([owner.pk], event, dedupe_key=event, reference="INC-2026-000001", subject="", author="Cleo", title="Go")
    deliver_due()
    assert [shown["title"] for shown in phone.shown()] == ["You are mentioned"]


def test_each_browser_of_a_person_is_told_and_one_that_is_gone_is_forgotten(service: PushService) -> None:
    owner = AgentFactory()
    allowed(service, owner, "gone")
    laptop = allowed(service, owner, "laptop")
    service.answers = [(410, {})]
    breach(owner)
    deliver_due()
    assert len(laptop.shown()) == 1
    assert [row.device for row in PushSubscription.objects.all()] == ["laptop"]
    assert Delivery.objects.get().status == "sent"


def test_126_with_the_last_browser_gone_the_next_channel_serves(service: PushService, mailoutbox: list) -> None:
    owner = AgentFactory()
    allowed(service, owner)
    service.answers = [(404, {})]
    breach(owner)
    deliver_due()
    deliver_due()
    assert not PushSubscription.objects.exists()
    assert Delivery.objects.get(channel="push").because == Because.NEXT_CHANNEL
    assert [message.subject for message in mailoutbox] == ["Overdue"]


def test_126_a_busy_service_is_left_alone_and_the_next_channel_serves(service: PushService, mailoutbox: list) -> None:
    owner = AgentFactory()
    phone = allowed(service, owner)
    service.answers = [(429, {"Retry-After": "600"})]
    breach(owner)
    deliver_due()
    deliver_due()
    row = Delivery.objects.get(channel="push")
    assert (row.because, row.last_error) == (Because.NEXT_CHANNEL, f"{service.host} answered 429.")
    assert [message.subject for message in mailoutbox] == ["Overdue"]
    deliver_due(now=timezone.now() + timedelta(minutes=11))
    assert phone.shown() == []


@pytest.fixture
def silent() -> Iterator[PushService]:
    """It takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(20)
        yield PushService(port=listening.getsockname()[1])


def test_a_service_that_hangs_holds_up_a_letter_for_a_bounded_time(
    service: PushService, silent: PushService, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUSH_HOSTS = [service.host, silent.host]
    monkeypatch.setattr("connectors.push.sending.SECONDS", 0.6)
    monkeypatch.setattr("connectors.push.sending.TIMEOUT", 0.25)
    owner = AgentFactory()
    for number in range(MOST):
        allowed(silent, owner, str(number))
    breach(owner)
    began_at = time.monotonic()
    deliver_due()
    assert time.monotonic() - began_at < 2
    row = Delivery.objects.get(channel="push")
    assert (row.status, row.attempts) == ("queued", 1)
    assert "no time left" in row.last_error
    assert PushSubscription.objects.exclude(last_error="").count() == 3, "the others were not begun"


def test_a_browser_that_was_reached_before_is_told_before_those_that_hang(
    service: PushService, silent: PushService, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUSH_HOSTS = [service.host, silent.host]
    monkeypatch.setattr("connectors.push.sending.SECONDS", 2.0)
    monkeypatch.setattr("connectors.push.sending.TIMEOUT", 2.0)
    owner = AgentFactory()
    allowed(silent, owner)
    phone = allowed(service, owner)
    PushSubscription.objects.filter(endpoint=phone.endpoint).update(last_success_at=timezone.now())
    breach(owner)
    deliver_due()
    assert len(phone.shown()) == 1
    assert Delivery.objects.get(channel="push").status == "sent"


def test_nobody_is_led_elsewhere(service: PushService) -> None:
    owner = AgentFactory()
    allowed(service, owner)
    service.answers = [(307, {"Location": f"https://{service.host}/elsewhere"})]
    breach(owner)
    deliver_due()
    assert service.taken == []
    assert Delivery.objects.get(channel="push").status == "failed"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://{host}/x",
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://user@{host}/x",
        "https://{host}.evil.test/x",
        "https://169.254.169.254/latest/",
        "file:///etc/passwd",
        "https://[::1",
        "",
        *STRANGE,
    ],
)
def test_only_known_push_services_are_spoken_to(endpoint: str, service: PushService) -> None:
    browser = Browser(service, "x")
    with pytest.raises(Invalid) as refused:
        subscribe(endpoint.format(host=service.host), by=AgentFactory(), **browser.keys)
    assert set(refused.value.fields) == {"endpoint"}


@pytest.mark.parametrize("endpoint", STRANGE)
def test_an_address_that_parsers_read_differently_is_not_spoken_to(
    endpoint: str, service: PushService, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor where such a row stands already."""
    settings.PUSH_HOSTS = ["*.push.apple.com"]
    connected: list[object] = []
    monkeypatch.setattr("urllib3.util.connection.create_connection", lambda address, *_: connected.append(address))
    assert not is_known(endpoint)
    owner = AgentFactory()
    PushSubscription.objects.create(agent=owner, endpoint=endpoint, **Browser(service, "x").keys)
    breach(owner)
    deliver_due()
    assert connected == []
    assert Delivery.objects.get(channel="push").because == Because.NEXT_CHANNEL


@pytest.mark.parametrize("host", ["fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"])
def test_services_of_the_usual_browsers_are_known(host: str) -> None:
    keys = Browser(PushService(), "x").keys
    assert subscribe(f"https://{host}/send/abc", by=AgentFactory(), **keys).pk


def test_keys_that_are_none_are_refused(service: PushService) -> None:
    browser = Browser(service, "x")
    with pytest.raises(Invalid) as refused:
        subscribe(browser.endpoint, by=AgentFactory(), p256dh=encoded(b"\x04" + b"\x01" * 64), auth="short")
    assert set(refused.value.fields) == {"p256dh", "auth"}


def test_a_browser_belongs_to_who_allowed_it_last(service: PushService) -> None:
    ann, bob = AgentFactory.create_batch(2)
    browser = Browser(service, "shared")
    for agent in (ann, bob, bob):
        subscribe(browser.endpoint, by=agent, **browser.keys)
    assert PushSubscription.objects.get().agent == bob


def test_there_is_an_end_to_the_browsers_of_one_person(service: PushService) -> None:
    agent = AgentFactory()
    for number in range(MOST):
        allowed(service, agent, str(number))
    with pytest.raises(TooManyBrowsers):
        allowed(service, agent, "one-more")


def test_api_keeps_and_removes_ones_own_browsers_alone(service: PushService, client: Client) -> None:
    agent, other = AgentFactory.create_batch(2)
    client.force_login(agent.user)
    browser = Browser(service, "tablet")
    path = "/api/v1/notifications/subscriptions/"
    body = {"endpoint": browser.endpoint, "keys": browser.keys, "device": "Tablet"}
    answer = client.post(path, body, content_type="application/json")
    assert (answer.status_code, answer.json()["device"]) == (201, "Tablet")
    assert browser.keys["auth"] not in client.get(path).content.decode()
    assert client.get(f"{path}key/").json() == {"public_key": public_key()}
    client.force_login(other.user)
    assert client.delete(f"{path}{answer.json()['id']}/").status_code == 404
    client.force_login(agent.user)
    assert client.delete(f"{path}{answer.json()['id']}/").status_code == 204
    assert not PushSubscription.objects.exists()


def test_page_takes_what_the_browser_gave_and_lists_it(service: PushService, client: Client) -> None:
    agent = AgentFactory()
    client.force_login(agent.user)
    browser = Browser(service, "page")
    sent = {"endpoint": browser.endpoint, **browser.keys}
    answer = client.post("/account/browsers/", sent, headers={"User-Agent": "Mozilla/5.0 (Android) Firefox/140.0"})
    assert answer.status_code == 302
    assert "Firefox, Android" in client.get("/account/notifications/").content.decode()
    assert client.post("/account/browsers/", sent | {"endpoint": "https://evil.test/"}).status_code == 400


def test_the_key_is_the_installations_own_and_can_be_given(settings: Settings) -> None:
    first = public_key()
    settings.SECRET_KEY = "another installation"
    assert public_key() != first
    given = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    settings.VAPID_PRIVATE_KEY = encoded(given.to_bytes(32))
    assert private_key().private_numbers().private_value == given
    assert not [each for each in run_checks() if each.id == "push.E001"]


@pytest.mark.parametrize(
    "key", ["nonsense!", encoded(b"\x00" * 32), encoded(ORDER.to_bytes(32)), encoded(b"\x01" * 31)]
)
def test_a_key_that_is_none_fails_a_check(key: str, settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY = key
    assert [each.id for each in run_checks() if each.id == "push.E001"] == ["push.E001"]


def test_a_missing_subscription_is_not_found() -> None:
    with pytest.raises(NotFound):
        unsubscribe(AgentFactory().pk, by=AgentFactory())
