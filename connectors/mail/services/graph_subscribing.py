"""Subscriptions at Microsoft Graph: made, renewed well before they end, and taken back (integrations.md section 2)."""

import random
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from connectors.base.addresses import host_of
from connectors.base.client import Request
from connectors.base.failures import Failure, Gone, PermissionMissing, RefusedForGood
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


class Place(NamedTuple):
    """Where a folder lies."""

    connection: Connection
    user: str


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
    mailboxes = list(Mailbox.objects.filter(backend=Backend.GRAPH).select_related("connection", "team"))
    if not mailboxes:
        return 0
    wanted = _wanted(mailboxes)
    _add_rows(wanted, moment)
    row = _leased(moment)
    if row is None:
        return 0
    _keep(row, wanted.get((row.mailbox_id, row.folder)), now=moment)
    return 1


def _wanted(mailboxes: Sequence[Mailbox]) -> dict[tuple[Any, str], Place]:
    """By mailbox and folder."""
    if not notification_url():
        return {}
    found: dict[tuple[Any, str], Place] = {}
    for mailbox in mailboxes:
        is_read = mailbox.is_active and mailbox.team.is_active
        if is_read and mailbox.connection is not None and mailbox.connection.is_active:
            try:
                reading = GraphSettings.of(mailbox.settings)
            except Invalid:  # told where the mailbox is read
                continue
            place = Place(mailbox.connection, reading.user or mailbox.address)
            found |= {(mailbox.pk, folder): place for folder in reading.folders}
    return found


def _add_rows(wanted: Mapping[tuple[Any, str], Place], now: datetime) -> None:
    """Those that are missing; and those that nobody wants any more, or not there, are due."""
    rows = list(GraphSubscription.objects.select_related("connection"))
    missing = wanted.keys() - {(row.mailbox_id, row.folder) for row in rows}
    GraphSubscription.objects.bulk_create(
        [GraphSubscription(mailbox_id=mailbox, folder=folder, due_at=now) for mailbox, folder in missing],
        ignore_conflicts=True,
    )
    unwanted = [row.pk for row in rows if row.due_at > now + LEASE and not _is_as(row, wanted)]
    if unwanted:
        GraphSubscription.objects.filter(pk__in=unwanted, failures=0).update(due_at=now)


def _is_as(row: GraphSubscription, wanted: Mapping[tuple[Any, str], Place]) -> bool:
    return wanted.get((row.mailbox_id, row.folder)) == _place_of(row)


def _place_of(row: GraphSubscription) -> Place | None:
    return Place(row.connection, row.user) if row.connection is not None else None


@transaction.atomic
def _leased(now: datetime) -> GraphSubscription | None:
    due = GraphSubscription.objects.filter(due_at__lte=now).order_by("due_at").select_related("mailbox", "connection")
    row = due.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if row is not None:
        GraphSubscription.objects.filter(pk=row.pk).update(due_at=timezone.now() + LEASE)
    return row


def _keep(row: GraphSubscription, wanted: Place | None, *, now: datetime) -> None:
    try:
        if wanted != _place_of(row):
            _take_back(row, now, matters=wanted is None)
        if wanted is None:
            GraphSubscription.objects.filter(pk=row.pk).delete()
        elif not row.provider_id or not _renewed(row, now):
            _make(row, wanted, now)
            Mailbox.objects.read_soon([row.mailbox_id], now=now)  # what came while there was none
    except Failure as failure:
        _note_failure(row, failure, now)


def _graph(connection: Connection) -> Graph:
    return Graph(connection, patience=PATIENCE_SECONDS)


def _take_back(row: GraphSubscription, now: datetime, *, matters: bool) -> None:
    """Where it does not matter, since another one follows, what is left ends by itself."""
    is_over = row.expires_at is not None and row.expires_at <= now
    if row.provider_id and not is_over and row.connection is not None and row.connection.is_active:
        try:
            _delete(_graph(row.connection), row.provider_id)
        except Failure:
            if matters:
                raise
    row.provider_id = ""


def _delete(graph: Graph, name: str) -> None:
    try:
        graph.send(Request(method="DELETE", route=ONE, values={"subscription-id": name}))
    except (Gone, RefusedForGood, PermissionMissing):
        return  # it ends by itself


def _renewed(row: GraphSubscription, now: datetime) -> bool:
    """False where Graph does not know it any more: 404, and 400 as some tenants say."""
    request = Request(method="PATCH", route=ONE, values={"subscription-id": row.provider_id}, is_repeatable=True)
    if row.connection is None:
        return False
    try:
        answer = _graph(row.connection).send(request.with_json({"expirationDateTime": _written(_end(now))})).json()
    except (Gone, RefusedForGood):
        GraphSubscription.objects.filter(pk=row.pk).update(provider_id="", expires_at=None)
        return False
    _note_success(row, answer, now)
    return True


def _make(row: GraphSubscription, place: Place, now: datetime) -> None:
    graph, secret, url = _graph(place.connection), secrets.token_urlsafe(48), notification_url()
    folder = Folders(graph, place.user, {}).id_of(row.folder).replace("'", "''")
    resource = f"users/{place.user}/mailFolders('{folder}')/messages"
    _delete_others(graph, url, resource)
    asked = {
        "changeType": "created",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "resource": resource,
        "expirationDateTime": _written(_end(now)),
        "clientState": secret,
    }
    # Kept before it is asked for: the first notification may come before the answer.
    values = {"secret_hash": hash_of(secret), "connection": place.connection, "user": place.user, "provider_id": ""}
    GraphSubscription.objects.filter(pk=row.pk).update(**values)
    answer = graph.send(Request(method="POST", route=ROUTE, wants_json=True).with_json(asked)).json()
    _note_success(row, answer, now)


def _delete_others(graph: Graph, url: str, resource: str) -> None:
    """Of ours that tell the same and that no row holds: made by a request whose answer was lost, or not renewed and
    still there.
    """
    held = set(GraphSubscription.objects.exclude(provider_id="").values_list("provider_id", flat=True))
    for page in graph.pages(Request(method="GET", route=ROUTE)):
        for one in filter(_is_named, page.items):
            told = str(one.get("resource") or "").strip("/").lower()
            if one["id"] not in held and one.get("notificationUrl") == url and told == resource.lower():
                _delete(graph, one["id"])


def _is_named(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("id"), str)


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
