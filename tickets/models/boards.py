from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from core.history import audited_history
from core.models import BaseModel
from tickets.enums import BoardSort, ColumnField, ListBase, ViewScope


class KanbanBoard(BaseModel):
    """A board somebody has named: what it is narrowed to and how it is laid out. Source: domain.md section 17.

    Like a saved view it holds no tickets and grants no sight. What its columns may hold at most is a team's rule and
    not a board's, as the same act fills a column from everywhere: `WipLimit`.
    """

    name = models.CharField(_("name"), max_length=60)
    slug = models.SlugField(_("address"), max_length=80, editable=False)
    """Part of the address. Of personal ones it begins with `my-` and is told apart from the same person's alone."""
    owner = models.ForeignKey(Agent, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="boards")
    scope = models.CharField(_("for"), max_length=10, choices=ViewScope, default=ViewScope.PERSONAL)
    team = models.ForeignKey(
        Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="boards"
    )
    """Set exactly if the scope is a team."""
    base = models.CharField(_("begins with"), max_length=10, choices=ListBase, default=ListBase.TEAM)
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    """As of a saved view."""
    column_field = models.CharField(_("columns by"), max_length=12, choices=ColumnField, default=ColumnField.STATUS)
    swimlane_field = models.CharField(_("lanes by"), max_length=12, choices=ColumnField, blank=True)
    """Another one than the columns', or none."""
    columns = ArrayField(models.CharField(max_length=40), verbose_name=_("columns"), default=list, blank=True)
    """Keys of the columns that are shown, in their order; empty: all there are."""
    sort_by = models.CharField(_("order"), max_length=16, choices=BoardSort, default=BoardSort.PRIORITY_SCORE)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    """Lower ones stand first; equal ones by name."""

    history = audited_history()

    class Meta:
        verbose_name = _("board")
        verbose_name_plural = _("boards")
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                name="kanbanboard_team_iff_scope",
                condition=Q(scope=ViewScope.TEAM, team__isnull=False)
                | (~Q(scope=ViewScope.TEAM) & Q(team__isnull=True)),
            ),
            models.CheckConstraint(name="kanbanboard_two_dimensions", condition=~Q(swimlane_field=F("column_field"))),
            models.UniqueConstraint(
                name="kanbanboard_slug_once", fields=["slug"], condition=~Q(scope=ViewScope.PERSONAL)
            ),
            models.UniqueConstraint(
                name="kanbanboard_own_slug_once", fields=["owner", "slug"], condition=Q(scope=ViewScope.PERSONAL)
            ),
        ]

    def __str__(self) -> str:
        return self.name
