"""`Idempotency-Key`: the first answer to a POST again, for 24 hours (interfaces.md section 2).

Claiming the key, doing the work and keeping the answer are one transaction: all of it happened or nothing. Of two
requests at once the second waits on the unique row until the first is done, and then gives its answer. A bug (500)
keeps nothing, so that the request may be repeated.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http.request import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.errors import IdempotencyKeyReused
from core.api.problems import MEDIA_TYPE
from core.errors import Invalid, NotAuthenticated
from core.models import IdempotencyKey

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
BATCH = 5000
FIRST_REFUSAL = 400
_USABLE = re.compile(r"[\x21-\x7e]{1,200}")


def answer_once(request: Request, answer: Callable[[], Response]) -> Response:
    """`answer()`, or what it said when this user sent the same key before. Raises IdempotencyKeyReused or Invalid."""
    key = request.headers[HEADER]
    if not _USABLE.fullmatch(key):
        raise Invalid({HEADER: _("Send 1 to 200 visible ASCII characters.")})
    fingerprint = fingerprint_of(request)
    with transaction.atomic():
        row, is_first = _claim(_user_id(request), key, fingerprint, now=timezone.now())
        if not is_first:
            return _again(row, fingerprint)
        response = answer()
        row.status = response.status_code
        row.body = json.loads(JSONRenderer().render(response.data) or b"null")
        row.save(update_fields=["status", "body"])
    return response


def fingerprint_of(request: Request) -> str:
    """Hash of what was asked: the same for the same method, address and body, however its keys are ordered."""
    data = request.data
    if isinstance(data, QueryDict):
        body: Any = {name: [_part(item) for item in data.getlist(name)] for name in sorted(data)}
    else:
        body = data
    text = json.dumps([request.method, request.get_full_path(), body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _user_id(request: Request) -> UUID:
    """Anonymous requests are refused before."""
    user_id: UUID | None = request.user.pk
    if user_id is None:
        raise NotAuthenticated
    return user_id


def _part(item: Any) -> Any:
    """A field of a form as it is, a file as its name and the hash of its content."""
    if not isinstance(item, UploadedFile):
        return item
    digest = hashlib.sha256()
    for chunk in item.chunks():
        digest.update(chunk)
    item.seek(0)
    return [item.name, digest.hexdigest()]


def _claim(user_id: UUID, key: str, fingerprint: str, *, now: datetime) -> tuple[IdempotencyKey, bool]:
    """The row of this key, and whether it is ours; waits for a request that holds the same key right now."""
    IdempotencyKey.objects.filter(user_id=user_id, key=key, created_at__lt=now - KEPT_FOR).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_idempotencykey (user_id, key, fingerprint, created_at) VALUES (%s, %s, %s, %s)
            ON CONFLICT (user_id, key) DO NOTHING
            """,
            [user_id, key, fingerprint, now],
        )
        is_first = cursor.rowcount == 1
    return IdempotencyKey.objects.get(user_id=user_id, key=key), is_first


def _again(row: IdempotencyKey, fingerprint: str) -> Response:
    if row.fingerprint != fingerprint or row.status is None:
        raise IdempotencyKeyReused
    content_type = MEDIA_TYPE if row.status >= FIRST_REFUSAL else None
    return Response(row.body, status=row.status, content_type=content_type, headers={"Idempotent-Replayed": "true"})


def forget_old_keys(*, now: datetime) -> int:
    """A timer: drop one batch of keys that are over and answer how many those were."""
    old = IdempotencyKey.objects.filter(created_at__lt=now - KEPT_FOR).values("pk")[:BATCH]
    deleted, _by_model = IdempotencyKey.objects.filter(pk__in=old).delete()
    return deleted
