"""A language made on the fly: every text of the catalogues between marks and 40 % longer, so that what is not
translatable shows, and layouts meet long words.
"""

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.test.utils import override_settings
from django.utils.translation import trans_real

LANGUAGE = "xx"
OPEN, CLOSE = "⟦", "⟧"
HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
PATTERN_OF_A_DATE = re.compile(r"(?:l, |D )?(?:j [FM]\b ?Y?,? ?)?(?:H:i)?")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|<[^>]*>")


def longer(text: str) -> str:
    """A text as a language of long words has it; what dates are put together by stays."""
    if not text.strip() or PATTERN_OF_A_DATE.fullmatch(text):
        return text
    more = -(-len(PLACEHOLDER.sub("", text)) * 2 // 5)
    filling = ("lengthened " * more)[:more].strip()
    return f"{OPEN}{text}{' ' if ' ' in text else ''}{filling}{CLOSE}"


def _messages() -> dict[str, str]:
    """Ours and those of the libraries, as the German catalogues name them: key of a catalogue file -> text."""
    found: dict[str, str] = {"": HEADER}
    plurals: dict[str, list[str]] = {}
    for key, translated in trans_real.DjangoTranslation("de")._catalog.items():
        if isinstance(key, tuple):
            plurals.setdefault(key[0], ["", ""])[min(key[1], 1)] = translated
        elif key:
            found[key] = longer(key.rpartition("\4")[2])
    for key, texts in plurals.items():
        found[f"{key}\0{key}"] = "\0".join(map(longer, texts))
    return found


def write_catalogue(folder: Path) -> None:
    """A compiled catalogue as gettext defines it: sorted keys, their texts, both by length and offset."""
    messages = sorted((key.encode(), text.encode()) for key, text in _messages().items())
    count, head = len(messages), 7 * 4
    offset, tables, body = head + count * 16, [b"", b""], b""
    for column in (0, 1):
        for message in messages:
            tables[column] += struct.pack("<II", len(message[column]), offset + len(body))
            body += message[column] + b"\0"
    path = folder / "xx" / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(struct.pack("<7I", 0x950412DE, 0, count, head, head + count * 8, 0, 0) + b"".join(tables) + body)


@contextmanager
def spoken(folder: Path) -> Iterator[None]:
    """While it lasts, the desk knows this language."""
    write_catalogue(folder)
    languages = [*settings.LANGUAGES, (LANGUAGE, longer("Pseudo"))]
    with override_settings(LANGUAGES=languages, LOCALE_PATHS=[*settings.LOCALE_PATHS, folder]):
        yield
