from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from core.history import audited_history
from core.models import BaseModel
from sla.enums import PolicyKind
from sla.models.policies import SlaPolicy
from tickets.models import Ticket

OF_CUSTOMERS_ALONE = {"kind": PolicyKind.SLA}


class PolicyChoice(BaseModel):
    """A policy that somebody has named, before any is looked for. Empty: none is any more."""

    policy = models.ForeignKey(
        SlaPolicy,
        verbose_name=_("SLA policy"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to=OF_CUSTOMERS_ALONE,
    )

    class Meta:
        abstract = True


class CompanyPolicy(PolicyChoice):
    """`Company.sla_policy` (domain.md section 16): asked before all others for tickets of the company, and holds where
    its own conditions do.
    """

    company = models.OneToOneField(
        Company, verbose_name=_("company"), on_delete=models.CASCADE, related_name="policy_choice"
    )

    history = audited_history(not_indexed=["policy"])

    class Meta:
        verbose_name = _("policy of a company")
        verbose_name_plural = _("policies of companies")
        ordering = ["company__name"]

    def __str__(self) -> str:
        return str(self.company)


class TicketPolicy(PolicyChoice):
    """`Ticket.sla_policy` (domain.md section 4): holds for the ticket, whatever its conditions are."""

    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="policy_choice")

    history = audited_history(not_indexed=["policy"])

    class Meta:
        verbose_name = _("policy of a ticket")
        verbose_name_plural = _("policies of tickets")

    def __str__(self) -> str:
        return str(self.ticket)
