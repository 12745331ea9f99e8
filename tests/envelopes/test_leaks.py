"""Nothing written in an envelope reaches anybody but its readers (024; object rules 2 to 7): one word is looked for in
all that a person, a customer or a log can get.
"""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.enums import Role, Scope
from accounts.models import Agent
from connectors.mail.composing import compose
from core.events import deliver_all
from envelopes import services
from envelopes.errors import EnvelopeActForbidden
from envelopes.models import Envelope
from tests.api.conftest import signed_in
from tests.envelopes.conftest import Scene
from tests.factories import AgentFactory, ApiClientFactory, EnvelopeFactory
from tests.factories.mail import MailboxFactory
from tickets.links import Answer, sign_answer
from tickets.models import Attachment, OutboundMessage, Task, Ticket
from tickets.services import (
    NewFile,
    finish_task,
    keep_draft_files,
    release_message,
    reply_to_customer,
    resolve_ticket,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


WORDS = ("reason", "question", "answer", "release", "title", "task", "child", "cancel", "end", "refused", "mail")
FILES = ("name", "content", "mailed", "layout", "chosen")
PLACES = (*WORDS, *FILES)


def letters() -> str:
    """A word that occurs nowhere else, and that PostgreSQL never takes for a number."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in uuid4().hex)


class Told:
    """An envelope in which every text holds the same word, and one beside it."""

    def __init__(self, scene: Scene) -> None:
        self.word = f"canary{letters()}"
        self.summary = f"summary{letters()}"
        self.scene = scene
        self.sibling = scene.stranger
        EnvelopeFactory(ticket=scene.ticket, expert=self.sibling, is_blocking=False)
        self.envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, reason=self.text("reason"))
        services.accept_envelope(self.envelope.pk, by=scene.nina)
        services.post_in_envelope(self.envelope.pk, by=scene.nina, body_text=self.text("question"))
        services.post_in_envelope(self.envelope.pk, by=scene.owner, body_text=self.text("answer"))
        services.release_envelope(self.envelope.pk, by=scene.nina, reason=self.text("release"))
        services.accept_envelope(self.envelope.pk, by=scene.nina)
        self.task = services.add_envelope_task(
            self.envelope.pk,
            by=scene.nina,
            title=self.text("title"),
            description=self.text("task"),
            assigned_to=scene.nina,
        )
        self.files = self._with_files()
        keep_draft_files(scene.ticket.pk, by=scene.nina, mode="e2", files=[self.file("chosen")])
        self.child = EnvelopeFactory(below=self.envelope, reason=self.text("child"), assigned_to=AgentFactory())
        services.cancel_envelope(self.child.pk, by=scene.nina, reason=self.text("cancel"))
        deliver_all()

    def text(self, place: str) -> str:
        assert place in PLACES
        return f"{self.word} {place}"

    def file(self, place: str) -> NewFile:
        return NewFile(f"{self.text(place)}.txt", self.text("content").encode(), "text/plain")

    def _with_files(self) -> list[Attachment]:
        """One that was written here, one that came by mail."""
        services.post_in_envelope(
            self.envelope.pk, by=self.scene.nina, body_text=self.text("question"), files=[self.file("name")]
        )
        mail = Message(
            body_text=self.text("mail"), body_html=f"<p>{self.text('layout')}</p>", files=[self.file("mailed")]
        )
        nina = self.scene.nina.email
        services.post_mail(self.envelope.pk, senders=[nina], sender=nina, message=mail)
        return list(Attachment.objects.filter(entry__envelope_post__envelope=self.envelope))

    def seal(self) -> None:
        finish_task(self.task.pk, by=self.scene.nina)
        services.complete_envelope(self.envelope.pk, by=self.scene.nina, summary=self.summary)
        deliver_all()


@pytest.fixture
def told(scene: Scene) -> Told:
    return Told(scene)


def pages_of(ticket: Ticket, told: Told) -> Iterator[str]:
    at = f"/t/{ticket.reference}/"
    yield from (at, f"{at}?show=internal", f"{at}?find={told.word}", f"{at}history/", f"{at}peek/", f"{at}timeline/")
    yield from (f"{at}around/company/", f"{at}tasks/{told.task.pk}/edit/", f"{at}e/2/")
    yield from (
        f"{at}e/2/?before=999999999",
        f"{at}e/2/use/",
        f"{at}e/2/complete/",
        f"{at}e/3/",
        f"{at}envelopes/",
        "/help/",
    )
    yield from ("/queue/all/", f"/queue/all/?q={told.word}", "/queue/all/export.csv", "/board/all/", "/notifications/")
    yield from (f"/search/?q={told.word}", "/outbox/", "/envelopes/", "/people/")
    yield from (f"/admin/tickets/timelineentry/?q={ticket.reference}", "/admin/envelopes/envelope/")
    yield f"/admin/envelopes/envelope/{told.envelope.pk}/change/"
    yield f"/admin/envelopes/envelope/{told.envelope.pk}/history/"
    yield f"/admin/tickets/ticket/{ticket.pk}/history/"
    for file in told.files:
        yield f"/attachments/{file.pk}/"
    for entry in ticket.entries.all():
        yield f"/admin/tickets/timelineentry/{entry.pk}/change/"
        for here in (at, f"{at}e/2/"):
            yield from (f"{here}entries/{entry.pk}/text/", f"{here}entries/{entry.pk}/html/")


def addresses_of(ticket: Ticket, told: Told) -> Iterator[str]:
    one = f"/api/v1/tickets/{ticket.reference}/"
    for part in ("", "timeline/", "attachments/", "tasks/", "attempts/", "envelopes/"):
        yield one + part
    yield from ("/api/v1/tickets/", f"/api/v1/search/?q={told.word}", f"/api/v1/tickets/?filter={told.word}")
    yield from ("/api/v1/tickets/export.csv", "/api/v1/notifications/", "/api/v1/envelopes/", "/api/v1/outbox/")
    yield f"/api/v1/tasks/{told.task.pk}/"
    yield from (f"/api/v1/attachments/{file.pk}/" for file in told.files)
    for envelope in (told.envelope, told.child):
        for part in ("", "messages/", "tasks/", "attachments/"):
            yield f"/api/v1/envelopes/{envelope.pk}/{part}"


def reaches(person: Any, ticket: Ticket, told: Told) -> dict[str, str]:
    """Address -> what it answers to the person."""
    person = type(person).objects.get(pk=person.pk)
    api = signed_in(person)
    found = {address: text_of(api.get(address)) for address in addresses_of(ticket, told)}
    if isinstance(person, Agent):
        browser = Client()
        browser.force_login(person.user, backend="accounts.auth.AgentBackend")
        for address in pages_of(ticket, told):
            found[address] = text_of(browser.get(address))
    return found


def text_of(answer: Any) -> str:
    return f"{answer.headers}\n{(answer.getvalue() if answer.streaming else answer.content).decode()}"


def where(word: str, found: dict[str, str]) -> list[str]:
    """Addresses that answer with a text of the envelope, and not just with the word that somebody looks for."""
    text = re.compile(rf"{word}(</mark>)? ?({'|'.join(PLACES)})" if word.startswith("canary") else word)
    return [address for address, answer in found.items() if text.search(answer)]


def test_024_each_text_of_an_envelope_reaches_its_readers_and_nobody_else(scene: Scene, told: Told) -> None:
    owner = where(told.word, reaches(scene.owner, scene.ticket, told))
    one = f"/api/v1/envelopes/{told.envelope.pk}/"
    assert {one, f"{one}messages/", f"{one}tasks/", "/api/v1/envelopes/"} <= set(owner)
    assert f"/api/v1/tickets/{scene.ticket.reference}/timeline/" not in owner
    assert f"/t/{scene.ticket.reference}/e/2/" in owner
    downloads = {f"{start}/attachments/{file.pk}/" for start in ("", "/api/v1") for file in told.files}
    assert (len(downloads), downloads | {f"{one}attachments/"} <= set(owner)) == (4, True)
    found = signed_in(scene.owner).get(f"{one}messages/?q={told.word}+ANSW").json()["results"]
    assert [message["body_text"] for message in found] == [told.text("answer")]
    outside = {
        "sibling": told.sibling,
        "colleague": scene.mate,
        "lead of the ticket's team": scene.ticket_lead,
        "of the asked team": scene.noah,
        "outsider": AgentFactory(roles=[Role.AGENT]),
        "admin": scene.admin,
        "program": ApiClientFactory(scopes=list(Scope), teams=[scene.ticket.team, scene.network]),
    }
    for name, reader in outside.items():
        assert (name, where(told.word, reaches(reader, scene.ticket, told))) == (name, [])


def test_025_the_sibling_is_answered_as_if_the_envelope_were_not_there(scene: Scene, told: Told) -> None:
    api = signed_in(told.sibling)
    for part in ("", "messages/", "tasks/", "attachments/"):
        there = api.get(f"/api/v1/envelopes/{told.envelope.pk}/{part}")
        missing = api.get(f"/api/v1/envelopes/{uuid4()}/{part}")
        assert (there.status_code, there.json()) == (404, missing.json())
    there, missing = (api.get(f"/api/v1/attachments/{key}/") for key in (told.files[0].pk, uuid4()))
    assert (there.status_code, there.json()) == (404, missing.json())
    rows = api.get(f"/api/v1/tickets/{scene.ticket.reference}/envelopes/").json()["results"]
    own, other, child = rows
    assert (own["is_readable"], own["reason"]) == (True, "The switch drops packets.")
    for row in (other, child):
        told_of = {name: value for name, value in row.items() if value is not None}
        assert set(told_of) == {"id", "ticket", "number", "team", "assigned_to", "status", "is_readable"} - (
            {"team"} if row is child else set()
        )


def test_024_a_customer_gets_neither_words_nor_summary_nor_that_there_is_an_envelope(scene: Scene, told: Told) -> None:
    mailbox = MailboxFactory(team=scene.ticket.team)
    told.seal()
    for envelope in Envelope.objects.open().filter(ticket=scene.ticket):
        services.cancel_envelope(envelope.pk, by=scene.owner, reason=told.text("end"))
    reply = reply_to_customer(scene.ticket.pk, by=scene.owner, body_text="It works again.")
    release_message(reply.pk, now=reply.release_at)
    resolve_ticket(scene.ticket.pk, by=scene.owner, code="fixed", note="A cable was loose.")
    composed = [compose(message, mailbox).message() for message in OutboundMessage.objects.all()]
    assert not [part for mail in composed for part in mail.walk() if part.get_filename()], "and no file of it"
    mails = [mail.as_string() for mail in composed]
    ticket = Ticket.objects.get(pk=scene.ticket.pk)
    answers = [Client().get(f"/answer/{sign_answer(ticket, answer)}/").content.decode() for answer in Answer]
    assert (len(mails) >= 2, len(answers)) == (True, 2)
    public = "\n".join(entry.body_text + json.dumps(entry.facts) for entry in ticket.entries.public())
    for text in (*mails, *answers, public):
        for secret in (told.word, told.summary, "Nina Kern", "nvelope", "Umschlag", "Network"):
            assert secret not in text


def test_the_summary_is_for_those_who_read_the_ticket(scene: Scene, told: Told) -> None:
    told.seal()
    timeline = f"/api/v1/tickets/{scene.ticket.reference}/timeline/"
    for reader in (scene.owner, scene.mate, told.sibling):
        assert timeline in where(told.summary, reaches(reader, scene.ticket, told))
    stranger = AgentFactory(roles=[Role.AGENT])
    assert where(told.summary, reaches(stranger, scene.ticket, told)) == []


def test_the_words_are_kept_where_only_readers_are_answered_from(told: Told) -> None:
    """Every table of the database: what is searched, queued, streamed, told, audited or remembered holds none of it."""
    told.seal()
    holding = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" AS r WHERE r::text LIKE %s)', [f"%{told.word}%"])
            if cursor.fetchone()[0]:
                holding.add(table)
    assert holding == {
        "tickets_timelineentry",  # visibility envelope_only
        *("tickets_task", "tickets_historicaltask"),  # hidden
        "envelopes_envelope",
        *("tickets_attachment", "tickets_draftfile"),  # of an entry in a thread; of what one person writes
        "envelopes_envelopewords",  # searched by those alone who read the thread
    }
    assert Attachment.objects.exclude(entry__visibility="envelope_only").count() == 0
    assert Task.objects.filter(title__contains=told.word, is_hidden=False).count() == 0


def test_logs_hold_no_word_of_an_envelope(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told = Told(scene)
    reaches(told.sibling, scene.ticket, told)
    with pytest.raises(EnvelopeActForbidden) as refused:
        services.post_in_envelope(told.envelope.pk, by=scene.mate, body_text=told.text("refused"))
    assert told.word not in str(refused.value)
    assert caplog.records
    for record in caplog.records:
        assert f"{told.word} " not in str(vars(record))
