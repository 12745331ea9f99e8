"""The vendors' own descriptions as the judge of fakes and connectors (contracts/README.md beside the repository)."""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "contracts"


@dataclass
class Asked:
    """A request as openapi-core wants it."""

    host_url: str
    path: str
    method: str
    headers: dict[str, str]
    query: str
    body: bytes | None

    @property
    def full_url_pattern(self) -> str:
        return f"{self.host_url}{self.path}"

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    parameters: RequestParameters = field(init=False)

    def __post_init__(self) -> None:
        self.method = self.method.lower()
        query = ImmutableMultiDict(parse_qsl(self.query, keep_blank_values=True))
        self.parameters = RequestParameters(query=query, header=Headers(self.headers))


@dataclass
class Answered:
    """An answer as openapi-core wants it."""

    status_code: int
    data: bytes | None
    content_type: str
    headers: Headers = field(default_factory=Headers)


@cache
def _description(name: str) -> dict[str, Any]:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"the contract {name} is not here: it lies in shared/contracts beside the repository, not in it")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@cache
def _checker(name: str, prefix: str) -> OpenAPI:
    """Bytes pass as text of one character each: to JSON Schema, what is binary is a string too."""
    as_text = {"application/octet-stream": lambda body, **_parameters: body.decode("latin-1")}
    config = Config(extra_media_type_deserializers=as_text)
    return OpenAPI.from_dict(_description(name) | {"servers": [{"url": prefix}]}, config=config)


@dataclass
class Contract:
    """Judges what passes; `violations` fail the test that the fake belongs to."""

    name: str
    prefix: str
    """What the paths of the description are below, such as /v1.0."""
    violations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        _checker(self.name, self.prefix)  # loaded, or skipped, before anything is sent

    def judge_request(self, asked: Asked) -> bool:
        return self._judge(f"{asked.method} {asked.path}", lambda: self._core.validate_request(asked))

    def judge_answer(self, asked: Asked, answered: Answered) -> None:
        what = f"{asked.method} {asked.path} -> {answered.status_code}"
        self._judge(what, lambda: self._core.validate_response(asked, answered))

    @property
    def _core(self) -> OpenAPI:
        return _checker(self.name, self.prefix)

    def _judge(self, what: str, check: Any) -> bool:
        try:
            check()
        except Exception as error:  # noqa: BLE001  # whatever it says against it
            told = [str(error), *map(str, getattr(error.__cause__, "schema_errors", []) or [])]
            self.violations.append(f"{what}: {type(error).__name__}: {'; '.join(told)[:500]}")
            return False
        return True


def split(url: str) -> tuple[str, str]:
    """Path and query."""
    parts = urlsplit(url)
    return parts.path, parts.query
