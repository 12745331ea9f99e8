"""Refusals: their form, their order, and what they must not tell (permissions.md section 4)."""

import json
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from core.models import RefusedAct
from tests.api.conftest import signed_in
from tests.factories import AbsenceFactory, AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import NewFile, accept_ticket, add_note, create_task, reply_to_customer

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


def url(ticket: Ticket, act: str = "") -> str:
    return f"/api/v1/tickets/{ticket.reference}/{act + '/' if act else ''}"


def test_problem_says_what_the_page_says() -> None:
    ticket = TicketFactory(owner=AgentFactory(name="Ann Berg"))
    bob = AgentFactory(teams=[ticket.team])
    answer = signed_in(bob).post(url(ticket, "reply"), {"body": "Hello"})
    assert answer.status_code == 403
    assert answer["Content-Type"] == PROBLEM
    assert answer.json() == {
        "type": "urn:itil-next:problem:not_owner",
        "title": "Not owner",
        "status": 403,
        "code": "not_owner",
        "detail": f"Ann Berg owns ticket {ticket.reference} and speaks with the customer.",
        "hint": "Ask the owner to open an envelope, or write an internal note.",
    }


def test_problem_speaks_the_language_asked_for() -> None:
    ticket = TicketFactory(owner=AgentFactory())
    client = signed_in(AgentFactory(teams=[ticket.team]))
    answer = client.get("/api/v1/tickets/", {"status": "open"}, headers={"Accept-Language": "de"})
    assert answer.json()["code"] == "validation_error"
    assert answer["Content-Language"] == "de"


@pytest.mark.parametrize("path", ["tickets/", "tickets/INC-2025-000001/", "me/", "outbox/", "nowhere/", "nowhere", ""])
def test_strangers_learn_nothing_but_that_they_must_sign_in(path: str) -> None:
    answers = [APIClient().get(f"/api/v1/{path}"), APIClient().post(f"/api/v1/{path}", {}, format="json")]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert (answer["Content-Type"], answer["WWW-Authenticate"]) == (PROBLEM, "Bearer")


