"""Quick filters of a list: links that put a term of the filter language in force, or take it away."""

from dataclasses import replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from desk.listing import ListState
from tickets.filters import Filter, read_filter

QUICK: tuple[tuple[Promise, str], ...] = (
    (_("My own"), "owner:me"),
    (_("Nobody's"), "owner:none"),
    (_("New"), "status:new"),
    (_("Waiting"), "status:waiting"),
    (_("High and critical"), "priority:high,critical"),
    (_("Late or at risk"), "sla:breached,at_risk"),
)


def quick_filters_of(state: ListState) -> list[dict[str, Any]]:
    """Those that make sense in the list, each with its address; one about the same thing takes another's place."""
    fixed = state.listing.view.fixed
    links = []
    for label, text in QUICK:
        [term] = read_filter(text).terms
        if term.key in fixed:
            continue
        terms = state.wanted.terms
        is_on = term in terms.terms
        others = tuple(other for other in terms.terms if other.key != term.key or other.is_excluded)
        wanted = Filter(others if is_on else (*others, term))
        url = state.url_filtered(replace(state.wanted, terms=wanted))
        links.append({"label": label, "url": url, "is_current": is_on})
    return links
