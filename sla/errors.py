from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, DomainError, Forbidden


class PauseForbidden(Forbidden):
    is_audited = True
    detail = _("You may not let the clocks of this ticket stand still.")
    hint = _("The supervisor or the manager of the ticket's team can.")


class AlreadyPaused(Conflict):
    code = "already_paused"
    detail = _("The clocks of ticket %(reference)s stand still until %(until)s already.")
    hint = _("End that pause first.")


class NotPaused(Conflict):
    code = "not_paused"
    detail = _("The clocks of ticket %(reference)s run; nobody has let them stand still.")
    hint = _("While the customer's answer is waited for they stand still by themselves.")


class NothingPromised(Conflict):
    code = "nothing_promised"
    detail = _("No clock runs on ticket %(reference)s.")
    hint = _("An admin can add a policy that promises something.")


class PromiseOutOfReach(Conflict):
    code = "promise_out_of_reach"
    detail = _("With these hours what “%(policy)s” promises would be due in more than five years, or never.")
    hint = _("Give the calendar more hours, or change that policy first.")


class HelpOutOfReach(Conflict):
    code = "promise_out_of_reach"
    detail = _(
        "In this calendar what “%(policy)s” promises between teams would be due in more than five years, or never."
    )
    hint = _("Choose a calendar with more hours, or change that policy first.")


class PoliciesNotEditable(Forbidden):
    detail = _("You may not change what is promised.")
    hint = _("An admin can, and a manager can propose it.")


class PolicyPreviewed(DomainError):
    """What saving would do; it is rolled back."""

    status = 200
    code = "preview"
    detail = _(
        "Nothing is saved yet. Of the %(tickets)s newest open tickets %(changed)s would be promised something else; "
        "%(missed)s of them would be missed at once."
    )
    hint = _("Save to let it hold; running clocks follow within minutes.")
