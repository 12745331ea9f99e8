"""The demo's page of the customer's mailbox: the main job from the customer's side (051)."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django.fixtures import Settings

from connectors.mail.demo import conversations_of
from connectors.mail.services import poll_mailboxes, send_due_mail
from core.events import deliver_due
from envelopes.services import accept_envelope, complete_envelope, open_envelope, post_in_envelope
from tests.factories import AgentFactory, TeamFactory
from tests.factories.mail import MailboxFactory
from tickets.enums import TicketStatus
from tickets.models import Ticket
from tickets.services import accept_ticket, release_message, reply_to_customer, resolve_ticket

pytestmark = pytest.mark.django_db
URL = "/demo/mailbox/"


@pytest.fixture(autouse=True)
def demo_desk(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.MAIL_ROOT = tmp_path
    settings.EMAIL_BACKEND = "connectors.mail.maildir.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)


def write(client: Client, **values: str) -> str:
    fields = {"name": "Dana Roth", "address": "dana@customer.test", "to": "support@desk.test"}
    response = client.post(URL, fields | {"subject": "Printer", "body": "It burns."} | values)
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def test_051_whole_path_from_mail_to_close(client: Client) -> None:
    mailbox = MailboxFactory()
    here = write(client)
    assert poll_mailboxes() == 1
    ticket = Ticket.objects.get(subject="Printer")
    ann = AgentFactory(name="Ann Becker", teams=[mailbox.team])
    accept_ticket(ticket.pk, by=ann)
    network = TeamFactory(name="Network")
    nina = AgentFactory(name="Nina Kern", teams=[network])
    envelope = open_envelope(ticket.pk, by=ann, team=network, reason="Which fuse?")
    accept_envelope(envelope.pk, by=nina)
    post_in_envelope(envelope.pk, by=nina, body_text="The third.")
    complete_envelope(envelope.pk, by=nina, summary="Fuse 3.")
    message = reply_to_customer(ticket.pk, by=ann, body_text="Is the plug in?")
    release_message(message.pk, now=message.release_at)
    deliver_due()
    send_due_mail()
    page = client.get(here).content.decode()
    assert "Ann Becker" in page
    assert "Is the plug in?" in page
    assert len(conversations_of("dana@customer.test")) == 1  # question, acknowledgement and answer together

    response = client.post(here, {"name": "Dana Roth", "address": "dana@customer.test", "to": "support@desk.test",
                                  "subject": "Re: Printer", "body": "Yes, it is."})  # fmt: skip
    assert response.status_code == 302
    poll_mailboxes()
    assert Ticket.objects.count() == 1
    assert ticket.entries.public().order_by("-seq")[0].body_text.strip() == "Yes, it is."

    resolve_ticket(ticket.pk, by=ann, code="fixed", note="New fuse.")
    send_due_mail()
    page = client.get(here).content.decode()
    solved, not_solved = re.findall(r'href="[^"]*?(/answer/[^"/]+/)"', page)[-2:]
    assert solved != not_solved
    assert client.get(solved).status_code == 200
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.RESOLVED  # link checkers follow GETs
    client.post(solved)
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.CLOSED
    kinds = list(ticket.entries.main_thread().in_order().values_list("kind", flat=True))
    assert kinds == ["email_inbound", "ownership", "envelope_created", "status_change", "envelope_completed",
                     "status_change", "email_outbound", "email_outbound", "email_inbound", "status_change",
                     "email_outbound", "status_change"]  # fmt: skip
    received = client.get(here).content.decode()
    for hidden in ("Which fuse?", "The third.", "Fuse 3.", "Nina Kern", "Network"):
        assert hidden not in received


def test_page_is_there_for_everybody_on_this_machine_before_any_mail(client: Client) -> None:
    MailboxFactory()
    response = client.get(URL)
    assert response.status_code == 200
    assert "support@desk.test" in response.content.decode()


def test_strangers_from_the_network_have_to_sign_in(client: Client) -> None:
    MailboxFactory()
    response = client.get(URL, REMOTE_ADDR="192.0.2.7")
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")
    client.force_login(AgentFactory().user)
    assert client.get(URL, REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.parametrize(("demo", "backend"), [(False, "connectors.mail.maildir.EmailBackend"),
                                               (True, "django.core.mail.backends.smtp.EmailBackend")])  # fmt: skip
def test_page_exists_only_on_demo_desks_with_mail_in_files(
    client: Client, settings: Settings, demo: bool, backend: str
) -> None:
    settings.DEMO, settings.EMAIL_BACKEND = demo, backend
    assert client.get(URL).status_code == 404
    assert client.post(URL, {"body": "x"}).status_code == 404


def test_refused_form_keeps_what_was_typed_and_writes_nothing(client: Client, tmp_path: Path) -> None:
    MailboxFactory()
    values = {
        "name": "D",
        "address": "support@desk.test",
        "to": "support@desk.test",
        "subject": "S",
        "body": "my words",
    }
    response = client.post(URL, values)
    assert response.status_code == 400
    assert "my words" in response.content.decode()
    assert not list(tmp_path.rglob("*.itilnext"))


def test_received_text_is_shown_as_text(client: Client) -> None:
    MailboxFactory()
    here = write(client, subject="<script>a</script>", body="<img src=x onerror=alert(1)>")
    page = client.get(here).content.decode()
    assert "<script>a" not in page
    assert escape("<img src=x onerror=alert(1)>") in page


def test_file_goes_along(client: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    MailboxFactory()
    write(client, attachment=SimpleUploadedFile("log.txt", b"smoke"))  # type: ignore[arg-type]
    poll_mailboxes()
    (file,) = Ticket.objects.get().entries.get().attachments.all()
    assert (file.filename, file.size_bytes) == ("log.txt", 5)
