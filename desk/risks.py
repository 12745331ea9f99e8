"""Why a reply deserves a second look before it goes (ux.md 3, rule 6). A variable that is not filled is more than a
risk: the service sends nothing with it (`tickets.placeholders`).

Each look at the records is one bounded query on an index, however long the text and however many customers there are:
the text is cut into the phrases that could be names, and these are asked for.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID, uuid4
from zlib import crc32

from django.db.models import QuerySet
from django.db.models.functions import Left, Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Agent, Company, Contact
from core.arrays import any_of, overlap, pair_of
from core.compiled import Compiled
from desk.delivery import why_undeliverable
from tickets.enums import OPEN, AuthorType, Visibility
from tickets.models import Ticket, TicketParticipant, TimelineEntry
from tickets.querysets import TimelineQuerySet
from tickets.selectors import REFERENCE, entries_of

MANY_RECIPIENTS = 3
SPEAKS_OF_FILE = re.compile(
    r"\b(attached|attachments?|enclosed|anbei|angehängt\w*|angefügt\w*|beigefügt\w*|im anhang|als anhang|anlage)\b",
    re.IGNORECASE,
)
LOOKED_AT = 20_000
"""Characters of a text that are compared with the records."""
ASKED_AT_MOST = 5_000
"""Different phrases, pairs of names, hosts or addresses that the records are asked for, from the text's beginning."""
NAMED_AT_MOST = 5
COMPANY_WORDS = 6
PERSON_WORDS = 4
"""Words of the longest names that are found."""
WORD_AT_MOST = 100
"""Characters; what is longer is part of no name."""
AROUND_A_NAME = "\"'“”„‚‘’»«()[]<>,;:!?.*_"
SIGNS_OF_A_NAME = 3
"""Signs of those around a name that may be its own last ones ("Müller & Co.")."""
POSSESSIVE = re.compile(r"['’]s$")
BETWEEN_ADDRESSES = re.compile(r"[^\w.@+-]+|\.{2,}")
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,7}[a-z]{2,24}")
ADDRESS_AT_MOST = 320
"""Characters, as the column of a contact's address."""
RUN_WORDS = 8
"""So many words in the same order are no chance, and shorter than most sentences worth copying."""
COMPARED_ENTRIES = 200
WORD = re.compile(r"\w+")

T = TypeVar("T")


@dataclass(frozen=True)
class Risk:
    code: str
    """With what it is about, so that the same risk for another reason is asked about anew."""
    text: str


def risks_of(ticket: Ticket, *, author: Agent, body: str, cc: Sequence[str], has_files: bool) -> list[Risk]:
    """Why a reply deserves a second look; empty for most of them. At most six queries."""
    risks = _undeliverable(ticket, cc)
    if outside := _outside(ticket, cc):
        text = _("Not of %(company)s: %(addresses)s") % {
            "company": ticket.company.name if ticket.company else ticket.requester.name,
            "addresses": ", ".join(outside),
        }
        risks.append(Risk(f"outside:{','.join(outside).lower()}", text))
    if (count := 1 + len(cc)) > MANY_RECIPIENTS:
        risks.append(Risk(f"many:{count}", ngettext("%d recipient", "%d recipients", count) % count))
    if SPEAKS_OF_FILE.search(body) and not has_files:
        risks.append(Risk("no_file", _("The text speaks of a file, but none is attached.")))
    if others := _other_references(ticket, body):
        text = _("The text names other tickets: %(references)s") % {"references": ", ".join(others)}
        risks.append(Risk(f"reference:{_mark(others)}", text))
    if others := _other_customers(ticket, author, body[:LOOKED_AT], cc):
        text = _("The text names another customer: %(names)s") % {"names": ", ".join(others[:NAMED_AT_MOST])}
        risks.append(Risk(f"customer:{_mark(others)}", text))
    return risks + _copied(ticket, author, body[:LOOKED_AT])


def _undeliverable(ticket: Ticket, cc: Sequence[str]) -> list[Risk]:
    """Recipients whose address takes no mail, as a delivery report says."""
    people = [ticket.requester]
    if cc:
        people += Contact.objects.filter(any_of(Lower("email"), {address.lower() for address in cc})).order_by("email")
    return [
        Risk(f"undeliverable:{person.email.lower()}", f"{person.email}: {why}")
        for person in people
        if (why := why_undeliverable(person))
    ]


