from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class CardOfAnother(Forbidden):
    detail = _("This card was sent to somebody else.")
    hint = _("Open the ticket; what you may do there is shown there.")


class CardExpired(Conflict):
    code = "card_expired"
    detail = _("This card is older than %(days)d days; nothing was changed.")
    hint = _("Open the ticket and do it there.")


class CardUsed(Conflict):
    code = "already_done"
    detail = _("Already done by %(who)s; nothing was changed now.")
    hint = _("Open the ticket to see how it stands.")


class PostsForbidden(Forbidden):
    detail = _("What was posted to channels is seen by admins and auditors.")
    hint = _("An admin can tell you how it went.")


class MayNotPost(Forbidden):
    detail = _("Admins have cards posted.")
    hint = _("An admin can do it.")


class PostNotFailed(Conflict):
    code = "not_failed"
    detail = _("It has not failed.")
    hint = _("What is on its way is tried again by itself.")
