"""Handing a card to a workflow of Power Automate, which posts it (integrations.md section 3).

What it answers is that it has taken the card; nobody learns whether it stands in the channel, nor under which id.
"""

from urllib.parse import urlsplit

from django.conf import settings

from connectors.base.answers import Plain
from connectors.base.client import Client, Request
from connectors.base.failures import CredentialsRefused, Failure, Gone, RefusedForGood
from connectors.base.models import Connection
from connectors.base.secrets import secret_of
from connectors.base.sentences import Said
from connectors.base.services import Health
from connectors.base.wire import Answer
from connectors.teams import sentences  # noqa: F401  # they are said here
from connectors.teams.addresses import is_workflow
from connectors.teams.turns import Turns

KIND = "teams"
WEBHOOK = "webhook"
"""The secret: the whole address, whose query holds a signature."""
POSTS_FOR = "posts_for"
PEOPLE = "people"
ROUTE = "/workflows/{workflow}"
"""What the log calls the address."""
READ_SECONDS = 3.5
PATIENCE_SECONDS = 2.0
"""A row of ours is tried again anyway, and other messages wait meanwhile."""


class WorkflowReader(Plain):
    """Power Automate says by the status what is wrong, and by a code more of it."""

    def failure_of(self, answer: Answer, request: Request) -> Failure | None:
        status = answer.status
        facts: dict[str, str | int] = {"host": answer.host, "status": status}
        if status in (401, 403):
            return CredentialsRefused(Said("teams_refused_address", facts), is_final=True, status=status)
        if status in (404, 410):
            return Gone(Said("teams_flow_gone", facts), status=status)
        if status == 413:
            return RefusedForGood(Said("teams_card_too_large", facts), status=status)
        failure = super().failure_of(answer, request)
        if isinstance(failure, RefusedForGood) and status >= 400:
            said = Said("teams_card_refused", {**facts, "code": _code(answer)})
            return RefusedForGood(said, status=status, body=failure.body)
        return failure

    def request_id(self, answer: Answer) -> str:
        return answer.headers.get("x-ms-workflow-run-id", answer.headers.get("x-ms-request-id", ""))[:100]


def _code(answer: Answer) -> str:
    """Its own word, such as TriggerInputSchemaMismatch; empty where there is none that could be shown."""
    try:
        found = answer.json()["error"]["code"]
    except (RefusedForGood, KeyError, TypeError):
        return ""
    code = str(found)[:60]
    return code if code.isascii() and code.isalnum() else ""


def post(row: Connection, message: bytes) -> None:
    """Once; nothing is tried again here. Raises a `Failure`; Ambiguous where it may have been posted."""
    health, account = Health(row.pk), account_of(row)
    try:
        address = address_of(row)
    except Failure as failure:
        health.failed(failure)
        raise
    parts = urlsplit(address)
    client = Client(
        base=f"{parts.scheme}://{parts.netloc}",
        account=account,
        signer=Turns(account),
        reader=WorkflowReader(),
        watcher=health,
        ca_file=settings.TEAMS_CA_FILE,
        connection_id=row.pk,
        attempts=1,
        patience=PATIENCE_SECONDS,
    )
    headers = {"Content-Type": "application/json"}
    client.send(
        Request(method="POST", route=ROUTE, link=address, headers=headers, body=message, read_seconds=READ_SECONDS)
    )


def address_of(row: Connection) -> str:
    """Raises CredentialsRefused where there is none, or none that anything may be sent to."""
    address = secret_of(row, WEBHOOK).strip()
    if not is_workflow(address):
        raise CredentialsRefused(Said("teams_address_wrong"), is_final=True)
    return address


def account_of(row: Connection) -> str:
    """Teams limits by workflow: of two for one group a broken one stops the other not."""
    return f"teams:{row.pk}"
