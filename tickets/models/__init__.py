from tickets.models.attachments import Attachment
from tickets.models.attempts import AttemptMark
from tickets.models.boards import KanbanBoard
from tickets.models.bulk import BulkAct, BulkOutcome
from tickets.models.calibration import CalibrationItem, CalibrationSession, CalibrationVerdict
from tickets.models.cleanings import HtmlCleaning
from tickets.models.drafts import Draft, DraftFile
from tickets.models.flags import CaseFlag
from tickets.models.limits import WipLimit
from tickets.models.outbound import OutboundMessage
from tickets.models.placements import Placement
from tickets.models.readers import TicketReader
from tickets.models.relations import Category, Tag, TicketLink, TicketParticipant, TicketTag, TicketWatch
from tickets.models.resolutions import EmpowermentConfig, Resolution
from tickets.models.search import SearchDocument
from tickets.models.tasks import Task
from tickets.models.texts import CannedResponse, TeamSignature, TicketTemplate
from tickets.models.ticket import OwnershipTransfer, ReferenceCounter, Ticket
from tickets.models.timeline import TimelineEntry
from tickets.models.views import SavedView

__all__ = [
    "Attachment",
    "AttemptMark",
    "BulkAct",
    "BulkOutcome",
    "CalibrationItem",
    "CalibrationSession",
    "CalibrationVerdict",
    "CannedResponse",
    "CaseFlag",
    "Category",
    "Draft",
    "DraftFile",
    "EmpowermentConfig",
    "HtmlCleaning",
    "KanbanBoard",
    "OutboundMessage",
    "OwnershipTransfer",
    "Placement",
    "ReferenceCounter",
    "Resolution",
    "SavedView",
    "SearchDocument",
    "Tag",
    "Task",
    "TeamSignature",
    "Ticket",
    "TicketLink",
    "TicketParticipant",
    "TicketReader",
    "TicketTag",
    "TicketTemplate",
    "TicketWatch",
    "TimelineEntry",
    "WipLimit",
]
