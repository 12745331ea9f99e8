"""One value of a row, edited in its place: the row comes again, with the control in it or with the new value."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from desk.bulk import PriorityForm, TagsForm
from desk.columns import loader_for, with_columns
from desk.rows import Row, row_of
from tickets.models import Ticket
from tickets.policies import may_act_in_bulk, may_edit, may_prioritise


class InlineTagsForm(TagsForm):
    tags = forms.CharField(
        label=_("Tags, separated by commas"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


FORMS: dict[str, type[forms.Form]] = {"priority": PriorityForm, "tags": InlineTagsForm}


def row_named(agent: Agent, reference: str, columns: Sequence[str]) -> Ticket:
    """The ticket as a row of a list with these columns reads it; 404 for missing and invisible ones alike."""
    wanted = tuple({*columns, "tags"})
    ticket = loader_for(wanted)(Ticket.objects.visible_to(agent).filter(reference=reference.upper())).first()
    if ticket is None:
        raise Http404
    return ticket


def shown_row(ticket: Ticket, agent: Agent, columns: Sequence[str], **more: Any) -> Row:
    """A row of a list in full: with its columns, its box, and the ways to edit it in place."""
    row = with_columns(row_of(ticket, agent), ticket, columns) | {"has_box": may_act_in_bulk(agent)}
    return row | _edits(ticket, agent, columns) | more


def _edits(ticket: Ticket, agent: Agent, columns: Sequence[str]) -> Row:
    """Where priority and tags are edited, for whom that is allowed."""
    if ticket.is_ended:
        return {}
    query = f"?columns={','.join(columns)}"
    names = [("priority", may_prioritise(agent, ticket)), ("tags", may_edit(agent, ticket))]
    urls = {name: _address("desk:inline", ticket.reference, name) + query for name, is_allowed in names if is_allowed}
    return {"edits": urls, "fields_url": _address("desk:fields", ticket.reference)} if urls else {}


@lru_cache(maxsize=8192)
def _address(name: str, *parts: str) -> str:
    return reverse(name, args=parts)


def form_for(name: str, ticket: Any, data: Any = None) -> forms.Form:
    """Filled with what the ticket has; 404 for values that are not edited in place."""
    if name not in FORMS:
        raise Http404
    initial = {"priority": ticket.priority, "tags": ", ".join(ticket.tag_names)}
    form = FORMS[name](data, initial=initial, auto_id=f"{ticket.reference}-%s")
    form.fields[name].widget.attrs["data-take-focus"] = ""
    return form
