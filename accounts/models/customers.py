from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _

from accounts.enums import Tier
from core.history import audited_history
from core.models import BaseModel

TIER_ORDER = [Tier.STANDARD, Tier.PREMIUM, Tier.VIP]


class Company(BaseModel):
    """An organisation whose people write to us. Source: domain.md section 16."""

    name = models.CharField(_("name"), max_length=255, unique=True)
    domains = ArrayField(models.CharField(max_length=253), verbose_name=_("mail domains"), default=list, blank=True)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier, default=Tier.STANDARD)

    history = audited_history()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name"]
        indexes = [GinIndex(name="company_domains", fields=["domains"])]

    def __str__(self) -> str:
        return self.name


class Contact(BaseModel):
    """A customer's person. There is no customer sign-in: they write mail and follow signed links."""

    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=320)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    company = models.ForeignKey(
        Company,
        verbose_name=_("company"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="contacts",
    )
    tier = models.CharField(_("tier"), max_length=10, choices=Tier, default=Tier.STANDARD)
    language = models.CharField(
        _("language"), max_length=35, blank=True, help_text=_("BCP 47, for example de or en-GB")
    )
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    undeliverable_at = models.DateTimeField(_("undeliverable since"), null=True, blank=True, editable=False)
    """When a delivery report last said that the address takes no mail; null once it has proved otherwise."""
    undeliverable_code = models.CharField(max_length=20, blank=True, editable=False)
    """The report's status (RFC 3463), as 5.1.1, or nothing."""
    anonymised_at = models.DateTimeField(_("anonymised at"), null=True, blank=True, editable=False)

    history = audited_history()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["last_name", "first_name", "email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="contact_email_once",
                violation_error_message=_("There is already a contact with this e-mail address."),
            )
        ]
        indexes = [
            models.Index(name="contact_by_name", fields=["last_name", "first_name", "email", "id"]),
            GinIndex(OpClass(Upper("email"), "gin_trgm_ops"), name="contact_email_trgm"),
            GinIndex(OpClass(Upper("first_name"), "gin_trgm_ops"), name="contact_first_name_trgm"),
            GinIndex(OpClass(Upper("last_name"), "gin_trgm_ops"), name="contact_last_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What to call them: their name, else their address."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def effective_tier(self) -> Tier:
        """The higher of the contact's and the company's tier."""
        tiers = [Tier(self.tier), Tier(self.company.tier) if self.company else Tier.STANDARD]
        return max(tiers, key=TIER_ORDER.index)

    @property
    def audit_name(self) -> str:
        return f"{self.name} <{self.email}>" if self.name != self.email else self.email

    @property
    def audit_user_id(self) -> None:
        return None