def _mark(texts: Iterable[str]) -> int:
    """A short mark that tells one set of texts from another."""
    return crc32("\n".join(texts).encode())


def _outside(ticket: Ticket, addresses: Sequence[str]) -> list[str]:
    """Addresses of neither the customer's company nor the customer's own mail domain."""
    inside = _own_domains(ticket)
    return [address for address in addresses if address.rpartition("@")[2].lower() not in inside]


def _own_domains(ticket: Ticket) -> set[str]:
    domains = {ticket.requester.email.rpartition("@")[2].lower()}
    return domains | {domain.lower() for domain in ticket.company.domains} if ticket.company else domains


def _other_references(ticket: Ticket, body: str) -> list[str]:
    """References in the text that are not this ticket's."""
    found = {match[0].upper() for match in REFERENCE.finditer(body)}
    return sorted(found - {ticket.reference})


def _other_customers(ticket: Ticket, author: Agent, body: str, cc: Sequence[str]) -> list[str]:
    """Names, addresses and mail domains of customers that this reply is not about, as they stand in the text.

    Names are found in the spelling of the records, from a capital or a digit on. Not meant are the ticket's company
    with its people, those who write on this ticket and those who get a copy.
    """
    for own in (ticket.company.name if ticket.company else "", ticket.requester.name, author.name):
        body = body.replace(own, "\n") if own else body
    return sorted(_companies_named(ticket, body) | _contacts_named(ticket, body, cc))


def _companies_named(ticket: Ticket, body: str) -> set[str]:
    own = _own_domains(ticket)
    hosts = _first(host for found in _hosts(body) for host in _with_parents(found)) - own
    phrases = _first(phrase for words in _spans(body, 1, COMPANY_WORDS) for phrase in _spellings(" ".join(words)))
    if not phrases and not hosts:
        return set()
    said: set[str] = set()
    for company in _COMPANIES.fetch(list(phrases), list(hosts), ticket.company_id or NOBODY):
        said |= {company.name} if company.name in phrases else hosts.intersection(company.domains)
    return said


NOBODY = UUID(int=0)
"""Stands for the company of a ticket that has none: a statement put together once cannot leave the condition out."""
_COMPANIES = Compiled(
    lambda names, hosts, own: (
        Company.objects.filter(any_of("name", names) | overlap("domains", hosts))
        .exclude(pk=own)
        .order_by()
        .only("name", "domains")
    ),
    ["a name"],
    ["a.host"],
    uuid4(),
)


def _contacts_named(ticket: Ticket, body: str, cc: Sequence[str]) -> set[str]:
    copied = {address.lower() for address in cc}
    addresses = _first(token for token in _tokens(body) if ADDRESS.fullmatch(token)) - copied
    pairs = _first(
        (last, " ".join(words[:cut]))
        for words in _spans(body, 2, PERSON_WORDS)
        for cut in range(1, len(words))
        for last in _spellings(" ".join(words[cut:]))
        if last
    )
    if not addresses and not pairs:
        return set()
    lasts, firsts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    own = (ticket.requester_id, ticket.pk, ticket.company_id or NOBODY)
    said: set[str] = set()
    for other in _CONTACTS.fetch(lasts, firsts, list(addresses), *own):
        address = other.email.lower()
        if address in copied or (ticket.company and address.rpartition("@")[2] in ticket.company.domains):
            continue
        if address in addresses:
            said.add(address)
        else:
            said.add(f"{other.first_name} {other.last_name}")
    return said


def _contacts(
    lasts: list[str], firsts: list[str], addresses: list[str], requester: UUID, ticket: UUID, company: UUID
) -> QuerySet[Contact]:
    copied = TicketParticipant.objects.filter(ticket=ticket).values("contact")
    others = Contact.objects.exclude(pk=requester).exclude(pk__in=copied).exclude(company=company).order_by()
    others = others.only("first_name", "last_name", "email")
    by_name = others.filter(pair_of(("last_name", "first_name"), list(zip(lasts, firsts, strict=True))))
    return by_name.union(others.filter(any_of(Lower("email"), addresses)))


_CONTACTS = Compiled(_contacts, ["a last name"], ["a first name"], ["an@address"], uuid4(), uuid4(), uuid4())


