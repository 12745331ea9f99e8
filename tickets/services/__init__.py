"""Every write to tickets: lock, check, change, record, publish. The modules group them by what they are about."""

from tickets.services.attachments import NewFile, store_files
from tickets.services.conversation import (
    add_note,
    allow_remote_images,
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
from tickets.services.drafts import discard_draft, keep_draft
from tickets.services.editing import change_team, edit_ticket, link_tickets, refuse_owner_change, unwatch, watch
from tickets.services.lifecycle import (
    auto_close_ticket,
    cancel_ticket,
    confirm_by_customer,
    confirm_ticket,
    reopen_by_customer,
    reopen_ticket,
    resolve_ticket,
    resume_ticket,
    wait_for_customer,
)
from tickets.services.merging import merge_ticket, unmerge_ticket
from tickets.services.moving import move_entry, undo_move
from tickets.services.ownership import accept_ticket, lapse_offer, offer_ticket, transfer_ownership, withdraw_offer
from tickets.services.participants import add_participants
from tickets.services.redaction import redact_entry
from tickets.services.scheduling import reschedule_message
from tickets.services.splitting import split_entry
from tickets.services.tasks import cancel_task, create_task, edit_task, finish_task, reopen_task, start_task
from tickets.services.timers import close_due_tickets, lapse_due_offers

__all__ = [
    "NewFile",
    "accept_ticket",
    "add_note",
    "add_participants",
    "allow_remote_images",
    "auto_close_ticket",
    "cancel_task",
    "cancel_ticket",
    "change_team",
    "close_due_tickets",
    "confirm_by_customer",
    "confirm_ticket",
    "create_task",
    "create_ticket",
    "create_ticket_for",
    "discard_draft",
    "edit_task",
    "edit_ticket",
    "finish_task",
    "keep_draft",
    "lapse_due_offers",
    "lapse_offer",
    "link_tickets",
    "merge_ticket",
    "move_entry",
    "note_delivery",
    "offer_ticket",
    "preview_reply",
    "queue_system_message",
    "record_automatic_message",
    "record_customer_message",
    "redact_entry",
    "refuse_owner_change",
    "release_due_messages",
    "release_message",
    "reopen_by_customer",
    "reopen_task",
    "reopen_ticket",
    "reply_to_customer",
    "reschedule_message",
    "resolve_ticket",
    "resume_ticket",
    "split_entry",
    "start_task",
    "store_files",
    "transfer_ownership",
    "undo_message",
    "undo_move",
    "unmerge_ticket",
    "unwatch",
    "wait_for_customer",
    "watch",
    "withdraw_offer",
]
