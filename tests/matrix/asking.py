"""Asks every column of a row and says in the words of the tables how each was answered."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import ndiff
from html import escape
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from tests.browser import Browser
from tests.matrix.acts import ACTS
from tests.matrix.cases import Ask, Case
from tests.matrix.envelope_acts import ENVELOPE_ACTS
from tests.matrix.meeting_acts import MEETING_ACTS
from tests.matrix.scenes import COLUMNS, PROGRAMS, STRANGERS, World

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
    "addressed": (403, "not_addressed"),
    "expert": (403, "not_owner_or_expert"),
    "envelopes": (409, "open_envelopes"),
    "tasks": (409, "open_tasks"),
    "no_offer": (409, "offer_gone"),
    "not_paused": (409, "not_paused"),
    "self": (403, "self_approval"),
    "tier": (403, "tier_exceeded"),
    "approval": (409, "approval_pending"),
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
OWNERSHIP = (
    "accept",
    "use_card",
    "write_owner",
    "transfer",
    "transfer_to_self",
    "transfer_too_hard",
    "transfer_for_leave",
    "transfer_untold",
    *ENVELOPE_ACTS,
    *MEETING_ACTS,
    "admin_transfer",
    "admin_transfer_too_hard",
    "admin_transfer_for_leave",
    "admin_transfer_untold",
    "approve_resolution",
    "reject_resolution",
    "pause_clocks",
    "resume_clocks",
    "override_score",
    "free_score",
)
FORMS_OF_A_STATE = (
    "reply",
    "reply_to_another",
    "note",
    "attach",
    "resolve",
    "reopen",
    "cancel",
    "edit_subject",
    "change_priority",
    "offer",
    "change_team",
    "add_task",
    "start_task",
    "finish_task",
    "reopen_task",
    "cancel_task",
    "assign_task",
    "edit_task",
)
"""Acts whose page shows a form again, made of what the ticket is like: each state may break it in its own way."""
AUDITED = (
    "role",
    "not_owner",
    "addressed",
    "expert",
    "owned",
    "immutable",
    "reason",
    "short",
    "untold",
    "self",
    "tier",
)
ASK_THE_OWNER = "Ask the owner to open an envelope"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|data-live-seen="[^"]*"')
"""Of the request: the form's token, and what the database had seen by then."""
IDENTIFIER = re.compile(r"(INC-\d{4}-\d{6}|[0-9a-f-]{36})(?:-note)?")
PAGE_SAYS_MORE = ("wrong_ticket_context",)
"""The page names the tickets too, the API the addresses alone."""
ENDED = ("closed", "dropped", "sent", "granted")
"""States that nothing leads out of."""
Make = Callable[[Case], Ask]
_compared: set[tuple[str, str, bool]] = set()
_shown: set[tuple[str, str, str, str]] = set()
"""Act, column and word of every page that has answered as expected, and the state of those in `FORMS_OF_A_STATE`."""


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
    """Column -> the word of its answer; where API and page differ, both; where a promise is broken, which one."""
    return {column: _answer(Case(world, column, row.state), row) for column in COLUMNS}


def _answer(case: Case, row: Row) -> str:
    act = ACTS[row.act]
    said: list[str] = []
    problem: dict[str, Any] | None = None
    try:
        if act.api:
            problem, word = _at_api(case, act.api, row)
            said.append(word)
        if act.page and case.column not in PROGRAMS:  # programs have no pages: test_routes.py
            said.append(_on_page_once(case, row, problem))
        elif not act.api:
            said.append("-")
    except AssertionError as flaw:
        said.append(f"flaw: {flaw}")
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
    client = Browser()
    if not is_api and (session := case.world.sessions.get(case.column)):
        client.cookies["sessionid"] = session
    headers = {"Authorization": f"Bearer {token}"} if is_api and (token := case.world.tokens.get(case.column)) else {}
    more: dict[str, Any] = {"headers": headers}
    if is_api and ask.method != "get" and not (isinstance(ask.data, dict) and "file" in ask.data):
        more |= {"data": ask.data or {}, "content_type": "application/json"}
    elif ask.data:
        more["data"] = ask.data
    response: HttpResponse = getattr(client, ask.method)(ask.path, **more)
    return response


def _at_api(case: Case, make: Make, row: Row) -> tuple[dict[str, Any] | None, str]:
    ask = make(case)
    with undone():
        before = _before(case, ask)
        response, statements = _counted(case, ask, row)
        if response.status_code < 400:
            assert response.status_code == ask.status, (response.status_code, ask.status)
            return None, "ok"
        assert response["Content-Type"] == "application/problem+json"
        problem: dict[str, Any] = json.loads(response.content)
        assert problem["status"] == response.status_code
        word = WORD_OF.get((response.status_code, problem["code"]), f"{response.status_code}:{problem['code']}")
        assert word in HINTLESS or problem.get("hint"), f"{word} names no way forward: {problem}"
        if word == "state" and row.state not in ENDED:
            assert problem.get("allowed"), f"{word} does not say what is possible: {problem}"
        _nothing_happened(before, row.act, word)
    if word == "404":
        _same_as_missing(case, make, row, _bare(ask, response), statements)
    return problem, word


