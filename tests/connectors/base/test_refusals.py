"""What a hostile or broken other side, a network in between, or our own slips can do to a request."""

import logging
import os
import select
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.enums import Role
from connectors.base import gates
from connectors.base.addresses import is_allowed
from connectors.base.client import Client, Request
from connectors.base.failures import Ambiguous, CredentialsRefused, Gone, HeldBack, RefusedForGood, Transient
from connectors.base.models import Connection, Gate, Place
from connectors.base.retrying import asked_pause
from connectors.base.selectors import standing_of
from connectors.base.sentences import Said
from connectors.base.services import change_connection
from connectors.base.wire import Answer
from core.errors import Invalid
from tests.connectors.base.conftest import Vendor
from tests.connectors.base.test_requests import READ, WRITE
from tests.factories import AgentFactory
from tests.fakes.serving import Reply, authority, serving

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["\\\\@", "\\@", "\t@", "@", "ann:pw@"])
def test_our_sign_in_never_goes_to_another_host(client: Client, vendor: Vendor, name: str) -> None:
    """Programs take such addresses apart in different ways; the first host of them is not Graph."""
    got: list[object] = []
    with serving(lambda call: (got.append(call), Reply(200, b"{}"))[1]) as port:
        for link in (f"https://localhost:{port}{name}localhost:{vendor.port}/api/", f"https://{name}localhost:{port}/"):
            with pytest.raises(RefusedForGood):
                client.send(replace(READ, link=link))
    assert (got, vendor.calls) == ([], [])


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_values_stay_in_their_place_in_the_address(client: Client, vendor: Vendor, value: str) -> None:
    with pytest.raises(RefusedForGood, match="missing or not usable"):
        client.send(Request(method="GET", route="/users/{user}/mails/{id}", values={"user": "ann", "id": value}))
    assert vendor.calls == []


