from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Tier
from accounts.models import BusinessCalendar, Company, Team
from core.history import audited_history
from core.models import BaseModel
from sla.enums import Metric, PolicyKind
from sla.walls import POLICY_WALLS
from tickets.enums import Priority, TicketType
from tickets.models import Category

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_MINUTES = 60 * 24 * 366
TARGETS = {
    Metric.FIRST_RESPONSE: "first_response_minutes",
    Metric.NEXT_RESPONSE: "next_response_minutes",
    Metric.RESOLUTION: "resolution_minutes",
    Metric.TIME_TO_VALUE: "time_to_value_minutes",
    Metric.OLA_RESPONSE: "ola_response_minutes",
    Metric.OLA_COMPLETION: "ola_completion_minutes",
}
"""Metric -> the field that holds its target."""
OF_CUSTOMERS = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.RESOLUTION, Metric.TIME_TO_VALUE)
OF_HELPERS = (Metric.OLA_RESPONSE, Metric.OLA_COMPLETION)


def _minutes(name: "StrOrPromise") -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(
        name,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)],
        help_text=_("Business minutes; empty: not promised."),
    )


class SlaPolicy(BaseModel):
    """A promise and whom it is given to. Source: domain.md section 9.

    A match field that is empty holds for all. A company's policy comes before a tier's, that before all others; among
    equals the lower `order` wins.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=PolicyKind, default=PolicyKind.SLA)
    name = models.CharField(_("name"), max_length=100, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    order = models.PositiveIntegerField(_("order"), default=100, help_text=_("The lower one is asked first."))
    ticket_type = models.CharField(_("type of ticket"), max_length=16, choices=TicketType, blank=True)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, blank=True)
    customer_tier = models.CharField(_("tier of the customer"), max_length=10, choices=Tier, blank=True)
    company = models.ForeignKey(
        Company, verbose_name=_("company"), null=True, blank=True, on_delete=models.PROTECT, related_name="sla_policies"
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("team"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Of the ticket; between teams the one that is asked for help."),
    )
    category = models.ForeignKey(
        Category, verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    calendar = models.ForeignKey(
        BusinessCalendar,
        verbose_name=_("calendar"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sla_policies",
        help_text=_("Empty: the default one. Help is always counted in the calendar of the team that is asked."),
    )
    first_response_minutes = _minutes(_("first response"))
    next_response_minutes = _minutes(_("next response"))
    resolution_minutes = _minutes(_("resolution"))
    time_to_value_minutes = _minutes(_("time to value"))
    ola_response_minutes = _minutes(_("response of helpers"))
    ola_completion_minutes = _minutes(_("completion by helpers"))
    retroactive = models.BooleanField(
        _("holds for what runs already"),
        default=True,
        help_text=_("Running clocks of tickets that come under it keep their start and get its targets."),
    )

    history = audited_history(not_indexed=["company", "team", "category", "calendar"])

    class Meta:
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")
        ordering = ["kind", "order", "name"]
        triggers = POLICY_WALLS
        constraints = [
            models.CheckConstraint(
                name="slapolicy_targets_of_kind",
                condition=Q(
                    kind=PolicyKind.SLA,
                    resolution_minutes__isnull=False,
                    ola_response_minutes__isnull=True,
                    ola_completion_minutes__isnull=True,
                )
                | (
                    ~Q(kind=PolicyKind.SLA)
                    & Q(
                        first_response_minutes__isnull=True,
                        next_response_minutes__isnull=True,
                        resolution_minutes__isnull=True,
                        time_to_value_minutes__isnull=True,
                        ola_completion_minutes__isnull=False,
                    )
                ),
                violation_error_message=_(
                    "A promise to the customer has a target for the resolution and none for helpers; any other has one "
                    "for the completion by helpers and none for the customer."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name
