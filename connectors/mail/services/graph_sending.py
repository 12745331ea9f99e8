"""From the outbox through Microsoft 365: one draft for each mail, which leaves once.

Why it is done so: docs/adr/0012-sending-through-graph.md.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from connectors.base import DeliveryError, PermanentDeliveryError, TransientDeliveryError, UnclearDeliveryError
from connectors.base.failures import Ambiguous, Failure, Gone, RefusedForGood, Transient
from connectors.mail import selectors
from connectors.mail.backends import GraphSettings
from connectors.mail.backends.graph_outbox import GraphOutbox, Made, values_of
from connectors.mail.composing import compose
from connectors.mail.drafts import GraphDraft
from connectors.mail.enums import Backend
from connectors.mail.models import Mailbox
from connectors.mail.sentences import GRAPH_OFF, GRAPH_SENDING
from connectors.mail.services import handover
from connectors.mail.services.graph_files import Files
from connectors.mail.services.graph_refusals import delivery_error
from connectors.microsoft365.graph import Graph
from core import steps
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
"""That one request waits in pauses: the row is tried again anyway, and mails of other mailboxes wait behind it."""
WORKING_SECONDS = 40.0
"""After this long an attempt ends between two pieces of a file; the next one goes on from there."""
CLEANED_AFTER = timedelta(hours=1)
"""Drafts can be found late after they were made; what is still in work is looked at again."""
CLEANED_FOR = timedelta(days=7)

DRAFTED = steps.declare("mail.graph", "drafted")
ASKED = steps.declare("mail.graph", "asked")
SENT = steps.declare("mail.graph", "sent")


def hand_over(message: OutboundMessage, mailbox: Mailbox, *, keep: Callable[[], None]) -> None:
    """Give a mail to Microsoft 365, unless it has it already. `keep` renews the caller's lease, or raises.

    Raises PermanentDeliveryError, TransientDeliveryError, UnclearDeliveryError if it may have left, and
    UnfinishedDeliveryError where there was no time for all of its files.
    """
    row, is_new = GraphDraft.objects.select_related("mailbox", "connection").get_or_create(
        outbound=message, defaults={"clean_due_at": timezone.now() + CLEANED_AFTER, **_place_of(mailbox)}
    )
    may_have_left = row.send_asked_at is not None
    try:
        if not may_have_left and (row.mailbox, row.connection, row.user) != tuple(_place_of(mailbox).values()):
            _move(row, mailbox)
        _Sending(row, message, keep).run(is_new=is_new)
    except Failure as failure:
        error = delivery_error(failure, row.mailbox)
        if isinstance(error, PermanentDeliveryError) and may_have_left:  # refused now, it is perhaps no draft any more
            raise UnclearDeliveryError(GRAPH_SENDING) from failure
        if isinstance(error, PermanentDeliveryError):
            _leave_nothing(row)
        raise error from failure


def began(message: OutboundMessage) -> GraphDraft | None:
    """By which it may have left already; then no other way may be tried."""
    drafts = GraphDraft.objects.filter(outbound=message, send_asked_at__isnull=False)
    return drafts.select_related("mailbox").first()


def _place_of(mailbox: Mailbox) -> dict[str, Any]:
    user = GraphSettings.of(mailbox.settings).user if mailbox.backend == Backend.GRAPH else ""
    return {"mailbox": mailbox, "connection": mailbox.connection, "user": user or mailbox.address}


def _move(row: GraphDraft, mailbox: Mailbox) -> None:
    """The ticket's mails come from another address by now, and nothing has left from the first one. A draft that cannot
    be deleted there is one that nobody sends.
    """
    try:
        _delete_drafts(row, _outbox_of(row))
    except Transient:
        raise
    except (DeliveryError, Failure):
        logger.info("drafts are left where the mail is not sent from", extra={"outbound": str(row.outbound_id)})
    _write(row, **_place_of(mailbox), provider_id="", message_id="", attached={}, upload={})


class _Sending:
    def __init__(self, row: GraphDraft, message: OutboundMessage, keep: Callable[[], None]) -> None:
        self._row, self._message, self._keep = row, message, keep
        self._ends = time.monotonic() + WORKING_SECONDS
        self._outbox = _outbox_of(row)

    def run(self, *, is_new: bool) -> None:
        self._keep()
        if not is_new and self._has_left():
            return
        email = compose(self._message, self._row.mailbox, files=[])
        email.settled = handover.settled_addresses(self._message)
        if not email.recipients():
            return
        self._keep()
        values = values_of(email, self._message.pk)
        is_bare = not self._row.provider_id and self._draft(values, email.extra_headers.get("In-Reply-To", ""))
        if not is_bare:
            self._note_id(self._outbox.change(self._row.provider_id, values))
        DRAFTED.reached()
        Files(self._row, self._outbox, ends=self._ends, keep=self._keep).carry(is_bare=is_bare)
        self._send()

    def _has_left(self) -> bool:
        """Raises UnclearDeliveryError while that cannot be told: better late than twice."""
        row = self._row
        is_draft = self._outbox.is_draft(row.provider_id) if row.provider_id else None
        if is_draft is not None:
            return not is_draft
        if row.send_asked_at is None and self._adopt():
            return False
        if self._outbox.is_sent(row.outbound_id, [self._message.email_message_id, *filter(None, [row.message_id])]):
            return True  # by us, or by somebody who has found the draft in Outlook
        if row.send_asked_at is not None:
            raise UnclearDeliveryError(GRAPH_SENDING)
        return False

    def _adopt(self) -> bool:
        """A draft whose making was not answered, if there is one; of several the others are of no use."""
        drafts = self._outbox.drafts(self._row.outbound_id)
        for draft_id in drafts[1:]:
            self._outbox.delete(draft_id)
        self._begin_with(drafts[0] if drafts else "")
        return bool(drafts)

    def _begin_with(self, draft_id: str) -> None:
        """Whoever has taken too long may find that another one has begun with one of their own. Raises as `keep`."""
        self._keep()
        _write(self._row, provider_id=draft_id, message_id="", attached={}, upload={})

    def _draft(self, values: dict[str, Any], answered: str) -> bool:
        """Whether it is as it should be already; an answer still quotes the mail and carries its images."""
        original = selectors.source_of(self._row.mailbox, answered.strip("<>")) if answered else ""
        if original:
            try:
                made = self._outbox.reply(original, values)
            except (Gone, RefusedForGood):
                logger.info("the answered mail takes no answer", extra={"outbound": str(self._row.outbound_id)})
            else:
                self._begin_with(made.id)
                return False
        made = self._outbox.create(values)
        self._begin_with(made.id)
        self._note_id(made)
        return True

    def _note_id(self, made: Made) -> None:
        """Exchange may insist on a Message-ID of its own; answers are known by it, too."""
        other = "" if made.message_id == self._message.email_message_id else made.message_id
        if other != self._row.message_id:
            _write(self._row, message_id=other)

    def _send(self) -> None:
        self._keep()
        if self._row.send_asked_at is None:
            _write(self._row, send_asked_at=timezone.now())
        ASKED.reached()
        try:
            self._outbox.send(self._row.provider_id)
        except (Ambiguous, Gone) as failure:  # gone: sent by a request before it, or not to be seen yet
            raise UnclearDeliveryError(GRAPH_SENDING) from failure
        SENT.reached()
        is_plain = self._message.attempts <= 1
        _write(self._row, clean_due_at=None if is_plain else timezone.now() + CLEANED_AFTER)


def _leave_nothing(row: GraphDraft) -> None:
    """The mail has failed for good. What shows late is deleted later."""
    due_at = timezone.now() + CLEANED_AFTER
    try:
        _delete_drafts(row, _outbox_of(row))
    except (DeliveryError, Failure):
        due_at = timezone.now()
    _write(row, clean_due_at=due_at)


def _delete_drafts(row: GraphDraft, outbox: GraphOutbox) -> None:
    """Drafts alone: the id of one may be that of the mail it has become."""
    found = outbox.drafts(row.outbound_id)
    if row.provider_id and row.provider_id not in found and outbox.is_draft(row.provider_id):
        found.append(row.provider_id)
    for draft_id in found:
        outbox.delete(draft_id)


def _write(row: GraphDraft, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values, "updated_at"])


def _outbox_of(row: GraphDraft) -> GraphOutbox:
    """Tries everything once: each further attempt of the row looks at what the one before has done.

    Raises TransientDeliveryError.
    """
    if row.connection is None or not row.connection.is_active:
        raise TransientDeliveryError(GRAPH_OFF)
    return GraphOutbox(Graph(row.connection, patience=PATIENCE_SECONDS, attempts=1), row.user)


# Left over ------------------------------------------------------------------------------------------------------------


def clean_drafts(*, now: datetime | None = None, limit: int = 20) -> int:
    """Timer: delete drafts of mails that have left, failed or were taken back; the answer is how many mails were
    looked at.
    """
    moment = now or timezone.now()
    due = GraphDraft.objects.filter(clean_due_at__lte=moment).order_by("clean_due_at").values_list("pk", flat=True)
    return sum(_clean(row_id, moment) for row_id in list(due[:limit]))


def _clean(row_id: UUID, now: datetime) -> bool:
    row = _lease(row_id, now)
    if row is None:
        return False
    if row.outbound.status in (OutboundStatus.QUEUED, OutboundStatus.SENDING):
        return True  # in work; `_lease` has put it off
    try:
        outbox = _outbox_of(row)
        for draft_id in outbox.drafts(row.outbound_id):
            outbox.delete(draft_id)
    except (Failure, DeliveryError) as error:
        logger.warning("drafts not cleaned", extra={"outbound": str(row.outbound_id), "cause": type(error).__name__})
        if now - row.created_at > CLEANED_FOR:
            GraphDraft.objects.filter(pk=row_id).update(clean_due_at=None)
        return True
    GraphDraft.objects.filter(pk=row_id).update(clean_due_at=None)
    return True


@transaction.atomic
def _lease(row_id: UUID, now: datetime) -> GraphDraft | None:
    """The row, put off by an hour; None if another worker has it."""
    rows = GraphDraft.objects.select_for_update(of=("self",), skip_locked=True)
    row = rows.select_related("outbound", "connection").filter(pk=row_id, clean_due_at__lte=now).first()
    if row is not None:
        GraphDraft.objects.filter(pk=row_id).update(clean_due_at=now + CLEANED_AFTER)
    return row
