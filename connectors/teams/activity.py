"""Messages in a person's activity feed of Teams, by Graph (integrations.md section 3). They lead to the desk; buttons
they have none.
"""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from django.conf import settings

from connectors.base.client import Client, Request
from connectors.base.failures import CredentialsRefused, Failure, Gone, PermissionMissing
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.base.wire import Answer
from connectors.microsoft365.borrowing import HealthOfABorrower
from connectors.microsoft365.graph import GraphReader, error_code
from connectors.microsoft365.identity import Tokens
from connectors.teams import sentences  # noqa: F401  # they are said here
from connectors.teams.workflows import PATIENCE_SECONDS, READ_SECONDS

KIND = "teams_activity"
MICROSOFT_365 = "microsoft365"
ROUTE = "/users/{user-id}/teamwork/sendActivityNotification"
ACTIVITY_TYPE = "deskNews"
"""As the manifest of the app names it (docs/subsystems/teams.md); its text is "{title}"."""
TAB = "news"
"""Id of the tab in the manifest that a message leads to."""
LONGEST = 140
"""Characters of a preview."""


class PersonNotReached(Gone):
    """This person, not the connection: they have not the app, or Microsoft 365 does not know them."""


class ActivityReader(GraphReader):
    def failure_of(self, answer: Answer, request: Request) -> Failure | None:
        failure = super().failure_of(answer, request)
        if isinstance(failure, PermissionMissing):
            return PersonNotReached(Said("teams_not_installed", {"code": error_code(answer)}), status=answer.status)
        if isinstance(failure, Gone):
            return PersonNotReached(Said("teams_person_unknown"), status=answer.status)
        return failure


class HealthOfAll(HealthOfABorrower):
    """One person who is not reached says nothing about the others."""

    def failed(self, failure: Failure) -> None:
        if not isinstance(failure, PersonNotReached):
            super().failed(failure)


@dataclass(frozen=True, kw_only=True)
class Message:
    """What others may read as well, since it shows on locked screens: references and kinds of events."""

    key: str
    email: str
    """By which Microsoft 365 knows the person."""
    title: str
    url: str


def send(row: Connection, message: Message) -> None:
    """Raises a `Failure`; Ambiguous where it may have been sent."""
    try:
        signing_in = signs_in(row)
    except Failure as failure:
        Health(row.pk).failed(failure)
        raise
    client = Client(
        base=settings.MSGRAPH_BASE_URL,
        account=account_of(row),
        signer=Tokens(signing_in),
        reader=ActivityReader(),
        watcher=HealthOfAll(row, signing_in),
        ca_file=settings.MSGRAPH_CA_FILE,
        connection_id=signing_in.pk,
        attempts=1,
        patience=PATIENCE_SECONDS,
    )
    request = Request(method="POST", route=ROUTE, values={"user-id": message.email}, read_seconds=READ_SECONDS)
    client.send(request.with_json(body_of(row, message)))


def account_of(row: Connection) -> str:
    """Apart from the mailboxes of the application that it sends as: what slows one does not slow the other."""
    return f"{KIND}:{row.settings.get(MICROSOFT_365, '')}"


def signs_in(row: Connection) -> Connection:
    """The connection to Microsoft 365 whose application sends. Raises CredentialsRefused."""
    chosen = row.settings.get(MICROSOFT_365, "")
    found = Connection.objects.active().of_kind("microsoft365").filter(pk=chosen).first()
    if found is None:
        raise CredentialsRefused(Said("teams_graph_missing"), is_final=True)
    return found


def body_of(row: Connection, message: Message) -> dict[str, object]:
    title = message.title if len(message.title) <= LONGEST else f"{message.title[: LONGEST - 1]}…"
    app, label = quote(row.settings.get("app_id", ""), safe=""), quote(title, safe="")
    place = f"https://teams.microsoft.com/l/entity/{app}/{TAB}?webUrl={quote(message.url, safe='')}&label={label}"
    return {
        "topic": {"source": "text", "value": title, "webUrl": place},
        "activityType": ACTIVITY_TYPE,
        "chainId": int.from_bytes(sha256(message.key.encode()).digest()[:8]) >> 1,
        "previewText": {"content": title},
        "templateParameters": [{"name": "title", "value": title}],
    }
