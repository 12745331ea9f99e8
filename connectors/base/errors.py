from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class ConnectionsForbidden(Forbidden):
    detail = _("Connections to other systems are seen by admins and auditors.")
    hint = _("An admin can tell you how they are.")


class MayNotTest(Forbidden):
    detail = _("Admins test connections.")
    hint = _("An admin can do it.")


class ConnectionOff(Conflict):
    code = "connection_off"
    detail = _("“%(name)s” is switched off.")
    hint = _("An admin can switch it on.")


class KindUnknown(Conflict):
    code = "kind_unknown"
    detail = _("This version of the desk cannot connect to “%(kind)s”.")


class NameTaken(Conflict):
    code = "name_taken"
    detail = _("There is already a connection “%(name)s”.")
    hint = _("Choose another name.")
