from django.db import models
from django.utils.translation import gettext_lazy as _


class ProposalAbout(models.TextChoices):
    POLICY = "policy", _("SLA policy")
    CALENDAR = "calendar", _("Business calendar")
    ALERT_RULE = "alert_rule", _("Alert matrix")


class ProposalStatus(models.TextChoices):
    PENDING = "pending", _("Waits for a decision")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
