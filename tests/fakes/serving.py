"""A server on this machine that speaks TLS, with a certificate of a CA that only the tests know."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import gettempdir

import trustme


@dataclass(frozen=True)
class Call:
    """One request as it came in; names of headers in lower case, the path with its query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    hangs_up: bool = False
    """The connection ends instead of an answer."""
    silent_seconds: float = 0.0
    """For so long nothing is said before that."""


Answering = Callable[[Call], Reply]


@cache
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@cache
def ca_file() -> str:
    """Path of the CA's certificate; one a process."""
    path = Path(gettempdir()) / f"itilnext-test-ca-{id(authority())}.pem"
    path.write_bytes(authority().cert_pem.bytes())
    return str(path)


@contextmanager
def serving(answer: Answering) -> Iterator[int]:
    """The port at which `answer` is asked, on localhost."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = 64 * 1024  # one write an answer: in two, the second waits for the first one's acknowledgement

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(Call(self.command, self.path, headers, self.rfile.read(size)))
            if reply.hangs_up:
                time.sleep(reply.silent_seconds)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self.do_GET
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Connections that the other side has left are its business."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
