from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, DomainError, Forbidden, StaleVersion


class RoleForbids(Forbidden):
    detail = _("Your role does not include this.")
    hint = _("An agent, lead or supervisor of the ticket's team can do it.")


class AcceptForbidden(RoleForbids):
    is_audited = True


class OwnersActForbidden(RoleForbids):
    """Somebody whose role works no tickets tried what only an owner, or a router of tickets, does."""

    is_audited = True


class NotInTeam(Forbidden):
    is_audited = True
    detail = _("Ticket %(reference)s is accepted by agents of the team %(team)s.")
    hint = _("A member of the team can accept it.")


class NotOwner(Forbidden):
    code = "not_owner"
    is_audited = True
    detail = _("%(owner)s owns ticket %(reference)s and speaks with the customer.")
    hint = _("Ask the owner to open an envelope, or write an internal note.")


class TransferForbidden(Forbidden):
    is_audited = True
    detail = _("You may not authorise this transfer.")
    hint = _("A supervisor who is neither the old nor the new owner can.")


class OwnershipImmutable(Conflict):
    code = "ownership_immutable"
    is_audited = True
    detail = _("The owner of ticket %(reference)s does not change.")
    hint = _("Open an envelope instead; a transfer is only for termination or leave of more than 30 days.")


class RedactionForbidden(Forbidden):
    detail = _("You may not redact entries.")
    hint = _("An admin can.")


class TextForbidden(Forbidden):
    detail = _("Texts for the team %(team)s or for everybody are not yours to change.")
    hint = _("The team's lead, supervisor or manager keeps its texts, an admin those for everybody.")


class AlreadyOwned(Conflict):
    code = "already_owned"
    is_audited = True
    detail = _("Ticket %(reference)s is already owned by %(owner)s.")
    hint = _("Offer help by a note.")


class TicketUnowned(Conflict):
    code = "ticket_unowned"
    detail = _("Nobody owns ticket %(reference)s yet.")
    hint = _("Accept it first.")


class InvalidTransition(Conflict):
    code = "invalid_transition"
    detail = _("This is not possible while ticket %(reference)s is “%(status)s”.")
    hint = _("Do one of the steps that are possible now.")


class ReplyFirst(Conflict):
    code = "invalid_transition"
    detail = _("The customer of ticket %(reference)s has had no answer since their last message.")
    hint = _("Reply to the customer first.")


class AtCapacity(Conflict):
    code = "at_capacity"
    detail = _("%(agent)s already owns %(count)s of at most %(limit)s open tickets.")
    hint = _("The team lead sees who has room.")


class NotACandidate(Conflict):
    code = "not_a_candidate"
    detail = _("%(agent)s does not work for the team %(team)s or is not available.")
    hint = _("Offer it to an available member of the team.")


class OpenTasks(Conflict):
    code = "open_tasks"
    detail = _("Mandatory tasks are still open: %(titles)s.")
    hint = _("Finish or cancel them first.")


class ResolutionMeanwhile(Conflict):
    code = "stale_version"
    detail = _("Meanwhile this was recorded on ticket %(reference)s: %(titles)s.")
    hint = _("Record yours only if the customer is to get both.")


class TaskBlocked(Conflict):
    code = "open_tasks"
    detail = _("Tasks that come before are still open: %(titles)s.")
    hint = _("Finish or cancel them first.")


class TicketIsResolved(Conflict):
    code = "invalid_transition"
    detail = _("Ticket %(reference)s is resolved; no mandatory task can hold it up any more.")
    hint = _("Open the ticket again first.")


class TaskNotYours(Forbidden):
    detail = _("The task is worked by its assignee.")
    hint = _("Its assignee, or the owner of the ticket, can do this.")


class TaskTransition(Conflict):
    code = "invalid_transition"
    detail = _("This is not possible while the task is “%(status)s”.")
    hint = _("Do one of the steps that are possible now.")


