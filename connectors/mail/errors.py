from django.utils.translation import gettext_lazy as _

from core.errors import Conflict


class BackendNotAvailable(Conflict):
    code = "backend_not_available"
    detail = _("Mailboxes of the kind %(backend)s cannot be read by this version.")
    hint = _("Possible now: %(possible)s.")


class MailboxExists(Conflict):
    code = "mailbox_exists"
    detail = _("The mailbox %(address)s exists already, with the backend %(backend)s for the team %(team)s.")
    hint = _("Change it in the admin.")


class NothingToSendFrom(Conflict):
    code = "no_mailbox"
    detail = _("There is no mailbox to send from; a reply would wait until there is one.")
    hint = _("An admin adds one.")


class AddressIsOurs(Conflict):
    code = "own_address"
    detail = _("%(address)s is a mailbox of ours, not a customer's address.")
    hint = _("Mail to it would come back as a new message. Take the address the person writes from.")


class MailNotQuarantined(Conflict):
    code = "invalid_transition"
    detail = _("This mail is “%(state)s”, not in quarantine.")
    hint = _(
        "Only a mail in quarantine is tried again or released. Its row in the ledger says what became of this one."
    )


class MailNotReadYet(Conflict):
    code = "invalid_transition"
    detail = _("This mail has not been processed yet, so nobody knows whom it is for.")
    hint = _("It can be read as soon as its outcome stands in the ledger.")


class MailOnNoTicket(Conflict):
    code = "invalid_transition"
    detail = _("This mail is “%(state)s” and stands on no ticket of its own.")
    hint = _("A mail in quarantine is released first; of several copies the one that counts is moved.")


class BrakeEnded(Conflict):
    code = "invalid_transition"
    detail = _("This brake holds nothing any more.")
    hint = _("Mails that it held stay in quarantine; process them again there.")
