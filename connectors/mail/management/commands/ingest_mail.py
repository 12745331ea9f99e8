"""`manage.py ingest_mail [--mailbox ADDRESS] PATH...`: mails from files through the real intake (interfaces.md)."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors.mail import maildir, selectors
from connectors.mail.backends import read_limited
from connectors.mail.enums import MailState, Source
from connectors.mail.mbox import is_mbox, split_mbox
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.parsing import parse
from connectors.mail.services import take_in
from core import wake
from core.models import new_id


class Command(BaseCommand):
    help = "Takes in .eml files, mbox files and Maildir folders; prints one JSON line a mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help=".eml file, mbox file or Maildir folder")
        parser.add_argument(
            "--mailbox",
            metavar="ADDRESS",
            help="shared mailbox that takes them; else the one each mail is addressed to",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's signature
        own = selectors.own_addresses()
        if not own:
            raise CommandError("There is no active mailbox; add one with manage.py add_mailbox.")
        chosen = options["mailbox"]
        if chosen and not selectors.own_mailbox(chosen, own):
            raise CommandError(f"There is no active mailbox {chosen}; known: {', '.join(own)}.")
        paths = [Path(name) for name in options["paths"]]
        for path in paths:
            _refuse_unreadable(path)
        mails = (mail for path in paths for mail in _mails_in(path))
        without_outcome = 0
        with wake.gathered():
            for source, raw in mails:
                mailbox = selectors.own_mailbox(chosen, own) if chosen else _addressed(raw, own)
                if mailbox is None:
                    raise CommandError("The mailbox is gone.")
                message = take_in(mailbox, raw, provider_id=f"command:{new_id()}", source=Source.COMMAND, own=own)
                without_outcome += not message.has_outcome
                self.stdout.write(_line(source, message))
                self.stdout.flush()
        if without_outcome:
            raise CommandError(f"{without_outcome} mails have no outcome yet; they are stored and will be tried again.")


def _refuse_unreadable(path: Path) -> None:
    """Stop before anything is taken in if a path cannot be read at all."""
    if path.is_dir():
        if not any((path / part).is_dir() for part in ("new", "cur")):
            raise CommandError(
                f"{path} is a folder but no Maildir: it has neither new/ nor cur/. Nothing was taken in."
            )
        return
    try:
        with path.open("rb"):
            return
    except OSError as error:
        raise CommandError(f"Cannot read {path}: {error.strerror}. Nothing was taken in.") from error


def _mails_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each mail with where it came from; of several in one file with its number."""
    if path.is_dir():
        for file in maildir.messages_in(path):
            yield str(file), read_limited(file)
    elif is_mbox(path):
        for number, raw in enumerate(split_mbox(path), start=1):
            yield f"{path}#{number}", raw
    else:
        yield str(path), read_limited(path)


def _addressed(raw: bytes, own: dict[str, Mailbox]) -> Mailbox:
    """The first of ours that the mail is addressed to, else the oldest mailbox."""
    first = next(iter(own.values()))
    return first if len(own) == 1 else selectors.addressed_mailbox(parse(raw), own) or first


def _line(source: str, message: MailMessage) -> str:
    """What stands in an envelope has joined its ticket, as far as a script is concerned: to the operator who runs it
    the ticket is named, though the ledger's row names none.
    """
    ticket = message.ticket or (message.entry.ticket if message.entry else None)
    outcome = MailState.APPENDED if message.state == MailState.POSTED else message.state
    answer = {
        "source": source,
        "message_id": message.message_id or None,
        "outcome": outcome if message.has_outcome else None,
        "ticket": ticket.reference if ticket else None,
        "entry": str(message.entry_id) if message.entry_id else None,
        "reason": ": ".join(part for part in (message.reason, message.detail) if part) or None,
    }
    return json.dumps(answer)
