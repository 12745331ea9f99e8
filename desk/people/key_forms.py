"""The form of one's own keys: a field for each action whose key can be chosen."""

from typing import Any

from django import forms

from accounts.models import Agent
from desk.actions.keys import keys_of, shown
from desk.actions.registry import ACTIONS, Where
from desk.actions.shown import HEADINGS

LONGEST = 30


class KeysForm(forms.Form):
    """What is typed is a key only after `desk.actions.keys.check_keys`."""

    def __init__(self, data: Any = None, *, agent: Agent) -> None:
        keys = keys_of(agent)
        initial = {name: shown(keys[name]) for name, action in ACTIONS.items() if action.owns_key}
        super().__init__(data, initial=initial, auto_id="key-%s")
        for name in initial:
            widget = forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"})
            usual = shown(ACTIONS[name].key)
            label: Any = ACTIONS[name].label  # translated late
            self.fields[name] = forms.CharField(label=label, required=False, max_length=LONGEST, widget=widget)
            widget.attrs["placeholder"] = usual

    @property
    def wanted(self) -> dict[str, str]:
        return {name: str(self.cleaned_data[name]) for name in self.fields}

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The fields under the headings of the map."""
        groups: dict[Where, list[forms.BoundField]] = {where: [] for where in HEADINGS}
        for name in self.fields:
            where = ACTIONS[name].where[0]
            groups[Where.LIST if where == Where.BOARD else where].append(self[name])
        return [{"label": HEADINGS[where], "fields": fields} for where, fields in groups.items() if fields]
