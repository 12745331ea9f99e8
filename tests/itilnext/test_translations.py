"""The German catalogue: whole, faithful to its placeholders, compiled; and what readers get of it."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone, translation

from accounts.mail import send_due_account_mail
from accounts.services import request_password_reset
from connectors.mail.services.acknowledgement import acknowledge
from core.actors import shown_name
from core.templatetags.ui import day
from notifications.enums import EventType
from notifications.models import Notification
from notifications.wording import describe
from tests.factories import AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tests.factories.mail import MailboxFactory
from tickets.enums import TicketStatus
from tickets.files import inspect, scan_note_in_words
from tickets.models import OutboundMessage, Ticket
from tickets.services import NewFile, close_due_tickets, creation, record_customer_message, resolve_ticket
from tickets.services.outgoing import introduce

ROOT: Path = settings.BASE_DIR
PO = ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w+\}|</?[a-z][^>]*>")


@dataclass
class Message:
    """One entry of a catalogue, with its texts as the file gives them."""

    flags: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.texts.get(name, "") for name in ("msgctxt", "msgid", "msgid_plural"))

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.texts.items() if name.startswith("msgstr")]


def read_catalogue(path: Path) -> dict[tuple[str, ...], Message]:
    """Entries by context, text and plural. The first, of the empty text, is the header. Obsolete ones are left out."""
    messages = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        message, name = Message(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                message.flags += [flag.strip() for flag in line[2:].split(",")]
            elif started := re.match(r'(msg\w+(?:\[\d])?) (".*)', line):
                name = started[1]
                message.texts[name] = ast.literal_eval(started[2])
            elif line.startswith('"'):
                message.texts[name] += ast.literal_eval(line)
        if message.texts:
            messages.append(message)
    return {message.key: message for message in messages}


@pytest.fixture(scope="module")
def catalogue() -> dict[tuple[str, ...], Message]:
    found = read_catalogue(PO)
    del found["", "", ""]
    return found


def test_every_text_of_the_program_is_in_the_catalogue_and_no_other(
    catalogue: dict[tuple[str, ...], Message], tmp_path: Path
) -> None:
    if shutil.which("xgettext") is None:
        pytest.skip("gathering the texts needs GNU gettext (xgettext), which is not installed here")
    beside = shutil.ignore_patterns(".*", "var", "tests", "static", "locale", "docs", "__pycache__")
    shutil.copytree(ROOT, tmp_path / "tree", ignore=beside)
    (tmp_path / "tree" / "locale").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "de", "--no-wrap"]
    subprocess.run(command, cwd=tmp_path / "tree", env=environment, check=True, capture_output=True, timeout=120)
    used = set(read_catalogue(tmp_path / "tree" / "locale" / "de" / "LC_MESSAGES" / "django.po")) - {("", "", "")}
    assert sorted(used - catalogue.keys()) == [], "not gathered yet; `make messages`"
    assert sorted(catalogue.keys() - used) == [], "not used any more; `make messages`"


def test_every_text_is_translated_and_no_translation_is_a_guess(catalogue: dict[tuple[str, ...], Message]) -> None:
    assert len(catalogue) > 1000
    assert [key for key, message in catalogue.items() if not all(message.translations)] == []
    assert [key for key, message in catalogue.items() if "fuzzy" in message.flags] == []
    assert {len(message.translations) for key, message in catalogue.items() if key[2]} == {2}


THE_SAME = set(
    """
    Teams|Team|Agent|Supervisor|Manager|Admin|Offline|Standard|Premium|VIP|Message-ID|OAuth 2 (XOAUTH2)|Ticket|Tickets
    Port|TLS|Scope (OAuth 2)|ITIL-NEXT|Team: %(team)s|Status|Board|Boards|Chat|Cc|Details|System|D H:i|Text|Name|Normal
    Cc %(addresses)s|API|(optional)|Filter|Person|Portal|Monitoring|Workaround|Spam|SLA|Status: %(old)s → %(new)s|Region
    Team: %(from)s → %(to)s|Neutral|Microsoft 365|Microsoft Teams|Team %(name)s
    """.strip()
    .replace("\n", "|")
    .replace("    ", "")
    .split("|")
)
"""Reviewed: German says it in the same words."""


def test_no_translation_is_its_source_unless_reviewed(catalogue: dict[tuple[str, ...], Message]) -> None:
    same = {text for (_context, text, _plural), message in catalogue.items() if text in message.translations}
    assert sorted(same - THE_SAME) == [], "translate it, or name it among those that are the same"
    assert sorted(THE_SAME - same) == [], "not the same any more"


def test_translations_keep_placeholders_and_markup(catalogue: dict[tuple[str, ...], Message]) -> None:
    wrong = []
    for (_context, text, plural), message in catalogue.items():
        for source, translated in zip((text, plural or text), message.translations, strict=False):
            if sorted(set(PLACEHOLDER.findall(source))) != sorted(set(PLACEHOLDER.findall(translated))):
                wrong.append((source, translated))
    assert wrong == []


def test_texts_are_marked_whole() -> None:
    """A value is put in after the translation: what is marked as an f-string is never found in the catalogue."""
    marked = re.compile(r"\b(?:_|n?p?gettext(?:_lazy)?)\(\s*(?:f\"|f'|\"[^\"\n]*\"\s*(?:%|\+|\.format))")
    packages = [path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"]
    files = [path for package in packages for path in package.rglob("*.py")]
    assert len(packages) >= 8
    assert [str(path) for path in files if marked.search(path.read_text(encoding="utf-8"))] == []


def test_compiled_catalogue_is_the_one_that_people_edit(catalogue: dict[tuple[str, ...], Message]) -> None:
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    entries_in_it = int.from_bytes(PO.with_suffix(".mo").read_bytes()[8:12], "little")
    assert entries_in_it == len(catalogue) + 1, "`make messages`"  # the header is an entry
    stale = []
    for (context, text, plural), message in catalogue.items():
        if plural:
            found = [compiled.ngettext(text, plural, 1), compiled.ngettext(text, plural, 2)]
        else:
            found = [compiled.pgettext(context, text) if context else compiled.gettext(text)]
        if found != message.translations:
            stale.append(text)
    assert stale == [], "`make messages`"


# What readers get of it -----------------------------------------------------------------------------------------------


@pytest.fixture
def ticket(db: None) -> Ticket:
    """Of a customer who reads German; Mara owns it."""
    team = TeamFactory(name="Service Desk")
    MailboxFactory(team=team)
    customer = ContactFactory(first_name="Dana", last_name="Roth", language="de")
    owner = AgentFactory(name="Mara Weiss", teams=[team])
    return TicketFactory(team=team, requester=customer, subject="Drucker offline", owner=owner)


def test_sign_in_page_follows_the_browser(db: None) -> None:
    german = Client(headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}).get("/login/").content.decode()
    assert '<html lang="de"' in german
    assert "Anmelden" in german
    assert "Passwort vergessen?" in german
    assert "Sign in" not in german
    assert "Sign in" in Client().get("/login/").content.decode()


def test_agent_sees_the_desk_in_the_language_they_chose(ticket: Ticket) -> None:
    owner = ticket.owner
    assert owner is not None
    owner.language = "de"
    owner.save()
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(owner.user, backend="accounts.auth.AgentBackend")
    page = browser.get(f"/t/{ticket.reference}/").content.decode()
    for words in ("In Bearbeitung", "Antwort an Dana Roth", "Interne Notiz", "Ticket lösen", "Verantwortlich"):
        assert words in page, words
    for words in ("In progress", "Reply to", "Internal note", "Owner"):
        assert words not in page, words


def test_acknowledgement_is_written_in_the_customers_language(ticket: Ticket) -> None:
    message = acknowledge(ticket.pk)
    assert message is not None
    assert message.body_text == (
        f"Guten Tag Dana Roth,\n\nvielen Dank für Ihre Nachricht. Ihre Anfrage hat die Nummer {ticket.reference}:\n"
        "Drucker offline\n\nEine Kollegin oder ein Kollege übernimmt sie und bleibt bis zur Lösung für Sie zuständig. "
        "Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese E-Mail.\n\n"
        "Freundliche Grüße\nService Desk"
    )


def test_resolution_is_written_in_the_customers_language_whatever_the_agent_reads(ticket: Ticket) -> None:
    owner = ticket.owner
    assert owner is not None
    with translation.override("en"):
        resolved = resolve_ticket(ticket.pk, by=owner, code="fixed", note="Die Rolle ist neu.")
    assert resolved.status == TicketStatus.RESOLVED
    lines = OutboundMessage.objects.get(ticket=ticket).body_text.splitlines()
    assert lines[:3] == ["Guten Tag Dana Roth,", "", "Die Rolle ist neu."]
    assert f"Ist Ihre Anfrage {ticket.reference} damit gelöst?" in lines
    links = [line.partition(": ") for line in lines if "/answer/" in line]
    assert [words for words, _colon, _link in links] == ["Ja, sie ist gelöst", "Nein, sie ist nicht gelöst"]
    page = Client().get(links[0][2].removeprefix(settings.SITE_URL.rstrip("/")))
    assert "Ist Ihre Anfrage gelöst?" in page.content.decode()


def test_new_owner_is_introduced_in_the_customers_language(ticket: Ticket) -> None:
    message = introduce(ticket, AgentFactory(name="Jonas Kern"), at=ticket.updated_at)
    assert message.body_text.startswith("Guten Tag Dana Roth,\n\nmein Name ist Jonas Kern. Ab jetzt kümmere ich mich ")
    assert message.body_text.endswith("Freundliche Grüße\nJonas Kern")


def test_password_mail_is_written_in_the_persons_language(db: None) -> None:
    agent = AgentFactory(name="Mara Weiss", language="de")
    request_password_reset(agent.email)
    send_due_account_mail()
    (message,) = outbox.outbox
    assert message.subject == "Neues Passwort festlegen"
    assert message.body.startswith("Guten Tag Mara Weiss,\n\njemand, vermutlich Sie selbst, möchte ein neues Passwort")
    assert "er gilt einmal und 24 Stunden lang" in message.body


def test_days_are_written_as_the_reader_writes_them(db: None) -> None:

    assert day(date(2026, 3, 9)) == "9 Mar 2026"
    with translation.override("de"):
        assert day(date(2026, 3, 9)) == "9. Mär 2026"
    assert day(None) == ""


def test_notifications_write_days_out() -> None:
    facts = {"agent": "Mara Weiss", "starts_on": "2026-03-09", "ends_on": "2026-03-20"}
    covered = Notification(event_type=EventType.COVER_STARTED, payload=facts)
    assert describe(covered) == "You cover for Mara Weiss from 9 March 2026 to 20 March 2026"
    with translation.override("de"):
        assert describe(covered) == "Sie vertreten Mara Weiss vom 9. März 2026 bis zum 20. März 2026"


def test_stored_words_of_the_desk_are_put_in_the_readers_language() -> None:
    with translation.override("de"):
        assert scan_note_in_words("file type .exe is blocked") == "Dateityp .exe ist gesperrt"
        assert scan_note_in_words("the archive holds a blocked file type .js") == (
            "das Archiv enthält einen gesperrten Dateityp .js"
        )
        assert scan_note_in_words(inspect("a.zip", b"MZ").block_reason) == "Programme sind gesperrt"
        assert scan_note_in_words("Eicar-Test-Signature found") == "Eicar-Test-Signature found"
        assert (shown_name("ITIL-NEXT timer"), shown_name("Mail intake")) == ("ITIL-NEXT-Zeitgeber", "E-Mail-Eingang")
        assert (shown_name("May"), shown_name("Open"), shown_name("")) == ("May", "Open", "")


def test_pages_name_the_desk_and_the_reason_of_a_block_in_the_readers_language(ticket: Ticket) -> None:
    agent = ticket.owner
    assert agent is not None
    agent.language = "de"
    agent.save()
    files = [NewFile(filename="setup.exe", content=b"x")]
    record_customer_message(
        ticket.pk, by=ticket.requester, message=creation.Message(body_text="See file.", files=files)
    )
    resolve_ticket(ticket.pk, by=agent, code="fixed", note="Fertig.")
    close_due_tickets(now=timezone.now() + timedelta(days=30))
    browser = Client()
    browser.force_login(agent.user, backend="accounts.auth.AgentBackend")
    page = browser.get(f"/t/{ticket.reference}/").content.decode()
    assert ("Dateityp .exe ist gesperrt" in page, "ITIL-NEXT-Zeitgeber" in page) == (True, True)
    trail = browser.get(f"/t/{ticket.reference}/history/").content.decode()
    assert ("ITIL-NEXT-Zeitgeber" in trail, "ITIL-NEXT timer" in trail) == (True, False)
