"""Timeline, notes, replies with their hold, files, outbox, tasks."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.enums import Role, Scope
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, ApiClientFactory, TeamFactory, TicketFactory
from tickets.enums import Visibility
from tickets.models import Attachment, OutboundMessage, Task, Ticket, TimelineEntry
from tickets.services import NewFile, add_note, release_due_messages, reply_to_customer

pytestmark = pytest.mark.django_db


def url(ticket: Ticket, act: str) -> str:
    return f"/api/v1/tickets/{ticket.reference}/{act}/"


def test_note_answers_the_internal_entry() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).post(url(ticket, "note"), {"body": " Called back. "})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["kind"], body["visibility"], body["body_text"]) == ("note", "internal", "Called back.")
    assert body["author"] == {"id": str(ann.pk), "name": ann.name, "email": ann.email}
    assert body["seq"] == ticket.entries.get(pk=body["id"]).seq


@pytest.mark.parametrize("data", [{}, {"body": "  "}, {"body": None}, {"body": "x", "visibility": "public"}])
def test_bad_note_is_400_and_writes_nothing(data: dict[str, Any]) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).post(url(ticket, "note"), data)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert not ticket.entries.filter(kind="note").exists()


def test_reply_answers_the_held_message_and_goes_out_after_its_hold() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    answer = client.post(
        url(ticket, "reply"), {"body": "It is fixed.", "cc": ["b@customer.test"], "then": "wait_for_customer"}
    )
    assert answer.status_code == 201
    body = answer.json()
    message = OutboundMessage.objects.get()
    assert (body["id"], body["status"], body["entry"]) == (str(message.pk), "held", None)
    assert (body["to"], body["cc"]) == ([ticket.requester.email], ["b@customer.test"])
    assert (body["ticket"], body["then"], body["author"]["id"]) == (ticket.reference, "wait_for_customer", str(ann.pk))
    assert (message.release_at - message.created_at).total_seconds() == pytest.approx(10, abs=0.5)
    timeline = client.get(url(ticket, "timeline")).json()["results"]
    assert "It is fixed." not in [entry["body_text"] for entry in timeline]
    release_due_messages(now=timezone.now() + timedelta(seconds=11))
    timeline = client.get(url(ticket, "timeline")).json()["results"]
    [entry] = [entry for entry in timeline if entry["kind"] == "email_outbound"]
    assert (entry["body_text"], entry["visibility"]) == ("It is fixed.", "public")
    assert client.get(f"/api/v1/tickets/{ticket.reference}/").json()["status"] == "waiting_customer"
    assert client.get(f"/api/v1/outbox/{message.pk}/").json()["entry"] == entry["id"]


def test_reply_goes_out_as_it_was_given() -> None:
    ann = AgentFactory(signature="Ann Bell")
    answer = signed_in(ann).post(url(TicketFactory(owner=ann), "reply"), {"body": "It is fixed."}).json()
    assert answer["body_text"] == "It is fixed."


def test_reply_to_another_recipient_than_confirmed_is_409() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    wrong = client.post(url(ticket, "reply"), {"body": "x", "to_confirm": "other@customer.test"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_ticket_context")
    right = client.post(url(ticket, "reply"), {"body": "x", "to_confirm": ticket.requester.email.upper()})
    assert right.status_code == 201
    assert OutboundMessage.objects.count() == 1


@pytest.mark.parametrize("data", [{}, {"body": "x", "cc": ["nobody"]}, {"body": "x", "cc": "a@b.test"},
                                  {"body": "x", "then": "close"}, {"body": "x", "last_seen_seq": -1}])  # fmt: skip
def test_bad_reply_is_400_and_writes_nothing(data: dict[str, Any]) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).post(url(ticket, "reply"), data)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert OutboundMessage.objects.count() == 0


def test_timeline_pages_in_order_of_seq_and_filters() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    for number in range(5):
        add_note(ticket.pk, by=ann, body_text=f"Note {number}")
    client = signed_in(ann)
    first = client.get(url(ticket, "timeline"), {"kind": "note", "page_size": 3})
    add_note(ticket.pk, by=ann, body_text="Note 5")
    second = client.get(first.json()["next"])
    texts = [entry["body_text"] for entry in first.json()["results"] + second.json()["results"]]
    assert texts == [f"Note {number}" for number in range(6)]
    newest = client.get(url(ticket, "timeline"), {"ordering": "-seq", "page_size": 1}).json()["results"]
    assert [entry["body_text"] for entry in newest] == ["Note 5"]
    public = client.get(url(ticket, "timeline"), {"visibility": "public"}).json()["results"]
    assert [(entry["kind"], entry["author"]["email"]) for entry in public] == [
        ("email_inbound", ticket.requester.email)
    ]


def test_system_entries_are_told_in_words() -> None:
    ann = AgentFactory(name="Ann")
    ticket = TicketFactory(owner=ann)
    [entry] = signed_in(ann).get(url(ticket, "timeline"), {"kind": "ownership"}).json()["results"]
    assert (entry["text"], entry["facts"]["event"]) == ("Ann accepted the ticket and owns it", "accepted")


def test_envelope_entries_are_not_on_the_main_thread() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    TimelineEntry.objects.create(
        ticket=ticket, kind="note", visibility=Visibility.ENVELOPE_ONLY, author_type="agent", author=ann,
        author_name=ann.name, body_text="canary-7f3a",
    )  # fmt: skip
    assert b"canary-7f3a" not in signed_in(ann).get(url(ticket, "timeline")).content


@pytest.mark.parametrize("count", [1, 20])
def test_timeline_costs_few_statements(count: int, django_assert_max_num_queries: Any) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    for number in range(count):
        add_note(ticket.pk, by=ann, body_text="x", files=[NewFile(f"{number}.txt", b"abc")])
    client = signed_in(ann)
    with django_assert_max_num_queries(8):
        assert len(client.get(url(ticket, "timeline")).json()["results"]) == count + 2


def test_files_come_with_a_note_and_go_out_as_downloads() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    files = [SimpleUploadedFile("log.txt", b"line\n", "text/plain"), SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n")]
    answer = client.post(url(ticket, "attachments"), {"file": files, "body": "See log"}, format="multipart")
    assert answer.status_code == 201
    assert (answer.json()["body_text"], answer.json()["visibility"]) == ("See log", "internal")
    rows = client.get(url(ticket, "attachments")).json()["results"]
    assert [(row["filename"], row["content_type"], row["size_bytes"]) for row in rows] == [
        ("log.txt", "text/plain", 5),
        ("a.png", "image/png", 8),
    ]
    assert rows[0]["url"].startswith("http://testserver/api/v1/attachments/")
    download = client.get(rows[0]["url"])
    assert b"".join(download.streaming_content) == b"line\n"  # type: ignore[arg-type]
    assert download["Content-Disposition"] == 'attachment; filename="log.txt"'
    assert (download["X-Content-Type-Options"], "sandbox" in download["Content-Security-Policy"]) == ("nosniff", True)
    assert signed_in(AgentFactory()).get(rows[0]["url"]).status_code == 404


def test_blocked_file_is_kept_but_not_served() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    client = signed_in(ann)
    client.post(url(ticket, "attachments"), {"file": SimpleUploadedFile("run.exe", b"MZ")}, format="multipart")
    [row] = client.get(url(ticket, "attachments")).json()["results"]
    assert (row["scan_status"], row["url"]) == ("infected", None)
    assert client.get(f"/api/v1/attachments/{row['id']}/").status_code == 404


@pytest.mark.parametrize("data", [{}, {"file": "text"}, {"body": "x"}])
def test_upload_without_a_file_is_400(data: dict[str, Any]) -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    answer = signed_in(ann).post(url(ticket, "attachments"), data, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert (Attachment.objects.count(), ticket.entries.filter(kind="note").count()) == (0, 0)


def test_file_beyond_25_mib_is_400() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    file = SimpleUploadedFile("big.bin", b"\0" * (25 * 1024 * 1024 + 1))
    answer = signed_in(ann).post(url(ticket, "attachments"), {"file": file}, format="multipart")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["file"])
    assert Attachment.objects.count() == 0


def test_outbox_holds_the_own_messages_and_takes_them_back() -> None:
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    mine = reply_to_customer(TicketFactory(team=team, owner=ann).pk, by=ann, body_text="Hello")
    his = reply_to_customer(TicketFactory(team=team, owner=bob).pk, by=bob, body_text="Hi")
    client = signed_in(ann)
    rows = client.get("/api/v1/outbox/", {"status": "held"}).json()["results"]
    assert [row["id"] for row in rows] == [str(mine.pk)]
    assert client.get(f"/api/v1/outbox/{his.pk}/").status_code == 404
    stale = client.post(f"/api/v1/outbox/{mine.pk}/undo/", {"version": 9})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    answer = client.post(f"/api/v1/outbox/{mine.pk}/undo/")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    late = client.post(f"/api/v1/outbox/{mine.pk}/undo/")
    assert (late.status_code, late.json()["code"]) == (409, "invalid_transition")
    assert client.get("/api/v1/outbox/", {"status": "held"}).json()["results"] == []


def test_programs_have_no_outbox() -> None:
    client = signed_in(ApiClientFactory(scopes=[Scope.TICKETS_READ_ALL]))
    assert client.get("/api/v1/outbox/").status_code == 403


def test_tasks_are_added_worked_and_finished() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    bob = AgentFactory(teams=[ticket.team])
    data = {"title": "Measure", "assigned_to": bob.email, "is_mandatory": True, "due_at": "2030-01-01T00:00:00+02:00"}
    created = signed_in(ann).post(url(ticket, "tasks"), data)
    assert created.status_code == 201
    body = created.json()
    assert (body["title"], body["status"], body["is_mandatory"]) == ("Measure", "todo", True)
    assert (body["assigned_to"]["id"], body["due_at"]) == (str(bob.pk), "2029-12-31T22:00:00Z")
    task = f"/api/v1/tasks/{body['id']}"
    client = signed_in(bob)
    for step, status in (("start", "in_progress"), ("finish", "done"), ("reopen", "todo")):
        answer = client.post(f"{task}/{step}/", {"version": Task.objects.get().version})
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    stale = client.post(f"{task}/start/", {"version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    refused = client.post(f"{task}/cancel/")
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["reason"])
    cancelled = client.post(f"{task}/cancel/", {"reason": "Not needed."})
    assert (cancelled.status_code, cancelled.json()["cancel_reason"]) == (200, "Not needed.")
    assert client.get(f"{task}/").json() == cancelled.json()
    rows = client.get(url(ticket, "tasks")).json()["results"]
    assert [row["id"] for row in rows] == [body["id"]]


def test_task_of_a_colleague_is_not_worked_by_others() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    signed_in(ann).post(url(ticket, "tasks"), {"title": "Measure"})
    carl = AgentFactory(teams=[ticket.team])
    answer = signed_in(carl).post(f"/api/v1/tasks/{Task.objects.get().pk}/start/")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_auditor_reads_everything_and_writes_nothing() -> None:
    ticket = TicketFactory(owner=AgentFactory())
    client = signed_in(AgentFactory(roles=[Role.AUDITOR]))
    for path in ("timeline", "attachments", "tasks"):
        assert client.get(url(ticket, path)).status_code == 200
    for path, data in (("note", {"body": "x"}), ("reply", {"body": "x"}), ("tasks", {"title": "x"})):
        answer = client.post(url(ticket, path), data)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), path


@pytest.mark.parametrize(
    ("send_at", "status"),
    [("{day}T10:00:00Z", 201), ("{day}T10:00:00+02:00", 201), ("{day}T10:00:00", 400), ("{day}", 400)],
)
def test_a_moment_is_named_with_its_offset(send_at: str, status: int) -> None:
    """Whose ten o'clock it would be otherwise, nobody can say."""
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    day = (timezone.now() + timedelta(days=3)).date().isoformat()
    given = {"body": "It arrives.", "when": "at", "send_at": send_at.format(day=day)}
    answer = signed_in(ann).post(url(ticket, "reply"), given)
    assert answer.status_code == status
    if status == 400:
        assert list(answer.json()["fields"]) == ["send_at"]
    assert OutboundMessage.objects.count() == (status == 201)


def test_what_was_written_meanwhile_stops_a_reply_that_names_what_it_knows() -> None:
    ann, bob = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=ann)
    bob.teams.add(ticket.team)
    seen = ticket.entries.latest("seq").seq
    reply = f"/api/v1/tickets/{ticket.reference}/reply/"
    note = add_note(ticket.pk, by=bob, body_text="Tell her nothing yet.")
    client = signed_in(ann)
    refused = client.post(reply, {"body": "Hello", "last_seen_seq": seen})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_ticket_context")
    assert client.post(reply, {"body": "Hello", "last_seen_seq": note.seq}).status_code == 201
    assert client.post(reply, {"body": "Hello"}).status_code == 201
