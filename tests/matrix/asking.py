"""Asks every column of a row and says in the words of the tables how each was answered."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.models import RefusedAct
from tests.matrix.acts import ACTS, Ask, Case
from tests.matrix.world import COLUMNS, PROGRAMS, STRANGERS, World

WORDS = {
    # permissions.md section 4
    "401": (401, "not_authenticated"),
    "404": (404, "not_found"),
    "role": (403, "permission_denied"),
    "scope": (403, "scope_missing"),
    "not_owner": (403, "not_owner"),
    "immutable": (409, "ownership_immutable"),
    "owned": (409, "already_owned"),
    "unowned": (409, "ticket_unowned"),
    "state": (409, "invalid_transition"),
    "tasks": (409, "open_tasks"),
    "closed": (409, "ticket_closed"),
    "context": (409, "wrong_ticket_context"),
    "bad": (400, "validation_error"),
    "reason": (422, "invalid_transfer_reason"),
    "short": (422, "leave_too_short"),
    "untold": (422, "reason_required"),
}
WORD_OF = {answer: word for word, answer in WORDS.items()}
HINTLESS = ("404", "bad")
"""Codes without a way forward to name: what is missing has none, what is wrong stands at its field."""
OWNERSHIP = ("accept", "write_owner", "transfer", "transfer_to_self", "transfer_too_hard", "transfer_for_leave", "transfer_untold")
AUDITED = ("role", "not_owner", "owned", "immutable", "reason", "short", "untold")
ASK_THE_OWNER = "Ask the owner to open an envelope"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


@dataclass(frozen=True)
class Row:
    act: str
    state: str
    expected: dict[str, str]

    def __str__(self) -> str:
        return f"{self.act}-{self.state}"


def rows(table: str) -> list[Row]:
    """A table typed as text: a head with the columns, one line an act in a state. Comments begin with #."""
    lines = [line.partition("#")[0].split() for line in table.strip().splitlines()]
    head, *body = [line for line in lines if line]
    assert tuple(head) == ("act", "state", *COLUMNS), "the head names the columns in their order"
    found = []
    for act, state, *words in body:
        assert len(words) == len(COLUMNS), f"{act} {state}: {len(words)} words for {len(COLUMNS)} columns"
        assert act in ACTS, f"nobody knows how to ask for {act}"
        found.append(Row(act, state, dict(zip(COLUMNS, words, strict=True))))
    return found


def answers(world: World, row: Row) -> dict[str, str]:
    """Column -> the word of its answer; where API and page differ, both."""
    found = {}
    for column in COLUMNS:
        try:
            found[column] = _answer(Case(world, column, row.state), row)
        except AssertionError as flaw:
            found[column] = f"flaw: {flaw}"
    return found


def _answer(case: Case, row: Row) -> str:
    act = ACTS[row.act]
    said: list[str] = []
    problem: dict[str, Any] | None = None
    if act.api:
        with undone():
            problem, word = at_api(case, act.api(case), row.act)
        said.append(word)
        if word == "404":
            with undone():
                _same_as_missing(case, act.api)
    if act.page and case.column not in PROGRAMS:  # programs have no pages: tests/matrix/test_routes.py
        with undone():
            said.append(on_page(case, act.page(case), row, problem))
        if said[-1] == "404":
            with undone():
                _same_as_missing(case, act.page)
    elif not act.api:
        said.append("-")
    return "/".join(dict.fromkeys(said))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def send(case: Case, ask: Ask) -> HttpResponse:
    is_api = ask.path.startswith("/api/")
    client = Client() if is_api else case.world.browser(case.column)
    headers = {"Authorization": f"Bearer {token}"} if is_api and (token := case.world.tokens.get(case.column)) else {}
    more: dict[str, Any] = {"headers": headers}
    if is_api and ask.method != "get" and not (isinstance(ask.data, dict) and "file" in ask.data):
        more |= {"data": ask.data or {}, "content_type": "application/json"}
    elif ask.data:
        more["data"] = ask.data
    response: HttpResponse = getattr(client, ask.method)(ask.path, **more)
    return response


