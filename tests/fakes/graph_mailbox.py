"""What the fake of Graph does with mails and folders beyond handing them out: lists, marks, moves."""

import json
from typing import TYPE_CHECKING, Any

from tests.fakes.serving import Call, Reply

if TYPE_CHECKING:
    from tests.fakes.microsoft import Mailbox, MicrosoftFake

LIST_SIZE = 10


def answer(
    fake: "MicrosoftFake", mailbox: "Mailbox", call: Call, parts: list[str], query: dict[str, str]
) -> Reply | None:
    """None where it is none of this."""
    match call.method, parts:
        case "GET", ["mailFolders"]:
            asked = query.get("$filter", "").removeprefix("displayName eq '").removesuffix("'").replace("''", "'")
            found = [name for name in mailbox.log if name == asked]
            return _json({"value": [{"id": name, "displayName": name} for name in found]})
        case "GET", ["mailFolders", folder, "messages"]:
            return _listed(fake, mailbox, call, folder, query)
        case "PATCH", ["messages", message_id] if message_id in mailbox.messages:
            message = mailbox.messages[message_id]
            message.is_read = json.loads(call.body)["isRead"]
            mailbox.log[message.folder].append((message_id, True))
            return _json(message.shown())
        case "POST", ["messages", message_id, "move"] if message_id in mailbox.messages:
            message, there = mailbox.messages[message_id], json.loads(call.body)["destinationId"]
            if there not in mailbox.log:
                return None
            mailbox.log[message.folder].append((message_id, False))
            message.folder = there
            mailbox.log.setdefault(there, []).append((message_id, True))
            return _json(message.shown(), status=201)
    return None


def _listed(fake: "MicrosoftFake", mailbox: "Mailbox", call: Call, folder: str, query: dict[str, str]) -> Reply:
    skipped = int(query.get("$skip", 0))
    messages = [message for message in mailbox.messages.values() if message.folder == folder]
    value: dict[str, Any] = {"value": [message.shown() for message in messages[skipped : skipped + LIST_SIZE]]}
    if len(messages) > skipped + LIST_SIZE:
        path = call.path.removeprefix("/v1.0").partition("?")[0]
        value["@odata.nextLink"] = f"{fake.base}{path}?$skip={skipped + LIST_SIZE}"
    return _json(value)


def _json(value: Any, *, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), (("Content-Type", "application/json"),))
