"""Who signs in with Microsoft, and which roles that brings (docs/adr/0010-sign-in.md)."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.models import Connection
from connectors.entra.enums import GrantedBy
from core.history import audited_history
from core.models import BaseModel

OBJECT_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class MicrosoftAccount(BaseModel):
    """The account of a tenant by which a person may sign in: known by tenant and object id, which nobody can take over.

    While the object id is not known, the first sign-in under the person's address, which Microsoft must vouch for,
    writes it down.
    """

    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.PROTECT, related_name="microsoft_accounts"
    )
    agent = models.ForeignKey(
        Agent, verbose_name=_("agent"), on_delete=models.PROTECT, related_name="microsoft_accounts"
    )
    tenant_id = models.CharField(_("tenant id"), max_length=36, blank=True, editable=False)
    object_id = models.CharField(
        _("object id"),
        max_length=36,
        blank=True,
        validators=[RegexValidator(rf"\A{OBJECT_ID}\Z", _("Write the object id as Entra shows it."))],
        help_text=_("Of the person in Entra. Empty: their first sign-in under their verified address tells it."),
    )
    linked_at = models.DateTimeField(_("linked at"), null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    history = audited_history(not_indexed=["connection"])

    class Meta:
        verbose_name = _("Microsoft account")
        verbose_name_plural = _("Microsoft accounts")
        ordering = ["agent__name"]
        constraints = [
            models.UniqueConstraint(
                name="microsoftaccount_one_each",
                fields=["connection", "agent"],
                violation_error_message=_("This person has a Microsoft account here already."),
            ),
            models.UniqueConstraint(
                name="microsoftaccount_of_one_person",
                fields=["tenant_id", "object_id"],
                condition=~Q(object_id=""),
                violation_error_message=_("Somebody else signs in by this account."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.agent)


class GroupRole(BaseModel):
    """Whoever is in the group, or has the role of the app registration, has the role here, from sign-in to sign-in."""

    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.PROTECT, related_name="group_roles"
    )
    granted_by = models.CharField(_("by"), max_length=10, choices=GrantedBy)
    value = models.CharField(
        _("group or role"), max_length=120, help_text=_("The object id of the group, or the value of the role")
    )
    name = models.CharField(_("called"), max_length=100, blank=True, help_text=_("For people: what Entra calls it"))
    role = models.CharField(_("role here"), max_length=12, choices=Role)
    is_active = models.BooleanField(_("active"), default=True)

    history = audited_history(not_indexed=["connection"])

    class Meta:
        verbose_name = _("role by group")
        verbose_name_plural = _("roles by group")
        ordering = ["role", "name"]
        constraints = [
            models.UniqueConstraint(
                name="grouprole_once",
                fields=["connection", "granted_by", "value", "role"],
                violation_error_message=_("This group has this role already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name or self.value}: {self.get_role_display()}"

    def clean(self) -> None:
        """Groups are named by their object ids, in any letters: a name would be nobody's, and take roles away."""
        self.value = self.value.strip()
        if self.granted_by != GrantedBy.GROUP:
            return
        try:
            self.value = str(UUID(self.value))
        except ValueError as error:
            raise ValidationError({"value": _("Write the object id of the group, not its name.")}) from error
