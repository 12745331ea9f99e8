"""What a failure of Microsoft 365 means for the mail that was to leave: whether waiting helps, and what to do.

What an administrator or the mailbox's people can mend is tried again for a day, as with a mail server; what is wrong
with this very mail is final.
"""

from connectors.base import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from connectors.base.failures import (
    CredentialsRefused,
    Failure,
    Gone,
    HeldBack,
    PermissionMissing,
    RefusedForGood,
    Transient,
)
from connectors.mail.models import Mailbox
from connectors.mail.sentences import (
    GRAPH_BUSY,
    GRAPH_DOWN,
    GRAPH_FULL,
    GRAPH_GONE,
    GRAPH_PERMISSION,
    GRAPH_RECIPIENT,
    GRAPH_REFUSED,
    GRAPH_SIGN_IN,
    GRAPH_TOO_LARGE,
)

OF_RECIPIENTS = frozenset({"errorinvalidrecipients", "errorrecipientnotfound", "errorinvalidsmtpaddress"})
OF_SIZE = frozenset(
    {
        "errormessagesizeexceeded",
        "errorattachmentsizelimitexceeded",
        "requestentitytoolarge",
        "errorcontentsizeexceeded",
    }
)
OF_ROOM = frozenset({"errorquotaexceeded", "errormailboxfull", "quotalimitreached"})
OF_RATE = frozenset({"errorexceededmessagelimit", "errormessagesubmissionblocked"})
"""The mailbox has sent as much as it may within a day."""
RATE_PAUSE_SECONDS = 900.0
CLOSED = "held_open"


def delivery_error(failure: Failure, mailbox: Mailbox) -> DeliveryError:
    code = str(failure.said.facts.get("code") or failure.status or "–")
    facts = {"code": code, "mailbox": mailbox.address}
    match failure:
        case HeldBack() if failure.said.code == CLOSED:
            return TransientDeliveryError(GRAPH_DOWN, pause=failure.pause or 0.0)
        case Transient() if isinstance(failure, HeldBack) or not failure.is_breaking:
            return TransientDeliveryError(GRAPH_BUSY, pause=failure.pause or 0.0)
        case CredentialsRefused():
            return TransientDeliveryError(GRAPH_SIGN_IN)
        case PermissionMissing():
            return TransientDeliveryError(GRAPH_PERMISSION % facts)
        case Gone():
            return TransientDeliveryError(GRAPH_GONE % facts)
        case RefusedForGood():
            return _refused(failure, facts)
    return TransientDeliveryError(GRAPH_DOWN)


def _refused(failure: RefusedForGood, facts: dict[str, str]) -> DeliveryError:
    code = facts["code"].lower()
    if code in OF_RECIPIENTS:
        return PermanentDeliveryError(GRAPH_RECIPIENT % facts)
    if code in OF_SIZE or failure.status == 413:
        return PermanentDeliveryError(GRAPH_TOO_LARGE % facts)
    if code in OF_ROOM or failure.status == 507:
        return TransientDeliveryError(GRAPH_FULL % facts)
    if code in OF_RATE:
        return TransientDeliveryError(GRAPH_BUSY, pause=RATE_PAUSE_SECONDS)
    return PermanentDeliveryError(GRAPH_REFUSED % facts)
