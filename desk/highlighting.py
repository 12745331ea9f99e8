"""Found words in the text of a page: marked where PostgreSQL's search would find them, whatever accents and case."""

import re
import unicodedata
from dataclasses import dataclass

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

MAX_WORDS = 12
_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"(<[^>]*>)|(&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);)|([^\W_]+)")
"""Of escaped text: a tag, a character reference, a word."""


def folded(word: str) -> str:
    """Without accents and case, as the search compares words."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


@dataclass(frozen=True)
class Sought:
    """The words of a question; the last one may be a beginning."""

    whole: frozenset[str]
    beginning: str

    @classmethod
    def of(cls, question: str) -> "Sought":
        words = [folded(word) for word in _WORD.findall(question)][: MAX_WORDS * 2]
        return cls(frozenset(words), words[-1] if words else "")

    def matches(self, word: str) -> bool:
        plain = folded(word)
        return plain in self.whole or bool(self.beginning and plain.startswith(self.beginning))

    def is_in(self, text: str) -> bool:
        """Whether one of the words stands in `text`."""
        return any(self.matches(word) for word in _WORD.findall(text))

    def in_text(self, text: str) -> SafeString:
        """`text`, escaped unless it is markup already, with each found word in a `<mark>`; tags stay as they are."""

        def marked(part: "re.Match[str]") -> str:
            return f"<mark>{part[3]}</mark>" if part[3] and self.matches(part[3]) else part[0]

        return mark_safe(_PARTS.sub(marked, conditional_escape(text)))  # noqa: S308  # escaped before
