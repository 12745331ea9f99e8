"""Base model, the outbox of domain events, and the audit log of refused acts."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

import uuid_utils.compat
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.walls import append_only
from core.writing import QuickWrite


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): ordered by time, so that indexes grow at their end."""
    return uuid_utils.compat.uuid7()


class BaseModel(QuickWrite):
    """Row with an id of its own, its times (UTC) and a `version` that counts its saves, for optimistic locking."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        abstract = True

    def save(
        self, *args: Any, force_insert: Any = False, update_fields: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        """Save, and count the version up; a given `update_fields` is completed by what every save changes."""
        if not self._state.adding:
            self.version += 1
        if update_fields is not None:
            update_fields = {*update_fields, "version", "updated_at"}
        super().save(*args, force_insert=force_insert, update_fields=update_fields, **kwargs)


class EventDelivery(QuickWrite):
    """One event for one receiver that runs after the commit: the due row is the truth, queue messages only wake
    (ruling 13).
    """

    id = models.BigAutoField(primary_key=True)
    event = models.CharField(max_length=100)
    receiver = models.CharField(max_length=200)
    payload = models.JSONField()
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("event delivery")
        verbose_name_plural = _("event deliveries")
        indexes = [
            models.Index(
                name="eventdelivery_due",
                fields=["due_at", "id"],
                condition=models.Q(done_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(name="eventdelivery_done", fields=["done_at"], condition=models.Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.receiver}"


class RefusedAct(models.Model):
    """An ownership, approval, transfer or envelope act that was refused: who tried what, and the answer.
    Append-only.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    actor_name = models.CharField(max_length=255)
    actor_user_id = models.UUIDField(null=True, blank=True)
    code = models.CharField(max_length=60)
    detail = models.TextField()
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("refused act")
        verbose_name_plural = _("refused acts")
        ordering = ["-at"]
        indexes = [models.Index(name="refusedact_at", fields=["-at"])]
        triggers = append_only("refusedact")

    def __str__(self) -> str:
        return f"{self.act}: {self.code}"


class IdempotencyKey(models.Model):
    """The first answer to a POST that carried an `Idempotency-Key`; given again for 24 h (interfaces.md section 2)."""

    id = models.BigAutoField(primary_key=True)
    user_id = models.UUIDField()
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(name="idempotencykey_once", fields=["user_id", "key"])]
        indexes = [models.Index(name="idempotencykey_created", fields=["created_at"])]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a named periodic job last ended; `/readyz` reads it."""

    name = models.CharField(max_length=60, primary_key=True)
    ended_at = models.DateTimeField()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
