from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from core.history import audited_history
from core.models import BaseModel
from tickets.columns import LABELS
from tickets.enums import ColumnField, WipMode

MOST = 9999


class WipLimit(BaseModel):
    """How many tickets of a team may stand in one column at a time. Source: domain.md section 17.

    Its row is what acts that fill the column wait for, one after the other.
    """

    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="wip_limits")
    field = models.CharField(_("columns by"), max_length=12, choices=ColumnField)
    column = models.CharField(_("column"), max_length=40)
    limit = models.PositiveSmallIntegerField(
        _("most tickets"), validators=[MinValueValidator(1), MaxValueValidator(MOST)]
    )
    mode = models.CharField(_("when it is full"), max_length=4, choices=WipMode, default=WipMode.SOFT)

    history = audited_history()

    class Meta:
        verbose_name = _("limit of work in progress")
        verbose_name_plural = _("limits of work in progress")
        constraints = [
            models.UniqueConstraint(name="wiplimit_once", fields=["team", "field", "column"]),
            models.CheckConstraint(name="wiplimit_positive", condition=Q(limit__gte=1, limit__lte=MOST)),
        ]

    def __str__(self) -> str:
        return f"{self.column_label}: {self.limit}"

    @property
    def column_label(self) -> str:
        return str(LABELS[ColumnField(self.field)][self.column])
