from django.utils.translation import gettext_lazy as _

from core.errors import Forbidden


class FiguresForbidden(Forbidden):
    detail = _("Figures are for those whose work they tell of, and for those in charge of it.")
    hint = _("Ask a supervisor or an auditor.")
