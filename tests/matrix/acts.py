"""How each act of the matrix is asked for, at the API and on the page. Nothing here says what is allowed."""

from desk.composing import context_of
from tests.factories.people import PASSWORD
from tests.matrix.cases import (
    Act,
    Ask,
    absence_of,
    absence_values,
    api,
    entry_of,
    field,
    ledger_move,
    ledger_step,
    new_file,
    one,
    own_absence,
    page,
    password_link,
    reads,
    reply,
    shown,
    step,
    t,
    task_change,
    task_step,
    transfer,
    transfer_form,
)
from tests.matrix.world import STRANGERS

TEXT = "Her employment has ended; the ticket goes on with Jonas."
NOTE = {"body": "Seen it."}
REQUESTER = "dana@acme.example"

ACTS: dict[str, Act] = {
    # Reading
    "read": Act(api=lambda case: Ask("get", api(case)), page=lambda case: Ask("get", t(case))),
    "read_timeline": Act(api=lambda case: Ask("get", api(case, "timeline"))),
    "read_files": Act(api=lambda case: Ask("get", api(case, "attachments"))),
    "read_tasks": Act(api=lambda case: Ask("get", api(case, "tasks"))),
    "read_task": Act(api=lambda case: Ask("get", f"/api/v1/tasks/{case.task}/")),
    "read_mail_html": Act(page=lambda case: Ask("get", t(case, f"entries/{case.id(entry_of(case))}/html"))),
    "read_mail_text": Act(page=lambda case: Ask("get", t(case, f"entries/{case.id(entry_of(case))}/text"))),
    "read_history": shown("history"),
    "download": one("attachments", "file", "attachments"),
    "download_blocked": one("attachments", "blocked_file", "attachments"),
    "list": reads("/tickets/", "/queue/all/"),
    "export_csv": page("get", "/queue/all/export.csv"),
    "export_xlsx": page("get", "/queue/team/export.xlsx?q=status:open"),
    "search": reads("/search/?q=printer", "/search/?q=printer"),
    # Ownership
    "accept": step("accept"),
    "offer": step("offer", lambda case: {"agent": str(case.world.people["agent"].pk)}),
    "withdraw_offer": step("withdraw_offer"),
    "change_team": Act(  # afterwards it is another team's, and out of sight
        api=lambda case: Ask("post", api(case, "change_team"), {"team": str(case.world.network.pk)}),
        page=lambda case: Ask("post", t(case, "change_team"), {"team": str(case.world.network.pk)}, goes_to="/queue/"),
    ),
    "write_owner": Act(api=lambda case: Ask("patch", api(case), {"owner": "nina", "version": case.version()})),
    "transfer": transfer("termination", TEXT),
    "transfer_to_self": transfer("termination", TEXT, to_self=True),
    "transfer_too_hard": transfer("too_hard", TEXT),
    "transfer_for_leave": transfer("extended_leave", TEXT),
    "transfer_untold": transfer("termination", ""),
    # Conversation
    "reply": reply(),
    "preview": Act(
        page=lambda case: Ask(
            "post",
            t(case, "preview"),
            {"body": "Restart it.", "context": context_of(case.ticket, last_seen_seq=10**9).signed()},
        )
    ),
    "reply_to_another": reply(to_confirm="somebody@else.example"),
    "note": Act(
        api=lambda case: Ask("post", api(case, "note"), NOTE, status=201),
        page=lambda case: Ask("post", t(case, "note"), NOTE, goes_to=t(case)),
    ),
    "attach": Act(
        api=lambda case: Ask("post", api(case, "attachments"), {"file": new_file(), **NOTE}, status=201),
        page=lambda case: Ask("post", t(case, "note"), {"attachments": new_file(), **NOTE}, goes_to=t(case)),
    ),
    "allow_images": page("post", "/t/{case.ref}/images/", goes_to="/t/{case.ref}/"),
    "watch": page("post", "/t/{case.ref}/watch/", goes_to="/t/{case.ref}/"),
    "unwatch": page("post", "/t/{case.ref}/unwatch/", goes_to="/t/{case.ref}/"),
    "outbox": reads("/outbox/", "/outbox/"),
    "outbox_one": Act(api=lambda case: Ask("get", f"/api/v1/outbox/{case.message}/")),
    "undo": Act(
        api=lambda case: Ask("post", f"/api/v1/outbox/{case.message}/undo/", {}),
        page=lambda case: Ask("post", f"/outbox/{case.message}/undo/", goes_to=t(case)),
    ),
    "create_draft": Act(
        api=lambda case: Ask(
            "post", "/api/v1/drafts/", {"ticket": case.ref, "mode": "note", "body": "Half a sen"}, status=201
        ),
    ),
    "keep_draft": Act(
        page=lambda case: Ask("post", f"/drafts/{case.ref}-note/", {"body": "Half a sen"}, goes_to=t(case)),
    ),
    "drafts": Act(api=lambda case: Ask("get", "/api/v1/drafts/")),
    "draft_one": Act(api=lambda case: Ask("get", f"/api/v1/drafts/{case.thing('draft')}/")),
    "edit_draft": Act(
        api=lambda case: Ask("patch", f"/api/v1/drafts/{case.thing('draft')}/", {"body": "Half a line", "version": 1})
    ),
    "delete_draft": Act(api=lambda case: Ask("delete", f"/api/v1/drafts/{case.thing('draft')}/", status=204)),
    "schedule": Act(
        api=lambda case: Ask("post", f"/api/v1/outbox/{case.message}/schedule/", {"when": "now"}),
        page=lambda case: Ask("post", f"/outbox/{case.message}/schedule/", {"when": "now"}, goes_to=t(case)),
    ),
    "see_schedule_form": Act(page=lambda case: Ask("get", f"/outbox/{case.message}/schedule/")),
    # Life-cycle
    "wait_for_customer": step("wait_for_customer", page="wait"),
    "resume": step("resume"),
    "resolve": step("resolve", {"resolution_code": "fixed", "resolution_note": "Restarted."}),
    "confirm": step("confirm"),
    "reopen": step("reopen", {"reason": "It is off again."}),
    "cancel": step("cancel", {"closure_code": "withdrawn"}),
    "merge": step(
        "merge_into",
        lambda case: {"ticket": case.world.scene("task_mine", case.column).ticket.reference},
        page="merge",
        form=lambda case: {
            "reference": case.world.scene("task_mine", case.column).ticket.reference,
            "confirmed": "1",
        },
    ),
    "unmerge": step("unmerge"),
    "split": Act(
        api=lambda case: Ask("post", api(case, "split"), {"entry": str(entry_of(case).pk)}, status=201),
        page=lambda case: Ask(
            "post", t(case, "split"), {"entry": str(entry_of(case).pk), "subject": "Scanner"}, goes_to="/t/"
        ),
    ),
    "see_split_form": shown("split"),
    "see_merge_form": shown("merge"),
    "spam": page("post", "/t/{case.ref}/spam/", goes_to="/t/{case.ref}/"),
    "see_resolve_form": shown("resolve"),
    "see_reopen_form": shown("reopen"),
    "see_cancel_form": shown("cancel"),
    "see_spam_form": shown("spam"),
    "see_offer_form": shown("offer"),
    "see_team_form": shown("change_team"),
    # Fields
    "edit_subject": field("subject", "Printer on fire"),
    "change_priority": field("priority", "high"),
    "edit_form": Act(
        page=lambda case: Ask(
            "post",
            t(case, "fields"),
            {
                "version": case.version(),
                "subject": case.ticket.subject,
                "priority": "high",
                "category": "",
                "product": "",
                "tags": "",
            },
            goes_to=t(case),
        )
    ),
    "see_edit_form": shown("fields"),
    "link": Act(
        page=lambda case: Ask(
            "post",
            t(case, "links"),
            {"kind": "related", "reference": case.world.scene("task_mine", case.column).ticket.reference},
            goes_to=t(case),
        )
    ),
    "see_link_form": shown("links"),
    # Tasks
    "add_task": Act(
        api=lambda case: Ask("post", api(case, "tasks"), {"title": "Order paper"}, status=201),
        page=lambda case: Ask("post", t(case, "tasks"), {"title": "Order paper"}, goes_to=t(case)),
    ),
    "see_task_form": shown("tasks"),
    "start_task": task_step("start"),
    "finish_task": task_step("finish"),
    "reopen_task": task_step("reopen"),
    "cancel_task": task_step("cancel", {"reason": "Nobody prints."}),
    "assign_task": task_change("assign", lambda case: {"assigned_to": str(case.world.things["colleague"].pk)}),
    "edit_task": task_change("edit", lambda case: {"title": "Order two toners"}),
    "see_assign_task_form": Act(page=lambda case: Ask("get", t(case, f"tasks/{case.task}/assign"))),
    "see_edit_task_form": Act(page=lambda case: Ask("get", t(case, f"tasks/{case.task}/edit"))),
    "make_task_mandatory": Act(
        api=lambda case: Ask(
            "patch", f"/api/v1/tasks/{case.task}/", {"is_mandatory": True, "version": case.task_version()}
        )
    ),
    "see_cancel_task_form": Act(page=lambda case: Ask("get", t(case, f"tasks/{case.task}/cancel"))),
    # Tickets
    "create": Act(
        api=lambda case: Ask(
            "post",
            "/api/v1/tickets/",
            {"subject": "Off", "requester": {"email": REQUESTER}, "team": str(case.world.desk.pk)},
            status=201,
        ),
        page=lambda case: Ask(
            "post",
            "/t/new/",
            {
                "email": REQUESTER,
                "subject": "Off",
                "description": "It is off.",
                "type": "incident",
                "priority": "low",
                "team": str(case.world.desk.pk),
            },
            goes_to="/",
        ),
    ),
    "see_new_form": page("get", "/t/new/"),
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
    "clear_address": page("post", "/customers/{case.world.things[contact].pk}/deliverable/", goes_to="/customers/"),
    # The operators' pages
    "admin_index": page("get", "/admin/"),
    "admin_tickets": page("get", "/admin/tickets/ticket/"),
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
    "admin_transfer_form": page("get", "/admin/transfer/"),
    "admin_redaction_form": page("get", "/admin/redaction/"),
    "admin_transfer": transfer_form("termination", TEXT),
    "admin_transfer_too_hard": transfer_form("too_hard", TEXT),
    "admin_transfer_for_leave": transfer_form("extended_leave", TEXT),
    "admin_transfer_untold": transfer_form("termination", ""),
    # Own things
    "home": page("get", "/", goes_to="/queue/"),
    "notifications": reads("/notifications/", "/notifications/"),
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
    "end_token": Act(api=lambda case: Ask("post", "/api/v1/auth/logout/", {}, status=204)),
    "delete_token": Act(api=lambda case: Ask("delete", "/api/v1/auth/logout/", status=204)),
    # Open to everybody
    "health": page("get", "/healthz"),
    "readiness": page("get", "/readyz"),
    "metrics": page("get", "/metrics"),
    "report_csp": Act(page=lambda case: Ask("post", "/csp-report/", {"csp-report": "{}"}, status=204)),
    "see_demo_mailbox": page("get", "/demo/mailbox/"),
    "write_as_customer": page("post", "/demo/mailbox/", {"name": "Dana"}),
    "description": reads("/schema/"),
    "api_docs": page("get", "/api/v1/docs/"),
    "get_token": Act(
        api=lambda case: Ask(
            "post",
            "/api/v1/auth/token/",
            {"username": case.world.people["agent"].email, "password": PASSWORD},
        )
    ),
    "see_sign_in": Act(page=lambda case: Ask("get", "/login/", goes_to="" if case.column in STRANGERS else "/")),
    "sign_in": Act(
        page=lambda case: Ask(
            "post",
            "/login/",
            {"username": case.world.people["agent"].email, "password": PASSWORD},
            goes_to="/",
        )
    ),
    "sign_out": page("post", "/logout/", goes_to="/login/"),
    "see_forgotten_password": page("get", "/password-reset/"),
    "ask_for_password": page(
        "post", "/password-reset/", {"email": "who@ever.example"}, goes_to="/password-reset/sent/"
    ),
    "password_mail_sent": page("get", "/password-reset/sent/"),
    "open_password_link": Act(
        page=lambda case: Ask(
            "get", password_link(case), goes_to=password_link(case).rpartition("/")[0].rpartition("/")[0]
        )
    ),
    "open_false_password_link": page("get", "/password-reset/xyz/set-password/"),
    "set_with_false_link": page("post", "/password-reset/xyz/set-password/", {"new_password1": "x"}),
    "see_solved": page("get", "/answer/{case.solved}/"),
    "say_solved": page("post", "/answer/{case.solved}/"),
    "see_not_solved": page("get", "/answer/{case.not_solved}/"),
    "say_not_solved": page("post", "/answer/{case.not_solved}/", {"text": "It is off again."}),
    "see_false_answer": page("get", "/answer/{case.solved}x/"),
    "say_false_answer": page("post", "/answer/{case.solved}x/"),
}
