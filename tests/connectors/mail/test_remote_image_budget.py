"""Images from elsewhere take little of what all share, and a failure is remembered of whom it is about (060)."""

import select
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from connectors.mail.remote_images import addresses, fetching, handing_on, path_of
from core.models import new_id
from tests.connectors.mail.test_remote_images import MISSING, READER, shown
from tests.picture_server import PictureServer, a_png, leads_to, sends

pytestmark = pytest.mark.usefixtures("nothing_is_remembered")


def test_images_that_take_too_long_use_up_the_readers_minute(
    sender: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_on, "BUDGET_MILLISECONDS", handing_on.MOST_MILLISECONDS + 200)

    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        sends(a_png())(handler)

    first, second = sender.serve("a.png", slow), sender.serve("b.png", sends(a_png()))
    assert shown(first)[0] == 200
    answer = Client().get(path_of(second, reader_id=READER))
    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Cache-Control"]) == (
        429,
        "60",
        "no-store",
    )
    assert sender.paths == ["a.png"]
    assert shown(first)[0] == 200  # what is kept costs nothing
    assert shown(second, reader=new_id())[0] == 200


def test_many_silent_servers_at_once_cost_the_reader_no_more_than_the_minute(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REMOTE_IMAGE_NETWORKS = [ip_network("127.0.0.1/32")]
    monkeypatch.setattr(handing_on, "BUDGET_MILLISECONDS", 1_200)
    monkeypatch.setattr(handing_on, "MOST_MILLISECONDS", 500)
    monkeypatch.setattr(handing_on, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(handing_on, "_turns", threading.BoundedSemaphore(40))
    monkeypatch.setattr(fetching, "MAX_SECONDS", 0.5)
    with ExitStack() as opened:
        silent = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _number in range(40)]
        paths = [f"http://127.0.0.1:{one.getsockname()[1]}/a.png" for one in silent]
        with ThreadPoolExecutor(40) as readers:
            codes = [code for code, _content in readers.map(shown, paths)]
        asked = sum(bool(select.select([one], [], [], 0)[0]) for one in silent)
    assert (codes.count(404), codes.count(429)) == (2, 38)  # two times 500 ms fit, a third does not
    assert asked <= 2


def test_a_process_fetches_a_few_images_at_once_and_lets_others_wait_for_a_moment(
    sender: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_on, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(handing_on, "WAIT_SECONDS", 0.2)
    come, go_on = threading.Event(), threading.Event()

    def waits(handler: BaseHTTPRequestHandler) -> None:
        come.set()
        go_on.wait(4)
        sends(a_png())(handler)

    first, second = sender.serve("a.png", waits), sender.serve("b.png", sends(a_png()))
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(shown, first)
        assert come.wait(4)
        assert shown(second, reader=new_id())[0] == 429
        assert sender.paths == ["a.png"]
        monkeypatch.setattr(handing_on, "WAIT_SECONDS", 4)
        later = ThreadPoolExecutor(1).submit(shown, second)
        go_on.set()
        assert (waiting.result()[0], later.result()[0]) == (200, 200)  # refused is not remembered


def test_what_was_reserved_is_given_back(sender: PictureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_on, "BUDGET_MILLISECONDS", handing_on.MOST_MILLISECONDS + 4_000)
    answers = [sends(a_png()), sends(b"no image"), leads_to("http://10.0.0.1/")]
    urls = [sender.serve(f"{number}.png", answers[number % 3]) for number in range(9)]
    assert [shown(url)[0] for url in urls] == [200, 404, 404] * 3


def test_060_one_mail_does_not_fill_the_cache_of_all(sender: PictureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_on, "BUDGET_BYTES", 300_000)
    small = a_png() + b"\0" * (handing_on.KEPT_BYTES - len(a_png()))
    kept, too_big = sender.serve("kept.png", sends(small)), sender.serve("big.png", sends(small + b"\0"))
    assert [shown(url)[0] for url in (kept, kept, too_big, too_big)] == [200] * 4
    assert sender.paths == ["kept.png", "big.png", "big.png"]
    other = sender.serve("other.png", sends(a_png()))
    assert shown(other)[0] == 429  # the bytes of the minute are used up
    assert [shown(kept)[0], shown(other, reader=new_id())[0]] == [200, 200]


# Whom a failure is remembered of --------------------------------------------------------------------------------------


def test_a_redirect_silences_only_the_server_that_was_not_reached(sender: PictureServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = f"http://127.0.0.1:{closed.getsockname()[1]}"
    good = sender.serve("good.png", sends(a_png()))
    for target in (f"{gone}/a.png", "http://10.0.0.1/", "http://nobody.invalid/"):
        assert shown(sender.serve("bad.png", leads_to(target)), reader=new_id()) == MISSING
    assert shown(good)[0] == 200
    sender.asked.clear()
    behind = sender.serve("b.png", leads_to(f"{gone}/b.png"))
    assert [shown(f"{gone}/c.png"), shown(behind)] == [MISSING, MISSING]
    with socket.create_server(("127.0.0.1", int(gone.rpartition(":")[2]))) as back:
        assert shown(behind) == MISSING  # still left alone, also behind a redirect
        assert not select.select([back], [], [], 0)[0]


def test_who_used_up_the_time_does_not_silence_whom_it_leads_to(
    sender: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_SECONDS", 1.6)
    with socket.create_server(("127.0.0.1", 0)) as victim:
        base = f"http://127.0.0.1:{victim.getsockname()[1]}"

        def late(handler: BaseHTTPRequestHandler) -> None:
            time.sleep(0.9)
            leads_to(f"{base}/a.png")(handler)

        assert shown(sender.serve("a.png", late)) == MISSING
        assert select.select([victim], [], [], 0)[0]
        victim.accept()[0].close()
        shown(f"{base}/b.png")
        assert select.select([victim], [], [], 0)[0]  # asked, not left alone


def test_names_that_are_slow_to_resolve_stop_nobody_elses_images(
    sender: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, go_on = socket.getaddrinfo, threading.Event()

    def resolves(host: str, *arguments: object, **more: object) -> object:
        if host.startswith("slow"):
            go_on.wait(20)
            raise socket.gaierror
        return resolve("127.0.0.1", *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", resolves)
    monkeypatch.setattr(fetching, "MAX_SECONDS", 0.2)

    def good(name: str) -> str:
        return sender.serve(name, sends(a_png())).replace("127.0.0.1", f"{name}.test")

    for number in range(addresses.MAX_LOOKUPS):
        assert shown(good(f"good{number}"), reader=new_id())[0] == 200
        assert shown(f"http://slow{number}.test/a.png", reader=new_id()) == MISSING
    refused = good("refused")
    assert shown(refused)[0] == 429
    go_on.set()
    for _turn in range(500):
        if (found := shown(refused, reader=new_id())[0]) != 429:
            break
        time.sleep(0.01)
    assert found == 200  # nothing false is remembered
