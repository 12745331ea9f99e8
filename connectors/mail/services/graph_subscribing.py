"""Subscriptions at Microsoft Graph: made, renewed well before they end, and taken back (integrations.md section 2)."""

import random
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from connectors.base.addresses import host_of
from connectors.base.client import Request
from connectors.base.failures import Failure, Gone, RefusedForGood
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.mail.backends.graph_folders import Folders
from connectors.mail.backends.graph_settings import GraphSettings
from connectors.mail.enums import Backend
from connectors.mail.models import Mailbox
from connectors.mail.subscriptions import GraphSubscription
from connectors.microsoft365.graph import Graph
from core.errors import Invalid

TASK = "connectors.mail.keep_subscriptions"
LEASE = timedelta(minutes=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""After failures in a row. Reading every few seconds goes on meanwhile."""
PATIENCE_SECONDS = 5.0
ROUTE, ONE = "/subscriptions", "/subscriptions/{subscription-id}"


def notification_url() -> str:
    """Where Graph may tell us; empty where the desk has no address that it could reach."""
    base = settings.MSGRAPH_NOTIFICATION_URL or settings.SITE_URL
    parts = urlsplit(base)
    is_public = parts.scheme == "https" and parts.hostname not in (None, "localhost")
    return base.rstrip("/") + reverse("graph_notifications") if is_public else ""


def keep_subscriptions(*, now: datetime | None = None) -> int:
    """A timer: one subscription that is to be made, renewed or taken back; the answer is how many that were."""
    moment = now or timezone.now()
    mailboxes = list(Mailbox.objects.filter(backend=Backend.GRAPH).select_related("connection"))
    if not mailboxes:
        return 0
    wanted = _wanted(mailboxes)
    _add_rows(wanted, moment)
    row = _leased(moment)
    if row is None:
        return 0
    _keep(row, is_wanted=(row.mailbox_id, row.folder) in wanted, now=moment)
    return 1


def _wanted(mailboxes: Sequence[Mailbox]) -> set[tuple[Any, str]]:
    """(mailbox, folder)."""
    if not notification_url():
        return set()
    found: set[tuple[Any, str]] = set()
    for mailbox in mailboxes:
        if mailbox.is_active and mailbox.connection is not None and mailbox.connection.is_active:
            try:
                found |= {(mailbox.pk, folder) for folder in GraphSettings.of(mailbox.settings).folders}
            except Invalid:  # told where the mailbox is read
                continue
    return found


def _add_rows(wanted: set[tuple[Any, str]], now: datetime) -> None:
    """Those that are missing; and those that nobody wants any more are due."""
    rows = list(GraphSubscription.objects.values_list("pk", "mailbox", "folder", "due_at"))
    missing = wanted - {(mailbox, folder) for _pk, mailbox, folder, _due_at in rows}
    GraphSubscription.objects.bulk_create(
        [GraphSubscription(mailbox_id=mailbox, folder=folder, due_at=now) for mailbox, folder in missing],
        ignore_conflicts=True,
    )
    unwanted = [pk for pk, mailbox, folder, due_at in rows if (mailbox, folder) not in wanted and due_at > now + LEASE]
    if unwanted:
        GraphSubscription.objects.filter(pk__in=unwanted, failures=0).update(due_at=now)


@transaction.atomic
def _leased(now: datetime) -> GraphSubscription | None:
    due = GraphSubscription.objects.filter(due_at__lte=now).order_by("due_at").select_related("mailbox__connection")
    row = due.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if row is not None:
        GraphSubscription.objects.filter(pk=row.pk).update(due_at=timezone.now() + LEASE)
    return row


def _keep(row: GraphSubscription, *, is_wanted: bool, now: datetime) -> None:
    mailbox = row.mailbox
    try:
        if not is_wanted:
            _take_back(row, now)
            GraphSubscription.objects.filter(pk=row.pk).delete()
        elif not row.provider_id or not _renewed(row, now):
            _make(row, now)
            Mailbox.objects.read_soon([mailbox.pk], now=now)  # what came while there was none
    except Failure as failure:
        _note_failure(row, failure, now)


def _graph(row: GraphSubscription) -> Graph:
    connection = cast(Connection, row.mailbox.connection)  # a constraint of the mailbox
    return Graph(connection, patience=PATIENCE_SECONDS)


def _take_back(row: GraphSubscription, now: datetime) -> None:
    connection = row.mailbox.connection
    is_over = row.expires_at is not None and row.expires_at <= now
    if not row.provider_id or is_over or connection is None or not connection.is_active:
        return  # it ends by itself
    try:
        _graph(row).send(Request(method="DELETE", route=ONE, values={"subscription-id": row.provider_id}))
    except Gone:
        return


def _renewed(row: GraphSubscription, now: datetime) -> bool:
    """False where Graph does not know it any more: 404, and 400 as some tenants say."""
    request = Request(method="PATCH", route=ONE, values={"subscription-id": row.provider_id}, is_repeatable=True)
    try:
        answer = _graph(row).send(request.with_json({"expirationDateTime": _written(_end(now))})).json()
    except (Gone, RefusedForGood):
        GraphSubscription.objects.filter(pk=row.pk).update(provider_id="", expires_at=None)
        return False
    _note_success(row, answer, now)
    return True


def _make(row: GraphSubscription, now: datetime) -> None:
    graph, secret = _graph(row), secrets.token_urlsafe(48)
    mailbox = row.mailbox
    user = GraphSettings.of(mailbox.settings).user or mailbox.address
    folder = Folders(graph, user, dict(mailbox.position.get("ids") or {})).id_of(row.folder).replace("'", "''")
    url = notification_url()
    wanted = {
        "changeType": "created",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "resource": f"users/{user}/mailFolders('{folder}')/messages",
        "expirationDateTime": _written(_end(now)),
        "clientState": secret,
    }
    # Kept before it is asked for: the first notification may come before the answer.
    GraphSubscription.objects.filter(pk=row.pk).update(secret_hash=hash_of(secret))
    answer = graph.send(Request(method="POST", route=ROUTE, wants_json=True).with_json(wanted)).json()
    _note_success(row, answer, now)


def hash_of(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _end(now: datetime) -> datetime:
    return now + timedelta(minutes=settings.MSGRAPH_SUBSCRIPTION_MINUTES)


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _note_success(row: GraphSubscription, answer: Any, now: datetime) -> None:
    """It is renewed at half its life, not all of them at once. Raises RefusedForGood for what is no subscription."""
    try:
        ends, name = datetime.fromisoformat(answer["expirationDateTime"]), str(answer["id"])[:100]
        life = max(ends - now, timedelta(minutes=2))
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedForGood(Said("no_json", {"host": host_of(settings.MSGRAPH_BASE_URL)})) from error
    GraphSubscription.objects.filter(pk=row.pk).update(
        provider_id=name,
        expires_at=ends,
        due_at=now + life * random.uniform(0.4, 0.5),  # noqa: S311  # no secret hangs on it
        failures=0,
        last_failure={},
    )


def _note_failure(row: GraphSubscription, failure: Failure, now: datetime) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(row.failures, 20), LONGEST_PAUSE)
    GraphSubscription.objects.filter(pk=row.pk).update(
        failures=row.failures + 1, last_failure=failure.said.as_json(), due_at=now + pause
    )
