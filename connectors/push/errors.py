from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class NotYourBrowsers(Forbidden):
    detail = _("Programs are sent no messages.")


class TooManyBrowsers(Conflict):
    code = "too_many"
    detail = _("%(limit)d browsers are allowed already.")
    hint = _("Remove one that you use no more.")
