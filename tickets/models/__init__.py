from tickets.models.attachments import Attachment
from tickets.models.drafts import Draft
from tickets.models.outbound import OutboundMessage
from tickets.models.placements import Placement
from tickets.models.relations import Category, Tag, TicketLink, TicketParticipant, TicketTag, TicketWatch
from tickets.models.search import SearchDocument
from tickets.models.tasks import Task
from tickets.models.ticket import OwnershipTransfer, ReferenceCounter, Ticket
from tickets.models.timeline import TimelineEntry

__all__ = [
    "Attachment",
    "Category",
    "Draft",
    "OutboundMessage",
    "OwnershipTransfer",
    "Placement",
    "ReferenceCounter",
    "SearchDocument",
    "Tag",
    "Task",
    "Ticket",
    "TicketLink",
    "TicketParticipant",
    "TicketTag",
    "TicketWatch",
    "TimelineEntry",
]
