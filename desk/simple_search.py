from accounts.models import Agent
from core.paging import Page, keyset_page
from tickets.models import Ticket
from tickets.querysets import NEWEST_FIRST


def search_tickets(agent: Agent, query: str, cursor: str = "") -> Page[Ticket]:
    found = Ticket.objects.visible_to(agent).filter(subject__icontains=query).for_list()
    return keyset_page(found, NEWEST_FIRST, cursor=cursor, size=50)
