"""People, teams, skills and absences."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import services
from accounts.enums import AbsenceKind, AccountMailKind, Role
from accounts.guards import refuse_hours
from accounts.models import Absence, Agent, AgentSkill, Skill, Team, User
from accounts.policies import (
    may_change_capacity,
    may_edit_team,
    may_manage_people,
    may_open_admin,
    may_record_absence,
    may_see_people_settings,
)
from accounts.selectors import absences_visible_to, reach_of
from accounts.services.agents import CAPACITY, PERSONAL
from core.actors import Actor
from core.admin_site import PartInline, PolicyAdmin, ReadOnlyAdmin, actor_in


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = Agent
        fields: ClassVar = ["email", "teams", *PERSONAL]
        widgets: ClassVar = {"teams": forms.CheckboxSelectMultiple}


class SkillInline(PartInline):
    model = AgentSkill
    fk_name = "agent"
    fields = ("skill", "level", "verified_by")
    readonly_fields = ("verified_by",)
    verbose_name_plural = gettext_lazy("Skills")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_change(by, obj)


def may_change(by: Actor, agent: Agent | None) -> bool:
    """Whether `by` may change anything on `agent`; asked about nobody, on anybody at all."""
    if may_manage_people(by):
        return True
    if not may_open_admin(by) or not isinstance(by, Agent):
        return False
    if agent is None:
        return bool(reach_of(by).in_charge)
    return may_change_capacity(by, team_ids=frozenset(team.pk for team in agent.teams.all()))


@admin.register(Agent)
class AgentAdmin(PolicyAdmin):
    form = AgentForm
    list_display = ("name", "email", "role_names", "team_names", "availability", "is_active")
    list_filter = ("is_active", "teams")
    search_fields = ("name", "email")
    inlines = (SkillInline,)
    history_parts = ("skills",)
    actions = ("deactivate", "reactivate", "invite_again", "reset_second_factor")

    def rows_for(self, rows: QuerySet[Agent], by: Agent) -> QuerySet[Agent]:
        return rows.prefetch_related("teams")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def may_add(self, by: Actor) -> bool:
        return may_manage_people(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_change(by, obj)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return may_manage_people(actor_in(request))

    def get_fields(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        if obj is None:
            return ["email", "name", "roles", "teams", "timezone"]
        names = [name for name in PERSONAL if name not in CAPACITY and name != "roles"]
        return ["name", "email", "is_active", "roles", "teams", *names[1:], *CAPACITY]

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        if may_manage_people(actor_in(request)):
            return ["is_active"]
        return [name for name in self.get_fields(request, obj) if name not in CAPACITY]

    def get_inlines(self, request: HttpRequest, obj: Agent | None) -> Any:
        return self.inlines if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        by, values = actor_in(request), dict(form.cleaned_data)
        if "roles" in values:
            values["roles"] = [Role(role) for role in values["roles"]]
        if change:
            changed = {name: value for name, value in values.items() if name in form.changed_data}
            saved = services.change_agent(obj.pk, by=by, **changed) if changed else obj
        else:
            teams, zone = list(values.pop("teams")), values.pop("timezone")
            saved = services.invite_agent(values.pop("email"), by=by, teams=teams, timezone_name=zone, **values)
        obj.__dict__.update(saved.__dict__)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for skill_form in formset.forms:
            if skill_form.has_changed():
                skill_form.instance.verified_by = actor_in(request)
        super().save_formset(request, form, formset, change)

    @admin.display(description=gettext_lazy("Roles"))
    def role_names(self, agent: Agent) -> str:
        return ", ".join(str(Role(role).label) for role in agent.roles)

    @admin.display(description=gettext_lazy("Teams"))
    def team_names(self, agent: Agent) -> str:
        return ", ".join(team.name for team in agent.teams.all())

    @admin.action(description=gettext_lazy("Deactivate: ends all access at once"), permissions=["manage"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        by = actor_in(request)
        done = _("Deactivated: %(count)d")
        self.each(request, queryset, lambda agent: services.deactivate_agent(agent.pk, by=by), done)

    @admin.action(description=gettext_lazy("Reactivate"), permissions=["manage"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        by = actor_in(request)
        done = _("Active again: %(count)d")
        self.each(request, queryset, lambda agent: services.reactivate_agent(agent.pk, by=by), done)

    @admin.action(description=gettext_lazy("Send an invitation (again)"), permissions=["manage"])
    def invite_again(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        def invite(agent: Agent) -> None:
            services.queue_account_mail(agent.user_id, AccountMailKind.INVITATION)

        self.each(request, queryset.filter(is_active=True), invite, _("Invitations on their way: %(count)d"))

    @admin.action(description=gettext_lazy("Reset the second factor: for whoever has lost it"), permissions=["manage"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        by = actor_in(request)
        done = _("Second factors reset: %(count)d")
        self.each(request, queryset, lambda agent: services.reset_second_factor(agent.user_id, by=by), done)


@admin.register(Team)
class TeamAdmin(PolicyAdmin):
    list_display = ("name", "lead", "supervisor", "manager", "parent", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("lead", "supervisor", "manager", "parent")
    search_fields = ("name",)
    scope_fields = ("supervisor", "manager", "parent", "is_legal")
    """Who sees and decides what follows from them, so they are an admin's, as roles are."""

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def may_add(self, by: Actor) -> bool:
        return may_manage_people(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        if obj is not None:
            return may_open_admin(by) and may_edit_team(by, obj)
        return may_manage_people(by) or (may_open_admin(by) and bool(reach_of(by).in_charge))

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> Any:
        return () if may_manage_people(actor_in(request)) else self.scope_fields

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        if "calendar" in form.changed_data or not change:
            refuse_hours(obj)
        super().save_model(request, obj, form, change)


@admin.register(Skill)
class SkillAdmin(PolicyAdmin):
    search_fields = ("name",)

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def may_add(self, by: Actor) -> bool:
        return isinstance(by, Agent) and by.has_role(Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return self.may_add(by)


@admin.register(Absence)
class AbsenceAdmin(PolicyAdmin):
    list_display = ("agent", "kind", "starts_on", "ends_on", "deputy", "state")
    list_filter = ("kind", "starts_on")
    search_fields = ("agent__name",)
    fields = ("agent", "kind", "starts_on", "ends_on", "deputy", "is_open_end_confirmed", "note")
    actions = ("cancel",)

    def rows_for(self, rows: QuerySet[Absence], by: Agent) -> QuerySet[Absence]:
        return absences_visible_to(by).select_related("recorded_by").prefetch_related("agent__teams")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def may_add(self, by: Actor) -> bool:
        return isinstance(by, Agent) and by.has_role(Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        if obj is None or not self.may_add(by):
            return self.may_add(by)
        return obj.cancelled_at is None and may_record_absence(by, obj.agent, team_ids=_teams_of(obj))

    def hidden_fields(self, by: Agent, obj: Absence | None) -> frozenset[str]:
        """Object rule 11: the note is for the person, those in charge, and auditors."""
        if by.has_role(Role.AUDITOR, Role.SUPERVISOR, Role.MANAGER) and not (obj and self._is_stranger(by, obj)):
            return frozenset()
        return frozenset({"note"})

    def _is_stranger(self, by: Agent, absence: Absence) -> bool:
        if by.has_role(Role.AUDITOR) or by.pk == absence.agent_id:
            return False
        return reach_of(by).in_charge.isdisjoint(_teams_of(absence))

    def get_readonly_fields(self, request: HttpRequest, obj: Absence | None = None) -> Any:
        return () if obj is None else ("agent",)

    def save_model(self, request: HttpRequest, obj: Absence, form: Any, change: bool) -> None:
        by, values = actor_in(request), dict(form.cleaned_data)
        values["kind"] = AbsenceKind(values["kind"])
        if change:
            saved = services.change_absence(obj.pk, by=by, version=obj.version, **values)
        else:
            saved = services.record_absence(values.pop("agent").pk, by=by, **values)
        obj.__dict__.update(saved.__dict__)

    @admin.display(description=gettext_lazy("State"))
    def state(self, absence: Absence) -> str:
        return str(absence.status_on(absence.agent.today(timezone.now())).label)

    @admin.action(description=gettext_lazy("Cancel"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Absence]) -> None:
        by = actor_in(request)
        done = _("Cancelled: %(count)d")
        self.each(request, queryset, lambda absence: services.cancel_absence(absence.pk, by=by), done)


def _teams_of(absence: Absence) -> frozenset[Any]:
    return frozenset(team.pk for team in absence.agent.teams.all())


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Accounts as they are; people are changed as agents, passwords by their owners."""

    list_display = ("email", "is_active", "last_login", "created_at")
    list_filter = ("is_active",)
    search_fields = ("email",)
    fields = ("email", "is_active", "last_login", "created_at")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_people_settings(by)
