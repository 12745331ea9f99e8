"""A filter (`tickets.filters`) put to work on tickets that somebody sees. It only ever takes tickets away."""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import BooleanField, Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Agent, Company, Contact, Team
from core.actors import Actor
from core.errors import Invalid
from tickets.columns import ESCALATED, is_escalated, stands_as
from tickets.enums import FlagType, Visibility
from tickets.filters import ANY, LABELS, ME, NONE, Filter, Term, statuses_of
from tickets.models import Category, Placement, SearchDocument, Tag, Ticket, TicketTag, TimelineEntry
from tickets.querysets import active_flag
from tickets.search import tsquery_of

M = TypeVar("M", bound=Model)
T = TypeVar("T", bound=QuerySet[Ticket])
MAX_NAMESAKES = 50


def narrowed(tickets: T, wanted: Filter, *, by: Actor, field: str = "q") -> T:
    """Those of `tickets` that pass; start with what `by` may see, who is the "me" of the filter.

    Costs a statement for each team, person, tag and category named, and one for words. Raises Invalid, under `field`,
    for names that nothing has or that more than one thing begins with.
    """
    faults: list[str | Promise] = []
    for is_excluded in (False, True):
        for key in LABELS:
            conditions = []
            for term in wanted.about(key, is_excluded=is_excluded):
                try:
                    conditions.append(_condition(term, by))
                except ValueError as fault:
                    faults.append(str(fault))
            tickets = _with(tickets, key, conditions, is_excluded=is_excluded)
    if faults:
        raise Invalid({field: faults})
    return _with_text(tickets, wanted)


def _with(tickets: T, key: str, conditions: list[Q], *, is_excluded: bool) -> T:
    if not conditions:
        return tickets
    if is_excluded:
        return tickets.exclude(reduce(or_, conditions))
    if key not in ("tag", "flag"):  # a ticket has one of everything else
        return tickets.filter(reduce(or_, conditions))
    return tickets.filter(*conditions)


def _condition(term: Term, by: Actor) -> Q:
    """Raises ValueError with a sentence for people."""
    if term.key == "status":
        return _status(term.values)
    if term.key == "flag":
        return _flag(term.values)
    if term.key == "sla":
        return stands_as(term.values)
    if term.key in ("priority", "type", "channel"):
        return Q(**{f"{term.key}__in": term.values})
    return reduce(or_, [_LOOKUPS[term.key](value, by) for value in term.values])


def _status(values: Sequence[str]) -> Q:
    found = Q(status__in=statuses_of(value for value in values if value != ESCALATED))
    return found | is_escalated() if ESCALATED in values else found


def _team(value: str, _by: Actor) -> Q:
    return Q(team__in=_named(Team.objects.all(), "team", value, "name"))


def _owner(value: str, by: Actor) -> Q:
    if value == NONE:
        return Q(owner__isnull=True)
    if value == ME:
        return Q(owner=by.pk) if isinstance(by, Agent) else Q(pk__in=[])
    return Q(owner__in=_named(Agent.objects.all(), "owner", value, "name", "email"))


def _tag(value: str, _by: Actor) -> Q:
    if value == NONE:
        return Q(~Exists(TicketTag.objects.filter(ticket=OuterRef("pk"))))
    tags = _named(Tag.objects.all(), "tag", value, "name")
    return Q(pk__in=TicketTag.objects.filter(tag__in=tags).values("ticket"))


def _flag(values: Sequence[str]) -> Q:
    types = FlagType.values if ANY in values else [value for value in values if value != NONE]
    return active_flag(types) | Q(flags=[]) if NONE in values else active_flag(types)


def _category(value: str, _by: Actor) -> Q:
    """With what stands below it, two levels deep."""
    if value == NONE:
        return Q(category__isnull=True)
    chosen = _named(Category.objects.all(), "category", value, "name")
    below = Q(pk__in=chosen) | Q(parent__in=chosen) | Q(parent__parent__in=chosen)
    return Q(category__in=Category.objects.order_by().filter(below).values("pk"))


