"""Every write to people, absences, programs and customers. The modules group them by what they are about."""

from accounts.services.absences import cancel_absence, change_absence, record_absence
from accounts.services.access import (
    close_account,
    end_access,
    queue_account_mail,
    request_password_reset,
    set_password,
)
from accounts.services.addresses import correct_address, mark_deliverable, mark_undeliverable
from accounts.services.agents import (
    change_agent,
    deactivate_agent,
    edit_preferences,
    invite_agent,
    keep_list_settings,
    make_admin,
    reactivate_agent,
    uses_admin,
)
from accounts.services.calendar_trial import try_calendar
from accounts.services.calendars import (
    make_default_calendar,
    save_calendar,
    take_due_public_holidays,
    take_public_holidays,
)
from accounts.services.clients import create_api_client, edit_api_client, end_tokens, issue_token
from accounts.services.customers import (
    Person,
    contact_for,
    contacts_for,
    edit_company,
    edit_contact,
    new_contact,
)
from accounts.services.panels import keep_panels
from accounts.services.second_factors import (
    begin_second_factor,
    confirm_second_factor,
    prove_second_factor,
    renew_recovery_codes,
    reset_second_factor,
    seal_factors_anew,
    switch_off_second_factor,
)

__all__ = [
    "Person",
    "begin_second_factor",
    "cancel_absence",
    "change_absence",
    "change_agent",
    "close_account",
    "confirm_second_factor",
    "contact_for",
    "contacts_for",
    "correct_address",
    "create_api_client",
    "deactivate_agent",
    "edit_api_client",
    "edit_company",
    "edit_contact",
    "edit_preferences",
    "end_access",
    "end_tokens",
    "invite_agent",
    "issue_token",
    "keep_list_settings",
    "keep_panels",
    "make_admin",
    "make_default_calendar",
    "mark_deliverable",
    "mark_undeliverable",
    "new_contact",
    "prove_second_factor",
    "queue_account_mail",
    "reactivate_agent",
    "record_absence",
    "renew_recovery_codes",
    "request_password_reset",
    "reset_second_factor",
    "save_calendar",
    "seal_factors_anew",
    "set_password",
    "switch_off_second_factor",
    "take_due_public_holidays",
    "take_public_holidays",
    "try_calendar",
    "uses_admin",
]
