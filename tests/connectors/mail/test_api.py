"""The mail ledger at /api/v1/mail/messages/ (ruling 19; who may do what: tests/matrix/test_mail.py)."""

import hashlib
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from connectors.mail.enums import MailState, Source
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import process_due, receive
from tests.api.conftest import signed_in
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive

pytestmark = pytest.mark.django_db

LIST = "/api/v1/mail/messages/"
NO_SENDER = b"Subject: nobody wrote this\r\n\r\nx"


@pytest.fixture
def client(mailbox: Mailbox) -> Any:
    return signed_in(AgentFactory(teams=[mailbox.team]))


@pytest.fixture
def supervisor(mailbox: Mailbox) -> Any:
    agent = AgentFactory(roles=[Role.SUPERVISOR])
    mailbox.team.supervisor = agent
    mailbox.team.save()
    return signed_in(agent)


def subjects(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["subject"] for row in answer.json()["results"]]


def test_list_holds_the_mails_of_ones_teams_newest_first(client: Any, mailbox: Mailbox) -> None:
    other = MailboxFactory(address="other@desk.test")
    arrive(a_mail(subject="First"), mailbox)
    arrive(a_mail(subject="For others", to=other.address), other)
    newest = arrive(a_mail(subject="Second"), mailbox)
    answer = client.get(LIST)
    assert subjects(answer) == ["Second", "First"]
    row = answer.json()["results"][0]
    assert (row["id"], row["mailbox"], row["state"], row["reason"]) == (
        str(newest.pk),
        mailbox.address,
        "created",
        "new",
    )
    assert (row["ticket"], row["from_address"]) == (newest.ticket.reference, "dana@customer.test")  # type: ignore[union-attr]
    assert "raw" not in row


def test_filters(client: Any, mailbox: Mailbox) -> None:
    first = arrive(a_mail(subject="First", message_id="one@customer.test"), mailbox)
    arrive(NO_SENDER, mailbox)
    reference = first.ticket.reference  # type: ignore[union-attr]
    for query, wanted in (
        ({"state": "quarantined"}, ["nobody wrote this"]),
        ({"state": ["quarantined", "created"]}, ["nobody wrote this", "First"]),
        ({"reason": "no_sender"}, ["nobody wrote this"]),
        ({"ticket": reference.lower()}, ["First"]),
        ({"message_id": first.message_id}, ["First"]),
        ({"mailbox": mailbox.address.upper()}, ["nobody wrote this", "First"]),
        ({"mailbox": "other@desk.test"}, []),
        ({"received_after": "2999-01-01T00:00:00Z"}, []),
        ({"received_after": "2020-01-01T00:00:00Z", "page_size": 1}, ["nobody wrote this"]),
    ):
        assert subjects(client.get(LIST, query)) == wanted, query
    assert client.get(LIST, {"state": "lost"}).status_code == 400


def test_failed_and_parsed_narrow_the_list_though_no_row_has_them_as_its_state(client: Any, mailbox: Mailbox) -> None:
    arrive(NO_SENDER, mailbox)
    arrive(a_mail(subject="Ordinary"), mailbox)
    rows = {name: arrive(a_mail(subject=name, body=name), mailbox) for name in ("given up", "refused", "unparsable")}
    for name, row in rows.items():
        MailMessage.objects.filter(pk=row.pk).update(state="quarantined", reason=name.replace("given up", "gave_up"))
    read = receive(mailbox, a_mail(subject="Read"), provider_id="read", source=Source.POLLED)
    MailMessage.objects.filter(pk=read.pk).update(last_error="OperationalError: gone", subject="Read")
    receive(mailbox, a_mail(), provider_id="new", source=Source.POLLED)
    assert subjects(client.get(LIST, {"state": "failed"})) == ["unparsable", "refused", "given up"]
    assert subjects(client.get(LIST, {"state": "parsed"})) == ["Read"]
    assert subjects(client.get(LIST, {"state": ["parsed", "created"]})) == ["Read", "Ordinary"]
    assert subjects(client.get(LIST, {"state": "received"})) == ["", "Read"]
    browser = Client()
    browser.force_login(AgentFactory(teams=[mailbox.team]).user)
    page = browser.get("/mail/?state=failed").content.decode()
    assert [name in page for name in (*rows, "nobody wrote this", "Ordinary")] == [True, True, True, False, False]
    assert 'aria-current="true"' in page or 'aria-current="page"' in page
    assert "Ordinary" not in browser.get("/mail/?state=parsed").content.decode()


def test_detail_tells_decision_and_evidence_and_leads_to_the_bytes(client: Any, mailbox: Mailbox) -> None:
    raw = a_mail(html="<script>alert(1)</script>")
    message = arrive(raw, mailbox)
    body = client.get(f"{LIST}{message.pk}/").json()
    assert body["evidence"] == message.evidence
    assert (body["references"], body["allowed"], body["last_error"]) == ([], ["move"], "")
    stored = body["raw"]
    assert (stored["sha256"], stored["size_bytes"]) == (hashlib.sha256(raw).hexdigest(), len(raw))
    answer = client.get(stored["url"])
    assert (answer.content, answer["Content-Type"]) == (raw, "application/octet-stream")
    assert answer["Content-Disposition"] == f'attachment; filename="{message.pk}.eml"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, no-store"


def test_retry_runs_all_checks_again(client: Any, mailbox: Mailbox) -> None:
    message = arrive(NO_SENDER, mailbox)
    assert client.get(f"{LIST}{message.pk}/").json()["allowed"] == ["retry"]
    version = MailMessage.objects.get().version
    stale = client.post(f"{LIST}{message.pk}/retry/", {"version": version + 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert MailMessage.objects.get().state == MailState.QUARANTINED
    answer = client.post(f"{LIST}{message.pk}/retry/", {"version": version})
    assert (answer.status_code, answer.json()["state"], answer.json()["released_by"]) == (200, "received", None)
    assert process_due() == 1
    assert MailMessage.objects.get().state == MailState.QUARANTINED


def test_release_names_who_let_it_act(supervisor: Any, client: Any, mailbox: Mailbox) -> None:
    message = arrive(NO_SENDER, mailbox)
    refused = client.post(f"{LIST}{message.pk}/release/")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert supervisor.get(f"{LIST}{message.pk}/").json()["allowed"] == ["release", "retry"]
    answer = supervisor.post(f"{LIST}{message.pk}/release/")
    assert (answer.status_code, answer.json()["state"]) == (200, "received")
    assert answer.json()["released_by"]["name"] == MailMessage.objects.get().released_by.name  # type: ignore[union-attr]


def test_what_has_acted_is_not_run_again_and_says_where_to_look(client: Any, mailbox: Mailbox) -> None:
    message = arrive(a_mail(), mailbox)
    answer = client.post(f"{LIST}{message.pk}/retry/")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
    assert answer.json()["detail"] == "This mail is “Made a ticket”, not in quarantine."
    assert answer.json()["hint"].startswith("Only a mail in quarantine is tried again or released.")
    assert MailMessage.objects.get().version == message.version


def test_the_list_costs_the_same_at_any_length(client: Any, mailbox: Mailbox) -> None:
    costs = []
    for more in (1, 6):
        for number in range(more):
            arrive(a_mail(body=f"{more} {number}"), mailbox)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 8
