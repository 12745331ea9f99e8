"""Adaptive Cards as Teams takes them: version 1.4, no Markdown from elsewhere, never beyond the size that Teams allows.

Pure: what is to be said comes in, and holds no more than those may read who see the card.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST_BYTES = 24 * 1024
"""Of a message as it is sent, with everything beyond ASCII escaped. Teams refuses more than 28 KB, and does not say how
it counts.
"""
LONGEST = 120
"""Characters of one text."""
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION = "1.4"
"""The oldest that has all we use; Teams takes up to 1.5, and older clients less."""
CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True)
class Button:
    label: str
    url: str
    """An address of ours."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One piece of news."""

    title: str
    facts: Sequence[tuple[str, str]] = ()
    buttons: Sequence[Button] = ()


@dataclass(frozen=True, kw_only=True)
class Card:
    title: str
    items: Sequence[Item]
    language: str
    url: str
    """Where all of it stands."""
    left_out: int = 0
    """Pieces of news that did not fit in."""


def message_of(card: Card, *, recipient: str = "") -> bytes:
    """The body that a workflow is sent, for `recipient` (an e-mail address) where it writes to people. What is too much
    is left out from the end, and the card says how much that is.
    """
    count = len(card.items)

    def body_of(kept: int) -> bytes:
        return _encoded(replace(card, items=card.items[:kept], left_out=count - kept), recipient)

    body = body_of(count)
    if len(body) <= MOST_BYTES:
        return body
    fits, too_many = 1, count  # at least one item goes along
    while too_many - fits > 1:
        kept = (fits + too_many) // 2
        if len(body_of(kept)) <= MOST_BYTES:
            fits = kept
        else:
            too_many = kept
    return body_of(fits)


def _encoded(card: Card, recipient: str) -> bytes:
    attachment = {"contentType": CONTENT_TYPE, "contentUrl": None, "content": adaptive_card(card)}
    message: dict[str, Any] = {"type": "message", "attachments": [attachment]}
    if recipient:
        message["recipient"] = recipient
    return json.dumps(message).encode()


def adaptive_card(card: Card) -> dict[str, Any]:
    body = [_text(card.title, weight="Bolder", size="Medium")]
    body += [_container(item, is_alone=len(card.items) == 1) for item in card.items]
    if card.left_out:
        more = ngettext("%(count)d more is in the app.", "%(count)d more are in the app.", card.left_out)
        body.append(_text(more % {"count": card.left_out}))
    actions = [] if len(card.items) == 1 and card.items[0].buttons else [_open_url(Button(_("Open"), card.url))]
    return {
        "type": "AdaptiveCard",
        "$schema": SCHEMA,
        "version": VERSION,
        "lang": card.language,
        "fallbackText": _cut(card.title),
        "body": body,
        **({"actions": actions} if actions else {}),
    }


def _container(item: Item, *, is_alone: bool) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [] if is_alone else [_text(item.title)]
    if item.facts:
        facts = [{"title": _cut(name), "value": _plain(_cut(value))} for name, value in item.facts]
        parts.append({"type": "FactSet", "facts": facts})
    if item.buttons:
        parts.append({"type": "ActionSet", "actions": [_open_url(button) for button in item.buttons]})
    return {"type": "Container", "separator": True, "items": parts or [_text(item.title)]}


def _text(text: str, **looks: Any) -> dict[str, Any]:
    """As a run of text: unlike a block of it, it is no Markdown."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": _cut(text), **looks}]}


def _open_url(button: Button) -> dict[str, Any]:
    return {"type": "Action.OpenUrl", "title": _cut(button.label), "url": button.url}


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _plain(text: str) -> str:
    """Facts are read as Markdown: what would make a link or emphasis of a text is taken for what it is."""
    return "".join(f"\\{letter}" if letter in r"\`*_[]()#!<>~|" else letter for letter in text)
