"""`manage.py add_mailbox ADDRESS --backend files|imap|msgraph --team NAME` (interfaces.md section 1)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Team
from connectors.base.models import Connection
from connectors.mail import maildir
from connectors.mail.backends import GraphBackend, ImapBackend, MailboxNotReadable, backend_of
from connectors.mail.enums import AfterTaking, Backend, SignIn, Tls
from connectors.mail.models import Mailbox
from connectors.mail.services import add_mailbox
from connectors.microsoft365.services import KIND, add_from_environment
from core.actors import SystemActor
from core.errors import DomainError, Invalid

OPERATOR = SystemActor("manage.py add_mailbox")
SETTINGS = {
    "host": "IMAP server",
    "port": "its port; else 993 with TLS from the start, 143 without",
    "user": "name to sign in with; else the address",
    "secret": "name of the environment variable with the password or the client's secret: MAILBOX_..., or the same "
    "name with _FILE for the path of a file; the secret itself is not stored",
    "folder": "where new mails come to; else INBOX",
    "move-to": "folder for taken mails, with --after move",
    "sent-folder": "folder that gets a copy of each mail sent from here",
    "not-before": "date such as 2025-12-31; older mails are left alone",
    "token-url": "OAuth 2: token endpoint",
    "client-id": "OAuth 2: client id",
    "scope": "OAuth 2: scope",
    "refresh-token": "OAuth 2: name of the environment variable with the refresh token; without one the client signs "
    "in for itself",
}
CHOICES = {"tls": Tls, "auth": SignIn, "after": AfterTaking}


class Command(BaseCommand):
    help = "Adds a shared mailbox for a team; adding the same one again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="ADDRESS", help="what customers write to")
        parser.add_argument("--backend", required=True, choices=Backend.values, help="how it is read")
        parser.add_argument("--team", required=True, metavar="NAME", help="whose tickets its mails become")
        parser.add_argument("--name", default="", help="sender of automatic mails; else the team's name")
        parser.add_argument(
            "--plus-addresses",
            action="store_true",
            default=None,
            help="its mail server delivers support+anything@ to support@, so that answers name their ticket; "
            "for files this is taken for granted",
        )
        graph = parser.add_argument_group("Microsoft 365")
        graph.add_argument("--connection", default="", metavar="NAME", help="which one; else the only one there is")
        graph.add_argument(
            "--folders", action="append", metavar="NAME", help="folder of new mails, once for each; else the inbox"
        )
        imap = parser.add_argument_group("IMAP, and what Microsoft 365 has of it (user, after, move-to, not-before)")
        for name, help_text in SETTINGS.items():
            imap.add_argument(f"--{name}", default="", metavar="VALUE", help=help_text)
        for name, choices in CHOICES.items():
            words = ", ".join(f"{value}: {label}" for value, label in choices.choices)
            imap.add_argument(f"--{name}", default="", choices=choices.values, help=words)

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        team = Team.objects.filter(name__iexact=options["team"], is_active=True).first()
        if team is None:
            names = ", ".join(Team.objects.filter(is_active=True).values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no active team {options['team']}; known: {names}.")
        asked = [name.replace("-", "_") for name in (*SETTINGS, *CHOICES, "folders")]
        given = {name: options[name] for name in asked if options[name]}
        connection = _connection(options["connection"]) if options["backend"] == Backend.GRAPH else None
        if options["backend"] == Backend.IMAP:
            given = {"user": options["address"]} | given
        try:
            mailbox = add_mailbox(
                options["address"],
                backend=options["backend"],
                team=team,
                by=OPERATOR,
                name=options["name"],
                settings=given,
                takes_plus_addresses=options["plus_addresses"],
                connection=connection,
            )
        except Invalid as refusal:
            lines = [f"{_option(name)}: {' '.join(texts)}" for name, texts in refusal.fields.items()]
            raise CommandError("\n".join(lines) or str(refusal)) from refusal
        except DomainError as refusal:
            raise CommandError(f"{refusal} {refusal.hint_text}".strip()) from refusal
        self.stdout.write(f"{mailbox.address} belongs to {team.name}; its mails are read from {_place(mailbox)}.")
        self._try_out(mailbox)

    def _try_out(self, mailbox: Mailbox) -> None:
        """A mailbox that cannot be read yet stays added: it is tried again from time to time."""
        backend = backend_of(mailbox)
        if not isinstance(backend, ImapBackend | GraphBackend):
            return
        try:
            backend.check()
        except MailboxNotReadable as error:
            self.stderr.write(self.style.WARNING(f"It cannot be read yet: {error}"))
        else:
            self.stdout.write("It can be read.")
        finally:
            backend.close()


def _connection(name: str) -> Connection:
    """The one of this name, or the only one there is; the environment's is added if it is not there yet."""
    add_from_environment()
    rows = Connection.objects.active().of_kind(KIND)
    found = list(rows.filter(name__iexact=name) if name else rows)
    if len(found) == 1:
        return found[0]
    names = ", ".join(rows.values_list("name", flat=True)) or "none yet: set MSGRAPH_TENANT_ID and MSGRAPH_CLIENT_ID"
    raise CommandError(f"Say by --connection NAME which connection to Microsoft 365 reads it; known: {names}.")


def _option(name: str) -> str:
    return name if name in ("address", "backend") else f"--{name.replace('_', '-')}"


def _place(mailbox: Mailbox) -> str:
    if mailbox.backend == Backend.GRAPH:
        return f"Microsoft 365, by the connection {mailbox.connection}"
    if mailbox.backend == Backend.IMAP:
        return f"the IMAP server {mailbox.settings['host']}"
    return str(maildir.folder_of(mailbox.address))