@contextmanager
def raw_server(after: Callable[[ssl.SSLSocket], None]) -> Iterator[tuple[int, list[bytes]]]:
    """Takes a whole request over TLS, then does what is said; its port, and what it got."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("localhost").configure_cert(context)
    got: list[bytes] = []

    def take(taken: socket.socket) -> None:
        with context.wrap_socket(taken, server_side=True) as stream:
            data = b""
            while b"canary-body" not in data and not (data.startswith(b"GET") and data.endswith(b"\r\n\r\n")):
                data += stream.recv(65536)
            got.append(data)
            after(stream)

    def listen() -> None:
        while True:
            try:
                taken, _address = listening.accept()
            except OSError:
                return
            take(taken)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=listen, daemon=True)
        thread.start()
        yield listening.getsockname()[1], got
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_what_was_received_before_the_line_broke_is_not_sent_again(client: Client) -> None:
    def break_the_line(stream: ssl.SSLSocket) -> None:
        os.write(stream.fileno(), b"HTTP/1.1 502 in clear\r\n\r\n")

    with raw_server(break_the_line) as (port, got):
        client._base = f"https://localhost:{port}/api"
        with pytest.raises(Ambiguous, match="ended before it had answered"):
            client.send(WRITE)
    assert len(got) == 1


def test_a_malformed_answer_puts_no_address_into_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    def answer(stream: ssl.SSLSocket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nnonsense without colon\r\n\r\n{}")

    caplog.set_level(logging.INFO)
    with raw_server(answer) as (port, _got):
        client._base = f"https://localhost:{port}/api"
        client.send(READ)
    told = "".join(record.getMessage() for record in caplog.records)
    assert [words in told for words in ("canary", "example.com")] == [False, False]


def test_182_a_refused_sign_in_is_tried_once_and_then_held_back(client: Client, vendor: Vendor) -> None:
    tried: list[int] = []

    def headers() -> dict[str, str]:
        tried.append(1)
        raise CredentialsRefused(Said("unauthorised", {"host": "localhost"}), is_final=True)

    client._signer.headers = headers  # type: ignore[method-assign]
    with pytest.raises(CredentialsRefused):
        client.send(READ)
    for _row in range(4):
        with pytest.raises(HeldBack):
            client.send(READ)
    assert (len(tried), vendor.calls) == (1, [])


def test_a_proxys_page_is_no_answer_and_no_reason_to_give_up(
    client: Client, vendor: Vendor, connection: Connection
) -> None:
    vendor.replies = [Reply(200, b"<html>Sign in to the guests' network</html>")] * 4
    with pytest.raises(Transient, match="not what was agreed on"):
        client.send(replace(READ, wants_json=True))
    assert standing_of([Connection.objects.get()])[0].state == "failing"
    with pytest.raises(Ambiguous):
        client.send(replace(WRITE, wants_json=True))
    assert Gate.objects.get().failures == 4


def test_what_is_gone_says_nothing_of_the_connection(client: Client, vendor: Vendor, connection: Connection) -> None:
    vendor.replies = [Reply(404), Reply(400), Reply(404)]
    for kind in (Gone, RefusedForGood):
        with pytest.raises(kind):
            client.send(replace(READ, is_of_an_object=True))
    connection.refresh_from_db()
    assert connection.last_failure_class == ""
    with pytest.raises(Gone):
        client.send(READ)
    connection.refresh_from_db()
    assert connection.last_failure_class == "gone"


def test_a_file_of_certificates_that_is_not_there_is_said(client: Client, connection: Connection) -> None:
    client._ca_file = "/nowhere.pem"
    with pytest.raises(Transient, match="file of certificates"):
        client.send(READ)
    assert standing_of([Connection.objects.get()])[0].state == "failing"


def test_pauses_no_clock_can_count_are_none() -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert asked_pause("Mon, 02 Jan 99999999999 07:00:00 GMT", now=now) is None


def test_182_no_pause_asked_for_is_no_leave_to_hurry(client: Client, vendor: Vendor, rests: list[float]) -> None:
    vendor.replies = [Reply(429, headers=(("Retry-After", "0"),))] * 2
    assert client.send(READ).status == 200
    assert all(rest > 0 for rest in rests)


def test_182_a_date_is_meant_by_the_clock_of_the_other_side(client: Client) -> None:
    dates = {"date": "Mon, 02 Mar 2026 08:00:00 GMT", "retry-after": "Mon, 02 Mar 2026 08:10:00 GMT"}
    with pytest.raises(Transient) as caught:
        client._take_note(READ, Answer(429, dates, b"", "localhost"))
    assert caught.value.pause == 600


def test_waiting_for_a_place_asks_less_and_less_often(client: Client, vendor: Vendor, rests: list[float]) -> None:
    way = gates.Way("sample:acme", "box:one", places=2)
    with gates.place(way), gates.place(way), CaptureQueriesContext(database) as asked, pytest.raises(HeldBack):
        client.send(replace(READ, scope="box:one"))
    assert len(asked) < 300, "in 45 seconds"
    assert Place.objects.count() == 2


@pytest.mark.parametrize("begins", [b"X-Slow: ", b"Content-Type: text/plain\r\n\r\n"], ids=["headers", "body"])
def test_182_no_drip_lasts_longer_than_an_exchange_may(client: Client, settings: Settings, begins: bytes) -> None:
    """Of headers, and of a body whose length nobody has told: each byte comes in time, the whole does not."""
    settings.CONNECTORS_WHOLE_SECONDS = 0.5
    ended: list[bool] = []

    def drip(stream: ssl.SSLSocket) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\n" + begins)
        try:
            for _byte in range(600):
                stream.sendall(b"x")
                ended_by_them = select.select([stream], [], [], 0.05)[0]
                if ended_by_them and not stream.recv(1):
                    raise OSError
        except OSError:
            ended.append(True)
            return
        stream.sendall(b"\r\n\r\n")

    with raw_server(drip) as (port, _got):
        client._base, client._attempts = f"https://localhost:{port}/api", 1
        with pytest.raises(Transient, match="did not answer in time"):
            client.send(READ)
        with pytest.raises(Ambiguous, match="did not answer in time"):
            client.send(WRITE)
    assert ended == [True, True]


def test_182_one_answer_closes_nothing_for_a_day(client: Client, vendor: Vendor, settings: Settings) -> None:
    settings.CONNECTORS_LONGEST_PAUSE_SECONDS = 600
    vendor.replies = [Reply(503, b"<html>Maintenance</html>", (("Retry-After", "86400"),))]
    with pytest.raises(Transient) as caught:
        client.send(READ)
    assert caught.value.pause == 600


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0", "0177.0.0.1", "[::ffff:127.0.0.1]", "127.0.0.1."]
)
def test_this_machine_is_known_by_all_its_numbers(settings: Settings, host: str) -> None:
    settings.CONNECTORS_LOOPBACK = False
    assert not is_allowed(f"https://{host}/hook")
    assert is_allowed("https://10.1.2.3/hook")
    assert is_allowed("https://hooks.example.com/hook")


def test_a_variable_that_names_a_path_is_refused(connection: Connection) -> None:
    with pytest.raises(Invalid, match="without _FILE"):
        change_connection(
            connection,
            by=AgentFactory(roles=[Role.ADMIN]),
            settings=connection.settings,
            variables={"password": "SAMPLE_PASSWORD_FILE"},
        )
