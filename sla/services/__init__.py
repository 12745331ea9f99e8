"""Every write to promises: facts are recorded, clocks follow from them."""

from sla.services.book import fresh_book
from sla.services.choosing import choose_for_company, choose_for_ticket
from sla.services.helping import PolicyClock
from sla.services.pausing import pause_clocks, resume_clocks
from sla.services.policies import Effects, effects_between, save_policy
from sla.services.rebuilding import differences, rebuild, recorded_tickets
from sla.services.receiving import (
    begin_promises,
    follow_customer,
    follow_helper,
    follow_terms,
    note_answer,
    note_customer_message,
    note_help,
    note_status,
    note_withdrawn_answer,
    promise,
)
from sla.services.sweeping import end_pauses, note_missed, pass_time
from sla.services.walking import follow_new_terms, follow_terms_now

__all__ = [
    "Effects",
    "PolicyClock",
    "begin_promises",
    "choose_for_company",
    "choose_for_ticket",
    "differences",
    "effects_between",
    "end_pauses",
    "follow_customer",
    "follow_helper",
    "follow_new_terms",
    "follow_terms",
    "follow_terms_now",
    "fresh_book",
    "note_answer",
    "note_customer_message",
    "note_help",
    "note_missed",
    "note_status",
    "note_withdrawn_answer",
    "pass_time",
    "pause_clocks",
    "promise",
    "rebuild",
    "recorded_tickets",
    "resume_clocks",
    "save_policy",
]
