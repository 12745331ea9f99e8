"""One image from a server that nobody trusts: where we connect, how long, how much and what it is are all bounded.

The address that is checked is the one connected to, at each redirect anew, so that a name that changes its mind between
look-up and connection gains nothing.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from connectors.mail.parsing.attachments import detected_type
from connectors.mail.remote_images.addresses import allowed_addresses
from connectors.mail.remote_images.raster import RASTER_TYPES, size_of

MAX_SECONDS = 5.0
"""For everything, redirects included."""
MAX_BYTES = 5 * 1024 * 1024
MAX_EXTRA_BYTES = 1024 * 1024
"""What one answer may bring beside its image: headers, and the lengths of pieces."""
MAX_REDIRECTS = 3
MAX_SIDE = 10_000
MAX_PIXELS = 25_000_000
"""What a small file may unpack to in the reader's browser."""
PIECE_BYTES = 65_536
REDIRECTS = (301, 302, 303, 307, 308)
FIRST_FREE_PORT = 1024
SAFE = "/%:@!$&'()*+,;=~-._?"
HEADERS = {
    "User-Agent": "ITIL-NEXT",
    "Accept": "image/png, image/jpeg, image/gif, image/webp",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
"""Nothing of the reader: no cookie, no language, no referrer."""


class ImageNotFetched(Exception):
    """There is no image to show; the text is for operators. `silent`: the server at which others would fare no better,
    which after a redirect is another than the one asked first; else empty.
    """

    def __init__(self, why: str, *, silent: str = "") -> None:
        super().__init__(why)
        self.silent = silent


class ServerLeftAlone(ImageNotFetched):
    """It was not asked, so this says nothing about the image."""

    def __init__(self) -> None:
        super().__init__("its server was not reached a moment ago")


@dataclass(frozen=True)
class RemoteImage:
    content: bytes
    content_type: str
    """As its bytes say."""


@dataclass(frozen=True)
class _Place:
    """A URL, taken apart."""

    is_tls: bool
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> "_Place":
        try:
            parts = urlsplit(url)
            is_tls = parts.scheme == "https"
            port = parts.port or (443 if is_tls else 80)
            host = (parts.hostname or "").encode("idna").decode("ascii")
        except ValueError as error:  # a port out of range, a name that none can have
            raise ImageNotFetched("no usable address") from error
        if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
            raise ImageNotFetched("no usable address")
        if port not in (80, 443) and port < FIRST_FREE_PORT:
            raise ImageNotFetched("a port of another service")
        path = quote(parts.path or "/", safe=SAFE) + (f"?{quote(parts.query, safe=SAFE)}" if parts.query else "")
        return cls(is_tls, host, port, path)

    @property
    def name(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def fetch_image(url: str, *, is_left_alone: Callable[[str], bool]) -> RemoteImage:
    """The raster image at `url`; servers that `is_left_alone` names are not asked, also after a redirect.

    Raises ImageNotFetched, within `MAX_SECONDS`, and TooManyLookups.
    """
    ends = time.monotonic() + MAX_SECONDS
    for _hop in range(MAX_REDIRECTS + 1):
        place = _Place.of(url)
        if is_left_alone(place.name):
            raise ServerLeftAlone
        answer = _answer_of(place, ends)
        if isinstance(answer, bytes):
            return _image(answer)
        url = _next(url, answer)
    raise ImageNotFetched("too many redirects")


def host_of(url: str) -> str:
    """The server that is asked for `url`. Raises ImageNotFetched for what is no usable address."""
    return _Place.of(url).name


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ImageNotFetched("sent on to no usable address") from error


def _answer_of(place: _Place, ends: float) -> bytes | str:
    """The body, or where the server sends us on."""
    is_fair = ends - time.monotonic() > MAX_SECONDS / 2  # else whoever redirects could use up the time of another
    try:
        with _connected(place, ends) as connected:
            connection = http.client.HTTPConnection(place.host, place.port)
            connection.sock = _Bounded(connected, ends)
            connection.request("GET", place.path, headers={"Host": place.name} | HEADERS)
            return _read(connection.getresponse())
    except TimeoutError as error:
        raise ImageNotFetched("not in time", silent=place.name if is_fair else "") from error
    except http.client.IncompleteRead as error:
        raise ImageNotFetched("not all of it came") from error
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: a broken length of a piece
        raise ImageNotFetched(f"not reached: {type(error).__name__}", silent=place.name) from error


def _connected(place: _Place, ends: float) -> socket.socket:
    """To the first of its addresses that answers."""
    problem: OSError | None = None
    for address in allowed_addresses(place.host, place.port, seconds=ends - time.monotonic()):
        try:
            plain = socket.create_connection((address, place.port), timeout=_left(ends))
        except OSError as error:
            problem = error
            continue
        try:
            plain.settimeout(_left(ends))
            return _context().wrap_socket(plain, server_hostname=place.host) if place.is_tls else plain
        except BaseException:
            plain.close()
            raise
    raise problem or ImageNotFetched("an address that is not asked", silent=place.name)


def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _left(ends: float) -> float:
    if (left := ends - time.monotonic()) <= 0:
        raise TimeoutError
    return left


class _Bounded:
    """A connection with one end for all that is sent and read, however slowly it comes, and however much: `http.client`
    believes lengths, and takes a negative one of a piece for "all there is".
    """

    def __init__(self, connected: socket.socket, ends: float) -> None:
        self._connected, self._ends = connected, ends
        self._left_bytes = MAX_BYTES + MAX_EXTRA_BYTES

    def sendall(self, data: bytes) -> None:
        self._connected.settimeout(_left(self._ends))
        self._connected.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self))

    def read_into(self, buffer: memoryview) -> int:
        self._connected.settimeout(_left(self._ends))
        received = self._connected.recv_into(buffer)
        self._left_bytes -= received
        if self._left_bytes < 0:
            raise ImageNotFetched("too many bytes")
        return received

    def close(self) -> None:
        """Whoever has opened the connection closes it."""


class _Stream(io.RawIOBase):
    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        return self._bounded.read_into(buffer)


def _read(response: http.client.HTTPResponse) -> bytes | str:
    if response.status in REDIRECTS and (location := response.getheader("Location")):
        return location
    if response.status != 200:
        raise ImageNotFetched(f"status {response.status}")
    if response.getheader("Content-Encoding", "identity").strip().lower() != "identity":
        raise ImageNotFetched("packed, though nobody asked for that")
    said = response.length
    if (said or 0) > MAX_BYTES:
        raise ImageNotFetched("too many bytes")
    content = bytearray()
    while piece := response.read(PIECE_BYTES):
        content += piece
        if len(content) > MAX_BYTES:
            raise ImageNotFetched("too many bytes")
    if said is not None and len(content) < said:
        raise ImageNotFetched("not all of it came")
    return bytes(content)


def _image(content: bytes) -> RemoteImage:
    kind = detected_type(content)
    if kind not in RASTER_TYPES:
        raise ImageNotFetched("no raster image")
    size = size_of(content, kind)
    if size is None or not 0 < size[0] <= MAX_SIDE or not 0 < size[1] <= MAX_SIDE or size[0] * size[1] > MAX_PIXELS:
        raise ImageNotFetched("no usable size")
    return RemoteImage(content, kind)
