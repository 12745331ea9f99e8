"""The original sender of a forwarded mail, for agents who forward what customers sent them (email.md section 4)."""

import re

from connectors.mail.parsing.addresses import first_address
from connectors.mail.parsing.datatypes import DEFAULT_LIMITS, Address
from connectors.mail.parsing.fields import split_headers
from connectors.mail.parsing.quotemarks import FORWARD, LABEL_LINE, ROLE_OF
from connectors.mail.parsing.structure import MESSAGE_TYPES, Part

SEARCHED_LINES = 200
LINES_BELOW_MARK = 8
HEADER_SIZE = 256 * 1024


def forwarded_sender(text: str, root: Part) -> Address | None:
    """Who wrote the mail that this one forwards: by its text, else by an attached message; None if it forwards none."""
    lines = text.split("\n", SEARCHED_LINES)[:SEARCHED_LINES]
    for index, line in enumerate(lines):
        if FORWARD.match(line):
            return _sender_in(lines[index + 1 : index + 1 + LINES_BELOW_MARK])
        if line.strip() and (found := _sender_in([line])) and _is_header_block(lines[index : index + LINES_BELOW_MARK]):
            return found
    attached = [part for part in root.leaves() if part.content_type in MESSAGE_TYPES]
    if len(attached) != 1:
        return None
    content = attached[0].content.lstrip(b"\r\n")
    headers, _ = split_headers(content, 0, min(len(content), HEADER_SIZE), DEFAULT_LIMITS)
    return first_address(headers.get("from"))


def _sender_in(lines: list[str]) -> Address | None:
    for line in lines:
        label = LABEL_LINE.match(line)
        if label and ROLE_OF.get(label[1].strip().lower()) == "from":
            value = re.split(r"[:：]", line, maxsplit=1)[1].strip(" *")
            value = re.sub(r"\[mailto:([^\]\s]+)\]", r"<\1>", value).replace("<mailto:", "<")
            found = first_address(value.encode("utf-8", "replace"))
            return found if found and found.address else None
    return None


def _is_header_block(lines: list[str]) -> bool:
    labels = (LABEL_LINE.match(line) for line in lines)
    roles = {ROLE_OF.get(label[1].strip().lower(), "") for label in labels if label}
    return len(roles & {"sent", "to", "subject"}) >= 2
