from django.db import models


class Kind(models.TextChoices):
    """What a change is about; nobody reads its name."""

    TICKET = "ticket"
    TOLD = "told"
    """What a person has been told, or has read of it."""
    ACCESS = "access"
    """A session of a person has ended."""


class Doing(models.TextChoices):
    """What somebody does on a ticket's page; the page says it in words."""

    VIEWING = "viewing"
    NOTE = "note"
    REPLY = "reply"