class TicketClosed(Conflict):
    code = "ticket_closed"
    detail = _("Ticket %(reference)s is closed and is not edited any more.")
    hint = _("Create a follow-up.")


class WrongTicketContext(Conflict):
    code = "wrong_ticket_context"
    detail = _("This was written for %(given)s, but the ticket's customer is %(actual)s.")
    hint = _("Reload the page; your text is kept.")


class UnseenEntries(Conflict):
    code = "wrong_ticket_context"
    detail = _("Something new has arrived on ticket %(reference)s while you were writing.")
    hint = _("Read it first; your text is kept. Then send anyway.")


class NotYourMessage(Forbidden):
    detail = _("Only the author takes a message back.")


class TooLateToUndo(Conflict):
    code = "invalid_transition"
    detail = _("The message is “%(status)s” and cannot be taken back any more.")
    hint = _("Write to the customer again to put it right.")


class NotScheduled(Conflict):
    code = "invalid_transition"
    detail = _("The message is “%(status)s” and waits for no moment that could be changed.")
    hint = _("Write to the customer again if something is missing.")


class EntryNotMovable(Conflict):
    code = "invalid_transition"
    detail = _("This entry cannot be moved to another ticket, or somebody has just moved it.")
    hint = _("Only mails that came in are moved. Reload the page.")


class NothingToUndo(Conflict):
    code = "invalid_transition"
    detail = _("This mail has not been moved, or was moved back already.")
    hint = _("Move it to the ticket where it belongs.")


class EntryNotSplittable(Conflict):
    code = "invalid_transition"
    detail = _("This entry does not become a ticket of its own.")
    hint = _("Only what the customer said is split off, and never all that the ticket holds.")


class EntryNoAttempt(Conflict):
    code = "invalid_transition"
    detail = _("This entry is not somebody's words, so it can be no attempt.")
    hint = _("Write what you tried as a note, and mark that.")


class MergeTargetEnded(Conflict):
    code = "invalid_transition"
    detail = _("Ticket %(reference)s is not open any more; nothing is merged into it.")
    hint = _("Link the two tickets instead.")


class MergeAcrossCustomers(Conflict):
    code = "invalid_transition"
    detail = _("Tickets %(reference)s and %(other)s belong to different customers; one would read the other's mail.")
    hint = _("Link the two tickets instead; both stay as they are.")


class RequesterOfAnotherCustomer(Conflict):
    code = "invalid_transition"
    detail = _("%(contact)s belongs to another customer than ticket %(reference)s, and would read what is not theirs.")
    hint = _("Open a ticket of their own, or send them a copy (Cc) of what is meant for them.")


class UnmergeImpossible(Conflict):
    code = "invalid_transition"
    detail = _("The merge of ticket %(reference)s can no longer be undone.")
    hint = _("It can for %(days)s days, while neither ticket has a new message from or to the customer.")


class VisibilityFixed(Conflict):
    code = "visibility_fixed"
    detail = _("Who sees an entry is decided when it is written and never widened.")
    hint = _("Write a new entry for the other readers.")


class DraftChanged(StaleVersion):
    """Its versions begin anywhere, so their numbers say nothing to people."""

    detail = _("This draft was changed in another window.")


class ViewNotYours(Forbidden):
    detail = _("The view “%(name)s” is changed by those who share it.")
    hint = _("Save it under another name, for yourself.")


class BoardNotYours(ViewNotYours):
    detail = _("The board “%(name)s” is changed by those who share it.")


class ViewNotShared(Forbidden):
    detail = _("You may not share with these people.")
    hint = _("A lead, supervisor or manager shares with their team, an admin with everybody.")


class BulkNotUndoable(Conflict):
    code = "invalid_transition"
    detail = _("This is taken back already, or cannot be taken back.")
    hint = _("Open the tickets to change them one by one.")


