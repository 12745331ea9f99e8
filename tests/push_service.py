"""A push service for tests (RFC 8030), and the browsers behind it: it takes what is encrypted, and they decrypt it."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import urandom
from pathlib import Path
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from connectors.push.keys import encoded
from tests.certificates import make_certificate


@dataclass
class Taken:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Used up one by one; then everything is taken (201)."""

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"


@dataclass
class Browser:
    """One subscription: its two keys never leave it but for the public half."""

    service: PushService
    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: urandom(16))

    @property
    def endpoint(self) -> str:
        return f"https://{self.service.host}/{self.name}"

    @property
    def keys(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": encoded(point), "auth": encoded(self.secret)}

    def shown(self) -> list[dict[str, Any]]:
        """What its service worker would be given; whatever is not meant for it cannot be read."""
        mine = [each for each in self.service.taken if each.path == f"/{self.name}"]
        return [
            json.loads(http_ece.decrypt(each.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"))
            for each in mine
        ]


def is_signed(taken: Taken) -> bool:
    """Whether the token is signed with the key that it names (RFC 8292)."""
    return bool(Vapid02.verify(taken.headers["authorization"]))


@contextmanager
def push_service(folder: Path) -> Iterator[tuple[PushService, Path]]:
    """The service at a port of its own, and the certificate that whoever speaks to it must trust."""
    certificate, key = make_certificate(folder)
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more = service.answers.pop(0) if service.answers else (201, {})
            if status == 201:
                service.taken.append(Taken(self.path, headers, body))
            self.send_response(status)
            for name, value in {"Content-Length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield service, certificate
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
