"""How each act of the matrix is asked for, at the API and on the page. Nothing here says what is allowed."""

from desk.composing import context_of
from tests.factories.people import PASSWORD
from tests.matrix.cases import (
    Act,
    Ask,
    api,
    card,
    changed_text,
    entry_of,
    field,
    flag_step,
    kept_text,
    limits_form,
    new_file,
    note,
    one,
    page,
    password_link,
    reads,
    removed_text,
    reply,
    shown,
    step,
    t,
    task_change,
    task_step,
    transfer,
)
from tests.matrix.connection_acts import CONNECTION_ACTS
from tests.matrix.empowerment_acts import EMPOWERMENT_ACTS
from tests.matrix.envelope_acts import ENVELOPE_ACTS, ENVELOPE_PAGES
from tests.matrix.list_acts import LIST_ACTS
from tests.matrix.meeting_acts import MEETING_ACTS
from tests.matrix.people_acts import PEOPLE_ACTS, TEXT
from tests.matrix.reminder_acts import REMINDER_ACTS
from tests.matrix.report_acts import REPORT_ACTS
from tests.matrix.scenes import STRANGERS
from tests.matrix.sla_acts import SLA_ACTS
from tests.matrix.telling_acts import TELLING_ACTS

NOTE = {"body": "Seen it."}
CALL = {"kind": "phone_note", "direction": "inbound", "minutes": 3, "body": "It is off again."}
FLAG = {"type": "repeat_contact", "reason": "They call every day."}
REASON = {"reason": "So it is."}
REQUESTER = "dana@acme.example"

