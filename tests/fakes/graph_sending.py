"""What the fake of Graph does with drafts: made, answered with, changed, filled, sent; and where files go in pieces.

Rules that Microsoft's description does not have (integrations.md section 2, "Sending") are kept here: headers begin
with x- and are five at most, an answer quotes and has its own recipients until it is changed, a sent mail has another
id than its draft had, and lies in the Sent items a while later.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as modern
from secrets import token_urlsafe
from threading import RLock
from typing import TYPE_CHECKING, Any

from tests.fakes.serving import Call, Reply

if TYPE_CHECKING:
    from tests.fakes.microsoft import Mailbox, MicrosoftFake

MOST_BODY = 4_000_000
MOST_PIECE = 4_000_000
MOST_HEADERS = 5


@dataclass
class Piece:
    """An upload session."""

    mail: "Mail"
    item: dict[str, Any]
    content: bytearray = field(default_factory=bytearray)


@dataclass
class Mail:
    id: str
    values: dict[str, Any]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """By id: name and bytes."""
    is_draft: bool = True
    seen_after: int = 0
    """So many looks at the Sent items do not show it yet."""

    def shown(self) -> dict[str, Any]:
        return {"id": self.id, "isDraft": self.is_draft, "hasAttachments": bool(self.files)} | {
            name: self.values[name] for name in ("internetMessageId", "subject") if name in self.values
        }

    def properties(self) -> dict[str, str]:
        return {found["id"].lower(): found["value"] for found in self.values.get("singleValueExtendedProperties", [])}


@dataclass
class Outbox:
    mails: dict[str, Mail] = field(default_factory=dict)
    sent: list[Mail] = field(default_factory=list)
    """As they have left, in turn."""
    sessions: dict[str, Piece] = field(default_factory=dict)
    ids_survive: bool = False
    """Whether a sent mail keeps the id of its draft, which the service says and users deny."""
    own_ids: bool = False
    """Whether Exchange insists on Message-IDs of its own."""
    copies_late: int = 0
    hides_drafts: int = 0
    """So many looks for drafts find none yet."""
    before_piece: Callable[[Call], Reply | None] = lambda _call: None
    after_piece: Callable[[Call], Reply | None] = lambda _call: None
    lock: Any = field(default_factory=RLock)

    @property
    def drafts(self) -> list[Mail]:
        return [mail for mail in self.mails.values() if mail.is_draft]

    def press_send(self, draft: Mail) -> None:
        """As somebody does who finds it in Outlook."""
        _sent(self, draft)


def answer(
    fake: "MicrosoftFake", mailbox: "Mailbox", call: Call, parts: list[str], query: dict[str, str]
) -> Reply | None:
    """None where it is none of this."""
    outbox = mailbox.outbox
    with outbox.lock:
        if len(call.body) > MOST_BODY:
            return _refusal(413, "RequestEntityTooLarge")
        match call.method, parts:
            case "POST", ["messages"]:
                return _created(fake, outbox, json.loads(call.body))
            case "POST", ["messages", original, "createReply"]:
                return _replied(fake, mailbox, original, json.loads(call.body))
            case "GET", ["mailFolders", "drafts" | "sentitems" as folder, "messages"]:
                return _json({"value": [mail.shown() for mail in _found(outbox, folder, query.get("$filter", ""))]})
            case method, ["messages", mail_id, *rest] if mail_id in outbox.mails:
                return _of_mail(fake, mailbox, outbox.mails[mail_id], method, rest, call)
            case "POST", ["messages", _gone, "send"]:
                return _refusal(404, "ErrorItemNotFound")
    return None


def _of_mail(
    fake: "MicrosoftFake", mailbox: "Mailbox", mail: Mail, method: str, rest: list[str], call: Call
) -> Reply | None:
    outbox = mailbox.outbox
    match method, rest:
        case "GET", []:
            return _json(mail.shown())
        case "DELETE", []:
            del outbox.mails[mail.id]
            return Reply(204)
        case "PATCH", [] if mail.is_draft:
            return _changed(outbox, mail, json.loads(call.body))
        case "POST", ["send"] if mail.is_draft:
            return _sent(outbox, mail)
        case "GET", ["attachments"]:
            shown = [_file(key, name, content) for key, (name, content) in mail.files.items()]
            return _json({"value": shown})
        case "POST", ["attachments"] if mail.is_draft:
            told = json.loads(call.body)
            key, content = f"file-{token_urlsafe(12)}", base64.b64decode(told["contentBytes"])
            if len(content) >= 3 * 1024 * 1024:
                return _refusal(413, "RequestEntityTooLarge")
            mail.files[key] = (told["name"], content)
            return _json(_file(key, *mail.files[key]), status=201)
        case "DELETE", ["attachments", key] if key in mail.files:
            del mail.files[key]
            return Reply(204)
        case "POST", ["attachments", "createUploadSession"] if mail.is_draft:
            return _session(fake, outbox, mail, json.loads(call.body)["AttachmentItem"])
    return None


def _created(fake: "MicrosoftFake", outbox: Outbox, values: dict[str, Any]) -> Reply:
    if refused := _unfit(values):
        fake.wrong.append(refused)
        return _refusal(400, "InvalidInternetMessageHeaderCollection")
    mail = Mail(_new_id(), {})
    outbox.mails[mail.id] = mail
    return _changed(outbox, mail, values, status=201)


def _replied(fake: "MicrosoftFake", mailbox: "Mailbox", original: str, told: dict[str, Any]) -> Reply:
    if original not in mailbox.messages:
        return _refusal(404, "ErrorItemNotFound")
    if "comment" in told and "body" in told.get("message", {}):
        fake.wrong.append("createReply with both comment and body")
    parent = message_from_bytes(mailbox.messages[original].raw, policy=modern)
    quoted = {
        "subject": f"RE: {parent['Subject']}",
        "body": {"contentType": "html", "content": f"<p>quoted: {parent['Subject']}</p>"},
        "toRecipients": [{"emailAddress": {"address": parent["From"].addresses[0].addr_spec}}],
        "internetMessageId": f"<{token_urlsafe(9)}@exchange.test>",
        "inReplyTo": str(parent["Message-ID"]),
    }
    reply = _created(fake, mailbox.outbox, quoted | told.get("message", {}))
    if reply.status == 201 and any(part.get_filename() for part in parent.walk()):
        mail = list(mailbox.outbox.mails.values())[-1]
        mail.files[f"file-{token_urlsafe(12)}"] = ("image001.png", b"of the mail that is answered")
    return reply


def _changed(outbox: Outbox, mail: Mail, values: dict[str, Any], *, status: int = 200) -> Reply:
    kept = {found["id"]: found for found in mail.values.get("singleValueExtendedProperties", [])}
    kept |= {found["id"]: found for found in values.get("singleValueExtendedProperties", [])}
    mail.values |= values | {"singleValueExtendedProperties": list(kept.values())}
    if outbox.own_ids or "internetMessageId" not in mail.values:
        mail.values["internetMessageId"] = f"<{mail.id.strip('=')}@exchange.test>"
    return _json(mail.shown(), status=status)


def _sent(outbox: Outbox, mail: Mail) -> Reply:
    addresses = [one["emailAddress"]["address"] for one in mail.values.get("toRecipients", [])]
    if not addresses or any("@" not in address for address in addresses):
        return _refusal(400, "ErrorInvalidRecipients")
    del outbox.mails[mail.id]
    mail.is_draft, mail.seen_after = False, outbox.copies_late
    mail.id = mail.id if outbox.ids_survive else _new_id()
    outbox.mails[mail.id] = mail
    outbox.sent.append(mail)
    return Reply(202)


def _found(outbox: Outbox, folder: str, asked: str) -> list[Mail]:
    mails = [mail for mail in outbox.mails.values() if mail.is_draft == (folder == "drafts")]
    if folder == "drafts" and outbox.hides_drafts:
        outbox.hides_drafts -= 1
        return []
    if folder == "sentitems":
        hidden = {mail.id for mail in mails if mail.seen_after}
        for mail in mails:
            mail.seen_after = max(0, mail.seen_after - 1)
        mails = [mail for mail in mails if mail.id not in hidden]
    if by_mark := re.fullmatch(
        r"singleValueExtendedProperties/Any\(ep: ep/id eq '(.+)' and ep/value eq '(.+)'\)", asked
    ):
        return [mail for mail in mails if mail.properties().get(by_mark[1].lower()) == by_mark[2]]
    if by_id := re.fullmatch(r"internetMessageId eq '(.+)'", asked):
        return [mail for mail in mails if mail.values["internetMessageId"] == by_id[1]]
    return mails


def _unfit(values: dict[str, Any]) -> str:
    names = [header["name"] for header in values.get("internetMessageHeaders", [])]
    if len(names) > MOST_HEADERS or any(not name.lower().startswith("x-") for name in names):
        return f"headers that the service refuses: {names}"
    return ""


# Files in pieces ------------------------------------------------------------------------------------------------------


def _session(fake: "MicrosoftFake", outbox: Outbox, mail: Mail, item: dict[str, Any]) -> Reply:
    token = token_urlsafe(24)
    outbox.sessions[token] = Piece(mail, item)
    url = f"https://localhost:{fake.upload_port}/upload/{token}?authtoken=secret"
    told = {"uploadUrl": url, "expirationDateTime": "2036-03-02T08:00:00Z", "nextExpectedRanges": ["0-"]}
    return _json(told, status=201)


def take_piece(fake: "MicrosoftFake", call: Call) -> Reply:
    """One request at the place that files go to."""
    token = call.path.partition("?")[0].rpartition("/")[2]
    outbox = next((box.outbox for box in fake.mailboxes.values() if token in box.outbox.sessions), None)
    if "authorization" in call.headers:
        fake.wrong.append("our token went to the place of uploads")
    if outbox is None:
        return _refusal(404, "ErrorItemNotFound")
    with outbox.lock:
        if (reply := outbox.before_piece(call)) is not None:
            return reply
        done = _taken(outbox, token, call)
        return outbox.after_piece(call) or done


def _taken(outbox: Outbox, token: str, call: Call) -> Reply:
    session = outbox.sessions[token]
    size = session.item["size"]
    if call.method == "PUT":
        first, last, whole = map(int, re.findall(r"\d+", call.headers["content-range"]))
        is_fit = len(call.body) <= MOST_PIECE and last - first + 1 == len(call.body) and whole == size
        if not is_fit or first != len(session.content):
            return _refusal(416, "InvalidContentRange")
        session.content += call.body
    if len(session.content) < size:
        ranges = {"ExpirationDateTime": "2036-03-02T08:00:00Z", "NextExpectedRanges": [str(len(session.content))]}
        return _json(ranges)
    key = f"file-{token_urlsafe(12)}"
    session.mail.files[key] = (session.item["name"], bytes(session.content))
    del outbox.sessions[token]
    place = f"https://outlook.test/api/v2.0/Users('u')/Messages('m')/Attachments('{key}')"
    return Reply(201, b"", (("Location", place),))


def _file(key: str, name: str, content: bytes) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.fileAttachment", "id": key, "name": name, "size": len(content) + 300}


def _new_id() -> str:
    return f"AAkALgAAAAAA{token_urlsafe(24)}="


def _refusal(status: int, code: str) -> Reply:
    return _json({"error": {"code": code, "message": "No."}}, status=status)


def _json(value: Any, *, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), (("Content-Type", "application/json"),))
