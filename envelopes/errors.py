from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden, NotFound


class NotOwnerOrExpert(Forbidden):
    code = "not_owner_or_expert"
    is_audited = True
    detail = _("Help on ticket %(reference)s is asked for by its owner, or by an expert who works on it.")
    hint = _("Ask the owner to open an envelope, or write an internal note.")


class NotAddressed(Forbidden):
    code = "not_addressed"
    is_audited = True
    detail = _("Envelope %(number)s of ticket %(reference)s is addressed to %(target)s.")
    hint = _("A member of that team, or the person it is addressed to, can accept it.")


class OwnersOwnEnvelope(NotAddressed):
    detail = _("You own ticket %(reference)s; the help in envelope %(number)s is to come from somebody else.")
    hint = _("Withdraw the envelope if you need no help any more.")


class OfferNotForYou(Forbidden):
    is_audited = True
    detail = _("Help in envelope %(number)s of ticket %(reference)s is offered by colleagues who were not asked.")
    hint = _("Who is asked accepts the envelope, and its experts are in it already.")


class OfferGone(Conflict):
    code = "offer_gone"
    detail = _("%(agent)s offers no help in this envelope any more.")
    hint = _("Ask them, or invite somebody else.")


class EnvelopeActForbidden(Forbidden):
    is_audited = True
    detail = _("This is for others to do in envelope %(number)s of ticket %(reference)s.")
    hint = _("The owner of the ticket, or the envelope's expert, can do it.")


class EnvelopeOutOfSight(NotFound):
    """To whoever sends what was begun while they read the envelope."""

    detail = _("There is no such envelope, or you do not read it any more. Nothing was posted.")
    hint = _("Your text stands below. Copy it, or write to the owner of the ticket.")


class ExpertsOnlyRead(Forbidden):
    is_audited = True
    detail = _("As an expert you read the main thread of ticket %(reference)s and write in your envelope.")
    hint = _("Write it in your envelope; the owner takes over what the customer is to know.")


class EnvelopeTransition(Conflict):
    code = "invalid_transition"
    detail = _("This is not possible while envelope %(number)s is “%(status)s”.")
    hint = _("Do one of the steps that are possible now.")


class AcceptedAlready(EnvelopeTransition):
    """Somebody was faster."""

    detail = _("%(expert)s has accepted envelope %(number)s of ticket %(reference)s already.")
    hint = _("You need do nothing. See what else waits for help.")


class TicketNotOpen(Conflict):
    code = "invalid_transition"
    detail = _("Ticket %(reference)s is “%(status)s”; nobody helps on it now.")
    hint = _("Open the ticket again first.")


class ParentNotOpen(Conflict):
    code = "invalid_transition"
    detail = _("Envelope %(number)s, from which this one was opened, is closed.")
    hint = _("Open that one again first.")


class TooDeep(Conflict):
    code = "invalid_transition"
    detail = _("Help is asked for on at most %(levels)s levels.")
    hint = _("The owner can open an envelope from the ticket.")


class EnvelopesStillOpen(Conflict):
    code = "open_envelopes"
    detail = _("Envelopes are still open: %(names)s.")
    hint = _("Seal or withdraw them first.")

    def as_problem(self) -> dict[str, Any]:
        return super().as_problem() | {"envelopes": self.facts["envelopes"]}


class EnvelopeTasksOpen(Conflict):
    code = "open_tasks"
    detail = _("Mandatory tasks of envelope %(number)s are still open: %(titles)s.")
    hint = _("Finish or cancel them first.")


class AtEnvelopeCapacity(Conflict):
    code = "at_capacity"
    detail = _("%(agent)s already works on %(count)s of at most %(limit)s envelopes.")
    hint = _("The team lead sees who has room.")
