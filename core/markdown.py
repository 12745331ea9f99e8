"""What people type into a reply, with its formatting: a small Markdown, chosen so that plain text stays what it is.

Bold, italics, lists, quotes, code, links. Not read as formatting: headings and rules (`# systemctl stop` and the line
before a signature are no headings), indented code, backslashes (`\\\\server\\share`), HTML, images (nothing is loaded
from elsewhere). Line ends stay line ends. The source itself is the text part of a mail, so it has to read well too.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.html import escape, urlize
from markdown_it import MarkdownIt
from markdown_it.token import Token

RULES = ("fence", "blockquote", "list", "newline", "backticks", "emphasis", "link", "autolink")
PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"}
TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "pre", "code", "a"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}
MAX_CHARACTERS = 100_000
"""Beyond it a text is shown as it is."""
KEPT = 512


def _text(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Addresses in the text become links, save inside a link."""
    token = tokens[index]
    return escape(token.content) if token.meta.get("in_link") else urlize(token.content, autoescape=True)


def _mark_links(parts: Sequence[Token]) -> None:
    depth = 0
    for part in parts:
        depth += part.nesting if part.type in ("link_open", "link_close") else 0
        part.meta["in_link"] = depth > 0


def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero", {"breaks": True}).enable(list(RULES))
    reader.add_render_rule("text", _text)
    return reader


_READER = _reader()


@lru_cache(maxsize=KEPT)
def to_html(text: str) -> str:
    """The formatted text, safe to be shown; empty if there is no formatting in it."""
    if len(text) > MAX_CHARACTERS:
        return ""
    tokens = _READER.parse(text)
    kinds = {part.type for token in tokens for part in (token, *(token.children or ()))}
    if kinds <= PLAIN:
        return ""
    for token in tokens:
        _mark_links(token.children or ())
    html = _READER.renderer.render(tokens, _READER.options, {})
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener", strip_comments=True
    ).strip()
