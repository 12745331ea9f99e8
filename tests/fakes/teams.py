"""Workflows of Power Automate as Teams is posted to by them: what arrives is checked against the schema of Adaptive
Cards and against what Teams says of sizes and rates; `Workflows.check` fails the test for anything that does not fit.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft6Validator, FormatChecker

from tests.fakes.contracts import FOLDER
from tests.fakes.serving import Call, Reply, serving

MOST_BYTES = 28 * 1024
MOST_A_SECOND = 4
SIGNATURE = "canary-sig-5f1e"
CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
Fault = Callable[[Call], Reply | None]


@cache
def _judge() -> Draft6Validator:
    path = FOLDER / "adaptive-card-1.5.schema.json"
    if not path.is_file():
        pytest.skip("the schema of Adaptive Cards lies in shared/contracts beside the repository, not in it")
    return Draft6Validator(json.loads(path.read_text()), format_checker=FormatChecker())


@dataclass
class Workflows:
    """Each has a name in its address. `faults` are asked in turn; the first that has an answer decides."""

    port: int = 0
    names: set[str] = field(default_factory=set)
    posted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Messages that were taken, by workflow."""
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        _judge()

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def address(self, name: str, *, signature: str = SIGNATURE) -> str:
        """Of a workflow, which is there from now on."""
        self.names.add(name)
        return f"https://{self.host}/workflows/{name}/triggers/manual/paths/invoke?api-version=1&sig={signature}"

    def cards(self, name: str) -> list[dict[str, Any]]:
        return [message["attachments"][0]["content"] for message in self.posted.get(name, [])]

    def answer(self, call: Call) -> Reply:
        with self._lock:
            self.calls.append(call)
            for fault in self.faults:
                if (reply := fault(call)) is not None:
                    return reply
            return self._take(call)

    def _take(self, call: Call) -> Reply:
        parts = urlsplit(call.path)
        name = parts.path.split("/")[2]
        if call.method != "POST" or call.headers.get("content-type", "") != "application/json":
            self.wrong.append(f"{call.method} as {call.headers.get('content-type')}")
        if name not in self.names:
            return refusal(404, "WorkflowNotFound")
        if dict(parse_qsl(parts.query)).get("sig") != SIGNATURE:
            return refusal(401, "DirectApiAuthorizationRequired")
        self.moments.append(monotonic())
        message = json.loads(call.body)
        self._check(message, call.body)
        self.posted.setdefault(name, []).append(message)
        return Reply(202, b"", (("x-ms-workflow-run-id", "08585"),))

    def _check(self, message: dict[str, Any], body: bytes) -> None:
        if len(body) > MOST_BYTES:
            self.wrong.append(f"a message of {len(body)} bytes")
        if set(message) - {"type", "attachments", "recipient"} or message["type"] != "message":
            self.wrong.append(f"a message with {sorted(message)}")
        for attachment in message["attachments"]:
            card = attachment["content"]
            if attachment["contentType"] != CONTENT_TYPE or not card.get("version") or not card.get("fallbackText"):
                self.wrong.append("a card without its kind, version or fallback")
            self.wrong += [f"{error.json_path}: {error.message[:200]}" for error in _judge().iter_errors(card)]

    def check(self) -> None:
        assert self.wrong == [], "\n".join(self.wrong)
        for i, moment in enumerate(self.moments[MOST_A_SECOND:]):
            assert moment - self.moments[i] >= 0.999, "more than four cards within a second"


def refusal(status: int, code: str, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    body = {"error": {"code": code, "message": "Nothing that is for people."}}
    return Reply(status, json.dumps(body).encode(), (("Content-Type", "application/json"), *headers))


def busy(retry_after: str = "") -> Reply:
    return refusal(429, "TooManyRequests", (("Retry-After", retry_after),) if retry_after else ())


def once(reply: Reply, *, times: int = 1) -> Fault:
    """`reply` to the next calls, so many of them."""
    left = [times]

    def fault(_call: Call) -> Reply | None:
        if not left[0]:
            return None
        left[0] -= 1
        return reply

    return fault


@contextmanager
def workflows() -> Iterator[Workflows]:
    """Fails the test at its end for whatever did not fit."""
    fake = Workflows()
    with serving(fake.answer) as fake.port:
        yield fake
    fake.check()


def texts_of(card: Any) -> str:
    """All that a card shows, without addresses."""
    if isinstance(card, dict):
        return " ".join(texts_of(value) for name, value in card.items() if name not in ("url", "$schema", "type"))
    if isinstance(card, list):
        return " ".join(map(texts_of, card))
    return str(card) if isinstance(card, str) else ""


def buttons_of(card: Any) -> dict[str, str]:
    """Label to address."""
    if isinstance(card, dict):
        if card.get("type") == "Action.OpenUrl":
            return {card["title"]: card["url"]}
        found: dict[str, str] = {}
        for value in card.values():
            found |= buttons_of(value)
        return found
    if isinstance(card, list):
        found = {}
        for value in card:
            found |= buttons_of(value)
        return found
    return {}
