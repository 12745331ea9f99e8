"""Time and statements of a request, told in its `Server-Timing` header. Runs in the measured web process."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

RECORD = "X-Bench-Record"
"""Request header: name of the file, below `BENCH_STATEMENTS`, that takes the statements as they were sent."""


class ServerTimingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        watch = _Watch(keeps_text=RECORD in request.headers)
        began_at, cpu_began_at = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(watch):
            response = self.get_response(request)
        seconds, cpu_seconds = time.perf_counter() - began_at, time.thread_time() - cpu_began_at
        response["Server-Timing"] = (
            f"app;dur={seconds * 1000:.3f}, cpu;dur={cpu_seconds * 1000:.3f}, db;dur={watch.seconds * 1000:.3f}, "
            f'statements;desc="{watch.count}"'
        )
        if watch.keeps_text:
            folder = Path(os.environ["BENCH_STATEMENTS"])
            (folder / Path(request.headers[RECORD]).name).write_text(json.dumps(watch.texts), encoding="utf-8")
        return response


class _Watch:
    """Wraps every statement of one request."""

    def __init__(self, *, keeps_text: bool) -> None:
        self.count, self.seconds, self.keeps_text = 0, 0.0, keeps_text
        self.texts: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        began_at = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - began_at
            if self.keeps_text:
                self.texts.append(connection.ops.last_executed_query(context["cursor"].cursor, sql, params))
