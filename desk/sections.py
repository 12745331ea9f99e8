"""Places of the ticket page that apps above this one fill: suggestions over the feed, diagnostics beside it (acceptance
149). A higher app says in `ready()` what it has to show::

    above_feed["answers"] = Section(title=_("Suggested answers"), template="knowledge/_answers.html", read=answers_for)

Each comes after the page and fails by itself, save one that `is_part_of_page`. It is read by GET and so changes and
sends nothing: what is suggested gets to a customer in the composer alone, as a text a person looks at and sends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.errors import DomainError, Forbidden
from tickets.models import Ticket


@dataclass(frozen=True, kw_only=True)
class Section:
    title: Promise | str
    template: str
    """Its root has the id `around-<name>`."""
    read: Callable[[Ticket, Agent], dict[str, Any]]
    """What the template wants beside `ticket`."""
    is_for: Callable[[Ticket], bool] = lambda _ticket: True
    """On which tickets it stands; asked of each page, so without a query."""
    may_see: Callable[[Agent, Ticket], bool] = lambda _reader, _ticket: True
    """Who reads it, of those who read the ticket; asked like `is_for`."""
    refusal: type[DomainError] = Forbidden
    """What everybody else is answered."""
    is_part_of_page: bool = False
    """Comes with the page, so that nothing moves when it is there: for what stands on few tickets and is soon read."""


above_feed: dict[str, Section] = {}
beside_feed: dict[str, Section] = {}
"""By their names in the address `/t/<reference>/around/<name>/`."""


def section_named(name: str) -> Section | None:
    return above_feed.get(name) or beside_feed.get(name)


def links_to(sections: dict[str, Section], ticket: Ticket, reader: Agent) -> list[dict[str, str]]:
    """As `components/later.html` wants them; `markup` of those that are there at once."""
    return [
        {
            "id": f"around-{name}",
            "title": str(section.title),
            "url": reverse("desk:around", args=[ticket.reference, name]),
            "label": _("Show: %(title)s") % {"title": section.title},
            "markup": _markup(section, ticket, reader) if section.is_part_of_page else "",
        }
        for name, section in sections.items()
        if section.is_for(ticket) and section.may_see(reader, ticket)
    ]


def _markup(section: Section, ticket: Ticket, reader: Agent) -> str:
    return render_to_string(section.template, {"ticket": ticket, **section.read(ticket, reader)})
