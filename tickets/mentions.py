"""`@Mara Weiss` in an internal note: who is told. Nothing in a reply to a customer is ever read as a mention."""

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.arrays import any_of
from core.errors import Invalid
from tickets.models import Ticket
from tickets.selectors import readers_among

AT = re.compile(r"(?<![\w@.])@(?=(\w[^\n]{0,160}))")
NAME_WORDS = 5
MENTIONS_AT_MOST = 50
AFTER_A_NAME = ".,;:!?)]}\"'”’"
OFFERED = 8
LOOKED_AT = 24
"""People whose sight of a ticket is asked about, to offer some of them."""


def mentioned_in(text: str, ticket: Ticket, *, besides: UUID | None) -> list[Agent]:
    """Active colleagues whom `text` names after an @: by whole name, first name alone, or e-mail address.

    Words after an @ that are nobody's name are just words. Raises Invalid for a first name that several share, and for
    whom the ticket is not in sight, who would get no more than a dead end. No query without an @.
    """
    found = _named(text)
    people = [person for person in found if person.pk != besides]
    readers = readers_among(people, ticket)
    if blind := [person.name for person in people if person.pk not in readers]:
        words = _("%(names)s may not see this ticket and would not be told. Take out the @ to save the note.")
        raise Invalid({"body": words % {"names": ", ".join(blind)}})
    return people


def people_to_mention(ticket: Ticket, *, words: str, besides: Agent) -> list[Agent]:
    """At most eight colleagues whose name fits what is typed and who may read the ticket."""
    typed = words.strip()[:100]
    people = Agent.objects.active().exclude(pk=besides.pk)
    if typed:
        people = people.filter(Q(name__istartswith=typed) | Q(name__icontains=f" {typed}"))
    looked_at = list(people.order_by(Lower("name"), "pk")[:LOOKED_AT])
    readers = readers_among(looked_at, ticket)
    return [person for person in looked_at if person.pk in readers][:OFFERED]


def _named(text: str) -> list[Agent]:
    """Those who are named, each once, in the order of their names in the text."""
    mentions = [list(_phrases(found[1])) for found in AT.finditer(text)][:MENTIONS_AT_MOST]
    if not mentions:
        return []
    people = list(_called({phrase for phrases in mentions for phrase in phrases}))
    named: dict[UUID, Agent] = {}
    for phrases in mentions:
        if (person := _whom(phrases, people)) is not None:
            named[person.pk] = person
    return list(named.values())


def _called(phrases: set[str]) -> QuerySet[Agent]:
    names = sorted(phrases)
    firsts = Q()
    for name in names:
        if " " not in name and "@" not in name:
            firsts |= Q(name__istartswith=f"{name} ")
    return Agent.objects.active().filter(any_of(Lower("name"), names) | any_of(Lower("email"), names) | firsts)


def _phrases(rest: str) -> Iterator[str]:
    """What may be a name at the beginning of `rest`, the longest first, in small letters."""
    words = rest.split()[:NAME_WORDS]
    for count in range(len(words), 0, -1):
        phrase = " ".join(words[:count]).lower()
        yield phrase
        if (bare := phrase.rstrip(AFTER_A_NAME)) != phrase and bare:
            yield bare


def _whom(phrases: Sequence[str], people: Sequence[Agent]) -> Agent | None:
    for phrase in phrases:
        whole = [person for person in people if phrase in (person.name.lower(), person.email.lower())]
        if whole or " " in phrase:
            if len(whole) > 1:
                raise _several(phrase, whole)
            if whole:
                return whole[0]
            continue
        firsts = [person for person in people if person.name.lower().startswith(f"{phrase} ")]
        if len(firsts) > 1:
            raise _several(phrase, firsts)
        if firsts:
            return firsts[0]
    return None


def _several(typed: str, people: Sequence[Agent]) -> Invalid:
    known = ", ".join(f"{person.name} ({person.email})" for person in people)
    words = _("“@%(typed)s” could be several people: %(people)s. Write the whole name or the address after the @.")
    return Invalid({"body": words % {"typed": typed, "people": known}})
