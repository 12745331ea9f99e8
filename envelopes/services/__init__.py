"""Every write to envelopes: lock the ticket, then the envelope; check, change, record, tell, publish."""

from envelopes.services.dues import renew_dues, tell_of_due
from envelopes.services.helping import (
    accept_envelope,
    add_envelope_task,
    complete_envelope,
    decline_envelope,
    invite_expert,
    mark_envelope_read,
    post_in_envelope,
    release_envelope,
)
from envelopes.services.leaving import replace_leaver, replace_new_owner
from envelopes.services.legal import ask_for_legal_advice, ask_for_outstanding_advice
from envelopes.services.lines import tell_in_envelope
from envelopes.services.mail import keep_mail, post_mail, tell_of_held_mail
from envelopes.services.offers import offer_help, take_help_offer, withdraw_help_offer
from envelopes.services.opening import (
    cancel_envelope,
    cancel_envelopes_of,
    open_envelope,
    open_next_level,
    redirect_envelope,
    refuse_unless_help_may_be_asked,
    reopen_envelope,
)
from envelopes.services.timers import time_out_due_envelopes, time_out_envelope
from envelopes.services.vendors import name_vendor, undo_vendor_message, write_to_vendor

__all__ = [
    "accept_envelope",
    "add_envelope_task",
    "ask_for_legal_advice",
    "ask_for_outstanding_advice",
    "cancel_envelope",
    "cancel_envelopes_of",
    "complete_envelope",
    "decline_envelope",
    "invite_expert",
    "keep_mail",
    "mark_envelope_read",
    "name_vendor",
    "offer_help",
    "open_envelope",
    "open_next_level",
    "post_in_envelope",
    "post_mail",
    "redirect_envelope",
    "refuse_unless_help_may_be_asked",
    "release_envelope",
    "renew_dues",
    "reopen_envelope",
    "replace_leaver",
    "replace_new_owner",
    "take_help_offer",
    "tell_in_envelope",
    "tell_of_due",
    "tell_of_held_mail",
    "time_out_due_envelopes",
    "time_out_envelope",
    "undo_vendor_message",
    "withdraw_help_offer",
    "write_to_vendor",
]
