"""Nothing written in an envelope reaches anybody but its readers (024; object rules 2 to 7): one word is looked for in
all that a person, a customer or a log can get.
"""

import json
import logging
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.enums import Role, Scope
from connectors.mail.composing import compose
from core.events import deliver_all
from envelopes import services
from envelopes.errors import EnvelopeActForbidden
from envelopes.models import Envelope
from tests.api.conftest import signed_in
from tests.asked_of_all import Canary, addresses, all_that_reaches, tables_holding
from tests.envelopes.conftest import Scene
from tests.factories import AgentFactory, ApiClientFactory, EnvelopeFactory
from tests.factories.mail import MailboxFactory
from tests.scale import IS_FULL
from tickets.links import Answer, sign_answer
from tickets.models import Attachment, OutboundMessage, Task, Ticket
from tickets.services import (
    NewFile,
    cancel_task,
    finish_task,
    keep_draft,
    keep_draft_files,
    release_message,
    reply_to_customer,
    resolve_ticket,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


WORDS = ("reason", "declined", "question", "answer", "release", "title", "task", "dropped", "child", "cancel", "draft")
WORDS += ("end", "refused", "mail")
FILES = ("name", "content", "mailed", "layout", "chosen")


class Told:
    """An envelope in which every text holds the same word, and one beside it."""

    def __init__(self, scene: Scene) -> None:
        self.canary = Canary(*WORDS, *FILES)
        self.summary = Canary("summary")
        self.scene = scene
        self.sibling = scene.stranger
        self.besides = EnvelopeFactory(ticket=scene.ticket, expert=self.sibling, is_blocking=False)
        self.envelope = EnvelopeFactory(
            ticket=scene.ticket, team=scene.network, assigned_to=scene.noah, reason=self.text("reason")
        )
        services.decline_envelope(self.envelope.pk, by=scene.noah, reason=self.text("declined"))
        services.accept_envelope(self.envelope.pk, by=scene.nina)
        services.post_in_envelope(self.envelope.pk, by=scene.nina, body_text=self.text("question"))
        services.post_in_envelope(self.envelope.pk, by=scene.owner, body_text=self.text("answer"))
        services.release_envelope(self.envelope.pk, by=scene.nina, reason=self.text("release"))
        services.accept_envelope(self.envelope.pk, by=scene.nina)
        self.task, dropped = (
            services.add_envelope_task(
                self.envelope.pk,
                by=scene.nina,
                title=self.text("title"),
                description=self.text("task"),
                assigned_to=scene.nina,
            )
            for _number in range(2)
        )
        cancel_task(dropped.pk, by=scene.nina, reason=self.text("dropped"))
        self.files = self._with_files()
        keep_draft(scene.ticket.pk, by=scene.nina, mode="e2", body_text=self.text("draft"))
        keep_draft_files(scene.ticket.pk, by=scene.nina, mode="e2", files=[self.file("chosen")])
        self.child = EnvelopeFactory(below=self.envelope, reason=self.text("child"), assigned_to=AgentFactory())
        services.cancel_envelope(self.child.pk, by=scene.nina, reason=self.text("cancel"))
        deliver_all()

    def text(self, place: str) -> str:
        return self.canary.text(place)

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
        services.complete_envelope(self.envelope.pk, by=self.scene.nina, summary=self.summary.text("summary"))
        deliver_all()

    def reaches(self, person: Any) -> dict[str, str]:
        return all_that_reaches(person, addresses(self.canary.word), word=self.canary.word)


def holding(canary: Canary, found: dict[str, str]) -> set[str]:
    return {address for address, answer in found.items() if canary.is_in(answer)}


@pytest.fixture
def told(scene: Scene) -> Told:
    return Told(scene)


@pytest.mark.soak
def test_024_each_text_of_an_envelope_reaches_its_readers_and_nobody_else(scene: Scene, told: Told) -> None:
    """Asked at every address there is; strangers to the ticket in the suite where its readers find something."""
    owner = told.reaches(scene.owner)
    thread = [path for path in addresses(told.canary.word) if "/e/2/" in path or "/attachments/" in path]
    nina = all_that_reaches(scene.nina, thread, word=told.canary.word)
    where = holding(told.canary, owner)
    for export in ("/queue/all/export.", "/api/v1/tickets/export."):
        for kind in ("csv", "xlsx"):
            assert scene.ticket.reference in owner[export + kind], "what is exported is read, too"
    one = f"/api/v1/envelopes/{told.envelope.pk}/"
    assert {one, f"{one}messages/", f"{one}tasks/", "/api/v1/envelopes/"} <= where
    assert f"/api/v1/tickets/{scene.ticket.reference}/timeline/" not in where
    assert f"/t/{scene.ticket.reference}/e/2/" in where
    downloads = {f"{start}/attachments/{file.pk}/" for start in ("", "/api/v1") for file in told.files}
    assert (len(downloads), downloads | {f"{one}attachments/"} <= where) == (4, True)
    found, of_expert = (told.canary.places_in(answers.values()) for answers in (owner, nina))
    assert of_expert - found == {"draft", "chosen"}
    assert found | of_expert == {*WORDS, *FILES} - {"end", "refused"}, "each text is found by whom it is meant for"
    outside = {
        "customer": None,
        "sibling": told.sibling,
        "program": ApiClientFactory(scopes=list(Scope), teams=[scene.ticket.team, scene.network]),
    }
    strangers = {"outsider": AgentFactory(roles=[Role.AGENT]), "admin": scene.admin}
    for name, reader in (outside | (strangers if IS_FULL else {})).items():
        assert (name, holding(told.canary, told.reaches(reader))) == (name, set())
    where |= holding(told.canary, nina)
    colleagues = {"colleague": scene.mate, "lead": scene.ticket_lead, "of the asked team": scene.noah}
    for name, reader in (colleagues | strangers).items():
        of_admin = [path for path in addresses(told.canary.word) if path.startswith("/admin/") and name == "admin"]
        there = all_that_reaches(reader, [*sorted(where), *of_admin], word=told.canary.word)
        assert (name, holding(told.canary, there)) == (name, set()), "nothing where its readers find something"


def test_024_who_reads_a_thread_finds_its_words(scene: Scene, told: Told) -> None:
    messages = f"/api/v1/envelopes/{told.envelope.pk}/messages/?q={told.canary.word}+ANSW"
    found = signed_in(scene.owner).get(messages).json()["results"]
    assert [message["body_text"] for message in found] == [told.text("answer")]


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
        for secret in (told.canary.word, told.summary.word, "Nina Kern", "nvelope", "Umschlag", "Network"):
            assert secret not in text


def test_the_summary_is_for_those_who_read_the_ticket(scene: Scene, told: Told) -> None:
    told.seal()
    timeline = f"/api/v1/tickets/{scene.ticket.reference}/timeline/"
    for reader in (scene.owner, scene.mate, told.sibling):
        assert told.summary.is_in(signed_in(reader).get(timeline).content.decode())
    of_ticket = [path for path in addresses(told.summary.word) if scene.ticket.reference in path]
    for person in (AgentFactory(roles=[Role.AGENT]), None):
        there = all_that_reaches(person, of_ticket, word=told.summary.word)
        assert holding(told.summary, there) == set()


def test_the_words_are_kept_where_only_readers_are_answered_from(told: Told) -> None:
    """Every table of the database: what is searched, queued, streamed, told, audited or remembered holds none of it."""
    told.seal()
    assert tables_holding(told.canary.word) == {
        "tickets_timelineentry",  # visibility envelope_only
        *("tickets_task", "tickets_historicaltask"),  # hidden
        "envelopes_envelope",
        *("tickets_attachment", "tickets_draftfile", "tickets_draft"),  # of an entry in a thread; of what one writes
        "envelopes_envelopewords",  # searched by those alone who read the thread
    }
    assert Attachment.objects.exclude(entry__visibility="envelope_only").count() == 0
    assert Task.objects.filter(title__contains=told.canary.word, is_hidden=False).count() == 0


def test_024_logs_hold_no_word_of_an_envelope(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = Told(scene)
    of_help = [path for path in addresses(told.canary.word) if "/e/" in path or "envelopes" in path]
    all_that_reaches(told.sibling, of_help, word=told.canary.word)
    with pytest.raises(EnvelopeActForbidden) as refused:
        services.post_in_envelope(told.envelope.pk, by=scene.mate, body_text=told.text("refused"))
    assert told.canary.word not in str(refused.value)
    assert caplog.records
    assert not [record for record in caplog.records if told.canary.is_in(str(vars(record)))]
