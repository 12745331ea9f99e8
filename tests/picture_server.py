"""A web server of a mail's sender: it hands out images, and whatever else one may try on those who ask for them."""

import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from core.models import new_id

Answer = Callable[[BaseHTTPRequestHandler], None]


def a_png(width: int = 40, height: int = 30, *, said_width: int = 0, said_height: int = 0) -> bytes:
    """A red one; `said_…`: as its head has it, if that lies."""
    head = struct.pack(">IIBBBBB", said_width or width, said_height or height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff\0\0" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, (b"IHDR", b"IDAT", b"IEND"), (head, rows, b"")))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def sends(content: bytes, content_type: str = "image/png", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in {"Content_Type": content_type, "Content_Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def leads_to(url: str, status: int = 302) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", url)
        handler.send_header("Set-Cookie", "seen=1")
        handler.end_headers()

    return answer


@dataclass
class PictureServer:
    server: ThreadingHTTPServer
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)
    """Path and headers of each request."""
    prefix: str = field(default_factory=lambda: new_id().hex)
    """Of every path, so that no address was ever asked for before."""

    @property
    def host(self) -> str:
        return f"{self.server.server_address[0]!s}:{self.server.server_port}"

    def serve(self, name: str, answer: Answer, *, host: str = "") -> str:
        """The address at which `answer` is given."""
        path = f"/{self.prefix}/{name}"
        self.answers[path] = answer
        return f"http://{host or self.host}{path}"

    @property
    def paths(self) -> list[str]:
        return [path.rpartition("/")[2] for path, _headers in self.asked]


@contextmanager
def picture_server(address: str = "127.0.0.1") -> Iterator[PictureServer]:
    found: PictureServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers))
            try:
                found.answers[self.path](self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    found = PictureServer(ThreadingHTTPServer((address, 0), Handler))
    found.server.daemon_threads = True
    threading.Thread(target=found.server.serve_forever, args=[0.01], daemon=True).start()
    yield found
    found.server.shutdown()
    found.server.server_close()