def at_api(case: Case, ask: Ask, act: str) -> tuple[dict[str, Any] | None, str]:
    before = traces()
    response = send(case, ask)
    if response.status_code < 400:
        assert response.status_code == ask.status, (response.status_code, response.content[:300])
        return None, "ok"
    assert response["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()  # type: ignore[attr-defined]  # of test responses
    assert problem["status"] == response.status_code
    word = WORD_OF.get((response.status_code, problem["code"]), f"{response.status_code}:{problem['code']}")
    assert word in HINTLESS or problem.get("hint"), f"{word} names no way forward: {problem}"
    if word == "state":
        assert "allowed" in problem, problem
    _nothing_happened(before, act, word)
    return problem, word


def on_page(case: Case, ask: Ask, row: Row, problem: dict[str, Any] | None) -> str:
    """The word for a page. A refusal has the status of the API and says the same, with the same way forward.

    Pages name no codes: where the API has no such act, status and way forward tell which refusal it was.
    """
    before = traces()
    response = send(case, ask)
    status = response.status_code
    if case.column in STRANGERS and status == 302 and response["Location"].startswith("/login/?next="):
        _nothing_happened(before, row.act, "401")
        return "401"
    if status < 400:
        assert (status, response.headers.get("Location", "").startswith(ask.goes_to)) == (302 if ask.goes_to else 200, True)
        return "ok"
    html = response.content.decode()
    assert "<html" in html, html[:300]
    if problem is not None and problem["status"] == status:
        if status not in (400, 404):
            assert escape(problem["detail"]) in html, f"the page does not say: {problem['detail']}"
            assert escape(problem["hint"]) in html, f"the page shows no way forward: {problem['hint']}"
        word = WORD_OF.get((status, problem["code"]), str(status))
    else:
        wanted = row.expected[case.column]
        fits = WORDS.get(wanted, (200, ""))[0] == status and (wanted != "not_owner" or ASK_THE_OWNER in html)
        word = wanted if fits else next((word for word, (code, _) in WORDS.items() if code == status), str(status))
    _nothing_happened(before, row.act, word)
    return word


TRACES = """
    SELECT (SELECT count(*) FROM tickets_timelineentry), (SELECT sum(version) FROM tickets_ticket),
           (SELECT count(*) FROM tickets_outboundmessage), (SELECT sum(version) FROM tickets_outboundmessage),
           (SELECT sum(version) FROM tickets_task), (SELECT count(*) FROM tickets_ticketlink),
           (SELECT count(*) FROM tickets_attachment), (SELECT count(*) FROM tickets_ownershiptransfer),
           (SELECT count(*) FROM tickets_ticketwatch), (SELECT count(*) FROM core_eventdelivery),
           (SELECT count(*) FROM tickets_historicalticket), (SELECT sum(version) FROM accounts_absence),
           (SELECT sum(version) FROM accounts_contact), (SELECT sum(version) FROM accounts_agent)
"""


def traces() -> tuple[Any, int]:
    """What a refused act must leave as it was, and how many refusals the audit log holds."""
    with connection.cursor() as cursor:
        cursor.execute(TRACES)
        return cursor.fetchone(), RefusedAct.objects.count()


def _nothing_happened(before: tuple[Any, int], act: str, word: str) -> None:
    after = traces()
    assert after[0] == before[0], f"{act} was refused ({word}), and something changed all the same"
    if word == "not_owner" or (act in OWNERSHIP and word in AUDITED):
        assert after[1] == before[1] + 1, f"{act} ({word}) is not in the audit log"


def _same_as_missing(case: Case, make: Any) -> None:
    """An invisible object answers like one that does not exist: status, body, headers, number of statements."""
    hidden, count = _bare(case, make(case))
    missing, count_of_missing = _bare(case.missing(), make(case.missing()))
    assert hidden == missing
    assert count == count_of_missing, f"{count} statements, {count_of_missing} for a missing one"


def _bare(case: Case, ask: Ask) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as queries:
        response = send(case, ask)
    text = TOKEN.sub("", response.content.decode())
    for part in ask.path.split("/"):
        if re.fullmatch(r"INC-\d{4}-\d{6}|[0-9a-f-]{36}", part):
            text = text.replace(part, "#")
    varying = ("x-request-id", "set-cookie", "content-length")
    headers = {name: value for name, value in response.headers.items() if name.lower() not in varying}
    return (response.status_code, headers, text), len(queries)
