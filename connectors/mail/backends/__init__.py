"""How mails are fetched from a shared mailbox. At least once: what was stored before a crash is offered again."""

from functools import partial

from connectors.mail import maildir, selectors
from connectors.mail.backends.base import (
    MAX_STORED_BYTES,
    MailboxBackend,
    MailboxNotReadable,
    MailNotReadable,
    SentFolder,
)
from connectors.mail.backends.files import SETTLED_SECONDS, FilesBackend, read_limited
from connectors.mail.backends.graph import GraphBackend
from connectors.mail.backends.graph_settings import GraphSettings
from connectors.mail.backends.imap import ImapBackend, ImapSentFolder
from connectors.mail.backends.imap_settings import ImapSettings
from connectors.mail.enums import Backend
from connectors.mail.errors import BackendNotAvailable
from connectors.mail.models import Mailbox
from connectors.microsoft365.graph import Graph

__all__ = [
    "MAX_STORED_BYTES",
    "SETTLED_SECONDS",
    "FilesBackend",
    "GraphBackend",
    "GraphSettings",
    "ImapBackend",
    "ImapSettings",
    "MailNotReadable",
    "MailboxBackend",
    "MailboxNotReadable",
    "SentFolder",
    "backend_of",
    "read_limited",
    "sent_folder_of",
]

PATIENCE_SECONDS = 5.0
"""One worker reads the mailboxes in turn: the pauses of one are not to be waited for by the others."""


def backend_of(mailbox: Mailbox) -> MailboxBackend:
    """What reads `mailbox`; nothing is reached for yet.

    Raises BackendNotAvailable for a kind this version cannot read, Invalid for settings that cannot serve.
    """
    match mailbox.backend:
        case Backend.FILES:
            known = partial(selectors.names_in_ledger, mailbox)
            return FilesBackend(maildir.folder_of(mailbox.address), known=known)
        case Backend.IMAP:
            return ImapBackend(mailbox, ImapSettings.of(mailbox.settings))
        case Backend.GRAPH if mailbox.connection is not None:
            return GraphBackend(
                mailbox, GraphSettings.of(mailbox.settings), Graph(mailbox.connection, patience=PATIENCE_SECONDS)
            )
    raise BackendNotAvailable(backend=mailbox.backend, possible=", ".join(Backend.values))


def sent_folder_of(mailbox: Mailbox) -> SentFolder | None:
    """Where copies of what was sent from `mailbox` belong; None where it keeps none. Raises Invalid."""
    if mailbox.backend != Backend.IMAP:
        return None
    settings = ImapSettings.of(mailbox.settings)
    return ImapSentFolder(settings) if settings.sent_folder else None
