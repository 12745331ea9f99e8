"""As `acts`: people, the mail ledger, customers, the operators' pages, and what is everybody's own."""

from accounts.models import Company
from tests.factories.people import PASSWORD
from tests.matrix.cases import (
    Act,
    Ask,
    absence_of,
    absence_values,
    choice,
    contact_step,
    ledger_move,
    ledger_step,
    one,
    own_absence,
    page,
    reads,
    transfer_form,
)

TEXT = "Her employment has ended; the ticket goes on with Jonas."

POLICIES_OF_COMPANIES = "/admin/sla/companypolicy/"
CALENDARS = "/admin/accounts/businesscalendar/"
NIGHTS = {
    "name": "Nights",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "holiday_language": "de",
    "windows-TOTAL_FORMS": 1,
    "windows-INITIAL_FORMS": 0,
    "windows-0-weekday": 6,
    "windows-0-start_minute": "22:00",
    "windows-0-end_minute": "06:00",
    "holidays-TOTAL_FORMS": 0,
    "holidays-INITIAL_FORMS": 0,
}
"""A business calendar as its form is sent."""

PEOPLE_ACTS: dict[str, Act] = {
    # People
    "me": reads("/me/"),
    "agents": reads("/agents/"),
    "agent": one("agents", "colleague"),
    "teams": reads("/teams/"),
    "team": Act(api=lambda case: Ask("get", f"/api/v1/teams/{case.id(case.world.desk)}/")),
    "people": page("get", "/people/"),
    "own_absence": own_absence(),
    "see_own_absence_form": page("get", "/account/absences/new/"),
    "absence_of_colleague": absence_of("colleague"),
    "absence_of_stranger": absence_of("stranger"),
    "see_absence_form_of_colleague": Act(
        page=lambda case: Ask("get", f"/people/{case.thing('colleague')}/absences/new/")
    ),
    "absences": reads("/absences/"),
    "absence": Act(api=lambda case: Ask("get", f"/api/v1/absences/{case.thing('absence')}/")),
    "see_absence_form": Act(page=lambda case: Ask("get", f"/absences/{case.thing('absence')}/")),
    "change_absence": Act(
        api=lambda case: Ask("patch", f"/api/v1/absences/{case.thing('absence')}/", {**absence_values(), "version": 1}),
        page=lambda case: Ask(
            "post", f"/absences/{case.thing('absence')}/", {**absence_values(), "version": 1}, goes_to="/people/"
        ),
    ),
    "cancel_absence": Act(
        api=lambda case: Ask("post", f"/api/v1/absences/{case.thing('absence')}/cancel/", {}),
        page=lambda case: Ask("post", f"/absences/{case.thing('absence')}/cancel/", goes_to="/people/"),
    ),
    # The mail ledger
    "ledger": reads("/mail/messages/", "/mail/"),
    "ledger_mail": one("mail/messages", "mail", "mail"),
    "ledger_raw": Act(
        api=lambda case: Ask("get", f"/api/v1/mail/messages/{case.thing('mail')}/raw/"),
        page=lambda case: Ask("get", f"/mail/{case.thing('mail')}/raw/"),
    ),
    "retry_mail": ledger_step("retry"),
    "release_mail": ledger_step("release"),
    "move_mail": ledger_move("done_mail"),
    "move_quarantined_mail": ledger_move("mail"),
    "undo_mail_move": ledger_step("undo_move", "moved_mail"),
    "undo_unmoved_mail": ledger_step("undo_move", "done_mail"),
    "brakes": reads("/mail/brakes/"),
    "lift_brake": Act(
        api=lambda case: Ask("post", f"/api/v1/mail/brakes/{case.thing('brake')}/lift/", {}),
        page=lambda case: Ask("post", f"/mail/brakes/{case.thing('brake')}/lift/", goes_to="/mail/"),
    ),
    "choose_envelope": choice("mail_of_two"),
    "retry_done_mail": ledger_step("retry", "done_mail"),
    "release_done_mail": ledger_step("release", "done_mail"),
    # Customers
    "contacts": reads("/contacts/", "/customers/"),
    "contact": one("contacts", "contact", "customers"),
    "companies": reads("/companies/"),
    "company": one("companies", "company", "orgs"),
    "see_contact_form": page("get", "/customers/{case.world.things[contact].pk}/edit/"),
    "edit_contact": page(
        "post",
        "/customers/{case.world.things[contact].pk}/edit/",
        {"first_name": "Dana", "last_name": "Neu", "tier": "standard", "version": 1},
        goes_to="/customers/",
    ),
    "clear_address": contact_step("deliverable"),
    "see_address_form": page("get", "/customers/{case.world.things[contact].pk}/address/"),
    "correct_address": contact_step("correct_address", {"email": "dana.roth@acme.example"}, page="address"),
    # The operators' pages
    "admin_index": page("get", "/admin/"),
    "admin_tickets": page("get", "/admin/tickets/ticket/"),
    "admin_envelopes": page("get", "/admin/envelopes/envelope/"),
    "admin_alerts": page("get", "/admin/sla/alert/"),
    "admin_alert_matrix": page("get", "/admin/sla/alertrule/"),
    "admin_client_reminders": page("get", "/admin/sla/clientreminderrule/"),
    "admin_company_policies": page("get", POLICIES_OF_COMPANIES),
    "admin_name_policy": Act(
        page=lambda case: Ask(
            "post",
            f"{POLICIES_OF_COMPANIES}add/",
            {
                "company": Company.objects.get(pk=case.thing("company")).name,
                "policy": "",
                "reason": "As for all others",
            },
            goes_to=POLICIES_OF_COMPANIES,
        )
    ),
    "admin_reminders": page("get", "/admin/sla/reminder/"),
    "admin_tasks": page("get", "/admin/tickets/task/"),
    "admin_ticket": Act(page=lambda case: Ask("get", f"/admin/tickets/ticket/{case.id(case.ticket)}/change/")),
    "admin_foreign_ticket": Act(
        page=lambda case: Ask(
            "get", f"/admin/tickets/ticket/{case.id(case.world.scenes['foreign_owned'].ticket)}/change/"
        )
    ),
    "admin_transfers": page("get", "/admin/tickets/ownershiptransfer/"),
    "admin_agents": page("get", "/admin/accounts/agent/"),
    "admin_agent": Act(page=lambda case: Ask("get", f"/admin/accounts/agent/{case.thing('colleague')}/change/")),
    "admin_add_agent": page("get", "/admin/accounts/agent/add/"),
    "admin_clients": page("get", "/admin/accounts/apiclient/"),
    "admin_calendars": page("get", "/admin/accounts/businesscalendar/"),
    "admin_add_calendar": page("get", "/admin/accounts/businesscalendar/add/"),
    "admin_preview_calendar": Act(page=lambda _case: Ask("post", CALENDARS + "add/", NIGHTS | {"_preview": "on"})),
    "admin_save_calendar": Act(page=lambda _case: Ask("post", CALENDARS + "add/", NIGHTS, goes_to=CALENDARS)),
    "admin_transfer_form": page("get", "/admin/transfer/"),
    "admin_redaction_form": page("get", "/admin/redaction/"),
    "admin_transfer": transfer_form("termination", TEXT),
    "admin_transfer_too_hard": transfer_form("too_hard", TEXT),
    "admin_transfer_for_leave": transfer_form("extended_leave", TEXT),
    "admin_transfer_untold": transfer_form("termination", ""),
    # Own things
    "home": page("get", "/", goes_to="/queue/"),
    "notifications": reads("/notifications/", "/notifications/"),
    "badges": page("get", "/live/badges/"),
    "list_counts": page("get", "/live/lists/"),
    "notification": one("notifications", "notification"),
    "read_notification": Act(
        api=lambda case: Ask("post", f"/api/v1/notifications/{case.thing('notification')}/read/", {})
    ),
    "read_notifications": Act(
        api=lambda case: Ask("post", "/api/v1/notifications/read/", {}),
        page=lambda case: Ask("post", "/notifications/read/", goes_to="/notifications/"),
    ),
    "open_notification": Act(
        page=lambda case: Ask(
            "post",
            f"/notifications/{case.thing('notification')}/open/",
            goes_to=f"/t/{case.world.scenes['owned'].ticket.reference}/",
        )
    ),
    "account": page("get", "/account/"),
    "save_account": page(
        "post",
        "/account/",
        {"availability": "away", "theme": "dark", "density": "compact", "undo_seconds": "20", "language": ""},
        goes_to="/account/",
    ),
    "session": page("get", "/account/session/"),
    "check_session": page("post", "/account/session/"),
    "panels": page("post", "/account/panels/", {"rail": "narrow", "details_width": "24"}, goes_to="/"),
    "recent": page("get", "/recent/"),
    "keys": page("get", "/keys/"),
    "palette": page("get", "/palette/"),
    "find_in_palette": page("get", "/palette/?q=printer"),
    "see_own_keys": page("get", "/account/keys/"),
    "choose_own_keys": page("post", "/account/keys/", {"accept": "Shift E"}, goes_to="/account/keys/"),
    "theme": page("post", "/account/theme/", {"theme": "dark"}, goes_to="/account/"),
    "language": page("post", "/account/language/", {"language": "de"}, goes_to="/account/"),
    "see_password_form": page("get", "/account/password/"),
    "change_password": page(
        "post",
        "/account/password/",
        {
            "old_password": "correct-horse-battery",
            "new_password1": "tin-drum-lantern-7",
            "new_password2": "tin-drum-lantern-7",
        },
        goes_to="/account/",
    ),
    "see_second_factor": page("get", "/account/second-factor/"),
    "begin_second_factor": page(
        "post",
        "/account/second-factor/",
        {"step": "begin", "password": PASSWORD},
        goes_to="/account/second-factor/",
    ),
    "end_token": Act(api=lambda case: Ask("post", "/api/v1/auth/logout/", {}, status=204)),
    "delete_token": Act(api=lambda case: Ask("delete", "/api/v1/auth/logout/", status=204)),
}