def _on_page_once(case: Case, row: Row, problem: dict[str, Any] | None) -> str:
    """The word for a page, asked once for each answer an act has for a column.

    Page and API call one service: what it decides is asked of the API in every state, how the page puts it is not.
    What only pages have, what is read, and what shows a form again is asked in every state.
    """
    act, word = ACTS[row.act], row.expected[case.column]
    assert act.page
    key = (row.act, case.column, word, row.state if row.act in FORMS_OF_A_STATE else "")
    if key in _shown:
        return word
    found = _on_page(case, act.page, row, problem)
    if act.api and found == word and act.page(case).method != "get":
        _shown.add(key)
    return found


def _on_page(case: Case, make: Make, row: Row, problem: dict[str, Any] | None) -> str:
    """The word for a page. A refusal has the status of the API and says the same, with the same way forward.

    Pages for agents name no codes: where the API has no such act, status and way forward tell which refusal it was.
    """
    ask = make(case)
    with undone():
        before = _before(case, ask)
        response, statements = _counted(case, ask, row)
        status = response.status_code
        if case.column in STRANGERS and status == 302 and response["Location"].startswith("/login/?next="):
            _nothing_happened(before, row.act, "401")
            return "401"
        if status < 400:
            assert status == (302 if ask.goes_to else ask.status), (status, ask.goes_to)
            assert response.headers.get("Location", "").startswith(ask.goes_to), (response["Location"], ask.goes_to)
            return "ok"
        word = _word_of_page(row.expected[case.column], status, response.content.decode(), problem)
        _nothing_happened(before, row.act, word)
    if word == "404":
        _same_as_missing(case, make, row, _bare(ask, response), statements)
    return word


def _word_of_page(wanted: str, status: int, html: str, problem: dict[str, Any] | None) -> str:
    assert "favicon.svg" in html or 'id="workspace"' in html, f"not one of our pages: {html[:300]}"
    if problem is not None and problem["status"] == status:
        if status not in (400, 404):
            assert problem["code"] in PAGE_SAYS_MORE or escape(problem["detail"]) in html, (
                f"unsaid: {problem['detail']}"
            )
            assert escape(problem["hint"]) in html, f"the page shows no way forward: {problem['hint']}"
        return WORD_OF.get((status, problem["code"]), str(status))
    code = WORDS.get(wanted, (200, ""))
    if code[0] == status and (wanted != "not_owner" or ASK_THE_OWNER in html) and (status != 422 or code[1] in html):
        return wanted
    return next((word for word, (code, _) in WORDS.items() if code == status), str(status))


TRACES = """
    SELECT (SELECT count(*) FROM tickets_timelineentry), (SELECT sum(version) FROM tickets_ticket),
           (SELECT count(*) FROM tickets_outboundmessage), (SELECT sum(version) FROM tickets_outboundmessage),
           (SELECT sum(version) FROM tickets_task), (SELECT count(*) FROM tickets_ticketlink),
           (SELECT count(*) FROM tickets_attachment), (SELECT count(*) FROM tickets_ownershiptransfer),
           (SELECT count(*) FROM tickets_ticketwatch), (SELECT count(*) FROM core_eventdelivery),
           (SELECT count(*) FROM tickets_historicalticket), (SELECT sum(version) FROM accounts_absence),
           (SELECT sum(version) FROM accounts_contact), (SELECT sum(version) FROM accounts_agent),
           (SELECT count(*) FROM tickets_placement), (SELECT count(*) FROM mail_blockedsender),
           (SELECT count(*) FROM mail_mailmessage), (SELECT sum(version) FROM mail_brake),
           (SELECT sum(version) FROM mail_mailmessage), (SELECT count(*) FROM notifications_notification),
           (SELECT sum(version) FROM notifications_notification), (SELECT count(*) FROM tickets_task),
           (SELECT count(*) FROM tickets_task_blocked_by), (SELECT count(*) FROM tickets_ticket_tags),
           (SELECT count(*) FROM tickets_tag), (SELECT count(*) FROM tickets_ticketparticipant),
           (SELECT count(*) FROM tickets_bulkact), (SELECT count(*) FROM tickets_bulkoutcome),
           (SELECT count(*) FROM tickets_kanbanboard), (SELECT sum(version) FROM tickets_kanbanboard),
           (SELECT count(*) FROM tickets_savedview), (SELECT sum(version) FROM tickets_savedview),
           (SELECT count(*) FROM tickets_draft), (SELECT sum(version) FROM tickets_draft),
           (SELECT count(*) FROM tickets_cannedresponse), (SELECT sum(version) FROM tickets_cannedresponse),
           (SELECT count(*) FROM tickets_tickettemplate), (SELECT sum(version) FROM tickets_tickettemplate),
           (SELECT count(*) FROM tickets_teamsignature), (SELECT count(*) FROM tickets_draftfile),
           (SELECT count(*) FROM tickets_attemptmark), (SELECT count(*) FROM tickets_ticketreader),
           (SELECT count(*) FROM envelopes_envelope), (SELECT sum(version) FROM envelopes_envelope),
           (SELECT count(*) FROM envelopes_envelopeparticipant), (SELECT count(*) FROM envelopes_envelopepost),
           (SELECT sum(version) FROM tickets_resolution),
           (SELECT sum(version) FROM tickets_calibrationsession), (SELECT sum(version) FROM tickets_calibrationitem),
           (SELECT count(*) FROM tickets_calibrationverdict),
           (SELECT count(*) FROM sla_reminder), (SELECT sum(version) FROM sla_reminder),
           (SELECT count(*) FROM tickets_caseflag), (SELECT sum(version) FROM tickets_caseflag),
           (SELECT sum(version) FROM notifications_delivery), (SELECT count(*) FROM notifications_workingon),
           (SELECT sum(version) FROM notifications_notificationpreference),
           (SELECT sum(version) FROM notifications_quiethours), (SELECT count(*) FROM push_pushsubscription),
           (SELECT count(*) FROM meetings_meeting), (SELECT sum(version) FROM meetings_meeting),
           (SELECT sum(version) FROM meetings_calendarcopy), (SELECT count(*) FROM core_refusedact)
"""


