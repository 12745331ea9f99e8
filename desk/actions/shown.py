"""Actions as the pages show them: buttons and menu of a ticket, the bar below a list, the map behind "?"."""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from desk.actions.keys import acts_of, keys_of, shown
from desk.actions.registry import ACTIONS, SCRIPTED, Action, How, Scene, Where
from desk.bulk import ACTS
from tickets.around import surroundings_of
from tickets.enums import Priority
from tickets.models import Ticket
from tickets.policies import may_act_in_bulk

Part = dict[str, Any]  # what a template takes

HEADINGS: dict[Where, Promise] = {
    Where.EVERYWHERE: _("Everywhere"),
    Where.LIST: _("Lists and boards"),
    Where.TICKET: _("Ticket"),
    Where.COMPOSER: _("Writing"),
}


def acts_on(agent: Agent, ticket: Ticket, able: Any, *, is_worked_on: bool = False) -> dict[str, list[Part]]:
    """The acts that this person may do now, by their place on the page (`head`, `menu`); each works without script."""
    scene = Scene(able, is_watched=surroundings_of(ticket).is_watched, is_worked_on=is_worked_on)
    acts = acts_of(agent)
    found: dict[str, list[Part]] = {"head": [], "menu": []}
    for action in ACTIONS.values():
        if action.place and action.may(scene):
            address = reverse(f"desk:{action.route}", args=[ticket.reference])
            kind = "action" if action.how == How.FORM else "url"
            found[action.place].append(acts[action.name] | dict(action.more) | {kind: address})
    return found


def priorities_of(ticket: Ticket, able: Any) -> list[Part]:
    """What the priority can be changed to at once; the highest asks for a reason first."""
    if not able.prioritise:
        return []
    return [
        {
            "value": priority.value,
            "label": priority.label,
            "is_current": priority == ticket.priority,
            "asks": priority == Priority.CRITICAL,
        }
        for priority in Priority
    ]


def bulk_acts_of(agent: Agent) -> list[Part]:
    """The buttons of the bar below a list. Roles only: what each ticket allows is asked when it is done."""
    acts = acts_of(agent)
    return [
        {"value": str(kind), "label": act.label, "tone": act.tone, "act": acts[f"many_{kind}"]}
        for kind, act in ACTS.items()
        if may_act_in_bulk(agent) and act.is_for(agent)
    ]


def keymap_of(agent: Agent) -> dict[str, str]:
    """Key -> what the scripts do by themselves; see `SCRIPTED`."""
    keys = keys_of(agent)
    return {keys[name]: name for name in SCRIPTED if keys[name]}


def map_of(agent: Agent) -> list[Part]:
    """All actions with this person's keys, in the groups of `HEADINGS`."""
    keys = keys_of(agent)
    groups: dict[Where, list[Part]] = {where: [] for where in HEADINGS}
    for action in ACTIONS.values():
        if action.is_for(agent):
            where = action.where[0]
            place = Where.LIST if where == Where.BOARD else where
            groups[place].append(
                {
                    "name": action.name,
                    "label": action.label,
                    "keys": shown_parts(keys[action.name]),
                    "where": " ".join(action.where),
                    "needs_element": action.name not in SCRIPTED and not action.is_fixed,
                }
            )
    return [{"where": where, "label": HEADINGS[where], "rows": rows} for where, rows in groups.items()]


def shown_parts(key: str) -> list[str]:
    return shown(key).split()


def pages_of(agent: Agent) -> list[Part]:
    """The pages a person can go to, without those of a state."""
    return [
        {"label": str(action.label), "url": url, "key": shown(keys_of(agent)[action.name])}
        for action in ACTIONS.values()
        if action.where == (Where.EVERYWHERE,) and action.how == How.LINK and action.is_for(agent)
        if (url := address_of(action))
    ]


def address_of(action: Action) -> str:
    """Address of a page; empty for one that is not part of this desk."""
    try:
        return reverse(action.route if ":" in action.route else f"desk:{action.route}")
    except NoReverseMatch:
        return ""
