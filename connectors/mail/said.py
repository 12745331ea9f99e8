"""A mail's words as the timeline takes them."""

from connectors.mail.forwards import Forward
from connectors.mail.parsing import Attachment, ParsedMail
from connectors.mail.people import FAILED_CHECK, has_failed_authentication
from tickets.models.timeline import ENCRYPTED, SIGNED
from tickets.services import NewFile
from tickets.services.creation import Message


def words_of(mail: ParsedMail) -> Message:
    return Message(
        body_text=mail.body_text,
        body_html=mail.html_sanitised,
        subject=mail.subject,
        email_message_id=mail.message_id,
        email_from=mail.from_.address if mail.from_ else "",
        email_to=[person.address for person in mail.to],
        email_cc=[person.address for person in mail.cc],
        in_reply_to=mail.in_reply_to,
        unverified=FAILED_CHECK if has_failed_authentication(mail) else "",
        is_signed=mail.is_signed_itself,
        is_encrypted=mail.is_encrypted,
        files=[_new_file(file) for file in mail.attachments],
    )


SANITISER = "sanitiser"
"""In the ledger's evidence: by which version of the sanitiser the mail's HTML was cleaned."""


def marks_of(mail: ParsedMail) -> dict[str, bool | int]:
    """What the ledger's evidence says of the mail itself; what does not apply is left out."""
    marks: dict[str, bool | int] = {SIGNED: mail.is_signed_itself, ENCRYPTED: mail.is_encrypted}
    marks[SANITISER] = mail.sanitiser_version if mail.html_sanitised else 0
    return {name: mark for name, mark in marks.items() if mark}


def forwarded_words(forward: Forward) -> Message:
    """The customer's words alone. Files of the forwarding mail may be the agent's, so they stay with it."""
    return Message(
        body_text=forward.text,
        body_html=forward.html,
        subject=forward.subject,
        email_message_id=forward.message_id,
        email_from=forward.sender.address,
        in_reply_to=forward.in_reply_to,
        is_signed=forward.is_signed,
        is_encrypted=forward.is_encrypted,
        files=[_new_file(file) for file in forward.attachments],
    )


def _new_file(file: Attachment) -> NewFile:
    return NewFile(
        file.filename,
        file.content,
        file.content_type,
        is_inline=file.inline,
        content_id=file.content_id,
        is_signature=file.is_signature,
    )
