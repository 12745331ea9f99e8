"""Images from elsewhere come through us: no private address, no endless wait, nothing but a raster image (060)."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from uuid import UUID

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from connectors.mail.remote_images import addresses, fetching, path_of
from core.models import new_id
from tests.picture_server import PictureServer, a_png, leads_to, picture_server, sends

pytestmark = pytest.mark.usefixtures("nothing_is_remembered")
READER = new_id()


@pytest.fixture
def neighbour() -> Iterator[PictureServer]:
    """A server inside our network, at an address that no mail may make us ask."""
    with picture_server("127.0.0.2") as found:
        yield found


def shown(url: str, *, reader: UUID = READER) -> tuple[int, bytes]:
    """What the frame gets, without any cookie."""
    answer = Client().get(path_of(url, reader_id=reader))
    return answer.status_code, answer.content


MISSING = (404, b"")


def test_an_image_comes_from_us_with_nothing_said_of_the_reader(sender: PictureServer) -> None:
    url = sender.serve("a.png", sends(a_png(), content_type="text/html", Set_Cookie="seen=1"))
    seen = {"cookie": "other=secret", "referer": "http://testserver/t/INC-2025-000001/", "user-agent": "Mine"}
    answer = Client().get(path_of(url, reader_id=READER), headers=seen)
    assert (answer.status_code, answer.content) == (200, a_png())
    assert answer.headers["Content-Type"] == "image/png"  # as its bytes say
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    assert not answer.cookies
    ((_path, headers),) = sender.asked
    assert sorted(headers.keys()) == ["Accept", "Accept-Encoding", "Connection", "Host", "User-Agent"]
    assert (headers["Host"], headers["User-Agent"]) == (sender.host, "ITIL-NEXT")


def test_an_image_is_kept_for_a_while_and_so_is_that_there_is_none(sender: PictureServer) -> None:
    good, bad = sender.serve("a.png", sends(a_png())), sender.serve("b.png", sends(b"<svg/>"))
    assert [shown(url)[0] for url in (good, bad, good, bad)] == [200, 404, 200, 404]
    assert sender.paths == ["a.png", "b.png"]
    assert path_of(good, reader_id=READER) == path_of(good, reader_id=READER)  # browsers keep it by its address


def test_addresses_are_ours_alone_and_end(sender: PictureServer) -> None:
    path = path_of(sender.serve("a.png", sends(a_png())), reader_id=READER)
    token = path.split("/")[2]
    for forged in (token[:-3], f"x{token}", token.replace(":", "."), "nonsense", "a:b"):
        assert Client().get(f"/remote-images/{forged}/").status_code == 404
    with time_machine.travel(time.time() + 2 * 3600 + 60, tick=False):
        assert Client().get(path).status_code == 404
    assert sender.asked == []
    assert Client().get(path).status_code == 200
    assert Client().post(path).status_code == 405
    assert path_of("https://a.example/" + "äb3" * 5000 + new_id().hex * 300, reader_id=READER)
    assert path_of("https://a.example/" + "".join(new_id().hex for _ in range(300)), reader_id=READER) == ""


# Where we connect to --------------------------------------------------------------------------------------------------

PRIVATE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
    "64:ff9b::10.0.0.1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    "nothing",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_no_mail_makes_us_ask(address: str) -> None:
    assert not addresses.is_allowed(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet(address: str) -> None:
    assert addresses.is_allowed(address)


def test_a_site_may_open_a_network_of_its_own(settings: Settings) -> None:
    settings.REMOTE_IMAGE_NETWORKS = [ip_network("10.1.0.0/16")]
    assert addresses.is_allowed("10.1.2.3")
    assert not addresses.is_allowed("10.2.0.1")


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "2130706434", "0x7f.2", "127.2", "[::ffff:127.0.0.2]"])
def test_no_spelling_of_a_private_address_is_asked(neighbour: PictureServer, host: str) -> None:
    url = neighbour.serve("a.png", sends(a_png()), host=f"{host}:{neighbour.server.server_port}")
    assert shown(url) == MISSING
    assert neighbour.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_not_followed(
    sender: PictureServer, neighbour: PictureServer, status: int
) -> None:
    inside = neighbour.serve("secret.png", sends(a_png()))
    for number, target in enumerate(
        (inside, inside.replace("http:", ""), f"http://[::1]:{neighbour.server.server_port}/")
    ):
        cache.clear()
        assert shown(sender.serve(f"{number}.png", leads_to(target, status))) == MISSING
    assert (sender.paths, neighbour.asked) == (["0.png", "1.png", "2.png"], [])


def test_a_redirect_to_the_next_image_is_followed_without_a_cookie(sender: PictureServer) -> None:
    sender.serve("b.png", sends(a_png()))
    assert shown(sender.serve("a.png", leads_to("b.png"))) == (200, a_png())
    assert sender.paths == ["a.png", "b.png"]
    assert all("Cookie" not in headers for _path, headers in sender.asked)


def test_redirects_end(sender: PictureServer) -> None:
    assert shown(sender.serve("a.png", leads_to("a.png"))) == MISSING
    assert sender.paths == ["a.png"] * (fetching.MAX_REDIRECTS + 1)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/hostname", "ftp://127.0.0.1/a.png", "gopher://127.0.0.1/x", "//127.0.0.1/a.png", "http://", "http:///a",
        "http://127.0.0.1:99999/", "http://user:secret@127.0.0.1/", "http://127.0.0.1:25/", "http://[::1", "http://a..b/",
        "http://127.0.0.1\r\nX: y/",
    ],
)  # fmt: skip
def test_addresses_of_other_kinds_are_none(sender: PictureServer, url: str) -> None:
    assert shown(url) == MISSING
    assert shown(sender.serve("a.png", leads_to(url.splitlines()[0]))) == MISSING


# What it is, and how long it takes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "image/svg+xml"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/png"),
        (b"<!doctype html><script>alert(1)</script>", "image/png"),
        (b"GIF", "image/gif"),
        (b"BM" + b"\0" * 60, "image/bmp"),
        (b"%PDF-1.4", "image/png"),
        (b"", "image/png"),
        (a_png(said_width=60_000, said_height=60_000), "image/png"),
        (a_png(said_width=10_001), "image/png"),
        (a_png(said_width=6_000, said_height=6_000), "image/png"),
        (a_png()[:20], "image/png"),
    ],
)
def test_what_is_no_raster_image_of_a_usable_size_is_not_handed_on(
    sender: PictureServer, content: bytes, content_type: str
) -> None:
    assert shown(sender.serve("a.png", sends(content, content_type))) == MISSING


@pytest.mark.parametrize("status", [204, 404, 500])
def test_other_answers_are_no_image(sender: PictureServer, status: int) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.end_headers()
        handler.wfile.write(a_png())

    assert shown(sender.serve("a.png", answer)) == MISSING


def test_packed_images_are_not_unpacked(sender: PictureServer) -> None:
    assert shown(sender.serve("a.png", sends(a_png(), Content_Encoding="gzip"))) == MISSING


def test_an_endless_body_is_read_up_to_the_limit_only(sender: PictureServer) -> None:
    written, gone = [0], threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(a_png())
        try:
            while True:
                written[0] += handler.wfile.write(b"\0" * 65_536)
        finally:
            gone.set()

    assert shown(sender.serve("a.png", answer)) == MISSING
    assert gone.wait(10)
    assert written[0] < 3 * fetching.MAX_BYTES  # with what lies in the buffers between


def test_a_negative_length_of_a_piece_is_not_taken_for_all_there_is(sender: PictureServer) -> None:
    written, gone = [0], threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + a_png())
        try:
            while written[0] < 200 * 1024 * 1024:
                written[0] += handler.wfile.write(b"\0" * 65_536)
        finally:
            gone.set()

    assert shown(sender.serve("a.png", answer)) == MISSING
    assert gone.wait(10)
    assert written[0] < 3 * fetching.MAX_BYTES


def test_half_an_image_is_none(sender: PictureServer) -> None:
    def breaks_off(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n" + a_png()[:40] + b"\r\n")

    said = sender.serve("a.png", sends(a_png()[:40], Content_Length=str(len(a_png()))))
    in_pieces = sender.serve("b.png", breaks_off)
    whole = sender.serve("c.png", sends(a_png(), Content_Length=str(len(a_png()))))
    assert [shown(said), shown(in_pieces)[0], shown(whole)[0]] == [MISSING, 404, 200]


def test_a_length_beyond_the_limit_is_believed(sender: PictureServer) -> None:
    url = sender.serve("a.png", sends(a_png(), Content_Length=str(fetching.MAX_BYTES + 1)))
    began = time.monotonic()
    assert shown(url) == MISSING
    assert time.monotonic() - began < fetching.MAX_SECONDS / 2


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, so that no single wait is long."""
    while True:
        handler.wfile.write(b"H")
        time.sleep(0.02)


def drips_its_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    drips(handler)


def drips_its_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X: y\r\n")
        time.sleep(0.1)


def goes_on_and_on(handler: BaseHTTPRequestHandler) -> None:
    while True:
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.02)


@pytest.mark.parametrize("answer", [drips, drips_its_body, drips_its_headers, goes_on_and_on])
def test_slow_servers_get_so_much_time_in_all(
    sender: PictureServer, answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_SECONDS", 0.5)
    began = time.monotonic()
    assert shown(sender.serve("a.png", answer)) == MISSING  # type: ignore[arg-type]
    assert 0.4 < time.monotonic() - began < 2


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_says_nothing_is_left_alone_for_a_while(
    settings: Settings, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REMOTE_IMAGE_NETWORKS = [ip_network("127.0.0.1/32")]
    monkeypatch.setattr(fetching, "MAX_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        assert [shown(f"{base}/{number}.png") for number in range(20)] == [MISSING] * 20
        assert time.monotonic() - began < 2  # twenty waits would have been ten seconds
