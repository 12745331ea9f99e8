"""A file that goes to Microsoft 365 in pieces: to an address of its own, which knows us without our token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.conf import settings

from connectors.base.addresses import is_allowed
from connectors.base.client import Client, Request
from connectors.base.failures import CredentialsRefused, Failure, Gone, PermissionMissing, RefusedForGood
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.base.wire import Answer
from connectors.microsoft365.graph import MAILBOX, GraphReader, account_of

PIECE_BYTES = 12 * 320 * 1024
"""Below the 4 MB that one request may have."""
ROUTE = "(upload session)"
_ATTACHMENT = re.compile(r"/attachments(?:\('([^']+)'\)|/([^/?]+))", re.IGNORECASE)


class _WithoutToken:
    """The address itself says who we are; our token is for Graph alone."""

    def headers(self) -> Mapping[str, str]:
        return {}

    def drop(self) -> None:
        """There is none."""


class _OfAnAddress(GraphReader):
    """It knows nobody: what it does not let in any more is an address whose time is over, and no sign-in of ours."""

    def failure_of(self, answer: Answer, request: Request) -> Failure | None:
        failure = super().failure_of(answer, request)
        if isinstance(failure, CredentialsRefused | PermissionMissing):
            return Gone(Said("gone", {"host": answer.host, "status": answer.status}), status=answer.status)
        return failure


@dataclass(frozen=True)
class Progress:
    """Where the next piece begins; `attachment_id` once there is none."""

    next_byte: int | None
    attachment_id: str = ""


class UploadSession:
    """Pieces of one file, in their order. All of it raises a `Failure`; Gone when the session is over."""

    def __init__(self, connection: Connection, url: str, *, mailbox: str, patience: float) -> None:
        if not is_allowed(url):
            raise RefusedForGood(Said("elsewhere", {"host": "graph"}))
        self._url, self._scope = url, f"{MAILBOX}:{mailbox.lower()}"
        parts = urlsplit(url)
        self._client = Client(
            base=f"{parts.scheme}://{parts.netloc}",
            account=account_of(connection.settings),
            signer=_WithoutToken(),
            reader=_OfAnAddress(),
            watcher=Health(connection.pk),
            places={MAILBOX: settings.MSGRAPH_REQUESTS_AT_ONCE},
            ca_file=settings.MSGRAPH_CA_FILE,
            connection_id=connection.pk,
            circuit=f"uploads:{connection.pk}",
            patience=patience,
            attempts=1,  # before a piece is sent again somebody asks which one is expected
        )

    def progress(self) -> Progress:
        """What has arrived, asked of the other side."""
        return self._sent(Request(method="GET", route=ROUTE, link=self._url, scope=self._scope))

    def put(self, piece: bytes, *, first_byte: int, size: int) -> Progress:
        """Raises Ambiguous where it is not known whether the piece has arrived."""
        headers = {
            "Content-Range": f"bytes {first_byte}-{first_byte + len(piece) - 1}/{size}",
            "Content-Type": "application/octet-stream",
        }
        request = Request(
            method="PUT",
            route=ROUTE,
            link=self._url,
            headers=headers,
            body=piece,
            scope=self._scope,
            is_repeatable=False,
        )
        return self._sent(request)

    def _sent(self, request: Request) -> Progress:
        return _progress(self._client.send(replace(request, is_of_an_object=True)))


def _progress(answer: Answer) -> Progress:
    """The last piece is answered with the place of the attachment; others with what is expected, in either spelling."""
    if found := _ATTACHMENT.search(answer.headers.get("location", "")):
        return Progress(None, found[1] or found[2])
    told = answer.json() if answer.body else {}
    told = {str(name).lower(): value for name, value in told.items()} if isinstance(told, dict) else {}
    if isinstance(told.get("id"), str):
        return Progress(None, told["id"])
    ranges = told.get("nextexpectedranges") or []
    begins = str(ranges[0]).partition("-")[0] if isinstance(ranges, list) and ranges else ""
    return Progress(int(begins) if begins.isdigit() else None)
