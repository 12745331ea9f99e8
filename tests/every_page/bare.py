"""Finds on a page of the pseudo language the words that nobody can translate and that are no data."""

import json
import re
from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db.models import CharField, JSONField, Model, TextField
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.every_page.pseudo import CLOSE, OPEN

SPOKEN = ("title", "aria-label", "aria-description", "aria-valuetext", "placeholder", "alt", "label")
"""Attributes that people read or hear; and every `data-` attribute with words in it, and what buttons say."""
CODE = ("data-copy", "data-module", "data-keys", "data-key", "data-push-key", "data-where", "data-take-focus")
INLINE = (
    "a",
    "abbr",
    "b",
    "bdi",
    "br",
    "code",
    "em",
    "i",
    "kbd",
    "mark",
    "small",
    "span",
    "strong",
    "svg",
    "time",
    "use",
)
UNSPOKEN = ("script", "style", "template")
WORD = re.compile(r"[^\W\d_]{2,}")
BOUNDARY = "\x1f"
"""Between the texts of neighbouring elements: no word goes across it."""
PARTS = re.compile(r"[\s\x1f.,;:!?·()\[\]/|+“”„–—…→\"'’*-]+")
CERTAIN = re.compile(r"(?:INC|REQ)-\d{4}-\d{6}|[\w.+-]+@[\w.-]+|\{\{[\w.]+\}\}|\d+ ?(?:kB|MB|B)|\d[\d.,:]*")


class Data:
    """What the database says: whole values, lines, and pieces of long texts."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._values = set(allowed)
        self._long: list[str] = []
        for model in apps.get_models(include_auto_created=True):
            self._read(model)

    def _read(self, model: type[Model]) -> None:
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField | JSONField) or "Array" in type(field).__name__
        ]
        for row in model._base_manager.values_list(*names) if names else ():
            for text in _texts_in(row):
                self._values |= {_plain(part) for part in (text, *text.splitlines())}
                if len(text) > 40:
                    self._long.append(f" {_plain(text)} ")

    def holds(self, text: str) -> bool:
        """Whether this is data: as a whole, as a piece of a long text, or part by part."""
        return all(self._covers(_plain(part).split()) for part in CERTAIN.sub(" ", text).split(BOUNDARY))

    def _covers(self, words: list[str]) -> bool:
        """Whether the words, from left to right, make up values; the longest first."""
        while words:
            size = next((n for n in range(len(words), 0, -1) if self._knows(" ".join(words[:n]))), 0)
            if not size:
                return False
            words = words[size:]
        return True

    def _knows(self, text: str) -> bool:
        if not WORD.search(text) or text in self._values:
            return True
        return len(text) >= 12 and any(f" {text} " in long for long in self._long)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for part in value.values() for text in _texts_in(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts_in(part))


def _plain(text: str) -> str:
    """Its words alone."""
    return PARTS.sub(" ", CERTAIN.sub(" ", text)).strip()


def bare_words(html: str, data: Data) -> list[str]:
    """Everything spoken that stands outside marks and is no data, with where it stands."""
    tree = LexborHTMLParser(html)
    assert tree.root is not None
    texts = [*_text_nodes(tree.root), *_attributes(tree), *_words_for_scripts(tree)]
    found = []
    for where, text in texts:
        bare = [part for part in _outside_marks(text) if not data.holds(part)]
        found += [f"{where}: {' '.join(part.split())!r}" for part in bare]
    return list(dict.fromkeys(found))


def _outside_marks(text: str) -> Iterator[str]:
    depth, part = 0, ""
    for sign in text:
        if sign == OPEN:
            if not depth:
                yield part
                part = ""
            depth += 1
        elif sign == CLOSE:
            depth -= 1
        elif not depth:
            part += sign
    yield part


def _text_nodes(root: LexborNode) -> Iterator[tuple[str, str]]:
    """Block by block: a translated text may have links and emphasis in it."""
    block, text = root.tag or "", ""
    for node in _walk(root):
        if node.tag == "-text":
            text += node.text_content or ""
        elif node.tag in INLINE:
            text += BOUNDARY
        else:
            yield block, text
            block, text = _where(node), ""
    yield block, text


def _walk(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        if child.tag not in UNSPOKEN and child.tag != "-comment" and not _is_avatar(child) and not _is_code(child):
            yield child
            yield from _walk(child)
            if child.tag != "-text":
                yield child  # its end: what follows is something else
        child = child.next


def _is_avatar(node: LexborNode) -> bool:
    """Shows a person's initials, whose name stands beside it."""
    return "avatar" in ((node.attributes or {}).get("class") or "").split()


def _is_code(node: LexborNode) -> bool:
    """Commands to paste, which translators of browsers leave as they are, too."""
    return (node.attributes or {}).get("translate") == "no"


def _where(node: LexborNode) -> str:
    marks = (node.attributes or {}).get("class") or (node.attributes or {}).get("id") or ""
    return f"{node.tag}.{marks.split()[0]}" if marks.split() else str(node.tag)


def _attributes(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    for node in tree.css("*"):
        for name, value in (node.attributes or {}).items():
            is_button = (
                node.tag == "input"
                and name == "value"
                and (node.attributes or {}).get("type") in ("submit", "button", "reset")
            )
            says_words = name.startswith("data-") and name not in CODE and _reads_like_words(value or "")
            if value and (name in SPOKEN or is_button or says_words):
                yield f"{_where(node)}[{name}]", value


def _reads_like_words(value: str) -> bool:
    """Names for programs are small letters in one piece."""
    return not value.startswith(("/", "{", "[", "http")) and bool(re.search(r"[A-ZÄÖÜ][a-zäöü]|[a-z] [a-z]", value))


def _words_for_scripts(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    for node in tree.css('script[type="application/json"]'):
        for text in _texts_in(json.loads(node.text() or "null")):
            yield f"script#{(node.attributes or {}).get('id')}", text
    for node in tree.css("template"):
        inner = LexborHTMLParser(node.inner_html or "")
        if inner.root is not None:
            yield from _text_nodes(inner.root)
