"""Mails of ours in a mailbox of Microsoft 365: drafted, found again, sent (integrations.md section 2, "Sending")."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from connectors.base.client import Request
from connectors.base.failures import Ambiguous, Gone
from connectors.base.sentences import Said
from connectors.base.wire import Answer
from connectors.mail.composing import UnfoldedMail
from connectors.microsoft365.graph import Graph

MARK = "String {6a0d1b57-3c5e-4f0e-9d2b-7f1c8e2a4b90} Name itilnext-outbox"
"""The property by which a mail of ours is found again, and the header that says the same; both hold the outbox id."""
HEADER = "x-itilnext-outbox"
IN_REPLY_TO, REFERENCES = "String 0x1042", "String 0x1039"
AUTO_SUBMITTED = "String {00020386-0000-0000-c000-000000000046} Name auto-submitted"
"""Properties behind headers that Graph does not take as headers, since they do not begin with x- (MS-OXPROPS)."""
MOST_HEADERS = 5
SMALL_BYTES = 3 * 1024 * 1024
"""Of a file that goes as one request; larger ones go in pieces."""
MESSAGES = "/users/{user-id}/messages"
MESSAGE = f"{MESSAGES}/{{message-id}}"
FOLDER_MESSAGES = "/users/{user-id}/mailFolders/{mailFolder-id}/messages"
DRAFTS, SENT_ITEMS = "drafts", "sentitems"
ACCEPTED = 202


@dataclass(frozen=True)
class Made:
    """A draft as Graph tells of it. `message_id` without its angle brackets, empty where it is not told."""

    id: str
    message_id: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Made":
        return cls(str(told.get("id") or ""), str(told.get("internetMessageId") or "").strip("<> "))


class GraphOutbox:
    """All of it raises a `Failure`."""

    def __init__(self, graph: Graph, user: str) -> None:
        self._graph, self._user = graph, user

    # Found again ------------------------------------------------------------------------------------------------------

    def drafts(self, outbound_id: UUID) -> list[str]:
        """Ids of those that carry our mark."""
        return [str(item["id"]) for item in self._listed(DRAFTS, _of_mark(outbound_id)) if item.get("isDraft")]

    def is_sent(self, outbound_id: UUID, message_ids: list[str]) -> bool:
        """Whether the Sent items hold it: by our mark, or by one of its Message-IDs."""
        filters = [_of_mark(outbound_id), *(f"internetMessageId eq {_quoted(f'<{found}>')}" for found in message_ids)]
        return any(not item.get("isDraft") for filter_ in filters for item in self._listed(SENT_ITEMS, filter_))

    def is_draft(self, draft_id: str) -> bool | None:
        """None where nothing has this id any more."""
        values = {"user-id": self._user, "message-id": draft_id}
        try:
            found = self._graph.get(MESSAGE, values, query={"$select": "id,isDraft"})
        except Gone:
            return None
        return bool(isinstance(found, dict) and found.get("isDraft"))

    def _listed(self, folder: str, filter_: str) -> list[Mapping[str, Any]]:
        values = {"user-id": self._user, "mailFolder-id": folder}
        query = {"$filter": filter_, "$select": "id,isDraft,internetMessageId"}
        request = Request(method="GET", route=FOLDER_MESSAGES, values=values, query=query)
        items = [item for page in self._graph.pages(request) for item in page.items]
        return [item for item in items if isinstance(item, dict) and item.get("id")]

    # Drafted ----------------------------------------------------------------------------------------------------------

    def create(self, values: Mapping[str, Any]) -> Made:
        return self._posted(MESSAGES, {}, values)

    def reply(self, original_id: str, values: Mapping[str, Any]) -> Made:
        """An answer to a mail of this mailbox, to which Exchange gives its place in the conversation; what it quotes,
        and whom it is to, is replaced by `change`. Raises Gone where the mail is not there any more.
        """
        names = ("internetMessageHeaders", "singleValueExtendedProperties")
        message = {name: values[name] for name in names}
        return self._posted(f"{MESSAGE}/createReply", {"message-id": original_id}, {"message": message})

    def change(self, draft_id: str, values: Mapping[str, Any]) -> Made:
        """Doing it twice is as good as once."""
        kept = {name: value for name, value in values.items() if name != "internetMessageHeaders"}
        place = {"user-id": self._user, "message-id": draft_id}
        request = Request(method="PATCH", route=MESSAGE, values=place, is_repeatable=True)
        answer = self._graph.send(request.with_json(kept))
        return Made.of(_told(answer) if answer.body else {})

    def attached(self, draft_id: str) -> list[str]:
        values = {"user-id": self._user, "message-id": draft_id}
        request = Request(method="GET", route=f"{MESSAGE}/attachments", values=values, query={"$select": "id,name"})
        return [str(item["id"]) for page in self._graph.pages(request) for item in page.items]

    def attach(self, draft_id: str, name: str, content_type: str, content: bytes) -> str:
        file = {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": name,
            "contentType": content_type,
            "contentBytes": base64.b64encode(content).decode(),
        }
        return self._posted(f"{MESSAGE}/attachments", {"message-id": draft_id}, file).id

    def open_upload(self, draft_id: str, name: str, content_type: str, size: int) -> str:
        """Where the pieces of a file go."""
        item = {"attachmentType": "file", "name": name, "size": size, "contentType": content_type}
        route = f"{MESSAGE}/attachments/createUploadSession"
        request = Request(method="POST", route=route, values={"user-id": self._user, "message-id": draft_id})
        told = _told(self._graph.send(request.with_json({"AttachmentItem": item})), must_have="uploadUrl")
        return str(told["uploadUrl"])

    def detach(self, draft_id: str, attachment_id: str) -> None:
        values = {"user-id": self._user, "message-id": draft_id, "attachment-id": attachment_id}
        self._deleted(f"{MESSAGE}/attachments/{{attachment-id}}", values)

    def delete(self, draft_id: str) -> None:
        self._deleted(MESSAGE, {"user-id": self._user, "message-id": draft_id})

    # Sent -------------------------------------------------------------------------------------------------------------

    def send(self, draft_id: str) -> None:
        """It leaves at most once, however often it is asked for: what has left is no draft any more."""
        values = {"user-id": self._user, "message-id": draft_id}
        answer = self._graph.send(Request(method="POST", route=f"{MESSAGE}/send", values=values, body=b""))
        if answer.status != ACCEPTED:
            raise Ambiguous(Said("no_json", {"host": answer.host}), status=answer.status)

    def _posted(self, route: str, values: Mapping[str, str], content: Mapping[str, Any]) -> Made:
        request = Request(method="POST", route=route, values={"user-id": self._user, **values})
        return Made.of(_told(self._graph.send(request.with_json(content)), must_have="id"))

    def _deleted(self, route: str, values: Mapping[str, str]) -> None:
        try:
            self._graph.send(Request(method="DELETE", route=route, values=values))
        except Gone:
            return  # as wanted


def _told(answer: Answer, *, must_have: str = "") -> Mapping[str, Any]:
    """Raises Ambiguous for what is not Graph's answer, such as a proxy's page: it may have been done."""
    told = answer.json() if answer.is_json else None
    if not isinstance(told, dict) or (must_have and not told.get(must_have)):
        raise Ambiguous(Said("no_json", {"host": answer.host}), status=answer.status)
    return told


def values_of(email: UnfoldedMail, outbound_id: UUID) -> dict[str, Any]:
    """The mail as Graph takes it. Whoever is settled has it already, or never will."""
    headers = {str(name): str(value) for name, value in email.extra_headers.items()}
    behind = {"In-Reply-To": IN_REPLY_TO, "References": REFERENCES, "Auto-Submitted": AUTO_SUBMITTED}
    properties = {MARK: str(outbound_id)} | {behind[name]: headers[name] for name in behind if name in headers}
    own = {HEADER: str(outbound_id)} | {name: text for name, text in headers.items() if name.lower().startswith("x-")}
    html = next(str(content) for content, kind in email.alternatives if kind == "text/html")
    return {
        "subject": email.subject,
        "body": {"contentType": "html", "content": html},
        "from": _person(email.from_email),
        "toRecipients": [_person(address) for address in email.to if address not in email.settled],
        "ccRecipients": [_person(address) for address in email.cc if address not in email.settled],
        "bccRecipients": [],
        "replyTo": [_person(address) for address in email.reply_to],
        "internetMessageId": headers["Message-ID"],
        "internetMessageHeaders": [{"name": name, "value": own[name]} for name in list(own)[:MOST_HEADERS]],
        "singleValueExtendedProperties": [{"id": name, "value": text} for name, text in properties.items()],
    }


def _person(written: str) -> dict[str, Any]:
    name, address = parseaddr(written)
    told = {"address": address or written}
    return {"emailAddress": {"name": str(make_header(decode_header(name))), **told} if name else told}


def _of_mark(outbound_id: UUID) -> str:
    return (
        f"singleValueExtendedProperties/Any(ep: ep/id eq {_quoted(MARK)} and ep/value eq {_quoted(str(outbound_id))})"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
