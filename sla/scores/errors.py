from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class OverrideForbidden(Forbidden):
    is_audited = True
    detail = _("You may not set the priority score of this ticket.")
    hint = _("Its owner, or the lead, supervisor or manager of its team can.")


class NoOverride(Conflict):
    code = "no_override"
    detail = _("The priority score of ticket %(reference)s is the computed one already.")
    hint = _("Nothing needs to be done.")
