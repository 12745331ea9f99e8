"""Every write of the mail connector: taking mail in, sending it, mailboxes and blocked senders."""

from connectors.mail.services.acknowledgement import acknowledge
from connectors.mail.services.brakes import lift_brake
from connectors.mail.services.intake import poll_mailboxes, process, process_due, receive, take_in
from connectors.mail.services.ledger import release_mail, retry_mail
from connectors.mail.services.mailboxes import add_mailbox, block_sender, unblock_sender
from connectors.mail.services.sending import send_due_mail

__all__ = [
    "acknowledge",
    "add_mailbox",
    "block_sender",
    "lift_brake",
    "poll_mailboxes",
    "process",
    "process_due",
    "receive",
    "release_mail",
    "retry_mail",
    "send_due_mail",
    "take_in",
    "unblock_sender",
]
