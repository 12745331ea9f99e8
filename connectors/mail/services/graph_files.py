"""Files of a draft in Microsoft 365: small ones in one request, larger ones in pieces that go on where they ended."""

import time
from collections.abc import Callable

from django.core.files import File

from connectors.base import TransientDeliveryError, UnfinishedDeliveryError
from connectors.base.failures import Ambiguous, Gone, RefusedForGood
from connectors.mail.backends.graph_outbox import SMALL_BYTES, GraphOutbox
from connectors.mail.composing import one_line
from connectors.mail.drafts import GraphDraft
from connectors.mail.sentences import GRAPH_DOWN, GRAPH_UPLOADING
from connectors.microsoft365.uploads import PIECE_BYTES, Progress, UploadSession
from core import sealing
from tickets.models import Attachment

UPLOAD = "upload"
"""Name of the sealed address."""
PATIENCE_SECONDS = 2.0
TOO_LARGE = 413
ASKED_AGAIN = 3
"""After so many pieces in a row whose arrival was not answered, the row waits."""


class Files:
    """What the mail carries, and nothing else. Raises a `Failure`, UnfinishedDeliveryError when the time is over."""

    def __init__(self, row: GraphDraft, outbox: GraphOutbox, *, ends: float, keep: Callable[[], None]) -> None:
        self._row, self._outbox, self._ends, self._keep = row, outbox, ends, keep

    def carry(self, *, is_bare: bool) -> None:
        """`is_bare`: the draft is new and empty."""
        if not is_bare:
            self._remove_strays()
        rows = Attachment.objects.filter(outbound=self._row.outbound_id).order_by("created_at", "id")
        for file in (file for file in rows if file.may_be_served):
            if str(file.pk) not in self._row.attached:
                self._take(file)
                self._keep()

    def _remove_strays(self) -> None:
        """Images of an answered mail, and what was attached without an answer."""
        there = set(self._outbox.attached(self._row.provider_id))
        known = {ours: theirs for ours, theirs in self._row.attached.items() if theirs in there}
        for stray in sorted(there - set(known.values())):
            self._outbox.detach(self._row.provider_id, stray)
        self._row.attached = known

    def _take(self, file: Attachment) -> None:
        self._end_in_time()
        with file.file.open("rb") as content:
            attached = self._attach(file, content) or self._upload(file, content)
        self._row.attached[str(file.pk)] = attached
        self._row.upload = {}
        self._row.save(update_fields=["attached", "upload", "updated_at"])

    def _attach(self, file: Attachment, content: "File[bytes]") -> str:
        """Empty where it is too large for one request, in which it takes a third more than it has."""
        if file.size_bytes >= SMALL_BYTES:
            return ""
        try:
            return self._outbox.attach(self._row.provider_id, *_named(file), content.read())
        except RefusedForGood as failure:
            if failure.status != TOO_LARGE:
                raise
        return ""

    def _upload(self, file: Attachment, content: "File[bytes]") -> str:
        session, progress = self._session(file)
        unanswered = 0
        while progress.next_byte is not None:
            self._end_in_time()
            content.seek(progress.next_byte)
            piece = content.read(PIECE_BYTES)
            try:
                progress = session.put(piece, first_byte=progress.next_byte, size=file.size_bytes)
                unanswered = 0
            except Ambiguous:
                unanswered += 1
                if unanswered == ASKED_AGAIN:
                    raise
                progress = self._asked(session)
            except (Gone, RefusedForGood) as over:  # the session has ended, or expects another piece
                self._forget()
                raise TransientDeliveryError(GRAPH_DOWN) from over
            self._keep()
        if not progress.attachment_id:
            self._forget()
            raise TransientDeliveryError(GRAPH_DOWN)
        return progress.attachment_id

    def _session(self, file: Attachment) -> tuple[UploadSession, Progress]:
        """The one that an earlier attempt has left, where it still goes on; else a new one."""
        kept = self._row.upload
        if kept.get("file") == str(file.pk):
            try:
                session = self._at(sealing.open_sealed(kept["url"], row_id=self._row.pk, name=UPLOAD))
                return session, session.progress()
            except (sealing.NotOpened, Gone, RefusedForGood):
                self._forget()
        url = self._outbox.open_upload(self._row.provider_id, *_named(file), file.size_bytes)
        session = self._at(url)
        self._row.upload = {"file": str(file.pk), "url": sealing.seal(url, row_id=self._row.pk, name=UPLOAD)}
        self._row.save(update_fields=["upload", "updated_at"])
        return session, Progress(0)

    def _at(self, url: str) -> UploadSession:
        if self._row.connection is None:
            raise TransientDeliveryError(GRAPH_DOWN)
        return UploadSession(self._row.connection, url, mailbox=self._row.user, patience=PATIENCE_SECONDS)

    def _asked(self, session: UploadSession) -> Progress:
        """Whether a piece has arrived whose answer was lost. A session that is over may have ended well: the next
        attempt looks at what the draft holds.
        """
        try:
            return session.progress()
        except (Gone, RefusedForGood) as over:
            self._forget()
            raise TransientDeliveryError(GRAPH_DOWN) from over

    def _forget(self) -> None:
        self._row.upload = {}
        self._row.save(update_fields=["upload", "updated_at"])

    def _end_in_time(self) -> None:
        if time.monotonic() > self._ends:
            raise UnfinishedDeliveryError(GRAPH_UPLOADING)


def _named(file: Attachment) -> tuple[str, str]:
    """Name and type; a mail in a mail travels as a file, as it does over SMTP."""
    main, _slash, sub = file.content_type.partition("/")
    is_file = main in ("message", "multipart") or not sub
    return one_line(file.filename), "application/octet-stream" if is_file else file.content_type