WRITTEN = """
    SELECT (SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                       + pg_stat_get_xact_tuples_deleted(oid))
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                                AND oid <> 'core_refusedact'::regclass),
           (SELECT count(*) FROM core_refusedact)
"""
"""Rows written in this transaction, those that were taken back too; a look at each table costs a hundred times that."""


@dataclass(frozen=True)
class Before:
    """`traces` are counted once: each cell takes back what it did, so that every one finds the world as it was built."""

    traces: tuple[Any, ...]
    written: int


def traces() -> tuple[Any, ...]:
    """What a refused act must leave as it was, and at the end how many refusals the audit log holds."""
    return _row(TRACES)


def _row(statement: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: tuple[Any, ...] = cursor.fetchone()
        return found


def _before(case: Case, ask: Ask) -> Before | None:
    if ask.method == "get":
        return None
    if "traces" not in case.world.things:
        case.world.things["traces"] = traces()
    return Before(case.world.things["traces"], _row(WRITTEN)[0])


def _nothing_happened(since: Before | None, act: str, word: str) -> None:
    if since is None:
        return
    before, (written, refused) = since.traces, _row(WRITTEN)
    after = (*before[:-1], refused) if written == since.written else traces()
    assert after[:-1] == before[:-1], f"{act} was refused ({word}), and something changed all the same"
    if word == "not_owner" or (act in OWNERSHIP and word in AUDITED):
        assert after[-1] == before[-1] + 1, f"{act} ({word}) is not in the audit log"


def _counted(case: Case, ask: Ask, row: Row) -> tuple[HttpResponse, int]:
    """The answer, and of what is to be missing how many statements it took."""
    if row.expected[case.column] != "404":
        return send(case, ask), 0
    with CaptureQueriesContext(connection) as queries:
        response = send(case, ask)
    return response, len(queries)


def _same_as_missing(case: Case, make: Make, row: Row, hidden: Any, statements: int) -> None:
    """An invisible object answers like one that does not exist: status, body, headers, number of statements.

    Once for each act and column: that the ticket is in another state cannot show where nothing of it shows.
    """
    asked = (row.act, case.column, make(case).path.startswith("/api/"))
    if row.expected[case.column] != "404" or asked in _compared:
        return  # a flaw already, or the same address in another state
    _compared.add(asked)
    ask = make(case.missing())
    with undone():
        response, expected = _counted(case, ask, row)
        missing = _bare(ask, response)
        assert hidden == missing, f"invisible and missing are told apart by {_difference(hidden, missing)}"
    if statements != expected:  # the first request of a person in a process also renews the session
        with undone():
            _again, statements = _counted(case, make(case), row)
    assert statements == expected, f"{statements} statements, {expected} for a missing one"


def _difference(hidden: Any, missing: Any) -> str:
    lines = ndiff(*(f"{status} {headers}\n{text}".splitlines() for status, headers, text in (hidden, missing)))
    return "\n".join(line for line in lines if not line.startswith("  "))[:2000]


def _bare(ask: Ask, response: HttpResponse) -> Any:
    """The answer without what differs from request to request."""
    text = TOKEN.sub("", response.content.decode())
    for part in [*ask.path.split("/"), *map(str, (ask.data or {}).values())]:
        if found := IDENTIFIER.fullmatch(part):
            text = text.replace(found[1], "#")
    varying = ("x-request-id", "set-cookie", "content-length", "expires")  # the last is the moment, for never_cache
    headers = {name: value for name, value in response.headers.items() if name.lower() not in varying}
    return response.status_code, headers, text
