from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from core.history import audited_history
from core.models import BaseModel
from tickets.enums import ListBase, ViewScope


class SavedView(BaseModel):
    """A list somebody has named: what it is narrowed to, its columns and its order. Source: domain.md section 17.

    It holds no tickets and grants no sight: whoever opens it gets those of their own tickets that pass.
    """

    name = models.CharField(_("name"), max_length=60)
    slug = models.SlugField(_("address"), max_length=80, editable=False)
    """Part of the address. Of personal ones it begins with `my-` and is told apart from the same person's alone."""
    owner = models.ForeignKey(Agent, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="saved_views")
    scope = models.CharField(_("for"), max_length=10, choices=ViewScope, default=ViewScope.PERSONAL)
    team = models.ForeignKey(
        Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="saved_views"
    )
    """Set exactly if the scope is a team."""
    base = models.CharField(_("begins with"), max_length=10, choices=ListBase, default=ListBase.ALL)
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    """Parameters of the list's address: `status`, `team` (id), `priority`, `owner`, and `q` as it is typed."""
    columns = ArrayField(models.CharField(max_length=20), verbose_name=_("columns"), default=list, blank=True)
    """Empty: the usual ones."""
    sort = models.CharField(_("order"), max_length=20, blank=True)
    """A key of `tickets.sorting.ALL_SORTS`; empty: the usual order of its base."""
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    """Lower ones stand first; equal ones by name."""

    history = audited_history()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                name="savedview_team_iff_scope",
                condition=Q(scope=ViewScope.TEAM, team__isnull=False)
                | (~Q(scope=ViewScope.TEAM) & Q(team__isnull=True)),
            ),
            models.UniqueConstraint(
                name="savedview_slug_once", fields=["slug"], condition=~Q(scope=ViewScope.PERSONAL)
            ),
            models.UniqueConstraint(
                name="savedview_own_slug_once", fields=["owner", "slug"], condition=Q(scope=ViewScope.PERSONAL)
            ),
        ]

    def __str__(self) -> str:
        return self.name
