from django.db import models
from django.utils.translation import gettext_lazy as _


class GrantedBy(models.TextChoices):
    """What in Microsoft's answer stands for a role of ours."""

    GROUP = "group", _("Group, by its object id")
    APP_ROLE = "app_role", _("Role of the app registration, by its value")