def _first(values: Iterable[T]) -> set[T]:
    """Different ones, as many as are asked for at most."""
    found: set[T] = set()
    for value in values:
        found.add(value)
        if len(found) == ASKED_AT_MOST:
            break
    return found


def _tokens(text: str) -> Iterator[str]:
    """Pieces, in small letters, that may be an address or a host."""
    tokens = (token.strip("._-") for token in BETWEEN_ADDRESSES.split(text.lower()))
    return (token for token in tokens if len(token) <= ADDRESS_AT_MOST and "." in token)


def _hosts(text: str) -> Iterator[str]:
    hosts = (token.rpartition("@")[2] for token in _tokens(text))
    return (host for host in hosts if HOST.fullmatch(host))


def _with_parents(host: str) -> Iterator[str]:
    """www.acme.example and acme.example, but no top-level domain."""
    parts = host.split(".")
    return (".".join(parts[start:]) for start in range(len(parts) - 1))


def _spans(text: str, fewest: int, most: int) -> Iterator[list[str]]:
    """Neighbouring words of one line, beginning with what a name begins with."""
    for line in text.splitlines():
        words = [word if len(word) <= WORD_AT_MOST else "" for word in line.split()]
        for start, word in enumerate(words):
            first = word.lstrip(AROUND_A_NAME)
            if first and (first[0].isupper() or first[0].isdigit()):
                span = [first, *words[start + 1 : start + most]]
                yield from (span[:count] for count in range(fewest, len(span) + 1))


def _spellings(phrase: str) -> Iterator[str]:
    """The phrase as it stands, and without what perhaps only the sentence has put behind it."""
    bare = phrase.rstrip(AROUND_A_NAME)
    yield from (phrase[:end] for end in range(len(bare), min(len(bare) + SIGNS_OF_A_NAME, len(phrase)) + 1))
    yield POSSESSIVE.sub("", bare)


def _copied(ticket: Ticket, author: Agent, body: str) -> list[Risk]:
    """Text that stands word for word where this customer has not seen it: inside, or with another customer."""
    runs = _runs(body)
    if not runs:
        return []
    thread = entries_of(ticket)
    sources = {
        "internal": (_internal_entries(thread), _("The text repeats what was written internally: “%(words)s …”")),
        "foreign": (_foreign_entries(ticket, author), _("The text repeats what another customer wrote: “%(words)s …”")),
    }
    found = {code: _runs_in(entries) & runs.keys() for code, (entries, _text) in sources.items()}
    if not any(found.values()):
        return []
    known = _runs_in(thread.public().order_by("-seq"))
    risks = []
    for code, (_entries, text) in sources.items():
        unknown = found[code] - known
        if said := [run for run in runs if run in unknown]:
            risks.append(Risk(f"{code}:{_mark(said)}", text % {"words": runs[said[0]]}))
    return risks


def _internal_entries(thread: TimelineQuerySet) -> QuerySet[TimelineEntry]:
    return thread.exclude(visibility=Visibility.PUBLIC).order_by("-seq")


def _foreign_entries(ticket: Ticket, author: Agent) -> QuerySet[TimelineEntry]:
    """What other customers wrote on tickets the author has in hand.

    Without an order: PostgreSQL would walk all entries by theirs.
    """
    tickets = Ticket.objects.filter(owner=author, status__in=OPEN).exclude(requester=ticket.requester_id)
    if ticket.company_id:
        tickets = tickets.exclude(company=ticket.company_id)
    return TimelineEntry.objects.filter(
        ticket__in=tickets.order_by().values("pk"), author_type=AuthorType.CUSTOMER
    ).order_by()


def _runs_in(entries: QuerySet[TimelineEntry]) -> set[str]:
    texts = entries.exclude(body_text="").values_list(Left("body_text", LOOKED_AT), flat=True)[:COMPARED_ENTRIES]
    return {run for text in texts for run in _runs(text)}


def _runs(text: str) -> dict[str, str]:
    """Every run of words, without case and punctuation -> as it stands in the text, in its order."""
    words = list(WORD.finditer(text))
    folded = [word[0].casefold() for word in words]
    return {
        " ".join(folded[start : start + RUN_WORDS]): text[words[start].start() : words[start + RUN_WORDS - 1].end()]
        for start in range(len(words) - RUN_WORDS + 1)
    }
