"""An agent's browser, as far as measuring needs one: keeps its connection and its session, follows nothing."""

import http.client
import re
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlencode

_TIMING = re.compile(r'app;dur=([\d.]+), cpu;dur=([\d.]+), db;dur=([\d.]+), statements;desc="(\d+)"')


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str
    milliseconds: float
    """Spent in the web process, from the first middleware to the last."""
    cpu_milliseconds: float
    """Of these, computing; on a machine that others use too it tells more than the whole."""
    database_milliseconds: float
    """Of these, waiting for the database."""
    statements: int


class Client:
    def __init__(self, port: int, *, cookies: dict[str, str], csrf_cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._csrf, self._answered_at = secrets.token_hex(16), time.monotonic()
        self._cookies = "; ".join(f"{name}={value}" for name, value in {**cookies, csrf_cookie: self._csrf}.items())

    def get(self, path: str, *, record: str = "") -> Answer:
        return self._ask("GET", path, {"X-Bench-Record": record} if record else {})

    def post(self, path: str, values: dict[str, str]) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self._csrf}
        return self._ask("POST", path, headers, urlencode(values))

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> Answer:
        if time.monotonic() - self._answered_at > 1:
            self._connection.close()  # the server lets go of idle connections; the next request opens a new one
        self._connection.request(method, path, body or None, {"Cookie": self._cookies, **headers})
        response = self._connection.getresponse()
        text = response.read().decode()
        self._answered_at = time.monotonic()
        told = _TIMING.search(response.headers.get("Server-Timing", ""))
        if told is None:
            raise RuntimeError(f"{method} {path} answered {response.status} without its time: {text[:500]}")
        location = response.headers.get("Location", "")
        milliseconds, computing, waiting = (float(told[number]) for number in (1, 2, 3))
        return Answer(response.status, text, location, milliseconds, computing, waiting, int(told[4]))
