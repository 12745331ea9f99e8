"""Forms of tasks; what may be done is decided by the services."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from tickets.models import Task


class TaskWordsForm(forms.Form):
    title = forms.CharField(label=_("What is to be done?"), max_length=255)
    description = forms.CharField(
        label=_("Details"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    due_at = forms.DateTimeField(
        label=_("Due"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    is_mandatory = forms.BooleanField(label=_("The ticket is not resolved before this is done"), required=False)

    def __init__(self, *args: Any, is_of_envelope: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_of_envelope:
            self.fields["is_mandatory"].label = _("The envelope is not sealed before this is done")


class TaskForm(TaskWordsForm):
    field_order = ("title", "description", "assigned_to")
    assigned_to = forms.ModelChoiceField(
        label=_("Assigned to"), queryset=Agent.objects.none(), required=False, empty_label="–"
    )

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assigned_to"].queryset = candidates  # type: ignore[attr-defined]  # a ModelChoiceField


class EditTaskForm(TaskWordsForm):
    """An unfinished task's own fields; `version` is what the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    blocked_by = forms.TypedMultipleChoiceField(
        label=_("Waits for"), required=False, coerce=UUID, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, others: Iterable[Task], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(task.pk), task.title) for task in others]
        if choices:
            self.fields["blocked_by"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        else:
            del self.fields["blocked_by"]


class AssignTaskForm(forms.Form):
    """`for_teams`: whether a whole team may have it, as one that all see."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    assigned_to = forms.ModelChoiceField(
        label=_("Assigned to"), queryset=Agent.objects.none(), required=False, empty_label="–"
    )
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.filter(is_active=True).order_by("name"),
        required=False,
        empty_label="–",
        help_text=_("Without a person, everybody of the team may work it."),
    )

    def __init__(self, *args: Any, candidates: Any, for_teams: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assigned_to"].queryset = candidates  # type: ignore[attr-defined]  # a ModelChoiceField
        if not for_teams:
            del self.fields["team"]
