"""Every write to tickets: lock, check, change, record, publish. The modules group them by what they are about."""

from tickets.services._common import lock as lock_ticket
from tickets.services.asides import drop_held_asides, hold_aside, undo_aside
from tickets.services.attachments import NewFile, store_files
from tickets.services.attempts import mark_attempt
from tickets.services.boards import delete_board, edit_board, save_board
from tickets.services.bulk import act_on_many, undo_many
from tickets.services.bulk_jobs import ask_many, forget_unconfirmed_acts, run_bulk_acts, start_many, stop_many
from tickets.services.calibration import (
    close_calibration,
    generate_calibration,
    generate_due_calibrations,
    review_item,
)
from tickets.services.cleaning import replace_html
from tickets.services.colleagues import (
    Reader,
    end_wait_for_colleagues,
    forget_former_readers,
    set_readers,
    tell_of_help,
    wait_for_colleagues,
    write_aside,
)
from tickets.services.contacting import log_contact
from tickets.services.conversation import (
    add_note,
    preview_reply,
    queue_system_message,
    record_automatic_message,
    record_customer_message,
    release_due_messages,
    release_message,
    reply_to_customer,
    undo_message,
)
from tickets.services.creation import create_ticket, create_ticket_for
from tickets.services.delivery import note_delivery
from tickets.services.draft_files import keep_draft_files, remove_draft_file
from tickets.services.drafts import discard_draft, keep_above, keep_draft
from tickets.services.editing import (
    add_watcher,
    allow_remote_images,
    change_team,
    edit_ticket,
    link_tickets,
    refuse_owner_change,
    unwatch,
    watch,
)
from tickets.services.flags import (
    add_flag,
    carry_flags,
    clear_flag,
    drop_scheduled_of_legal_case,
    flag_automatically,
    flag_open_tickets_of_vips,
    flag_repeat_contact,
    record_sentiment,
    waive_photo,
    watch_as_manager,
)
from tickets.services.lifecycle import (
    auto_close_ticket,
    cancel_ticket,
    confirm_by_customer,
    confirm_ticket,
    refuse_status,
    reopen_by_customer,
    reopen_ticket,
    resolve_ticket,
    resume_ticket,
    wait_for_customer,
)
from tickets.services.limits import Limit, set_wip_limits
from tickets.services.lines import tell_inside
from tickets.services.merging import merge_ticket, unmerge_ticket
from tickets.services.moving import move_entry, undo_move
from tickets.services.ownership import accept_ticket, lapse_offer, offer_ticket, transfer_ownership, withdraw_offer
from tickets.services.participants import add_participants
from tickets.services.promises import Line, promise_resolution, tell_of_many, tell_of_promise
from tickets.services.redaction import redact_entry
from tickets.services.reminding import Asked, ask_customer_again
from tickets.services.requester import change_requester, follow_address
from tickets.services.resolutions import (
    approve_resolution,
    create_resolution,
    reject_resolution,
    remind_of_approval,
    remind_of_approvals,
    withdraw_of_ended,
    withdraw_resolution,
)
from tickets.services.scanning import scan_due_files
from tickets.services.scheduling import reschedule_message
from tickets.services.splitting import split_entry
from tickets.services.tasks import (
    cancel_task,
    create_hidden_task,
    create_task,
    edit_task,
    end_hidden_tasks,
    finish_task,
    reopen_task,
    start_task,
)
from tickets.services.texts import (
    create_canned_response,
    create_ticket_template,
    delete_canned_response,
    delete_ticket_template,
    edit_canned_response,
    edit_ticket_template,
    set_team_signature,
)
from tickets.services.timers import close_due_tickets, lapse_due_offers
from tickets.services.views import delete_view, edit_view, save_view

__all__ = [
    "Asked",
    "Limit",
    "Line",
    "NewFile",
    "Reader",
    "accept_ticket",
    "act_on_many",
    "add_flag",
    "add_note",
    "add_participants",
    "add_watcher",
    "allow_remote_images",
    "approve_resolution",
    "ask_customer_again",
    "ask_many",
    "auto_close_ticket",
    "cancel_task",
    "cancel_ticket",
    "carry_flags",
    "change_requester",
    "change_team",
    "clear_flag",
    "close_calibration",
    "close_due_tickets",
    "confirm_by_customer",
    "confirm_ticket",
    "create_canned_response",
    "create_hidden_task",
    "create_resolution",
    "create_task",
    "create_ticket",
    "create_ticket_for",
    "create_ticket_template",
    "delete_board",
    "delete_canned_response",
    "delete_ticket_template",
    "delete_view",
    "discard_draft",
    "drop_held_asides",
    "drop_scheduled_of_legal_case",
    "edit_board",
    "edit_canned_response",
    "edit_task",
    "edit_ticket",
    "edit_ticket_template",
    "edit_view",
    "end_hidden_tasks",
    "end_wait_for_colleagues",
    "finish_task",
    "flag_automatically",
    "flag_open_tickets_of_vips",
    "flag_repeat_contact",
    "follow_address",
    "forget_former_readers",
    "forget_unconfirmed_acts",
    "generate_calibration",
    "generate_due_calibrations",
    "hold_aside",
    "keep_above",
    "keep_draft",
    "keep_draft_files",
    "lapse_due_offers",
    "lapse_offer",
    "link_tickets",
    "lock_ticket",
    "log_contact",
    "mark_attempt",
    "merge_ticket",
    "move_entry",
    "note_delivery",
    "offer_ticket",
    "preview_reply",
    "promise_resolution",
    "queue_system_message",
    "record_automatic_message",
    "record_customer_message",
    "record_sentiment",
    "redact_entry",
    "refuse_owner_change",
    "refuse_status",
    "reject_resolution",
    "release_due_messages",
    "release_message",
    "remind_of_approval",
    "remind_of_approvals",
    "remove_draft_file",
    "reopen_by_customer",
    "reopen_task",
    "reopen_ticket",
    "replace_html",
    "reply_to_customer",
    "reschedule_message",
    "resolve_ticket",
    "resume_ticket",
    "review_item",
    "run_bulk_acts",
    "save_board",
    "save_view",
    "scan_due_files",
    "set_readers",
    "set_team_signature",
    "set_wip_limits",
    "split_entry",
    "start_many",
    "start_task",
    "stop_many",
    "store_files",
    "tell_inside",
    "tell_of_help",
    "tell_of_many",
    "tell_of_promise",
    "transfer_ownership",
    "undo_aside",
    "undo_many",
    "undo_message",
    "undo_move",
    "unmerge_ticket",
    "unwatch",
    "wait_for_colleagues",
    "wait_for_customer",
    "waive_photo",
    "watch",
    "watch_as_manager",
    "withdraw_of_ended",
    "withdraw_offer",
    "withdraw_resolution",
    "write_aside",
]
