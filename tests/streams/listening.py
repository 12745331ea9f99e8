"""A browser's side of the stream, as far as tests need it."""

import http.client
import json
import queue
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Heard:
    event: str
    data: Any
    id: int | None


class Listener:
    """An open stream; what comes is kept in its order."""

    def __init__(self, site: str, cookies: str, *, last: int | None = None, **parameters: object) -> None:
        parts = urlsplit(site)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        headers = {"Cookie": cookies, "Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        self._connection.request("GET", f"/events/?{urlencode(parameters)}", headers=headers)
        self._socket = self._connection.sock
        self.answer = self._connection.getresponse()
        self.status = self.answer.status
        self.last = last or 0
        self._heard: queue.Queue[Heard | None] = queue.Queue()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for raw in self.answer:
                name, _colon, value = raw.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    self._heard.put(Heard(fields.get("event", "message"), json.loads(fields["data"]), number))
                    fields = {}
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # closed, by them or by us
        self._heard.put(None)

    def next(self, patience: float = 15.0) -> Heard | None:
        """What is heard next but beats; None: the stream is over. Raises queue.Empty after `patience` seconds."""
        while True:
            heard = self._heard.get(timeout=patience)
            if heard is not None and heard.id is not None:
                self.last = heard.id
            if heard is None or heard.event != "beat":
                return heard

    def until_beat(self, patience: float = 15.0) -> list[Heard]:
        """What is heard before the next beat; a beat comes after all that was known before it."""
        found = []
        while (heard := self._heard.get(timeout=patience)) is not None:
            if heard.id is not None:
                self.last = heard.id
            if heard.event == "beat":
                break
            found.append(heard)
        return found

    def until_now(self) -> list[Heard]:
        """All that has come and was not looked at, and what is known by now: beats that lie unread are old."""
        found = []
        while not self._heard.empty():
            found += self.until_beat()
        return found + self.until_beat() + self.until_beat()

    def close(self) -> None:
        self._connection.close()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
