"""How the timeline is looked at: narrowed by kind, author and words. All of it stands in the address."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.db.models import BooleanField, Count, Max, Q
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from core.actors import shown_name
from desk.timeline import SHOW
from tickets.models import TimelineEntry
from tickets.models.search import WORDS_OF
from tickets.querysets import TimelineQuerySet
from tickets.search import MAX_CHARACTERS, tsquery_of
from tickets.selectors import authors_in

SYSTEM = "system"
"""Stands in the address for what nobody in person has written."""

_SEARCHED = """left(concat_ws(' ', tickets_timelineentry.subject, tickets_timelineentry.author_name,
    tickets_timelineentry.facts ->> 'spoke_with', tickets_timelineentry.facts ->> 'title',
    tickets_timelineentry.facts ->> 'reference', tickets_timelineentry.body_text), 200000)"""
_FOUND = WORDS_OF % _SEARCHED + " @@ %s::tsquery"


@dataclass(frozen=True)
class Look:
    show: str = ""
    before: int | None = None
    original: UUID | None = None
    author: str = ""
    """Id of an agent, contact or program, or `SYSTEM`."""
    find: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.show or self.author or self.find)

    def address(self, here: str, **changes: Any) -> str:
        """The same look from its newest entry on, with `changes`."""
        look = replace(self, **{"before": None, "original": None} | changes)
        names = ("show", "author", "find", "before")
        query = urlencode({name: value for name in names if (value := getattr(look, name))})
        return f"{here}?{query}" if query else here


def look_from(query: Any) -> Look:
    """The look asked for by GET parameters; what makes no sense is left out."""
    before, show, author = (str(query.get(name, "")) for name in ("before", "show", "author"))
    is_seq = before.isascii() and before.isdigit() and len(before) < 19
    author_id = _id_or_none(author)
    return Look(
        show=show if show in SHOW else "",
        before=int(before) if is_seq else None,
        original=_id_or_none(str(query.get("original", ""))),
        author=str(author_id) if author_id else SYSTEM if author == SYSTEM else "",
        find=str(query.get("find", "")).replace("\x00", " ").strip()[:MAX_CHARACTERS],
    )


def look_of_page(request: HttpRequest, reference: str) -> Look:
    """The look of the ticket's page: after an act by htmx it stays, as its address does, at the newest entry."""
    if request.method == "GET":
        return look_from(request.GET)
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    is_its_page = page.path.upper().endswith(f"/T/{reference}/")
    return replace(look_from(QueryDict(page.query)), before=None) if is_its_page else Look()


def _id_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def narrowing(look: Look) -> Q | None:
    """The condition of a narrowed look; one query where words are looked for."""
    conditions = []
    if look.show:
        conditions.append(SHOW[look.show])
    if look.author == SYSTEM:
        conditions.append(Q(author=None, contact=None, api_client=None))
    elif look.author:
        conditions.append(Q(author=look.author) | Q(contact=look.author) | Q(api_client=look.author))
    if look.find:
        words = tsquery_of(look.find)
        is_found = RawSQL(_FOUND, [words], output_field=BooleanField())  # noqa: S611  # our own text
        conditions.append(Q(is_found) if words else Q(pk=None))
    return Q(*conditions) if conditions else None


@dataclass(frozen=True)
class Overview:
    """What a narrowed page has to know of the whole thread."""

    newest_seq: int
    hidden_count: int
    authors: Mapping[str, str]


def named_authors(found: Iterable[str] | None) -> dict[str, str]:
    """Key in the address -> name; people, and all the parts of the system as one."""
    authors: dict[str, str] = {}
    for pair in found or ():
        key, _bar, name = pair.partition("|")
        authors.setdefault(key or SYSTEM, name if key else _("System"))
    return authors


def author_of(entry: TimelineEntry) -> tuple[str, str]:
    key = entry.author_id or entry.contact_id or entry.api_client_id
    if key is None:
        return SYSTEM, _("System")
    return str(key), entry.contact.name if entry.contact else shown_name(entry.author_name)


def authors_among(entries: Iterable[TimelineEntry]) -> dict[str, str]:
    return dict(map(author_of, entries))


def overview_of(thread: TimelineQuerySet, only: Q | None) -> Overview:
    """One query."""
    hidden = Count("pk", filter=~only if only is not None else Q(pk=None))
    found = thread.aggregate(newest=Max("seq"), hidden=hidden, **authors_in())
    return Overview(found["newest"] or 0, found["hidden"], named_authors(found["authors"]))


def author_links(look: Look, here: str, authors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Links of the menu "By author", by name; nothing to choose where one alone has written."""
    if len(authors) < 2 and not look.author:
        return []
    everybody = {"label": _("Everybody"), "url": look.address(here, author=""), "is_current": not look.author}
    by_name: Callable[[tuple[str, str]], Any] = lambda pair: (pair[0] == SYSTEM, pair[1].casefold())  # noqa: E731  # a key
    people = [
        {"label": name, "url": look.address(here, author=key), "is_current": key == look.author}
        for key, name in sorted(authors.items(), key=by_name)
    ]
    return [everybody, *people]