def _company(value: str, _by: Actor) -> Q:
    """The one of this very name, else all that begin so. Nobody is told which companies exist: what is unknown has no
    tickets.
    """
    if value == NONE:
        return Q(company__isnull=True)
    named = Company.objects.order_by().filter(name__iexact=value)
    begun = Company.objects.order_by().filter(name__istartswith=value).filter(Q(pk__in=named) | ~Exists(named))
    return Q(company__in=begun.values("pk"))


def _customer(value: str, _by: Actor) -> Q:
    """The requester's address, the part of it behind an @, the last name or the whole name."""
    people = Contact.objects.order_by()
    if value.startswith("@"):
        people = people.filter(email__iendswith=value)
    else:
        people = people.alias(whole=Concat("first_name", Value(" "), "last_name"))
        people = people.filter(Q(email__iexact=value) | Q(last_name__iexact=value) | Q(whole__iexact=value))
    return Q(requester__in=people.values("pk"))


_LOOKUPS: dict[str, Callable[[str, Actor], Q]] = {
    "team": _team,
    "owner": _owner,
    "tag": _tag,
    "category": _category,
    "company": _company,
    "customer": _customer,
}


def _named(rows: QuerySet[M], key: str, text: str, *fields: str) -> list[Any]:
    """Ids of what is called `text`, or of the only one whose name begins so; one statement."""
    begins = reduce(or_, [Q(**{f"{field}__istartswith": text}) for field in fields])
    found = list(rows.order_by(*fields).filter(begins).values_list("pk", *fields)[:MAX_NAMESAKES])
    if exact := [row[0] for row in found if text.casefold() in [name.casefold() for name in row[1:]]]:
        return exact
    if len(found) == 1:
        return [found[0][0]]
    facts = {"filter": LABELS[key], "value": text, "known": ", ".join(row[1] for row in found[:5])}
    if found:
        raise ValueError(_("%(filter)s “%(value)s” can mean %(known)s. Write more of the name.") % facts)
    raise ValueError(_("There is no %(filter)s “%(value)s”.") % facts)


def _with_text(tickets: T, wanted: Filter) -> T:
    if words := wanted.words:
        tickets = with_words(tickets, words)
    for term in wanted.about(""):
        if term.is_exact:
            tickets = with_words(tickets, term.values[0]).filter(_says(term.values[0]))
    for term in wanted.about("", is_excluded=True):
        hits = with_words(Ticket.objects.order_by(), term.values[0])
        if term.is_exact:
            hits = hits.filter(_says(term.values[0]))
        tickets = tickets.exclude(pk__in=hits.values("pk"))
    return tickets


def with_words(tickets: T, words: str) -> T:
    """Those with all of the words, the last one as a beginning, by the index; one statement at once."""
    if not (query := tsquery_of(words)):
        return tickets.none()
    is_hit = RawSQL("words @@ %s::tsquery", [query], output_field=BooleanField())
    return tickets.filter(pk__in=SearchDocument.objects.annotate(is_hit=is_hit).filter(is_hit=True).values("pk"))


def _says(text: str) -> Q:
    """The very words, as they were written, in the subject or in an entry that stands on the ticket now.

    The index of words knows no order, so this is asked of what it found.
    """
    moved = Placement.objects.filter(entry=OuterRef("pk"))
    written = TimelineEntry.objects.main_thread().filter(ticket=OuterRef("pk"), body_text__icontains=text)
    newer = Placement.objects.filter(entry=OuterRef("entry"), pk__gt=OuterRef("pk"))
    placed = Placement.objects.filter(to_ticket=OuterRef("pk"), entry__body_text__icontains=text)
    placed = placed.exclude(entry__visibility=Visibility.ENVELOPE_ONLY).filter(~Exists(newer))
    return Q(subject__icontains=text) | Q(Exists(written.filter(~Exists(moved)))) | Q(Exists(placed))
