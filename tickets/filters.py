"""The filter language of lists: `status:waiting team:network -tag:vpn "exact words"`.

Terms stand beside each other and all must hold; values of one term are parted by commas and any will do, as will any
of two terms about the same thing (but each tag). A leading `-` turns a term round. What has blanks stands in quotes.
Names of filters and of fixed values are taken in English and German, whatever the reader's language, also in the form
`waiting_customer` and as a beginning that only one of them has; `Filter.text` writes them in one way only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.db.models import Choices
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Invalid
from tickets.enums import OPEN, Channel, FlagType, Priority, SlaStatus, TicketStatus, TicketType

MAX_CHARACTERS = 500
MAX_VALUES = 20
ANY, ME, NONE = "any", "me", "none"
STATUS_GROUPS = {
    "open": OPEN,
    "waiting": (TicketStatus.WAITING_CUSTOMER, TicketStatus.WAITING_INTERNAL),
    "escalated": tuple(status for status in OPEN if status != TicketStatus.WAITING_CUSTOMER),
    "ended": (TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.CANCELLED),
    ANY: tuple(TicketStatus),
}
"""Names for more than one status; `escalated` asks besides that somebody helps (`tickets.columns.is_escalated`)."""

LABELS: dict[str, Promise | str] = {
    "status": gettext_lazy("Status"),
    "priority": gettext_lazy("Priority"),
    "type": gettext_lazy("Type"),
    "channel": gettext_lazy("Channel"),
    "team": gettext_lazy("Team"),
    "owner": gettext_lazy("Owner"),
    "tag": gettext_lazy("Tag"),
    "flag": gettext_lazy("Flag"),
    "sla": gettext_lazy("SLA"),
    "category": gettext_lazy("Category"),
    "company": gettext_lazy("Company"),
    "customer": gettext_lazy("Customer"),
}
_KEYS_IN_GERMAN = {
    "priorität": "priority",
    "prioritaet": "priority",
    "typ": "type",
    "kanal": "channel",
    "verantwortlich": "owner",
    "schlagwort": "tag",
    "kennzeichen": "flag",
    "kategorie": "category",
    "firma": "company",
    "kunde": "customer",
}
_CHOICES: dict[str, type[Choices]] = {
    "status": TicketStatus,
    "priority": Priority,
    "type": TicketType,
    "channel": Channel,
    "flag": FlagType,
    "sla": SlaStatus,
}
_WORDS_FOR = {
    "status": {
        "offen": "open",
        "wartet": "waiting",
        "wartend": "waiting",
        "eskaliert": "escalated",
        "beendet": "ended",
        "alle": ANY,
        "all": ANY,
    },
    "owner": {"me": ME, "ich": ME, "none": NONE, "nobody": NONE, "niemand": NONE},
    "tag": {"none": NONE, "keins": NONE},
    "flag": {"none": NONE, "keins": NONE, "any": ANY, "eins": ANY},
    "sla": {"none": NONE, "keins": NONE, "nothing promised": NONE},
    "category": {"none": NONE, "keine": NONE},
    "company": {"none": NONE, "keine": NONE},
}
"""Words with a meaning of their own, beside the names of choices, people and things."""

_TERM = re.compile(
    r"""
    (?P<minus>-?)
    (?: (?P<key>[^\W\d_]+):(?!//)(?P<values>(?:"[^"]*"|[^\s"])*) | "(?P<exact>[^"]*)" | (?P<word>[^\s"]+) )
    """,
    re.VERBOSE,
)
_VALUE = re.compile(r'(?:"[^"]*"|[^",])+')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


@dataclass(frozen=True)
class Term:
    """One condition; `key` is a key of LABELS, or empty for words that are looked for in the text."""

    key: str
    values: tuple[str, ...]
    """As they are told apart: of choices the value, of people and things the name as it was typed."""
    is_excluded: bool = False
    is_exact: bool = False
    """Words in quotes: in this order, with nothing between them."""

    def __str__(self) -> str:
        minus = "-" if self.is_excluded else ""
        if not self.key:
            return f'{minus}"{self.values[0]}"' if self.is_exact else minus + self.values[0]
        return f"{minus}{self.key}:{','.join(map(_quoted, self.values))}"

    @property
    def label(self) -> str:
        """For people, in the language in force: `Status: Waiting`, `not Tag: vpn`."""
        text = str(self) if not self.key else f"{LABELS[self.key]}: {', '.join(map(self._value_label, self.values))}"
        return _("not %(term)s") % {"term": text} if self.is_excluded and self.key else text

    def _value_label(self, value: str) -> str:
        choices = _CHOICES.get(self.key)
        if choices and value in choices.values:
            return str(choices(value).label)
        if value in _WORDS_FOR.get(self.key, {}).values():
            return {
                "open": _("Open"),
                "waiting": _("Waiting"),
                "escalated": _("Escalated"),
                "ended": _("Ended"),
                ANY: _("Any") if self.key == "flag" else _("All"),
                ME: _("Me"),
                NONE: _("Nobody") if self.key == "owner" else _("None"),
            }[value]
        return value


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; without terms, to nothing."""

    terms: tuple[Term, ...] = ()

    @property
    def text(self) -> str:
        """The filter as it is typed, in one way of writing; reading it gives this filter again."""
        return " ".join(map(str, self.terms))

    def without(self, term: Term) -> "Filter":
        return Filter(tuple(other for other in self.terms if other is not term))

    def about(self, key: str, *, is_excluded: bool = False) -> list[Term]:
        return [term for term in self.terms if term.key == key and term.is_excluded == is_excluded]

    @property
    def is_plain_words(self) -> bool:
        return bool(self.terms) and not any(term.key or term.is_exact or term.is_excluded for term in self.terms)

    @property
    def words(self) -> str:
        """Words to find that stand in no quotes."""
        return " ".join(term.values[0] for term in self.about("") if not term.is_exact)


EVERYTHING = Filter()


def read_filter(text: str, *, field: str = "q") -> Filter:
    """The filter that `text` writes; looks nothing up. Raises Invalid, with every fault under `field`."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text).translate(_QUOTES)
    if len(printable) > MAX_CHARACTERS:
        raise Invalid({field: _("A filter has at most %(count)s characters.") % {"count": MAX_CHARACTERS}})
    if printable.count('"') % 2:
        raise Invalid({field: _("A quotation mark is not closed.")})
    terms: list[Term] = []
    faults: list[str | Promise] = []
    for match in _TERM.finditer(printable):
        try:
            if term := _term_of(match):
                terms.append(term)
        except ValueError as fault:
            faults.append(str(fault))
    if sum(len(term.values) for term in terms) > MAX_VALUES:
        faults.append(_("A filter has at most %(count)s values.") % {"count": MAX_VALUES})
    if faults:
        raise Invalid({field: faults})
    found = Filter(tuple(dict.fromkeys(terms)))
    if len(found.text) > MAX_CHARACTERS:  # short words may stand for longer ones; what is kept is read again
        raise Invalid({field: _("A filter has at most %(count)s characters.") % {"count": MAX_CHARACTERS}})
    return found


def _term_of(found: re.Match[str]) -> Term | None:
    """Raises ValueError with a sentence for people."""
    is_excluded = bool(found["minus"])
    if found["key"] is None:
        words = " ".join((found["word"] or found["exact"]).split())
        return Term("", (words,), is_excluded, found["word"] is None) if words else None
    name = found["key"].casefold()
    key = _KEYS_IN_GERMAN.get(name, name)
    if key not in LABELS:
        facts = {"name": found["key"], "known": ", ".join(LABELS)}
        raise ValueError(_("There is no filter “%(name)s”. There are %(known)s; put words in quotes.") % facts)
    parts = (" ".join(part.replace('"', "").split()) for part in _VALUE.findall(found["values"]))
    values = tuple(dict.fromkeys(_value_of(key, part) for part in parts if part))
    if not values:
        raise ValueError(_("Name a value behind “%(name)s:”.") % {"name": found["key"]})
    return Term(key, values, is_excluded)


def _value_of(key: str, text: str) -> str:
    typed = _plain(text)
    words = _WORDS_FOR.get(key, {})
    if key not in _CHOICES:
        return words.get(typed.lstrip("@"), text)
    names = _names_of(key)
    if typed in names:
        return names[typed]
    fitting = sorted({value for name, value in names.items() if name.startswith(typed)})
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(fitting or [*(STATUS_GROUPS if key == "status" else ()), *_CHOICES[key].values])
    facts = {"filter": LABELS[key], "value": text, "known": known}
    raise ValueError(_("“%(value)s” is no value of %(filter)s. There are %(known)s.") % facts)


@lru_cache(maxsize=16)
def _names_of(key: str) -> dict[str, str]:
    """Everything that a choice is called, in plain form; the first to claim a name keeps it."""
    choices = _CHOICES[key]
    pairs: list[tuple[str, str]] = [*((group, group) for group in STATUS_GROUPS if key == "status")]
    pairs += _WORDS_FOR.get(key, {}).items()
    pairs += [(value, value) for value in choices.values]
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            pairs += [(str(choice.label), choice.value) for choice in choices]
    names: dict[str, str] = {}
    for name, value in pairs:
        names.setdefault(_plain(name), value)
    return names


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[_-]", " ", text.casefold()).split())


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s,]", value) else value


def statuses_of(values: Iterable[str]) -> list[str]:
    """The statuses that values of `status` mean."""
    return [status for value in values for status in STATUS_GROUPS.get(value, (value,))]
