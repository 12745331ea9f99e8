"""`{% component "chip" label=text tone="warn" %}`: a part of the interface that knows nothing but what it is given.

It renders `components/chip.html` with these values and no others. Equal values give equal markup, so the markup of
plain values (texts, numbers, lists and mappings of such) is kept in memory, one for each language: a list page shows
its dozen kinds of chips and buttons some hundred times, and the same rows to colleagues and at the next look. What
gets anything else, as a form, a moment or the token against forgery, is rendered anew.
"""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, Parser, Token, token_kwargs
from django.template.context import Context
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

KEPT_AT_MOST = 2048
"""In each of two generations: what was not asked for while the younger one filled up is forgotten."""
LONGEST_KEPT = 8_000
"""Characters; what is longer is rarely asked for twice."""
TOKEN = "csrf_token"  # noqa: S105  # the name of the value, which differs from page to page
PLAIN = frozenset({str, SafeString, int, bool, type(None)})

_kept: dict[Any, SafeString] = {}
_older: dict[Any, SafeString] = {}


class _NotKept(Exception):
    """The values hold something whose rendering can change, or more text than is asked for twice."""


class ComponentNode(Node):
    def __init__(self, name: str, arguments: dict[str, FilterExpression]) -> None:
        self.template_name = f"components/{name}.html"
        self.names = tuple(arguments)
        self.expressions = tuple(arguments.values())
        self.may_keep = TOKEN not in self.names
        self.template: template.base.Template | None = None

    def render(self, context: Context) -> SafeString:
        values = [expression.resolve(context) for expression in self.expressions]
        frozen = _key(values) if self.may_keep else None
        if frozen is None:
            return self._rendered(context, values)
        key = (self.template_name, self.names, context.autoescape, get_language(), frozen)
        found = _kept.get(key)
        if found is not None:
            return found
        found = _older.get(key) or self._rendered(context, values)
        if len(found) <= LONGEST_KEPT and not context.template.engine.debug:  # type: ignore[union-attr]  # rendering has one
            _keep(key, found)
        return found

    def _rendered(self, context: Context, values: Iterable[Any]) -> SafeString:
        if self.template is None:  # as long-lived as the template this node stands in
            self.template = context.template.engine.get_template(self.template_name)  # type: ignore[union-attr]  # as above
        return self.template.render(context.new(dict(zip(self.names, values, strict=True))))


def _keep(key: Any, markup: SafeString) -> None:
    if len(_kept) >= KEPT_AT_MOST:
        _older.clear()
        _older.update(_kept)
        _kept.clear()
    _kept[key] = markup


def _key(values: list[Any]) -> Any:
    """What tells these values from others, or None for values whose markup is not kept."""
    try:
        return _frozen(values, [LONGEST_KEPT])
    except _NotKept:
        return None


def _frozen(value: Any, room: list[int]) -> Any:
    """The value as a key, as long as there is `room` for its texts.

    With its type: "<b>" as text is not "<b>" as markup, 1 is not True, an empty list is no empty mapping.
    """
    kind = type(value)
    if kind is list or kind is tuple:
        return kind, tuple([_frozen(part, room) for part in value])
    if kind is dict:
        return kind, tuple([(_frozen(name, room), _frozen(part, room)) for name, part in value.items()])
    if isinstance(value, Promise):  # a text of the language in force, or markup: what it says is one of the two
        value = str(value)
        kind = type(value)
    elif kind not in PLAIN and not isinstance(value, str):  # such a str is a choice, which knows its label too
        raise _NotKept
    if isinstance(value, str):
        room[0] -= len(value)
        if room[0] < 0:
            raise _NotKept
    return kind, value


@register.tag("component")
def component(parser: Parser, token: Token) -> ComponentNode:
    """Raises TemplateSyntaxError unless it is a name in quotes and named values."""
    name, *parts = token.split_contents()[1:] or [""]
    arguments = token_kwargs(list(parts), parser)
    if len(arguments) != len(parts) or len(name) < 3 or name[0] != name[-1] or name[0] not in "\"'":
        raise template.TemplateSyntaxError('Write {% component "name" value=... %}, each value with its name.')
    return ComponentNode(name[1:-1], arguments)
