"""A hard end for what is sent over HTTP: the time-outs of a socket count from one piece to the next, however small the
pieces are, and none of them bounds the whole.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from threading import Timer, local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter


class _Line:
    """What this thread sends on; shut from another thread when its time is over."""

    def __init__(self) -> None:
        self.is_over = False
        self._shutter: socket.socket | None = None
        self._is_its_last = False

    def hold(self, shutter: socket.socket | None) -> None:
        self.end()
        self._shutter = shutter

    def outlive(self, shutter: socket.socket) -> bool:
        """Whether it is needed to the end of the line: a connection closes itself before the body is read that ends
        with it.
        """
        self._is_its_last = shutter is self._shutter
        return self._is_its_last

    def shut(self) -> None:
        self.is_over = True
        if self._shutter is not None:
            with suppress(OSError):  # it has ended by itself
                self._shutter.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        if self._is_its_last and self._shutter is not None:
            self._shutter.close()
        self._is_its_last = False


_this = local()


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """What this thread sends within it, through an `adapter`, is cut off after so many seconds in all: handshake,
    headers and body. Raises requests.ReadTimeout then.
    """
    from requests import ReadTimeout  # noqa: PLC0415  # slow to load, and of use to workers alone

    outer: _Line | None = getattr(_this, "line", None)
    line = _this.line = _Line()
    timer = Timer(seconds, line.shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if line.is_over:  # whatever the shutting looks like
            raise ReadTimeout from error
        raise
    finally:
        timer.cancel()
        line.end()
        _this.line = outer
    if line.is_over:  # and a body whose length nobody has told ends like one that is whole
        raise ReadTimeout


@cache
def adapter_class() -> "type[HTTPAdapter]":
    """Of requests, for sessions whose lines `bounded` can shut."""
    from requests.adapters import HTTPAdapter  # noqa: PLC0415  # as above
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool  # noqa: PLC0415

    class Shuttable(HTTPConnection):
        _shutter: socket.socket | None = None

        def _new_conn(self) -> socket.socket:
            """With a second hold on the line: the first is TLS's own while it shakes hands."""
            made = super()._new_conn()
            self._shutter = made.dup()
            self._be_shut()
            return made

        def request(self, *args: Any, **kwargs: Any) -> None:
            self._be_shut()
            super().request(*args, **kwargs)

        def _be_shut(self) -> None:
            line: _Line | None = getattr(_this, "line", None)
            if line is not None:
                line.hold(self._shutter)

        def close(self) -> None:
            super().close()
            shutter, self._shutter = self._shutter, None
            line: _Line | None = getattr(_this, "line", None)
            if shutter is not None and not (line is not None and line.outlive(shutter)):
                shutter.close()

    class ShuttableOverTls(Shuttable, HTTPSConnection):
        """Its handshake lies between making the line and the request."""

    class Pool(HTTPConnectionPool):
        ConnectionCls = Shuttable

    class PoolOverTls(HTTPSConnectionPool):
        ConnectionCls = ShuttableOverTls

    pools = {"http": Pool, "https": PoolOverTls}

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, **kwargs)
            manager.pool_classes_by_scheme = pools
            return manager

    return Adapter
