from django.utils.translation import gettext_lazy as _

from core.errors import Forbidden


class ClientRemindersForbidden(Forbidden):
    detail = _("Only an admin changes when customers are asked again.")
    hint = _("Propose the change to an admin.")
