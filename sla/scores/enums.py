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


class Section(models.IntegerChoices):
    """Parts of a person's work queue, in their order."""

    NEEDS_ATTENTION = 1, _("Needs attention")
    WAITING_ON_OTHERS = 2, _("Waiting on others")
    ON_TRACK = 3, _("On track")
    ENDED = 4, _("Done")


class Why(models.IntegerChoices):
    """Why a ticket stands in its section; the first one that holds."""

    ENDED = 1, _("Done")
    MISSED = 2, _("A promise is missed")
    DUE_SOON = 3, _("Due within the hour")
    CUSTOMER_REPLY = 4, _("The customer has replied")
    HELP = 5, _("Colleagues wait for the owner")
    REMINDER = 6, _("A reminder is due")
    SCORE = 7, _("High priority score")
    OFFERED = 8, _("Offered to you")
    WAITS_FOR_CUSTOMER = 9, _("Waits for the customer")
    WAITS_FOR_COLLEAGUES = 10, _("Waits for colleagues")
    ON_TRACK = 11, _("Nothing presses")


SECTION_OF = {
    Why.ENDED: Section.ENDED,
    Why.WAITS_FOR_CUSTOMER: Section.WAITING_ON_OTHERS,
    Why.WAITS_FOR_COLLEAGUES: Section.WAITING_ON_OTHERS,
    Why.ON_TRACK: Section.ON_TRACK,
}
"""Of all others: needs attention."""
