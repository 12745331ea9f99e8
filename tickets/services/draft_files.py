"""Files of what somebody is writing: kept with the draft, until they are sent with it or taken out."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid
from core.service import service
from tickets.errors import RoleForbids
from tickets.models import Attachment, DraftFile, OutboundMessage, Ticket, TimelineEntry
from tickets.policies import may_keep_drafts
from tickets.services.attachments import NewFile, store_blobs

MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_FILES = 20
MAX_ALL_BYTES = 50 * 1024 * 1024
"""What one message may carry altogether; hardly a mail server takes more."""
SAME = ("file", "filename", "content_type", "size_bytes", "sha256", "scan_status", "scan_note")


@service
def keep_draft_files(ticket_id: UUID, *, by: Agent, mode: str, files: Sequence[NewFile]) -> list[DraftFile]:
    """Keep files for what `by` is writing, all of them or none. Raises Invalid naming what is too large or too much.

    The same file chosen again is kept once.
    """
    if not may_keep_drafts(by):
        raise RoleForbids
    kept = _locked_files(ticket_id, by=by, mode=mode)
    refuse_too_much([(file.filename, len(file.content)) for file in files], besides=[row.size_bytes for row in kept])
    return _add_to(kept, store_blobs(files), ticket_id=ticket_id, by=by, mode=mode)


@service
def keep_copies(ticket_id: UUID, *, by: Agent, mode: str, files: Sequence[Attachment]) -> list[DraftFile]:
    """Keep files that stand on the ticket for what `by` is writing, as if they had been chosen anew: all of them or
    none. That `by` may read them is for the caller to know. Raises Invalid naming what is too much.
    """
    if not may_keep_drafts(by):
        raise RoleForbids
    kept = _locked_files(ticket_id, by=by, mode=mode)
    refuse_too_much([(file.filename, file.size_bytes) for file in files], besides=[row.size_bytes for row in kept])
    return _add_to(kept, files, ticket_id=ticket_id, by=by, mode=mode)


def _locked_files(ticket_id: UUID, *, by: Agent, mode: str) -> list[DraftFile]:
    """One after the other on this ticket and person, so that two uploads at once stay within the limits together."""
    Agent.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=by.pk)
    return list(DraftFile.objects.filter(ticket=ticket_id, person=by, mode=mode))


def _add_to(
    kept: Sequence[DraftFile], files: Sequence[Attachment], *, ticket_id: UUID, by: Agent, mode: str
) -> list[DraftFile]:
    known = {(row.sha256, row.filename) for row in kept}
    rows = [
        DraftFile(ticket_id=ticket_id, person=by, mode=mode, **{name: getattr(file, name) for name in SAME})
        for file in files
        if (file.sha256, file.filename) not in known
    ]
    return DraftFile.objects.bulk_create(rows)


def refuse_too_much(files: Sequence[tuple[str, int]], *, besides: Sequence[int] = ()) -> None:
    """Of one message: names and sizes of new files, and the sizes of those it has. Raises Invalid."""
    for name, size in files:
        if size > MAX_FILE_BYTES:
            raise Invalid({"file": _("“%(name)s” is larger than 25 MiB. Share it in another way.") % {"name": name}})
        if not size:
            raise Invalid({"file": _("“%(name)s” is empty.") % {"name": name}})
    if len(files) + len(besides) > MAX_FILES:
        raise Invalid({"file": ngettext_lazy("At most %d file.", "At most %d files.", MAX_FILES) % MAX_FILES})
    if sum(size for _name, size in files) + sum(besides) > MAX_ALL_BYTES:
        raise Invalid({"file": _("The files are larger than 50 MiB together. Send fewer of them.")})


@service
def remove_draft_file(file_id: UUID, *, by: Agent) -> None:
    """Take one of one's own files out again; one that is not there any more is no error."""
    DraftFile.objects.filter(pk=file_id, person=by).delete()


def draft_files_of(ticket: Ticket, *, by: Actor, mode: str, ids: Sequence[UUID]) -> list[DraftFile]:
    """Those of one's own that a form names, in the order in which they were chosen."""
    if not ids or not isinstance(by, Agent):
        return []
    return list(DraftFile.objects.filter(ticket=ticket, person=by, mode=mode, pk__in=list(ids)).order_by("pk"))


def as_attachments(files: Sequence[DraftFile | Attachment]) -> list[Attachment]:
    """Unsaved attachments of the same bytes, with what was found about them."""
    return [Attachment(**{name: getattr(file, name) for name in SAME}) for file in files]


def send_draft_files(
    files: Sequence[DraftFile], *, entry: TimelineEntry | None = None, outbound: OutboundMessage | None = None
) -> None:
    """Within the transaction of the act that uses them: attachments from now on, and no longer the draft's."""
    attachments = as_attachments(files)
    for attachment in attachments:
        attachment.entry, attachment.outbound = entry, outbound
    Attachment.objects.bulk_create(attachments)
    DraftFile.objects.filter(pk__in=[file.pk for file in files]).delete()
