"""What people do with ledger rows: try again, release from quarantine (ruling 19). Nobody deletes."""

from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from connectors.mail.enums import MailState
from connectors.mail.errors import MailNotQuarantined
from connectors.mail.models import MailMessage
from connectors.mail.policies import may_release, may_retry
from connectors.mail.services.outcome import INTAKE
from core import wake
from core.errors import NotFound, StaleVersion
from core.history import record
from core.service import service
from tickets.errors import RoleForbids


@service
def retry_mail(message_id: UUID, *, by: Agent, version: int | None = None) -> MailMessage:
    """Run the pipeline again over a mail in quarantine, with all its checks.

    Raises NotFound, RoleForbids, MailNotQuarantined or StaleVersion.
    """
    message = _locked(message_id, by=by)
    if not may_retry(by, message):
        raise RoleForbids
    return _run_again(message, by=by, released_by=None, version=version)


@service
def release_mail(message_id: UUID, *, by: Agent, version: int | None = None) -> MailMessage:
    """Let a mail act that was put aside: limits, blocked sender and spam do not hold it back any more.

    Raises NotFound, RoleForbids, MailNotQuarantined or StaleVersion.
    """
    message = _locked(message_id, by=by)
    if not may_release(by, message):
        raise RoleForbids
    return _run_again(message, by=by, released_by=by, version=version)


def _locked(message_id: UUID, *, by: Agent) -> MailMessage:
    visible = MailMessage.objects.visible_to(by).select_for_update(of=("self",)).select_related("mailbox__team")
    if (message := visible.filter(pk=message_id).first()) is None:
        raise NotFound
    return message


def _run_again(message: MailMessage, *, by: Agent, released_by: Agent | None, version: int | None) -> MailMessage:
    if message.state != MailState.QUARANTINED:
        raise MailNotQuarantined(state=MailState(message.state).label)
    if version is not None and version != message.version:
        raise StaleVersion(given=version, current=message.version)
    record(message, by=INTAKE, reason="outcome so far")  # the system's own work writes no history
    message.run_again(at=timezone.now(), released_by=released_by)
    record(message, by=by, reason="released" if released_by else "retried")
    wake.after_commit("connectors.mail.process_due")
    return message
