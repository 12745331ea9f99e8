"""A parsed mail as JSON: the keys that `manage.py parse_mail` promises (interfaces.md section 1), and more."""

from connectors.mail.parsing.datatypes import Address, Attachment, ParsedMail


def as_json(mail: ParsedMail) -> dict[str, object]:
    """Plain values for `json.dumps`; contents of attachments are left out."""
    return {
        "subject": mail.subject,
        "from": _address(mail.from_),
        "to": _addresses(mail.to),
        "cc": _addresses(mail.cc),
        "reply_to": _addresses(mail.reply_to),
        "sender": _address(mail.sender),
        "return_path": mail.return_path,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "date": mail.date.isoformat() if mail.date else None,
        "auto_submitted": mail.auto_submitted,
        "kind": str(mail.kind),
        "is_auto_reply": mail.is_auto_reply,
        "no_auto_response": mail.no_auto_response,
        "reasons": list(mail.reasons),
        "is_bounce": mail.is_bounce,
        "bounce_recipients": list(mail.delivery.recipients) if mail.is_bounce else [],
        "bounce_status": list(mail.delivery.statuses) if mail.is_bounce else [],
        "is_signed": mail.is_signed,
        "is_encrypted": mail.is_encrypted,
        "calendar_method": mail.calendar_method or None,
        "body_text": mail.body_text,
        "reply_text": mail.reply_text,
        "html_sanitised": mail.html_sanitised,
        "attachments": [_attachment(file) for file in mail.attachments],
        "content_hash": mail.content_hash,
        "defects": list(mail.defects),
        "over_limit": mail.over_limit or None,
    }


def _address(address: Address | None) -> dict[str, str] | None:
    return {"name": address.name, "address": address.address} if address else None


def _addresses(addresses: tuple[Address, ...]) -> list[dict[str, str]]:
    return [{"name": address.name, "address": address.address} for address in addresses]


def _attachment(file: Attachment) -> dict[str, object]:
    return {
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "inline": file.inline,
        "content_id": file.content_id,
    }
