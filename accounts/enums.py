from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Roles add up; what each may do stands in permissions.md section 2."""

    AGENT = "agent", _("Agent")
    TEAM_LEAD = "team_lead", _("Team lead")
    SUPERVISOR = "supervisor", _("Supervisor")
    MANAGER = "manager", _("Manager")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Admin")


class Availability(models.TextChoices):
    AVAILABLE = "available", _("Available")
    AWAY = "away", _("Away")
    OFFLINE = "offline", _("Offline")


class AssignmentMode(models.TextChoices):
    PULL = "pull", _("Members take tickets themselves")
    OFFER = "offer", _("Tickets are offered")
    AUTO_ACCEPT = "auto_accept", _("Members accept in advance")


class AbsenceKind(models.TextChoices):
    VACATION = "vacation", _("Vacation")
    SICK = "sick", _("Sick leave")
    TRAINING = "training", _("Training")
    EXTENDED_LEAVE = "extended_leave", _("Extended leave")


class AbsenceStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")
    CANCELLED = "cancelled", _("Cancelled")


class Tier(models.TextChoices):
    STANDARD = "standard", _("Standard")
    PREMIUM = "premium", _("Premium")
    VIP = "vip", _("VIP")


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Density(models.TextChoices):
    COMFORTABLE = "comfortable", _("Comfortable")
    COMPACT = "compact", _("Compact")


class Scope(models.TextChoices):
    """What an API client may do; there is none for acceptance, public reply, resolve, approval or transfer."""

    TICKETS_READ = "tickets:read", _("Read tickets of the named teams")
    TICKETS_READ_ALL = "tickets:read:all", _("Read all tickets")
    TICKETS_CREATE = "tickets:create", _("Create tickets")
    TICKETS_WRITE = "tickets:write", _("Edit tickets")
    TICKETS_ROUTE = "tickets:route", _("Offer tickets and change their team while unowned")
    NOTES_WRITE = "notes:write", _("Write internal notes")
    TASKS_WRITE = "tasks:write", _("Create and work tasks")
    FLAGS_WRITE = "flags:write", _("Add and clear case flags")
    HR_WRITE = "hr:write", _("Record absences")
    EXPORT = "export", _("Export lists")
    METRICS_READ = "metrics:read", _("Read figures of the named teams")
    MAIL_INGEST = "mail:ingest", _("Hand in mail")


class AccountMailKind(models.TextChoices):
    INVITATION = "invitation", _("Invitation")
    PASSWORD_RESET = "password_reset", _("New password")
    FACTOR_ON = "factor_on", _("Second factor switched on")
    FACTOR_OFF = "factor_off", _("Second factor switched off")
    FACTOR_RESET = "factor_reset", _("Second factor reset")
    RECOVERY_USED = "recovery_used", _("Recovery code used")
    EMAIL_CHANGED = "email_changed", _("Sign-in address changed")
    ACCOUNT_LINKED = "account_linked", _("Account of Microsoft linked")
