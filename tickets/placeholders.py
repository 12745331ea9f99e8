"""Variables in canned responses and replies: `{{customer.name}}`. One list for pages, API and documentation.

A variable is filled for one ticket and one author. Nothing leaves with one that is unknown or has no value here,
whoever typed it (domain.md section 17). A backslash before it means the braces themselves: they go out without it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from core.errors import Invalid, Text
from core.labels import label_of
from tickets.models import Ticket
from tickets.policies import may_read_compensation
from tickets.resolution_enums import ResolutionType
from tickets.resolutions import granted_on

PLACEHOLDER = re.compile(r"(\\?)\{\{([^{}\n]{0,100})\}\}")


@dataclass(frozen=True)
class Variable:
    label: str | Promise
    value: Callable[[Ticket, Agent], str]
    """Empty where there is none on this ticket, or none that the author may know."""


def customer_language(ticket: Ticket) -> str:
    """Language of mails to the customer: theirs if we speak it, else the site's."""
    spoken = {code for code, _name in settings.LANGUAGES}
    wanted = (ticket.language or ticket.requester.language).lower().partition("-")[0]
    return wanted if wanted in spoken else settings.LANGUAGE_CODE.partition("-")[0]


def _today(ticket: Ticket, _by: Agent) -> str:
    with translation.override(customer_language(ticket)):
        return date_format(timezone.localdate(), "DATE_FORMAT")


def granted_in_words(ticket: Ticket) -> list[str]:
    """What the customer may be told of as granted, in the language in force; nothing that waits or was refused."""
    return [f"{label_of(ResolutionType, row.resolution_type)} {row.amount_text}".strip() for row in granted_on(ticket)]


def _granted(ticket: Ticket, by: Agent) -> str:
    """For those who send replies, owner and deputy, and who else may read it. To all others it has no value, as their
    notes are read by more people (object rule 11).
    """
    if not may_read_compensation(by, ticket):
        return ""
    with translation.override(customer_language(ticket)):
        return ", ".join(granted_in_words(ticket))


VARIABLES: Mapping[str, Variable] = MappingProxyType(
    {
        "customer.name": Variable(gettext_lazy("Customer's name"), lambda ticket, _by: ticket.requester.name),
        "customer.first_name": Variable(
            gettext_lazy("Customer's first name"), lambda ticket, _by: ticket.requester.first_name
        ),
        "customer.last_name": Variable(
            gettext_lazy("Customer's last name"), lambda ticket, _by: ticket.requester.last_name
        ),
        "customer.email": Variable(gettext_lazy("Customer's address"), lambda ticket, _by: ticket.requester.email),
        "company.name": Variable(
            gettext_lazy("Customer's company"), lambda ticket, _by: ticket.company.name if ticket.company else ""
        ),
        "ticket.reference": Variable(gettext_lazy("Reference of the ticket"), lambda ticket, _by: ticket.reference),
        "ticket.subject": Variable(gettext_lazy("Subject of the ticket"), lambda ticket, _by: ticket.subject),
        "owner.name": Variable(
            gettext_lazy("Name of the ticket's owner"), lambda ticket, _by: ticket.owner.name if ticket.owner else ""
        ),
        "ticket.granted": Variable(gettext_lazy("What the customer was granted"), _granted),
        "agent.name": Variable(gettext_lazy("Name of whoever writes"), lambda _ticket, by: by.name),
        "team.name": Variable(gettext_lazy("Name of the ticket's team"), lambda ticket, _by: ticket.team.name),
        "today": Variable(gettext_lazy("Today's date, in the customer's language"), _today),
    }
)


@dataclass(frozen=True)
class Filled:
    text: str
    """With all that could be filled; the others stand as they did."""
    unknown: tuple[str, ...]
    """Variables that do not exist, each as it was typed."""
    empty: tuple[str, ...]
    """Those without a value on this ticket."""

    @property
    def unfilled(self) -> tuple[str, ...]:
        return (*self.unknown, *self.empty)


def fill(text: str, ticket: Ticket, *, by: Agent, is_read_again: bool = False) -> Filled:
    """Every variable of `text` by its value; what a value says is never read as a variable itself.

    `is_read_again`: for a text that is looked at first and sent later, when what stands there then is filled once more.
    """
    unknown: dict[str, None] = {}
    empty: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        if found[1]:
            return found[0] if is_read_again else found[0][1:]
        variable = VARIABLES.get(_name_of(found[2]))
        value = variable.value(ticket, by) if variable else ""
        if value:
            return escaped(value) if is_read_again else value
        (empty if variable else unknown)[found[0]] = None
        return found[0]

    return Filled(PLACEHOLDER.sub(put, text), tuple(unknown), tuple(empty))


def filled(text: str, ticket: Ticket, *, by: Agent, field: str = "body") -> str:
    """The text as it leaves. Raises Invalid, at `field`, naming every variable that cannot be filled."""
    done = fill(text, ticket, by=by)
    if not done.unfilled:
        return done.text
    problems: list[Text] = []
    if done.unknown:
        problems.append(_("There is no variable %(names)s. Write words in its place.") % _named(done.unknown))
    if done.empty:
        problems.append(_("%(names)s has no value on this ticket. Write words in its place.") % _named(done.empty))
    raise Invalid({field: problems})


def escaped(text: str) -> str:
    """A text that is to be sent once more, so that its braces stay braces."""
    return PLACEHOLDER.sub(lambda found: f"\\{found[0]}", text)


def refuse_unknown(text: str, *, field: str = "body") -> None:
    """For a text that is written for any ticket. Raises Invalid naming the variables that do not exist."""
    unknown = [found[0] for found in PLACEHOLDER.finditer(text) if not found[1] and _name_of(found[2]) not in VARIABLES]
    if unknown:
        words = _("There is no variable %(names)s. Those there are: %(known)s.")
        raise Invalid({field: words % {**_named(unknown), "known": ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)}})


def _name_of(typed: str) -> str:
    return typed.strip().lower()


def _named(names: tuple[str, ...] | list[str]) -> dict[str, str]:
    return {"names": ", ".join(dict.fromkeys(names))}