@pytest.mark.parametrize(
    ("method", "act"),
    [
        ("get", ""),
        ("patch", ""),
        ("get", "timeline"),
        ("get", "attachments"),
        ("get", "tasks"),
        *(("post", act) for act in ("accept", "offer", "withdraw_offer", "change_team", "reply", "note", "tasks")),
        *(("post", act) for act in ("wait_for_customer", "resume", "resolve", "confirm", "reopen", "cancel")),
        ("post", "transfer_ownership"),
        ("post", "nothing_of_the_kind"),
    ],
)
def test_181_invisible_tickets_answer_byte_for_byte_like_missing_ones(method: str, act: str) -> None:
    ticket = TicketFactory(owner=AgentFactory())
    client = signed_in(AgentFactory(teams=[TeamFactory()]))
    missing = Ticket(reference="INC-2025-999999")
    answers = [getattr(client, method)(url(each, act), {"owner": "x"}) for each in (ticket, missing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    headers = [{k: v for k, v in answer.headers.items() if k != "X-Request-ID"} for answer in answers]
    assert headers[0] == headers[1]


def test_181_invisible_things_of_a_ticket_answer_like_missing_ones() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    task = create_task(ticket.pk, by=ann, title="Measure")
    message = reply_to_customer(ticket.pk, by=ann, body_text="Hello")
    entry = add_note(ticket.pk, by=ann, body_text="See file", files=[NewFile("a.txt", b"abc")])
    absence = AbsenceFactory()
    file = entry.attachments.get()
    client = signed_in(AgentFactory())
    gets = (f"tasks/{task.pk}", f"outbox/{message.pk}", f"attachments/{file.pk}", f"absences/{absence.pk}")
    posts = (f"tasks/{task.pk}/start", f"outbox/{message.pk}/undo", f"absences/{absence.pk}/cancel")
    for method, paths in (("get", gets), ("post", posts)):
        for path in paths:
            known = getattr(client, method)(f"/api/v1/{path}/")
            kind, _id, *rest = path.split("/")
            unknown = getattr(client, method)(f"/api/v1/{'/'.join([kind, str(uuid4()), *rest])}/")
            assert (known.status_code, known.content) == (404, unknown.content), path
    assert OutboundMessage.objects.get().status == "held"


def test_order_missing_before_forbidden_before_state_before_version() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    data = {"resolution_code": "fixed", "resolution_note": "Done.", "version": 99}

    def attempt(agent: Any, act: str = "resolve", values: Any = data) -> tuple[int, str]:
        answer = signed_in(agent).post(url(ticket, act), values)
        return answer.status_code, answer.json()["code"]

    assert attempt(AgentFactory()) == (404, "not_found")
    assert attempt(AgentFactory(roles=[Role.AUDITOR])) == (403, "permission_denied")
    assert attempt(AgentFactory(teams=[ticket.team])) == (403, "not_owner")
    assert attempt(ann, "reopen", {"version": 99}) == (409, "invalid_transition")
    create_task(ticket.pk, by=ann, title="Measure", is_mandatory=True)
    assert attempt(ann) == (409, "open_tasks")
    Ticket.objects.get().tasks.update(is_mandatory=False)
    assert attempt(ann) == (409, "stale_version")
    assert Ticket.objects.get().status == "in_progress"


def test_order_state_before_capacity_before_version() -> None:
    team = TeamFactory()
    ann = AgentFactory(teams=[team], max_tickets=1)
    owned, free = TicketFactory(team=team, owner=ann), TicketFactory(team=team)
    bob = AgentFactory(teams=[team])
    assert signed_in(ann).post(url(owned, "accept"), {"version": 9}).json()["code"] == "already_owned"
    assert signed_in(ann).post(url(free, "accept"), {"version": 9}).json()["code"] == "at_capacity"
    assert signed_in(bob).post(url(free, "accept"), {"version": 9}).json()["code"] == "stale_version"


def test_refused_ownership_act_is_audited_with_its_request_id() -> None:
    ticket = TicketFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[ticket.team])
    accept_ticket(ticket.pk, by=ann)
    answer = signed_in(bob).post(url(ticket, "accept"), headers={"X-Request-ID": "from-the-proxy"})
    assert answer["X-Request-ID"] == "from-the-proxy"
    row = RefusedAct.objects.get()
    assert (row.act, row.code, row.actor_name, row.request_id) == (
        "accept_ticket",
        "already_owned",
        bob.name,
        "from-the-proxy",
    )


def test_closed_ticket_is_not_edited() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    client.post(url(ticket, "resolve"), {"resolution_code": "fixed", "resolution_note": "Done."})
    client.post(url(ticket, "confirm"))
    for act, data in (("note", {"body": "x"}), ("reply", {"body": "x"}), ("tasks", {"title": "x"})):
        answer = client.post(url(ticket, act), data)
        assert (answer.status_code, answer.json()["code"]) == (409, "ticket_closed"), act
    answer = client.patch(url(ticket), {"subject": "x", "version": Ticket.objects.get().version})
    assert (answer.status_code, answer.json()["code"]) == (409, "ticket_closed")


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe\x00garbage", "application/json", 400),
        (b"[1, 2]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"NaN", "application/json", 400),
        (b'{"version": NaN}', "application/json", 400),
        (b'{"version": 1e400}', "application/json", 400),
        (b'{"version": true}', "application/json", 400),
        (b'{"version": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json", 400),
        (b'{"body": "\\ud800"}', "application/json", 400),
        (b'{"body": "\\u0000"}', "application/json", 400),
        (b'{"\\ud800": "\\ud800\\u0000"}', "application/json", 400),
        (b'{"body": {"a": ["b"]}}', "application/json", 400),
        (b"body=x", "application/x-www-form-urlencoded", 415),
        (b"<body/>", "text/xml", 415),
        (b"body", "", 415),
    ],
)
def test_garbage_is_answered_clearly_and_changes_nothing(raw: bytes, content_type: str, status: int) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    count = TimelineEntry.objects.count()
    client = signed_in(ann)
    for headers in ({}, {"Idempotency-Key": "k"}):
        answer = client.generic("POST", url(ticket, "note"), raw, content_type=content_type, headers=headers)
        assert answer.status_code == status, answer.content
        assert answer["Content-Type"] == PROBLEM
        assert json.loads(answer.content)["status"] == status
    assert TimelineEntry.objects.count() == count


def test_body_beyond_five_megabytes_is_400() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).post(url(ticket, "note"), {"body": "x" * 6_000_000})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["body"])


def test_accept_header_never_stands_in_the_way() -> None:
    answer = signed_in(AgentFactory()).get("/api/v1/me/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_answers_are_not_cached() -> None:
    assert signed_in(AgentFactory()).get("/api/v1/me/")["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("method", ["put", "options", "delete"])
def test_methods_that_do_not_exist_are_405(method: str) -> None:
    answer = getattr(signed_in(AgentFactory()), method)("/api/v1/contacts/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=", "cursor=%00", "cursor=!!!", "page_size=0", "page_size=201", "page_size=x", "colour=red",
     "owner=%00", "team=", "created_after=yesterday", "created_after=0001-01-01T00:00:00%2B23:59", "ordering=id",
     "status=open", "cursor=WyJuZXh0Il0"],
)  # fmt: skip
def test_unusable_query_parameters_are_400(query: str) -> None:
    TicketFactory()
    answer = signed_in(AgentFactory(roles=[Role.AUDITOR])).get(f"/api/v1/tickets/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert list(answer.json()["fields"]) == [query.partition("=")[0]]


def test_contact_names_never_reach_other_desks() -> None:
    contact = ContactFactory(phone="+49 30 1234")
    body = signed_in(AgentFactory()).get(f"/api/v1/contacts/{contact.pk}/").json()
    assert (body["email"], "phone" in body) == (contact.email, False)
