"""Which key does what for one person: the usual ones, and those they have chosen instead."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Agent
from core.errors import Invalid, Text
from desk.actions.registry import ACTIONS, Action, Where

NEEDS_ALTGR = frozenset("@{}[]\\|~€µ²³")
"""Signs that need AltGr on the keyboards of Germany, France, Spain and Italy; the map never asks for it (ux.md 4)."""
WITH_CONTROL = re.compile(r"\b(ctrl|control|strg|alt|altgr|meta|cmd|command|option)\b|[⌘⌥⌃]", re.IGNORECASE)
WITH_SHIFT = re.compile(r"(shift|umschalt|⇧)[\s+]*", re.IGNORECASE)
SYSTEM = frozenset("123456789")
"""Tabs and the rows of a picker."""


def keys_of(agent: Agent) -> dict[str, str]:
    """Action -> its key for this person, as `data-key` writes it; empty for none."""
    return dict(_keys(_chosen(agent.keys)))


def _chosen(kept: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What is kept, as far as it is (still) an action's; in an order that does not matter."""
    return tuple(sorted((name, str(key)) for name, key in kept.items() if name in ACTIONS and ACTIONS[name].owns_key))


@lru_cache(maxsize=256)
def _keys(chosen: tuple[tuple[str, str], ...]) -> dict[str, str]:
    own = dict(chosen)
    return {name: own.get(action.like or name, usual_key(action)) for name, action in ACTIONS.items()}


def usual_key(action: Action) -> str:
    return ACTIONS[action.like].key if action.like else action.key


@lru_cache(maxsize=256)
def _acts(chosen: tuple[tuple[str, str], ...]) -> dict[str, dict[str, Any]]:
    keys = _keys(chosen)
    return {
        name: {
            "name": name,
            "label": action.label,
            "key": keys[name],
            "shown": shown(keys[name]),
            "group": action.group,
            "icon": action.icon,
        }
        for name, action in ACTIONS.items()
    }


def acts_of(agent: Agent | None) -> dict[str, dict[str, Any]]:
    """Every action as templates take it, with this person's keys: name, label, key, shown, group, icon."""
    return _acts(_chosen(agent.keys) if agent is not None else ())


def shown(key: str) -> str:
    """The key as people read it: "G Q", "Shift E", "Ctrl Enter", "↓ ↑"."""
    signs = {"ArrowDown": "↓", "ArrowUp": "↑", "ArrowLeft": "←", "ArrowRight": "→", "Escape": "Esc"}
    parts = [signs.get(part, part) for part in key.replace("+", " ").split()] if len(key) > 1 else [key]
    return " ".join(part.upper() if len(part) == 1 else part for part in parts)


def read_key(typed: str) -> str:
    """The key that a person names, as `data-key` writes it: "G, then Q" is not understood, "G Q" and "shift e" are.

    Raises ValueError, in words for people.
    """
    text = " ".join(typed.split())
    if not text:
        return ""
    if WITH_CONTROL.search(text):
        raise ValueError(_("Keys with Ctrl, Alt or ⌘ belong to the browser. Choose a key without them."))
    has_shift, text = _without_shift(text)
    parts = text.split(" ")
    if len(parts) > 2 or any(len(part) != 1 for part in parts) or (has_shift and len(parts) > 1):
        raise ValueError(_("Write one key, two one after the other as “G Q”, or a letter with Shift as “Shift E”."))
    for part in parts:
        _refuse_sign(part)
    if len(parts) == 2 and not parts[0].isalpha():
        raise ValueError(_("Of two keys one after the other, the first has to be a letter."))
    if has_shift and not text.isalpha():
        raise ValueError(_("Shift goes with letters only. Write the sign itself, as “?”."))
    return ("Shift+" if has_shift else "") + (text if has_shift else text.lower()).strip()


def _without_shift(text: str) -> tuple[bool, str]:
    found = WITH_SHIFT.match(text)
    return (True, text[found.end() :].upper()) if found and found.end() < len(text) else (False, text)


def _refuse_sign(sign: str) -> None:
    if sign in NEEDS_ALTGR:
        raise ValueError(_("“%(key)s” needs AltGr on many keyboards. Choose another key.") % {"key": sign})
    if sign in SYSTEM:
        raise ValueError(_("The digits choose tabs and rows of a list of choices. Choose another key."))
    if not sign.isprintable():
        raise ValueError(_("Write one key, two one after the other as “G Q”, or a letter with Shift as “Shift E”."))


def check_keys(wanted: Mapping[str, str]) -> dict[str, str]:
    """What is to be kept of the wanted keys (typed, by action): those that differ from the usual ones.

    Raises Invalid with a text for each action whose key is none, is reserved, or is taken by another one.
    """
    errors: dict[str, Text | list[Text]] = {}
    keys = {name: action.key for name, action in ACTIONS.items() if not action.like}
    for name, typed in wanted.items():
        if name not in ACTIONS or not ACTIONS[name].owns_key:
            errors[name] = _("This key cannot be chosen.")
            continue
        try:
            keys[name] = read_key(typed)
        except ValueError as problem:
            errors[name] = str(problem)
    for name in wanted:
        if name not in errors and (other := _taken_by(name, keys)):
            words = _("“%(key)s” is already the key of “%(action)s”. Choose another one, or change that one too.")
            errors[name] = words % {"key": shown(keys[name]), "action": ACTIONS[other].label}
    if errors:
        raise Invalid(errors)
    return {name: keys[name] for name in wanted if keys[name] != ACTIONS[name].key}


def _taken_by(name: str, keys: Mapping[str, str]) -> str:
    """Another action that is valid in the same place and has this key, or begins with it."""
    key = keys[name]
    if not key:
        return ""
    for other, its in keys.items():
        if other != name and its and _meet(key, its) and places_of(name) & places_of(other):
            return other
    return ""


def _meet(key: str, other: str) -> bool:
    """The same key, or one that the other begins with: who presses "g" cannot mean both."""
    return key == other or f"{key} ".startswith(f"{other} ") or f"{other} ".startswith(f"{key} ")


def places_of(name: str) -> set[Where]:
    """Where the key of the action acts, with those who share it. Keys pressed while writing act nowhere else."""
    where = {place for action in ACTIONS.values() if name in (action.name, action.like) for place in action.where}
    return where | {Where.LIST, Where.BOARD, Where.TICKET} if Where.EVERYWHERE in where else where
