"""Public holidays of countries and regions, as the `holidays` library computes them; calendars take them as rows.

They are named in German or English: as the library names them, else a German name by what German-speaking countries
call the same day, else as the country itself says.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import Any

GERMAN, ENGLISH = "de", "en"
IN_GERMAN = ("DE", "AT", "CH", "LI", "LU", "BE")  # their names serve for other countries, in this order
_NAMED_IN = (2024, 2025, 2026)  # years in which these have all their days
_REMARK = re.compile(r" \([^()]*\)$")


@dataclass(frozen=True)
class PublicHoliday:
    """A local date and what it is: usually one holiday, two where they fall on one date."""

    on: date
    names: tuple[str, ...]
    keys: tuple[str, ...]
    """Of each name: the English one without remarks such as "(observed)". The same in every year and language."""

    def names_without(self, left_out: Collection[str]) -> list[str]:
        return [name for name, key in zip(self.names, self.keys, strict=True) if key not in left_out]


@lru_cache(maxsize=1)
def edition() -> str:
    """Of the library: another one may know another date, of a feast by the moon or a day that a law has moved."""
    return version("holidays")


@lru_cache(maxsize=256)
def regions_of(country: str) -> tuple[tuple[str, str], ...]:
    """Code and name of the regions that have holidays of their own, by name; none for an unknown country."""
    if (known := _class_of(country)) is None:
        return ()
    names: dict[str, list[str]] = known(years=()).get_subdivision_aliases()
    return tuple(sorted(((code, (names.get(code) or [code])[0]) for code in known.subdivisions), key=lambda it: it[1]))


@lru_cache(maxsize=512)
def public_holidays(country: str, region: str, year: int, *, language: str = ENGLISH) -> tuple[PublicHoliday, ...]:
    """The days of a year in their order, none for an unknown country or region."""
    english, wanted = (_names(country, region, year, name) for name in (ENGLISH, language))
    is_translated = language != GERMAN or _language(_class_of(country), GERMAN) is not None
    found = []
    for on, names in sorted(english.items()):
        shown = wanted.get(on, names) if is_translated else [_german_names().get(name, name) for name in names]
        keys = tuple(_REMARK.sub("", name) for name in names)
        found.append(PublicHoliday(on, tuple(shown), keys if len(keys) == len(shown) else keys[:1] * len(shown)))
    return tuple(found)


def _names(country: str, region: str, year: int, language: str) -> dict[date, list[str]]:
    known = _class_of(country)
    if known is None or (region and region not in known.subdivisions):
        return {}
    days = known(subdiv=region or None, years=year, language=_language(known, language))
    return {on: days.get_list(on) for on in days}


def _language(known: Any, wanted: str) -> str | None:
    """The library's code of a language: the country's own kind of it before others. None where it has no names in it,
    for which it takes the country's own.
    """
    mine = known.default_language if known else None
    offered: Iterable[str] = [*([mine] if mine else []), "en_US", *(known.supported_languages if known else ())]
    codes = [code for code in offered if code.startswith(wanted) and code in known.supported_languages]
    return codes[0] if codes else None


@lru_cache(maxsize=1)
def _german_names() -> dict[str, str]:
    german: dict[str, str] = {}
    for country in IN_GERMAN:
        for year in _NAMED_IN:
            in_german, in_english = (_names(country, "", year, language) for language in (GERMAN, ENGLISH))
            for on, names in in_english.items():
                for name, shown in zip(names, in_german.get(on, ()), strict=False):
                    german.setdefault(name, shown)
    return german


def _class_of(country: str) -> Any:
    """The library loads a country's module when it is asked for; it has no types for that."""
    import holidays  # noqa: PLC0415  # slow, 50 ms, and asked for only where calendars are edited or a year is taken

    return getattr(holidays, country, None) if re.fullmatch("[A-Z]{2}", country) else None
