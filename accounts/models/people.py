from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import AbsenceKind, AbsenceStatus, AssignmentMode, Availability, Density, Role, Scope, Theme
from accounts.keys import validate_keys
from accounts.models.calendars import BusinessCalendar
from accounts.models.users import User
from accounts.querysets import AbsenceQuerySet, AgentQuerySet
from core.history import audited_history
from core.models import BaseModel

MAX_ORDINARY_LEAVE_DAYS = 30
"""A longer absence, counted inclusively, is one for which ownership may be transferred."""


class Team(BaseModel):
    """A queue and the people who work it. A manager's org unit is the teams they manage, with their children (ruling
    5).
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    lead = models.ForeignKey(
        "accounts.Agent",
        verbose_name=_("lead"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="teams_led",
    )
    supervisor = models.ForeignKey(
        "accounts.Agent",
        verbose_name=_("supervisor"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="teams_supervised",
    )
    manager = models.ForeignKey(
        "accounts.Agent",
        verbose_name=_("manager"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="teams_managed",
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("parent team"), null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    calendar = models.ForeignKey(
        BusinessCalendar,
        verbose_name=_("business calendar"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        help_text=_("Empty: the default calendar"),
    )
    assignment_mode = models.CharField(
        _("assignment"), max_length=12, choices=AssignmentMode, default=AssignmentMode.OFFER
    )
    offer_minutes = models.PositiveIntegerField(
        _("offer lapses after"), default=15, validators=[MinValueValidator(1)], help_text=_("business minutes")
    )
    allow_foreign_accept = models.BooleanField(
        _("other teams may accept"), default=False, help_text=_("Unowned tickets are visible to all agents.")
    )
    is_legal = models.BooleanField(
        _("gives legal advice"),
        default=False,
        help_text=_("Legal cases are put before this team by the desk itself. At most one team does this."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = audited_history()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="team_not_own_parent", condition=~Q(parent=F("id"))),
            models.UniqueConstraint(
                name="team_one_legal",
                fields=["is_legal"],
                condition=Q(is_legal=True),
                violation_error_message=_("Another team gives legal advice already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Agent(BaseModel):
    """A person of the desk: who they are, which roles they hold, how much they take on. Source: domain.md section
    16.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="agent", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"), max_length=254)
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/Berlin")
    languages = ArrayField(models.CharField(max_length=35), verbose_name=_("languages"), default=list, blank=True)
    roles = ArrayField(models.CharField(max_length=12, choices=Role), verbose_name=_("roles"), default=list, blank=True)
    primary_team = models.ForeignKey(
        Team, verbose_name=_("primary team"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    teams = models.ManyToManyField(Team, verbose_name=_("teams"), related_name="members", blank=True)
    supervisor = models.ForeignKey(
        "self", verbose_name=_("supervisor"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    max_tickets = models.PositiveIntegerField(_("most open tickets"), default=25)
    max_envelopes = models.PositiveIntegerField(_("most open envelopes"), default=10)
    empowerment_limit = models.DecimalField(
        _("empowerment limit"), max_digits=12, decimal_places=2, default=Decimal("100.00")
    )
    availability = models.CharField(
        _("availability"), max_length=10, choices=Availability, default=Availability.AVAILABLE
    )
    is_active = models.BooleanField(_("active"), default=True, editable=False)
    employment_ended_on = models.DateField(_("employment ended on"), null=True, blank=True)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(_("density"), max_length=12, choices=Density, default=Density.COMFORTABLE)
    language = models.CharField(_("language of the pages"), max_length=10, blank=True)
    undo_seconds = models.PositiveSmallIntegerField(
        _("undo time"),
        default=10,
        validators=[MinValueValidator(5), MaxValueValidator(30)],
        help_text=_("Seconds a reply is held before it goes out, 5 to 30"),
    )
    has_shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)
    keys = models.JSONField(_("own keys"), default=dict, blank=True, editable=False, validators=[validate_keys])
    """Action -> key, where it is not the usual one; which there are is the pages' matter (desk.actions)."""
    signature = models.TextField(_("signature"), blank=True, max_length=2000)
    list_settings = models.JSONField(default=dict, blank=True, editable=False)
    """How lists are shown to this person; the pages' matter, kept here because every page has read this row anyway."""
    panels = models.JSONField(_("layout of the pages"), default=dict, blank=True, editable=False)
    """See `accounts.panels`; no matter of the history, as nobody decides anything by it."""

    objects = AgentQuerySet.as_manager()
    history = audited_history(
        m2m_fields=[teams],
        not_indexed=["primary_team", "supervisor"],
        excluded_fields=["list_settings", "panels"],
    )

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_name(self) -> str:
        return self.name

    @property
    def audit_user_id(self) -> UUID:
        return self.user_id

    def has_role(self, *roles: Role) -> bool:
        """Whether the agent holds any of `roles`; nobody holds one once deactivated."""
        return self.is_active and not set(roles).isdisjoint(self.roles)

    def today(self, at: datetime) -> date:
        """The agent's local date at `at`; absences are counted in it."""
        return at.astimezone(ZoneInfo(self.timezone)).date()


class Skill(BaseModel):
    name = models.CharField(_("name"), max_length=100, unique=True)

    history = audited_history()

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AgentSkill(BaseModel):
    """How well an agent knows something: 1 (heard of it) to 5 (others ask them)."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="skills")  # a fact about the agent
    skill = models.ForeignKey(Skill, verbose_name=_("skill"), on_delete=models.PROTECT, related_name="holders")
    level = models.PositiveSmallIntegerField(_("level"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    verified_by = models.ForeignKey(
        Agent, verbose_name=_("verified by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    history = audited_history()

    class Meta:
        verbose_name = _("skill of an agent")
        verbose_name_plural = _("skills of agents")
        constraints = [
            models.UniqueConstraint(name="agentskill_once", fields=["agent", "skill"]),
            models.CheckConstraint(name="agentskill_level", condition=Q(level__gte=1, level__lte=5)),
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"


class Absence(BaseModel):
    """Days on which an agent is away, both ends included, and who covers. Its status follows from the dates alone."""

    agent = models.ForeignKey(Agent, verbose_name=_("agent"), on_delete=models.PROTECT, related_name="absences")
    kind = models.CharField(_("kind"), max_length=16, choices=AbsenceKind)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True, help_text=_("Empty: not known yet"))
    deputy = models.ForeignKey(
        Agent,
        verbose_name=_("deputy"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="covered_absences",
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)
    recorded_by = models.ForeignKey(
        Agent, verbose_name=_("recorded by"), null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    is_open_end_confirmed = models.BooleanField(
        _("open end confirmed by a supervisor"), default=False, help_text=_("Needed for a transfer of tickets")
    )
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True, editable=False)

    objects = AbsenceQuerySet.as_manager()
    history = audited_history()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                name="absence_order",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The last day is not before the first one."),
            ),
            models.CheckConstraint(
                name="absence_deputy_is_another",
                condition=~Q(deputy=F("agent")),
                violation_error_message=_("Nobody covers for themselves."),
            ),
        ]
        indexes = [models.Index(name="absence_period", fields=["starts_on", "ends_on"])]

    def __str__(self) -> str:
        return f"{self.agent}: {self.starts_on} – {self.ends_on or '…'}"

    def status_on(self, day: date) -> AbsenceStatus:
        """Status on the agent's local date `day`."""
        if self.cancelled_at:
            return AbsenceStatus.CANCELLED
        if day < self.starts_on:
            return AbsenceStatus.PLANNED
        return AbsenceStatus.ACTIVE if self.ends_on is None or day <= self.ends_on else AbsenceStatus.ENDED

    @property
    def is_long(self) -> bool:
        """Over 30 calendar days, both ends counted, or open-ended as a supervisor confirmed."""
        if self.ends_on is None:
            return self.is_open_end_confirmed
        return (self.ends_on - self.starts_on).days + 1 > MAX_ORDINARY_LEAVE_DAYS


class ApiClient(BaseModel):
    """A program that acts under its own name, with scopes instead of roles; never an owner, never an approver."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="api_client", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=100, unique=True)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope), verbose_name=_("scopes"), default=list)
    teams = models.ManyToManyField(Team, verbose_name=_("teams"), blank=True, related_name="+")
    is_active = models.BooleanField(_("active"), default=True)

    history = audited_history(m2m_fields=[teams])

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_name(self) -> str:
        return self.name

    @property
    def audit_user_id(self) -> UUID:
        return self.user_id

    def has_scope(self, *scopes: Scope) -> bool:
        """Whether the client holds any of `scopes`."""
        return self.is_active and not set(scopes).isdisjoint(self.scopes)
