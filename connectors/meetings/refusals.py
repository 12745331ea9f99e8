"""What a failure of the calendar means for whoever reads the ticket or envelope: what to do about the meeting. How the
connection is set up, and what Microsoft answered, stands on the page of connections alone (permissions.md).
"""

from connectors.base.failures import (
    Ambiguous,
    CredentialsRefused,
    Failure,
    PermissionMissing,
    RefusedForGood,
    Transient,
)
from connectors.base.sentences import Said

FOR_ALL = frozenset(
    {"calendar_off", "calendar_no_mailbox", "meeting_unclear", "meeting_late", "meeting_stranger", "bug"}
)
"""Sentences that are about the meeting as they stand."""
OF_PEOPLE = frozenset({"errorinvalidrecipients", "errorrecipientnotfound", "errorinvalidsmtpaddress"})


def said_of(failure: Failure, mailbox: str) -> Said:
    """Of a failure that a meeting met on its way into the calendar of `mailbox`."""
    if failure.said.code in FOR_ALL:
        return failure.said
    match failure:
        case CredentialsRefused():
            return Said("meeting_no_sign_in")
        case PermissionMissing():
            return Said("meeting_not_allowed", {"mailbox": mailbox})
        case Ambiguous():
            return Said("meeting_unclear")
        case Transient():
            return Said("meeting_not_reached")
        case RefusedForGood() if str(failure.said.facts.get("code", "")).lower() in OF_PEOPLE:
            return Said("meeting_bad_address")
    return Said("meeting_refused")
