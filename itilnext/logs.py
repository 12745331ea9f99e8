"""Log lines: a fixed phrase plus fields; plain for people, one JSON object a line for production."""

import json
import logging
import re
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from core.request_id import current_request_id

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request", "data"}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if request_id := current_request_id():
        fields.setdefault("request_id", request_id)
    return fields


_QUOTED = re.compile(
    r"^DETAIL:.*?(?=^(?:HINT|CONTEXT|Traceback|The above exception|During handling)\b|\Z)", re.M | re.S
)
"""What PostgreSQL says beside an error: whole rows, and with them what people wrote and their addresses."""
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _WithoutRows(logging.Formatter):
    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802  # named by the library
        return _QUOTED.sub("DETAIL: left out\n", super().formatException(ei))


class PlainFormatter(_WithoutRows):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # named by the library
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        return super().formatMessage(record) + fields


class JsonFormatter(_WithoutRows):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in _fields(record).items() if name not in line}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)
