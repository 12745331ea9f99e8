"""What clamd says on its socket: the command INSTREAM, spoken as clamd(8) describes it, over TCP or a Unix socket."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""Harmless; every scanner finds it (eicar.org)."""


class Clamd:
    """Finds EICAR; `max_bytes` is its StreamMaxLength."""

    def __init__(self) -> None:
        self.max_bytes = 1024 * 1024
        self.scanned: list[int] = []
        """Sizes of what it was asked about."""
        self.says = b""
        """Instead of a verdict."""

    def verdict(self, content: bytes) -> bytes:
        self.scanned.append(len(content))
        if self.says:
            return self.says
        return b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


def _handler(clamd: Clamd) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.read(10) == b"zINSTREAM\0"
            content = b""
            while size := int.from_bytes(self.rfile.read(4), "big"):
                content += self.rfile.read(size)
                if len(content) > clamd.max_bytes:
                    self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            self.wfile.write(clamd.verdict(content))

    return Handler


def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture
def clamd(settings: Settings) -> Iterator[Clamd]:
    found = Clamd()
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(found))
    settings.CLAMD_URL = f"tcp://127.0.0.1:{server.server_address[1]}"
    for _once in _serving(server):
        yield found


@pytest.fixture
def clamd_on_a_unix_socket(settings: Settings, tmp_path: Path) -> Iterator[Clamd]:
    found = Clamd()
    path = tmp_path / "clamd.ctl"
    server = socketserver.ThreadingUnixStreamServer(str(path), _handler(found))
    settings.CLAMD_URL = f"unix://{path}"
    for _once in _serving(server):
        yield found
