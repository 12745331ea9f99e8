"""Connections to other systems, and what all workers share about sending to them (docs/adr/0009-connector-frame.md)."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from connectors.base.querysets import ConnectionQuerySet
from connectors.base.sentences import Said
from core.history import audited_history
from core.models import BaseModel

TEST_EVERY = timedelta(hours=6)
"""Also without being asked: a permission may be taken away, a certificate end, while nothing is sent."""
STATE_FIELDS = (
    "last_success_at",
    "last_failure_at",
    "last_failure",
    "last_failure_class",
    "forbidden_at",
    "ends",
    "test_due_at",
    "tested_at",
    "findings",
)
"""How it goes; written beside the row's versions, by workers alone."""


class Connection(BaseModel):
    """One account at another system. `settings` are for everybody who may see the row; `secrets` for nobody."""

    kind = models.CharField(_("kind"), max_length=40)
    name = models.CharField(_("name"), max_length=100)
    is_active = models.BooleanField(_("active"), default=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = models.JSONField(default=dict, blank=True, editable=False)
    """By name: `{"variable": "MSGRAPH_CLIENT_SECRET"}` or `{"sealed": "..."}` (connectors/base/sealing.py)."""
    last_success_at = models.DateTimeField(_("last success at"), null=True, blank=True, editable=False)
    """To the minute: not every request writes it."""
    last_failure_at = models.DateTimeField(_("last failure at"), null=True, blank=True, editable=False)
    last_failure = models.JSONField(default=dict, blank=True, editable=False)
    """As `Said.as_json`; emptied by the next success."""
    last_failure_class = models.CharField(max_length=12, blank=True, editable=False)
    forbidden_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When a permission was missing last; what else succeeds says nothing about it, a test that finds nothing does."""
    ends = models.JSONField(default=dict, blank=True, editable=False)
    """What ends when, in ISO 8601, UTC; by the codes of the kind's `endings`."""
    test_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    tested_at = models.DateTimeField(_("tested at"), null=True, blank=True, editable=False)
    findings = models.JSONField(default=list, blank=True, editable=False)
    """As `Finding.as_json`."""

    objects = ConnectionQuerySet.as_manager()
    history = audited_history(excluded_fields=["secrets", *STATE_FIELDS])

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="connection_name_once",
                violation_error_message=_("There is already a connection of this name."),
            )
        ]
        indexes = [
            models.Index(name="connection_test_due", fields=["test_due_at"], condition=models.Q(is_active=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def failure(self) -> Said | None:
        return Said.of(self.last_failure)


class Telling(models.Model):
    """What admins were told of a connection last, so that they are told once (connectors/base/telling.py)."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="tellings")  # of it alone
    about = models.CharField(max_length=40)
    mark = models.CharField(max_length=80, blank=True)
    told_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True)
    """When it was seen to have signed in again, while its last refusal still stood there."""

    class Meta:
        constraints = [models.UniqueConstraint(name="telling_once", fields=["connection", "about"])]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.about}"


class Gate(models.Model):
    """Whether anything may be sent to one scope of an account now; scope "" is the whole account."""

    id = models.BigAutoField(primary_key=True)
    account = models.CharField(max_length=200)
    scope = models.CharField(max_length=400, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    """In a row, of the other side's own doing; counted for the account."""
    open_until = models.DateTimeField(null=True, blank=True)
    """The circuit is open until then; afterwards one request tries for all."""

    class Meta:
        constraints = [models.UniqueConstraint(name="gate_once", fields=["account", "scope"])]

    def __str__(self) -> str:
        return f"{self.account} {self.scope}".strip()


class Place(models.Model):
    """One of the requests that a scope allows at once: taken by a worker until it is done, or its lease is over."""

    id = models.BigAutoField(primary_key=True)
    account = models.CharField(max_length=200)
    scope = models.CharField(max_length=400)
    number = models.PositiveSmallIntegerField()
    taken_by = models.UUIDField(null=True, blank=True)
    taken_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="place_once", fields=["account", "scope", "number"])]

    def __str__(self) -> str:
        return f"{self.account} {self.scope} {self.number}"