ACTS: dict[str, Act] = {
    **LIST_ACTS,
    **ENVELOPE_ACTS,
    **MEETING_ACTS,
    **ENVELOPE_PAGES,
    **PEOPLE_ACTS,
    **TELLING_ACTS,
    **EMPOWERMENT_ACTS,
    **REPORT_ACTS,
    **CONNECTION_ACTS,
    **REMINDER_ACTS,
    **SLA_ACTS,
    # Reading
    "read": Act(api=lambda case: Ask("get", api(case)), page=lambda case: Ask("get", t(case))),
    "read_timeline": Act(api=lambda case: Ask("get", api(case, "timeline"))),
    "read_files": Act(api=lambda case: Ask("get", api(case, "attachments"))),
    "read_tasks": Act(api=lambda case: Ask("get", api(case, "tasks"))),
    "read_task": Act(api=lambda case: Ask("get", f"/api/v1/tasks/{case.task}/")),
    "read_mail_html": Act(page=lambda case: Ask("get", t(case, f"entries/{case.id(entry_of(case))}/html"))),
    "read_mail_text": Act(page=lambda case: Ask("get", t(case, f"entries/{case.id(entry_of(case))}/text"))),
    "read_history": shown("history"),
    "see_presence": page("get", "/t/{case.ref}/presence/"),
    "say_presence": Act(
        page=lambda case: Ask("post", t(case, "presence"), {"page": "a1", "doing": "viewing"}, status=200)
    ),
    "read_company": shown("around/company"),
    "read_similar": shown("around/similar"),
    "download": one("attachments", "file", "attachments"),
    "download_blocked": one("attachments", "blocked_file", "attachments"),
    "list": reads("/tickets/", "/queue/all/"),
    "export_csv": page("get", "/queue/all/export.csv"),
    "export_xlsx": page("get", "/queue/team/export.xlsx?q=status:open"),
    "api_export_csv": reads("/tickets/export.csv"),
    "api_export_xlsx": reads("/tickets/export.xlsx?filter=status:open"),
    "search": reads("/search/?q=printer", "/search/?q=printer"),
    # Board
    "board_home": page("get", "/board/", goes_to="/board/"),
    "board": page("get", "/board/all/?by=status&lanes=priority"),
    "see_move_form": page("get", "/board/team/move/?by=priority&card={case.ref}"),
    "move_to_high": card("by=priority", "high"),
    "move_to_waiting": card("by=status", "waiting"),
    "move_to_nobody": card("by=agent", "none"),
    "move_to_customer": card("by=customer", "none"),
    "see_limits": Act(page=lambda case: Ask("get", f"/board/limits/{case.id(case.world.desk)}/")),
    "set_limits": Act(
        page=lambda case: Ask("post", f"/board/limits/{case.id(case.world.desk)}/", limits_form(), goes_to="/board/")
    ),
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
        api=lambda case: Ask("post", api(case, "preview_reply"), {"body": "Restart it."}),
        page=lambda case: Ask(
            "post",
            t(case, "preview"),
            {
                "body": "Restart it.",
                "context": context_of(case.ticket, last_seen_seq=10**9, by=case.world.people["owner"]).signed(),
            },
        ),
    ),
    "reply_to_another": reply(to_confirm="somebody@else.example"),
    "note": Act(
        api=lambda case: Ask("post", api(case, "note"), NOTE, status=201),
        page=lambda case: Ask("post", t(case, "note"), note(case), goes_to=t(case)),
    ),
    "log_contact": Act(
        api=lambda case: Ask("post", api(case, "log_contact"), CALL, status=201),
        page=lambda case: Ask(
            "post", t(case, "log"), {**CALL, "spoke_with": "Dana", "at": "2026-03-02T09:30"}, goes_to=t(case)
        ),
    ),
    "log_public": Act(
        api=lambda case: Ask("post", api(case, "log_contact"), {**CALL, "visibility": "public"}, status=201)
    ),
    "see_log_form": shown("log"),
    "attempt": Act(
        api=lambda case: Ask(
            "post", api(case, "attempts"), {"entry": str(entry_of(case).pk), "outcome": "failed"}, status=201
        ),
        page=lambda case: Ask("post", t(case, "attempt"), {"failed": str(entry_of(case).pk)}, goes_to=t(case)),
    ),
    "read_flags": Act(api=lambda case: Ask("get", api(case, "flags"))),
    "add_flag": Act(
        api=lambda case: Ask("post", api(case, "flags"), FLAG, status=201),
        page=lambda case: Ask("post", t(case, "flags"), FLAG, goes_to=t(case)),
    ),
    "see_flag_form": shown("flags"),
    "clear_flag": flag_step("clear", "complaint", REASON),
    "clear_legal_flag": flag_step("clear", "legal", REASON),
    "see_clear_form": Act(page=lambda case: Ask("get", t(case, f"flags/{case.flag('complaint')}/clear"))),
    "waive_photo": flag_step("waive_photo", "physical_damage", REASON, page="waiver"),
    "record_sentiment": flag_step("sentiment", "social_media", {"sentiment": "neutral"}),
    "read_attempts": Act(api=lambda case: Ask("get", api(case, "attempts"))),
    "attach": Act(
        api=lambda case: Ask("post", api(case, "attachments"), {"file": new_file(), **NOTE}, status=201),
        page=lambda case: Ask("post", t(case, "note"), {"attachments": new_file(), **note(case)}, goes_to=t(case)),
    ),
    "allow_images": page("post", "/t/{case.ref}/images/", goes_to="/t/{case.ref}/"),
    "watch": page("post", "/t/{case.ref}/watch/", goes_to="/t/{case.ref}/"),
    "unwatch": page("post", "/t/{case.ref}/unwatch/", goes_to="/t/{case.ref}/"),
    "add_watcher": Act(
        page=lambda case: Ask("post", t(case, "watchers"), {"person": case.thing("colleague")}, goes_to=t(case))
    ),
    "outbox": reads("/outbox/", "/outbox/"),
    "undo_act": page("post", "/outbox/acts/00000000-0000-7000-8000-000000000000/undo/"),
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
    "keep_draft_file": Act(
        page=lambda case: Ask("post", f"/drafts/{case.ref}-note/files/", {"file": new_file()}, goes_to=t(case)),
    ),
    "remove_draft_file": Act(
        page=lambda case: Ask(
            "post", f"/drafts/{case.ref}-note/files/{case.thing('draft_file')}/remove/", {"body": "Half a sen"}
        ),
    ),
    "drafts": Act(api=lambda case: Ask("get", "/api/v1/drafts/")),
    "draft_one": Act(api=lambda case: Ask("get", f"/api/v1/drafts/{case.thing('draft')}/")),
    "edit_draft": Act(
        api=lambda case: Ask(
            "patch",
            f"/api/v1/drafts/{case.thing('draft')}/",
            {"body": "Half a line", "version": case.world.things["draft"].version},
        )
    ),
    "delete_draft": Act(api=lambda case: Ask("delete", f"/api/v1/drafts/{case.thing('draft')}/", status=204)),
    # Texts that are kept
    "texts": reads("/canned_responses/", "/texts/"),
    "templates": reads("/ticket_templates/"),
    "create_text": kept_text("responses", "personal"),
    "create_team_text": kept_text("responses", "team"),
    "create_text_for_all": kept_text("responses", "global"),
    "create_template": kept_text("templates", "personal"),
    "create_team_template": kept_text("templates", "team"),
    "see_new_text_form": page("get", "/texts/responses/new/"),
    "text_one": one("canned_responses", "text"),
    "text_filled": Act(
        api=lambda case: Ask("get", f"/api/v1/canned_responses/{case.thing('text')}/filled/?ticket={case.ref}")
    ),
    "template_one": one("ticket_templates", "template"),
    "see_text_form": Act(page=lambda case: Ask("get", f"/texts/responses/{case.thing('text')}/")),
    "edit_text": changed_text("responses", "text"),
    "edit_own_text": changed_text("responses", "own_text"),
    "edit_template": changed_text("templates", "template"),
    "delete_text": removed_text("responses", "text"),
    "delete_own_text": removed_text("responses", "own_text"),
    "delete_template": removed_text("templates", "template"),
    "see_signatures": Act(page=lambda case: Ask("get", f"/texts/signatures/{case.world.desk.pk}/")),
    "set_signatures": Act(
        page=lambda case: Ask(
            "post", f"/texts/signatures/{case.world.desk.pk}/", {"text_de": "Ihr Team", "text_": ""}, goes_to="/texts/"
        )
    ),
    "offered_texts": Act(page=lambda case: Ask("get", t(case, "texts/reply"))),
    "insert_text": Act(page=lambda case: Ask("post", t(case, "texts/note"), {"body": "See", "text": ""})),
    "offered_people": Act(page=lambda case: Ask("get", t(case, "people"))),
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
    "change_requester": step(
        "change_requester",
        {"requester": {"email": "eva@acme.example"}},
        page="requester",
        form={"email": "eva@acme.example", "confirmed": "1"},
    ),
    "see_requester_form": shown("requester"),
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
    # Open to everybody
    "health": page("get", "/healthz"),
    "readiness": page("get", "/readyz"),
    "metrics": page("get", "/metrics"),
    "manifest": page("get", "/manifest.webmanifest"),
    "service_worker": page("get", "/sw.js"),
    "offline": page("get", "/offline/"),
    "report_csp": Act(page=lambda case: Ask("post", "/csp-report/", {"csp-report": "{}"}, status=204)),
    "tell_as_microsoft": Act(page=lambda case: Ask("post", "/hooks/microsoft365/?validationToken=here")),
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
    "go_to_microsoft": page("post", "/login/microsoft/0190a1b2-0000-7000-8000-000000000000/"),
    "come_from_microsoft": page("get", "/login/microsoft/?code=x&state=y"),
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
    "see_false_image": page("get", "/remote-images/nonsense/"),
}
