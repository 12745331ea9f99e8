"""clamd, where one is configured: its verdict alone decides whether a file may be served (ruling 22)."""

import socket
from typing import IO
from urllib.parse import unquote, urlsplit

from django.conf import settings

CHUNK = 256 * 1024
"""Bytes of one piece; clamd refuses a stream that is longer than its own limit, not a piece."""
WAIT_SECONDS = 60.0
"""For the verdict on one file; large archives take long."""
MAX_ANSWER = 4096
TOO_LARGE = "INSTREAM size limit exceeded"


class ScannerUnavailable(Exception):
    """There is no verdict now; the file waits. The text is for operators."""


class ScanRefused(Exception):
    """There will be no verdict on this file; the text says why."""


def is_configured() -> bool:
    return bool(settings.CLAMD_URL)


def threat_in(content: IO[bytes]) -> str:
    """The name of what was found, empty for a clean file. Raises ScannerUnavailable or ScanRefused."""
    try:
        with _connected() as server:
            answer = _answer_about(content, server)
    except OSError as error:
        raise ScannerUnavailable(f"clamd cannot be reached: {error}") from error
    said = answer.partition(":")[2].strip() or answer
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    if TOO_LARGE in answer:
        raise ScanRefused(TOO_LARGE)
    raise ScannerUnavailable(f"clamd gave no verdict: {answer[:200]!r}")


def _connected() -> socket.socket:
    where = urlsplit(settings.CLAMD_URL)
    if where.scheme == "tcp":
        return socket.create_connection((where.hostname or "127.0.0.1", where.port or 3310), timeout=WAIT_SECONDS)
    server = socket.socket(socket.AF_UNIX)
    server.settimeout(WAIT_SECONDS)
    try:
        server.connect(unquote(where.path))
    except OSError:
        server.close()
        raise
    return server


def _answer_about(content: IO[bytes], server: socket.socket) -> str:
    """The command INSTREAM: pieces, each behind its length, then one of length 0 (clamd(8))."""
    try:
        server.sendall(b"zINSTREAM\0")
        while piece := content.read(CHUNK):
            server.sendall(len(piece).to_bytes(4, "big") + piece)
        server.sendall(bytes(4))
    except (BrokenPipeError, ConnectionResetError):  # it does not read on, and has said why
        pass
    answer = b""
    while len(answer) < MAX_ANSWER and not answer.endswith(b"\0") and (more := server.recv(MAX_ANSWER)):
        answer += more
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
