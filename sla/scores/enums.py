"""Words of the priority score (domain.md section 11)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ScoreCode(models.TextChoices):
    """What admins set: bases by priority, factors, and from which score on a ticket asks for attention."""

    BASE_CRITICAL = "base_critical", _("Base of critical")
    BASE_HIGH = "base_high", _("Base of high")
    BASE_MEDIUM = "base_medium", _("Base of medium")
    BASE_LOW = "base_low", _("Base of low")
    SLA_HOUR = "sla_hour", _("Factor: missed, or less than 60 business minutes left")
    SLA_HALF_DAY = "sla_half_day", _("Factor: less than 240 business minutes left")
    SLA_DAYS = "sla_days", _("Factor: less than 1440 business minutes left")
    VIP = "vip", _("Factor: VIP customer")
    PREMIUM = "premium", _("Factor: premium customer")
    ESCALATION = "escalation", _("Factor: help is waited for longer than 120 business minutes")
    NO_RESPONSE = "no_response", _("Factor: the customer waits for an answer longer than 24 hours")
    REOPENED = "reopened", _("Factor: opened again")
    FLAG_SOCIAL_MEDIA = "flag_social_media", _("Factor: public on social media")
    FLAG_LEGAL = "flag_legal", _("Factor: legal case")
    FLAG_REPEAT_CONTACT = "flag_repeat_contact", _("Factor: repeated contact")
    ATTENTION = "attention", _("Score from which on a ticket needs attention")


class Part(models.TextChoices):
    """Factors of the breakdown, in the order in which they are told."""

    SLA = "sla", _("Promise")
    CUSTOMER = "customer", _("Customer")
    ESCALATION = "escalation", _("Help")
    NO_RESPONSE = "no_response", _("Answer")
    REOPENED = "reopened", _("Reopened")
    FLAG = "flag", _("Flag")
