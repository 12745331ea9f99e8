"""Which canned responses and templates a person is offered, and for a ticket in which order."""

from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import Agent
from tickets.around import has_surroundings, surroundings_of
from tickets.enums import FlagType, TextScope
from tickets.models import CannedResponse, TeamSignature, Ticket, TicketTemplate
from tickets.placeholders import customer_language
from tickets.querysets import TextQuerySet

LOOKED_AT = 200
OFFERED = 20
NEAR = (TextScope.PERSONAL, TextScope.TEAM, TextScope.GLOBAL)


def responses_of(agent: Agent) -> TextQuerySet:
    """All that the agent may use."""
    rows: TextQuerySet = CannedResponse.objects.visible_to(agent).select_related("team", "owner", "category")
    return rows


def templates_of(agent: Agent) -> TextQuerySet:
    found: TextQuerySet = TicketTemplate.objects.visible_to(agent)
    return found.select_related("team", "owner", "category", "handled_by").order_by(Lower("title"), "id")


def responses_for(ticket: Ticket, *, by: Agent, words: str = "") -> list[CannedResponse]:
    """At most 20 of those whose title, shortcut or text has `words`: on a legal case what is prescribed first, then a
    matching shortcut, the customer's language, the ticket's category, one's own before the team's before everybody's.
    """
    found = responses_of(by)
    words = words.strip()[:100]
    if words:
        found = found.filter(Q(title__icontains=words) | Q(shortcut__istartswith=words) | Q(body__icontains=words))
    language, category = customer_language(ticket), ticket.category_id
    is_legal = FlagType.LEGAL in ticket.flags

    def rank(text: CannedResponse) -> tuple[bool, bool, bool, bool, bool, int, str]:
        return (
            is_legal and not text.is_enforced_for_flag,
            not (words and text.shortcut.lower().startswith(words.lower())),
            not (words and words.lower() in text.title.lower()),
            text.language not in ("", language),
            category is None or text.category_id != category,
            NEAR.index(TextScope(text.scope)),
            text.title.lower(),
        )

    return sorted(found.order_by(F("created_at").desc())[:LOOKED_AT], key=rank)[:OFFERED]


def team_signature(ticket: Ticket) -> str:
    """What the ticket's team puts below replies in the customer's language, else that for all languages."""
    by_language = _signatures_of(ticket)
    return by_language.get(customer_language(ticket)) or by_language.get("", "")


def _signatures_of(ticket: Ticket) -> dict[str, str]:
    """A page has read them with the ticket; else one query."""
    if has_surroundings(ticket):
        return surroundings_of(ticket).signatures or {}
    return dict(TeamSignature.objects.filter(team=ticket.team_id).order_by().values_list("language", "text"))
