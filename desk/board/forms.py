"""Forms of the board: what it shows, where a card goes, a team's limits."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.board.dimensions import DIMENSIONS, Column, Layout
from desk.forms import QueueForm, ReasonForm, ResolveForm
from desk.view_forms import ViewForm
from tickets.columns import LABELS, ON_BOARDS
from tickets.enums import BoardSort, ColumnField, WipMode
from tickets.models import WipLimit
from tickets.models.limits import MOST
from tickets.services import Limit


class BoardForm(QueueForm):
    """What a board is narrowed to by its address: as lists are, but never to what stands on no board."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("All")), *((status.value, status.label) for status in ON_BOARDS)]
        self.fields["status"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


def layout_choices(*, may_be_none: bool) -> list[tuple[str, Any]]:
    none = [("", _("None"))] if may_be_none else []
    return [*none, *((name, dimension.label) for name, dimension in DIMENSIONS.items())]


class KeepForm(ViewForm):
    """A board's name and readers, the order of its cards, and a place for each column that is shown."""

    sort_by = forms.ChoiceField(label=_("Order"), choices=BoardSort.choices)

    def __init__(self, *args: Any, columns: Sequence[Column], chosen: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.column_names = {f"column-{column.key}": column.key for column in columns}
        keys = list(chosen) or [column.key for column in columns]
        for name, column in zip(self.column_names, columns, strict=True):
            self.fields[name] = forms.IntegerField(
                label=column.label,
                required=False,
                min_value=1,
                max_value=99,
                initial=keys.index(column.key) + 1 if column.key in keys else None,
            )

    def head_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name not in self.column_names]

    def column_fields(self) -> list[Any]:
        return [self[name] for name in self.column_names]

    def clean(self) -> dict[str, Any]:
        """Values as the services take them. Columns that all stand in their usual order are not chosen, so that those
        which come later are shown too.
        """
        values = super().clean()
        places = {key: values.pop(name, None) for name, key in self.column_names.items()}
        shown = [key for key, place in places.items() if place is not None]
        if not shown and places and not self.errors:
            self.add_error(None, _("A board shows at least one column."))
        usual = list(places)
        columns = sorted(shown, key=lambda key: (places[key], usual.index(key)))
        return values | {"columns": [] if columns == usual else columns}


ASKED = {
    "resolution_code": ResolveForm.base_fields["resolution_code"],
    "resolution_note": ResolveForm.base_fields["resolution_note"],
    "reason": ReasonForm.base_fields["reason"],
    "over_limit": forms.CharField(
        label=_("Why go beyond the limit?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Colleagues read it in the timeline."),
    ),
}
"""What the acts behind a move may ask; the services say what is missing."""


class MoveForm(forms.Form):
    """Where a card goes, and the words that the act asks for."""

    card = forms.CharField(max_length=20, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    column = forms.CharField(max_length=40, required=False)
    lane = forms.CharField(max_length=40, required=False)

    def __init__(
        self,
        *args: Any,
        layout: Layout,
        choices: Mapping[str, Sequence[Column]] | None = None,
        asks: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        """With `choices` (of column and lane) it asks where to; else that is known, and it asks for words."""
        super().__init__(*args, **kwargs)
        self.fields["column"].label = str(layout.by.label)
        self.fields["lane"].label = str(layout.lanes.label) if layout.lanes else ""
        for name in ("column", "lane"):
            if columns := (choices or {}).get(name):
                self.fields[name].widget = forms.Select(choices=[(column.key, column.label) for column in columns])
                self.fields[name].required = True
            else:
                self.fields[name].widget = forms.HiddenInput()
        for name in asks:
            self.fields[name] = deepcopy(ASKED[name])
        if asks:
            self.fields["asked"] = forms.CharField(initial="1", widget=forms.HiddenInput)


class LimitsForm(forms.Form):
    """A number and a mode for each column that can have a limit."""

    def __init__(self, *args: Any, rows: Iterable[WipLimit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {(row.field, row.column): row for row in rows}
        for field, columns in LABELS.items():
            for column, label in columns.items():
                row = known.get((field.value, column))
                self._add(field, column, label, row)

    def _add(self, field: ColumnField, column: str, label: Any, row: WipLimit | None) -> None:
        self.fields[f"{field.value}-{column}-most"] = forms.IntegerField(
            label=label, required=False, min_value=1, max_value=MOST, initial=row.limit if row else None
        )
        self.fields[f"{field.value}-{column}-mode"] = forms.ChoiceField(
            label=_("%(column)s, when it is full") % {"column": label},
            choices=WipMode.choices,
            initial=row.mode if row else WipMode.SOFT,
        )

    def groups(self) -> list[dict[str, Any]]:
        """Bound fields as the page shows them, by kind of column."""
        return [
            {
                "label": field.label,
                "rows": [
                    {"most": self[f"{field.value}-{column}-most"], "mode": self[f"{field.value}-{column}-mode"]}
                    for column in columns
                ],
            }
            for field, columns in LABELS.items()
        ]

    def limits(self) -> dict[tuple[str, str], Limit]:
        values = self.cleaned_data
        return {
            (field.value, column): Limit(values[f"{field.value}-{column}-most"], values[f"{field.value}-{column}-mode"])
            for field, columns in LABELS.items()
            for column in columns
        }
