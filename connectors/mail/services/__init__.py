"""Every write of the mail connector: taking mail in, sending it, mailboxes and blocked senders."""

from connectors.mail.services.acknowledgement import acknowledge
from connectors.mail.services.brakes import lift_brake
from connectors.mail.services.cleaning import clean_again
from connectors.mail.services.copies import file_sent_copies
from connectors.mail.services.graph_notified import take_notifications
from connectors.mail.services.graph_sending import clean_drafts
from connectors.mail.services.graph_subscribing import keep_subscriptions
from connectors.mail.services.intake import process, process_due, receive, take_in
from connectors.mail.services.ledger import choose_envelope, move_mail, release_mail, retry_mail, undo_mail_move
from connectors.mail.services.mailboxes import add_mailbox, block_sender, change_mailbox, unblock_sender
from connectors.mail.services.polling import poll_mailboxes
from connectors.mail.services.reconciliation import reconcile, reconcile_due
from connectors.mail.services.sending import send_due_mail

__all__ = [
    "acknowledge",
    "add_mailbox",
    "block_sender",
    "change_mailbox",
    "choose_envelope",
    "clean_again",
    "clean_drafts",
    "file_sent_copies",
    "keep_subscriptions",
    "lift_brake",
    "move_mail",
    "poll_mailboxes",
    "process",
    "process_due",
    "receive",
    "reconcile",
    "reconcile_due",
    "release_mail",
    "retry_mail",
    "send_due_mail",
    "take_in",
    "take_notifications",
    "unblock_sender",
    "undo_mail_move",
]
