"""How one request runs, against a server that really answers: what 182 asks for, and what is never done."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.base import gates
from connectors.base.client import Client, Request
from connectors.base.failures import (
    Ambiguous,
    CredentialsRefused,
    Gone,
    HeldBack,
    PermissionMissing,
    RefusedForGood,
    Transient,
)
from connectors.base.models import Connection, Gate, Place
from connectors.base.retrying import asked_pause, own_pause
from connectors.base.selectors import standing_of
from connectors.base.wire import Answer
from tests.connectors.base.conftest import Vendor, make_client
from tests.fakes.serving import Reply

pytestmark = pytest.mark.django_db
READ = Request(
    method="GET", route="/users/{user}/mails", values={"user": "ann@example.com"}, query={"q": "canary-query"}
)
WRITE = Request(method="POST", route="/mails").with_json({"text": "canary-body"})


def test_what_was_done_is_answered_and_noted(client: Client, vendor: Vendor, connection: Connection) -> None:
    vendor.replies = [Reply(200, b'{"a": 1}')]
    assert client.send(READ).json() == {"a": 1}
    assert vendor.calls[0].path == "/api/users/ann%40example.com/mails?q=canary-query"
    connection.refresh_from_db()
    assert connection.last_success_at is not None


def test_182_what_heals_is_tried_three_times(client: Client, vendor: Vendor, rests: list[float]) -> None:
    vendor.replies = [Reply(503), Reply(502), Reply(200, b"{}")]
    assert client.send(READ).status == 200
    assert len(vendor.calls) == 3
    assert [0 <= rest <= most for rest, most in zip(rests, (1, 2), strict=True)] == [True, True]


def test_182_after_three_attempts_the_run_ends(client: Client, vendor: Vendor, connection: Connection) -> None:
    vendor.replies = [Reply(503)] * 4
    with pytest.raises(Transient, match="fault of its own"):
        client.send(READ)
    assert len(vendor.calls) == 3
    assert standing_of([Connection.objects.get()])[0].last_failure == "localhost has a fault of its own (503)."


@pytest.mark.parametrize("status", [429, 503])
def test_182_the_pause_that_is_asked_for_is_kept(
    client: Client, vendor: Vendor, rests: list[float], status: int
) -> None:
    vendor.replies = [Reply(status, headers=(("Retry-After", "7"),))]
    with pytest.raises(HeldBack):  # the clock of the test does not run while it rests
        client.send(READ)
    assert rests[0] == 7
    assert len(rests) == 6, "a run waits 45 seconds at most"
    assert len(vendor.calls) == 1, "nothing is sent while the other side has asked for patience"


def test_182_a_pause_longer_than_a_run_is_left_to_the_next_one(
    client: Client, vendor: Vendor, rests: list[float]
) -> None:
    vendor.replies = [Reply(429, headers=(("Retry-After", "600"),))]
    with pytest.raises(Transient) as caught:
        client.send(READ)
    assert (caught.value.pause, rests) == (600, [])


def test_retry_after_is_understood_in_both_forms() -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert asked_pause("120", now=now) == 120
    assert asked_pause(format_datetime(now + timedelta(seconds=90), usegmt=True), now=now) == 90
    assert asked_pause("Mon, 02 Mar 2026 07:00:00 GMT", now=now) == 0
    assert asked_pause("99999999999", now=now) == 3600
    assert [asked_pause(text, now=now) for text in ("", None, "soon", "-3", "١٢")] == [None] * 5


def test_own_pauses_grow_and_differ() -> None:
    assert max(own_pause(1) for _ in range(200)) <= 1
    assert 1 < max(own_pause(3) for _ in range(200)) <= 4
    assert len({own_pause(2) for _ in range(20)}) > 15


def test_182_a_refused_token_is_renewed_once(client: Client, vendor: Vendor) -> None:
    vendor.replies = [Reply(401)]
    assert client.send(READ).status == 200
    assert [call.headers["authorization"] for call in vendor.calls] == ["Bearer key-1", "Bearer key-2"]


def test_182_refused_again_everything_stops_until_somebody_acts(
    client: Client, vendor: Vendor, connection: Connection
) -> None:
    vendor.replies = [Reply(401), Reply(401)]
    with pytest.raises(CredentialsRefused):
        client.send(READ)
    with pytest.raises(HeldBack):
        client.send(READ)
    assert len(vendor.calls) == 2
    shown = standing_of([Connection.objects.get()])[0]
    assert (shown.state, shown.last_failure) == (
        "broken_off",
        "localhost does not accept our sign-in, also not with a new token.",
    )
    gates.reopen("sample:acme", gates.sign_in_of(connection.pk))
    assert client.send(READ).status == 200


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, PermissionMissing),
        (404, Gone),
        (410, Gone),
        (400, RefusedForGood),
        (422, RefusedForGood),
        (302, RefusedForGood),
    ],
)
def test_182_what_does_not_heal_is_not_tried_again(client: Client, vendor: Vendor, status: int, kind: type) -> None:
    vendor.replies = [Reply(status, b"no", (("Location", "https://elsewhere.example/"),))]
    with pytest.raises(kind):
        client.send(READ)
    assert len(vendor.calls) == 1


@pytest.mark.parametrize("reply", [Reply(500), Reply(504), Reply(0, hangs_up=True)])
def test_what_may_have_been_done_is_not_done_again(client: Client, vendor: Vendor, reply: Reply) -> None:
    vendor.replies = [reply]
    with pytest.raises(Ambiguous):
        client.send(WRITE)
    assert len(vendor.calls) == 1


def test_a_cut_connection_is_no_reason_not_to_read_again(client: Client, vendor: Vendor) -> None:
    vendor.replies = [Reply(0, hangs_up=True)]
    assert client.send(READ).status == 200


def test_what_was_never_sent_may_be_sent_again(client: Client, vendor: Vendor, rests: list[float]) -> None:
    client._base = "https://localhost:1/"
    with pytest.raises(Transient, match="was not reached"):
        client.send(WRITE)
    assert len(rests) == 2


def test_182_after_five_failures_the_circuit_opens_for_all_workers(
    client: Client, vendor: Vendor, connection: Connection, rests: list[float]
) -> None:
    vendor.replies = [Reply(500)] * 6
    for _ in range(2):
        with pytest.raises((Transient, Ambiguous)):
            client.send(READ)
    assert len(vendor.calls) == 5
    other = make_client(vendor, connection, rests)
    with pytest.raises(HeldBack):
        other.send(READ)
    assert len(vendor.calls) == 5
    assert make_client(vendor, connection, rests, account="sample:other").send(READ) is not None
    assert standing_of([Connection.objects.get()])[0].open_until is not None


def test_182_one_tries_for_all_and_closes_the_circuit(client: Client, vendor: Vendor) -> None:
    Gate.objects.create(account="sample:acme", failures=5, open_until=timezone.now() - timedelta(seconds=1))
    way = gates.Way("sample:acme")
    gates.look(way)  # the first may go
    with pytest.raises(HeldBack):
        gates.look(way)
    gates.count_failure("sample:acme")
    with pytest.raises(HeldBack) as caught:
        gates.look(way)
    assert caught.value.pause == pytest.approx(60, abs=2)
    Gate.objects.update(open_until=timezone.now() - timedelta(seconds=1))
    assert client.send(READ).status == 200
    gate = Gate.objects.get()
    assert (gate.failures, gate.open_until) == (0, None)


def test_a_pause_is_kept_by_its_scope_alone() -> None:
    gates.pause("sample:acme", "box:one", seconds=60)
    gates.pause("sample:acme", "box:one", seconds=5)
    with pytest.raises(HeldBack) as caught:
        gates.look(gates.Way("sample:acme", "box:one"))
    assert caught.value.pause > 50
    gates.look(gates.Way("sample:acme", "box:two"))
    gates.pause("sample:acme", "", seconds=60)
    for way in (gates.Way("sample:acme", "box:two"), gates.Way("sample:acme")):
        with pytest.raises(HeldBack):
            gates.look(way)
    gates.look(gates.Way("sample:other", "box:one"))


def test_so_many_at_once_and_no_more() -> None:
    way = gates.Way("sample:acme", "box:one", places=2)
    with gates.place(way), gates.place(way):
        with pytest.raises(HeldBack), gates.place(way):
            pass
        with gates.place(gates.Way("sample:acme", "box:two", places=2)):
            pass
    with gates.place(way):
        pass


def test_a_place_of_a_killed_worker_is_free_once_its_lease_is_over() -> None:
    way = gates.Way("sample:acme", "box:one", places=1)
    with gates.place(way):
        Place.objects.update(taken_until=timezone.now() - timedelta(seconds=1))
        with gates.place(way):
            pass


def test_a_usual_request_costs_five_statements(client: Client, vendor: Vendor) -> None:
    """Take a place, look, close the circuit if it was open, give the place back, note the success once a minute."""
    in_box = replace(READ, scope="box:one")
    client.send(in_box)
    with CaptureQueriesContext(database) as queries:
        client.send(in_box)
    assert len(queries) == 5


def test_answers_are_read_up_to_a_size(client: Client, vendor: Vendor) -> None:
    vendor.replies = [Reply(200, b"x" * 70_000)]
    with pytest.raises(RefusedForGood, match="larger than"):
        client.send(replace(READ, most_bytes=65_536))


def test_links_lead_to_the_same_place_or_are_not_followed(client: Client, vendor: Vendor) -> None:
    link = f"https://localhost:{vendor.port}/api/next?token=a%2Fb"
    client.send(replace(READ, link=link))
    assert vendor.calls[0].path == "/api/next?token=a%2Fb"
    for elsewhere in ("https://localhost:1/api/next", f"http://localhost:{vendor.port}/", "https://example.com/"):
        with pytest.raises(RefusedForGood):
            client.send(replace(READ, link=elsewhere))
    assert len(vendor.calls) == 1


def test_whoever_is_not_trusted_is_told_nothing(client: Client, vendor: Vendor) -> None:
    client._ca_file = ""
    with pytest.raises(Transient, match="not trusted"):
        client.send(READ)
    assert vendor.calls == []


def test_the_environment_has_no_part_in_it(client: Client, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assert client.send(READ).status == 200


def test_cookies_are_not_kept(client: Client, vendor: Vendor) -> None:
    vendor.replies = [Reply(200, b"{}", (("Set-Cookie", "a=b"),))]
    client.send(READ)
    client.send(READ)
    assert "cookie" not in vendor.calls[1].headers


def test_the_log_has_neither_tokens_nor_bodies_nor_addresses(
    client: Client, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    vendor.replies = [Reply(200, b"canary-answer", (("X-Request-Id", "vendor-7"),)), Reply(500)]
    client.send(READ)
    with pytest.raises(Ambiguous):
        client.send(WRITE)
    told = "".join(str(vars(record)) for record in caplog.records)
    assert [words in told for words in ("/users/{user}/mails", "vendor-7")] == [True, True]
    for secret in ("key-1", "canary", "example.com"):
        assert secret not in told


def test_bodies_that_are_no_json_are_refused() -> None:
    with pytest.raises(RefusedForGood, match="agreed"):
        Answer(200, {}, b"<html>", "example.com").json()