class BulkNotRunning(Conflict):
    code = "invalid_transition"
    detail = _("This has ended already, or is being taken back.")
    hint = _("What became of each ticket stands here.")


class ChangedSince(Conflict):
    code = "invalid_transition"
    detail = _("It was changed since, so it stays as it is.")
    hint = _("Open the ticket to change it.")


class OpenTicketsRemain(Conflict):
    code = "open_tickets"
    detail = _("%(agent)s still owns %(count)s open tickets.")
    hint = _("A supervisor has to transfer them first.")


class InadmissibleTransfer(DomainError):
    """Well-formed but inadmissible: the only refusals answered with 422."""

    status = 422
    is_audited = True


class InvalidTransferReason(InadmissibleTransfer):
    code = "invalid_transfer_reason"
    detail = _("Ownership is transferred only when employment has ended or for leave of more than 30 days.")
    hint = _("Valid reasons: termination, extended_leave.")

    def __init__(self, **facts: Any) -> None:
        super().__init__(allowed=["termination", "extended_leave"], **facts)


class LeaveTooShort(InadmissibleTransfer):
    code = "leave_too_short"
    detail = _("%(agent)s has no absence of more than %(days)s days.")
    hint = _("A deputy covers shorter absences.")


class ReasonRequired(InadmissibleTransfer):
    code = "reason_required"
    detail = _("A transfer needs an explanation of at least %(characters)s characters.")
    hint = _("Say why the customer gets another owner.")


class WipLimitReached(Conflict):
    code = "wip_limit_reached"
    detail = _("%(team)s takes at most %(limit)s tickets in “%(column)s” and has %(count)s.")
    hint = _("Finish one of them first. A supervisor can go beyond the limit with a reason.")


class LimitsForbidden(Forbidden):
    detail = _("The limits of a team are set by those in charge of it.")
    hint = _("Its team lead or supervisor can do it.")


class LegalFlagForbidden(Forbidden):
    detail = _("The legal flag of ticket %(reference)s is not yours to clear.")
    hint = _("A supervisor or manager of the ticket's team can, or whoever advises on it for the legal team.")


class FlagAlreadyAdded(Conflict):
    code = "already_flagged"
    detail = _("Ticket %(reference)s has the flag “%(flag)s” already.")
    hint = _("Clear it first if its reason is another one now.")


class FlagIsCleared(Conflict):
    code = "flag_cleared"
    detail = _("The flag “%(flag)s” of ticket %(reference)s is cleared already.")
    hint = _("Add it again if it is needed.")


class FlagOfOtherKind(Conflict):
    code = "other_flag"
    detail = _("This does not belong to the flag “%(flag)s”.")
    hint = _("A waiver belongs to physical damage, a sentiment to social media.")


class PhotoMissing(Conflict):
    code = "photo_missing"
    detail = _("Ticket %(reference)s is about physical damage and has neither a photo nor a waiver.")
    hint = _("Add a photo of the damage, or say at the flag why there is none.")


class SentimentMissing(Conflict):
    code = "sentiment_missing"
    detail = _("Ticket %(reference)s was public in social media; how it is talked about now is not recorded.")
    hint = _("Record the sentiment at the flag, then resolve.")


class DocumentationMissing(Conflict):
    code = "documentation_missing"
    detail = _("A legal case is documented before it is resolved; missing on %(reference)s: %(fields)s.")
    hint = _("Edit the ticket, then resolve.")


class EnforcedTextMissing(Conflict):
    code = "enforced_text"
    detail = _("Ticket %(reference)s is a legal case; what is sent begins with a prescribed text: %(titles)s.")
    hint = _("Insert one of these texts and write below it.")


class NoEnforcedText(Conflict):
    code = "enforced_text"
    detail = _("Ticket %(reference)s is a legal case; what is sent begins with a prescribed text, and there is none.")
    hint = _("The team's lead, supervisor or manager, or an admin, marks a text as prescribed for legal cases.")
