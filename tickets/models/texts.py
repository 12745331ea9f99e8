"""Words that are written once and used often: canned responses, templates of new tickets, signatures of teams."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from core.history import audited_history
from core.models import BaseModel
from tickets.enums import Priority, TextScope, TicketType
from tickets.models.relations import Category
from tickets.querysets import TextQuerySet


def holder_is_right(name: str) -> models.CheckConstraint:
    """Personal texts have a person, those of a team a team, global ones neither."""
    return models.CheckConstraint(
        name=name,
        condition=Q(scope=TextScope.PERSONAL, owner__isnull=False, team__isnull=True)
        | Q(scope=TextScope.TEAM, owner__isnull=True, team__isnull=False)
        | Q(scope=TextScope.GLOBAL, owner__isnull=True, team__isnull=True),
        violation_error_message=_("A text of a team names its team; all others name none."),
    )


class SharedText(BaseModel):
    """A text of one person, of a team, or of everybody."""

    title = models.CharField(_("title"), max_length=100)
    scope = models.CharField(_("for"), max_length=10, choices=TextScope, default=TextScope.PERSONAL)
    owner = models.ForeignKey(
        Agent, verbose_name=_("person"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    category = models.ForeignKey(
        Category, verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = TextQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering: ClassVar = ["title"]

    def __str__(self) -> str:
        return self.title


class CannedResponse(SharedText):
    """A text for replies and notes. Its variables (`placeholders.VARIABLES`) are filled for the ticket it is put into.

    Source: domain.md section 17. `language` empty: for any.
    """

    body = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    shortcut = models.CharField(
        _("shortcut"), max_length=30, blank=True, help_text=_("Typed after / at the beginning of a line")
    )
    is_enforced_for_flag = models.BooleanField(
        _("prescribed for legal cases"),
        default=False,
        help_text=_("While a ticket has the flag “Legal”, what is sent to its customer begins with a prescribed text."),
    )

    history = audited_history(not_indexed=["owner", "team", "category"])

    class Meta(SharedText.Meta):
        verbose_name = _("canned response")
        verbose_name_plural = _("canned responses")
        constraints = [
            holder_is_right("cannedresponse_holder"),
            models.UniqueConstraint(
                name="cannedresponse_shortcut_once",
                fields=["scope", "owner", "team", "shortcut", "language"],
                condition=~Q(shortcut=""),
                nulls_distinct=False,
                violation_error_message=_("Another text has this shortcut already."),
            ),
            models.CheckConstraint(
                name="cannedresponse_own_not_enforced",
                condition=Q(is_enforced_for_flag=False) | ~Q(scope=TextScope.PERSONAL),
            ),
        ]


class TicketTemplate(SharedText):
    """First values of a new ticket; what is empty is left to whoever takes the call."""

    subject = models.CharField(_("subject"), max_length=255, blank=True)
    description = models.TextField(_("description"), blank=True)
    type = models.CharField(_("type"), max_length=16, choices=TicketType, blank=True)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, blank=True)
    handled_by = models.ForeignKey(
        Team, verbose_name=_("team that works it"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    history = audited_history(not_indexed=["owner", "team", "category", "handled_by"])

    class Meta(SharedText.Meta):
        verbose_name = _("ticket template")
        verbose_name_plural = _("ticket templates")
        constraints = [holder_is_right("tickettemplate_holder")]


class TeamSignature(BaseModel):
    """What stands below the replies on a team's tickets, after the author's own; one a language, "" for all others."""

    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="signatures")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    text = models.TextField(_("signature"), max_length=2000)

    history = audited_history()

    class Meta:
        verbose_name = _("signature of a team")
        verbose_name_plural = _("signatures of teams")
        ordering = ["team", "language"]
        constraints = [models.UniqueConstraint(name="teamsignature_once", fields=["team", "language"])]

    def __str__(self) -> str:
        return f"{self.team} {self.language}".strip()
