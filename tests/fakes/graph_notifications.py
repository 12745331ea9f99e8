"""Subscriptions of the fake Graph: it asks whether somebody is there, refuses what is too long, and tells by post."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.fakes.serving import Call, Reply

if TYPE_CHECKING:
    from tests.fakes.microsoft import MicrosoftFake

LONGEST = timedelta(minutes=4230)
TOKEN = "Validation: Testing client application reachability for subscription Request-Id: 1f2e+3 & more"
Reach = Callable[[str, dict[str, str], bytes], tuple[int, str, str]]
"""POST to a path with a query and a body: status, content type and text of what was answered."""


@dataclass
class Subscriptions:
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    reach: Reach | None = None
    made: int = 0
    renewed: int = 0

    def told_of(self, subscription_id: str, **changed: Any) -> dict[str, Any]:
        """A notification of it; without `changed` as Graph sends them."""
        one = self.kept[subscription_id]
        usual = {
            "subscriptionId": subscription_id,
            "clientState": one["clientState"],
            "changeType": "created",
            "resource": one["resource"],
            "subscriptionExpirationDateTime": one["expirationDateTime"],
            "tenantId": "11111111-2222-3333-4444-555555555555",
        }
        return usual | changed


def answer(fake: "MicrosoftFake", call: Call, parts: list[str]) -> Reply:
    from tests.fakes.microsoft import _json, refusal  # which hooks this in

    mine, body = fake.subscriptions, json.loads(call.body or b"{}")
    match [call.method, *parts]:
        case ["GET"]:
            return _json(200, {"value": [_shown(one) for one in mine.kept.values()]})
        case ["POST"]:
            if _is_too_long(body) or not _is_there(mine, body):
                return refusal(400, "InvalidRequest" if _is_too_long(body) else "ValidationError")
            made = {"id": str(uuid4()), **body}
            mine.kept[made["id"]] = made
            mine.made += 1
            return _json(201, _shown(made))
        case [_method, subscription_id] if subscription_id not in mine.kept:
            return refusal(404, "ResourceNotFound")
        case ["PATCH", subscription_id] if not _is_too_long(body):
            mine.kept[subscription_id] |= body
            mine.renewed += 1
            return _json(
                200, {name: value for name, value in mine.kept[subscription_id].items() if name != "clientState"}
            )
        case ["DELETE", subscription_id]:
            del mine.kept[subscription_id]
            return Reply(204)
    return refusal(400, "InvalidRequest")


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "clientState"}


def _is_too_long(body: dict[str, Any]) -> bool:
    return datetime.fromisoformat(body["expirationDateTime"]) > datetime.now(UTC) + LONGEST


def _is_there(mine: Subscriptions, body: dict[str, Any]) -> bool:
    """The handshake, before the subscription is made."""
    if mine.reach is None:
        return False
    urls = {body["notificationUrl"], body["lifecycleNotificationUrl"]}
    answers = [mine.reach(url, {"validationToken": TOKEN}, b"") for url in urls]
    return all(
        status == 200 and kind.startswith("text/plain") and text.replace("&amp;", "&") == TOKEN
        for status, kind, text in answers
    )
