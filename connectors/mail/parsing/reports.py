"""Delivery reports and bounces: RFC 3464, and the many dialects that are not (email.md section 6)."""

import re
from dataclasses import dataclass, replace

from connectors.mail.parsing.addresses import message_id
from connectors.mail.parsing.datatypes import DEFAULT_LIMITS, DeliveryReport, RecipientOutcome
from connectors.mail.parsing.fields import Headers, split_headers
from connectors.mail.parsing.structure import MESSAGE_TYPES, Part

ADDRESS = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,128}@(?:[\w-]+\.)+[\w-]{2,63}|[\w.!#$%&'*+/=?^`{|}~-]{1,128}@[\w-]{2,63}"
)
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
STATUS_FIELD = re.compile(r"([245]\.\d{1,3}\.\d{1,3})")
UNITEXT = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
"""A character beyond ASCII in an address (RFC 6533 3)."""
HEADER_SIZE = 256 * 1024
TEXT_SIZE = 64 * 1024
MAX_OUTCOMES = 100
# Where the copy of the original mail begins in a plain-text bounce: what stands below is not the report's word.
ORIGINAL_BELOW = re.compile(
    r"^[ \t>]*(?:-{2,}[^\n]{0,40}(?:copy of (?:the|your) message|original message|returned message|unsent message|"
    r"below this line|message header|текст|копия|ursprüngliche)|message headers? follow|original message follows|"
    r"the (?:original|first \d+ lines?|header)[^\n]{0,60}(?:follows|below)|received: from|return-path:)",
    re.IGNORECASE | re.MULTILINE,
)
FAILED_LINE = re.compile(
    r"^[ \t*>]*<?(" + ADDRESS.pattern + r")>?(?:\s*[:(]|\s*\.\.\.|[ \t]*$|\s+-|\s+on\s)", re.MULTILINE
)
FAILED_PHRASE = re.compile(
    r"(?:delivered to|deliver(?:ing)? (?:your |the )?(?:mail|message)[^\n]{0,40} to|recipient|unknown user|"
    r"user unknown|"
    r"address(?:ed to)?|mailbox|empfänger|destinat\w+|destinatário)\W{0,6}<?(" + ADDRESS.pattern + ")",
    re.IGNORECASE,
)
# Where no line or phrase above names it: behind a label, a word of failure or a scheme.
LABELLED_RECIPIENT = re.compile(
    r"(?:^error-for|userid|unknown user|failed recipient|undeliverable\s+to|delivery failed[^\n@:]{0,30}|"
    r"(?:mailbox|user|quota)[^\n@:]{0,40}(?:full|exceed\w*|violation|unknown|disabled|unavailable)[^\n@:]{0,30}|"
    r"generated from|dda:smtp=|(?:rfc822|smtp)[;:=])[\s:<\"(]{0,12}(" + ADDRESS.pattern + ")",
    re.IGNORECASE | re.MULTILINE,
)
RETURNED_TO = re.compile(
    r"^[ \t>]*To:[^\n@]{0,200}?<?(" + ADDRESS.pattern + r")>?[ \t]*$", re.IGNORECASE | re.MULTILINE
)
KNOWN_ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
FAILURE = re.compile(
    r"undeliver|failed mail\b|(?:not a valid|invalid)(?: final delivery)? (?:user|recipient|mailbox|e-?mail|address)|"
    r"(?:not|n't|never) (?:be |been |able to |deliver)[^\n]{0,40}deliver|not be (?:sent|delivered)|"
    r"not delivered|"
    r"deliver\w* (?:has |was )?(?:failed|failure|problem|error|report|status|incomplete|unsuccessful|aborted|"
    r"was aborted)|"
    r"(?:fail\w*|unable|error|problem|impossible|aborted)[^\n]{0,30} (?:to )?deliver|failure notice|failed recipient|"
    r"returned (?:mail|to sender|message)|returning (?:mail|message)|mail (?:delivery )?(?:failure|failed|"
    r"system error)|"
    r"message (?:could not|couldn't|wasn't|was not|cannot|non-deliver)|non-?deliver|user unknown|"
    r"unknown (?:user|recipient|"
    r"address|mailbox)|no such (?:user|mailbox|address|recipient)|mailbox (?:is )?(?:full|unavailable|not found)|"
    r"(?:does not|doesn't) exist|recipient (?:address )?rejected|quota exceeded|over quota|"
    r"permanent(?:ly)? (?:fatal )?"
    r"(?:error|fail)|did not reach|address(?:es)? (?:failed|had)|could not be (?:sent|found)|"
    r"unzustellbar|nicht zugestellt|zustellung[^\n]{0,30}(?:fehlgeschlagen|nicht)|konnte nicht (?:zugestellt|"
    r"übermittelt)|"
    r"non remis|n'a pas pu [êe]tre|échec de la remise|non distribu|n'a pu être remis|"
    r"no se (?:pudo|ha podido) entregar|no se puede entregar|no entregado|devuelto al remitente|"
    r"non (?:è stato )?(?:possibile )?(?:recapita|consegna)|mancata consegna|"
    r"não (?:foi entregue|pôde ser)|falha na entrega|niet (?:worden )?(?:bezorgd|afgeleverd)|onbestelbaar|"
    r"nie (?:dostarczono|można dostarczyć)|niedostarczon|kunde inte levereras|kunne ikke leveres|"
    r"не (?:доставлен|может быть доставлен|удалось доставить)|недоставлен|не удалось|"
    r"niedostarczaln|dostarcz\w+ nie powiod|kan inte levereras|leverans\w* misslyck|kan ikke leveres|"
    r"levering\w* mislykk|"
    r"ei voi(?:tu)? toimittaa|nedoručiteľ|nedoručiteln|nepoda(?:řilo|rilo) (?:se )?doruč|kézbesíthetetlen|"
    r"kézbesítés\w* (?:nem sikerült|sikertelen)|(?:teslim edil|iletil)emedi|nu (?:a putut fi|poate fi) livrat|"
    r"imposibil de livrat|δεν (?:ήταν δυνατή|παραδόθηκε)|не вдалося доставити|неможливо доставити|"
    r"impossibile recapitare|"
    r"não foi possível entregar|לא ניתן למסור|تعذر (?:تسليم|إرسال)|配信不能|配信に失敗|配達不能|"
    r"배달되지 않|배달하지 못|전달되지 않|未送达|未能送达|投递失败|傳遞失敗|"
    r"配信できません|送信できません|届けられません|エラーメール|宛先不明|退信|无法(?:投递|送达)|無法(?:投遞|"
    r"傳遞|送達)|반송|配送失败",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"\bdelay(?:ed)?\b|still (?:being )?(?:trying|retried)|will (?:be retried|keep trying|continue)|"
    r"warning: (?:message|could)|"
    r"not (?:yet )?been delivered (?:yet|after)|do not need to resend|verzögert|retardé|temporarily",
    re.IGNORECASE,
)
# Who speaks for a mail system. `postmaster` and the like as local part, whatever the domain.
MAIL_SYSTEM = re.compile(
    r"^(?:mailer-?daemon|mail-?daemon|postmaster|mail\.?delivery[\w.-]*|maildelivery[\w.-]*|mdaemon|majordomo|"
    r"microsoftexchange[0-9a-f]+|symantec\w*|bounce[sd]?|bounce-notification|mail-system|mailsystem|"
    r"\w{0,20}smtp[_-](?:mail[_-])?(?:service|server|gateway)|exchange|arcserve|complaints|mailmaster|"
    r"delivery[\w.-]*)(?:\+[^@]*)?(?:@|$)",
    re.IGNORECASE,
)
MAIL_SYSTEM_NAME = re.compile(
    r"mail(?:er)? ?delivery|mailer-?daemon|mail daemon|postmaster|delivery (?:sub)?system|system administrator|"
    r"mail system|bounced mail|internet mail delivery|mail administrator|メール配信|почтовая служба",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the machine-readable parts say."""

    report: DeliveryReport
    actions: frozenset[str]


def read_report_parts(root: Part, headers: Headers) -> Findings:
    """Recipients, status codes and actions of every delivery-status part, and ids of the returned mail."""
    recipients: list[str] = []
    statuses: list[str] = []
    diagnostics: list[str] = []
    actions: set[str] = set()
    originals: list[str] = []
    senders: list[str] = []
    outcomes: list[RecipientOutcome] = []
    disposition = ""
    for part in root.leaves():
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            for block in _blocks(part.content):
                action = _action(block)
                if action:
                    actions.add(action)
                original = next(iter(_named(block, "original-recipient")), "").lower()
                outcomes += [
                    RecipientOutcome(found.lower(), action, _status(block), original) for found in _recipient(block)
                ]
                if action in ("", "failed") or "fail" in action:
                    recipients += _recipient(block)
                    statuses += STATUS_FIELD.findall(block.text("status"))
                    diagnostics += STATUS.findall(block.text("diagnostic-code"))
        elif part.content_type in ("message/disposition-notification", "message/global-disposition-notification"):
            for block in _blocks(part.content)[:1]:
                originals.append(message_id(block.get("original-message-id")))
                disposition = block.text("disposition").rpartition(";")[2].strip().split("/")[0]
                outcomes += [RecipientOutcome(found.lower(), "read", "") for found in _recipient(block)]
        elif part.content_type in (*MESSAGE_TYPES, "text/rfc822-headers", "message/global-headers"):
            returned, _ = split_headers(part.content.lstrip(b"\r\n"), 0, HEADER_SIZE, DEFAULT_LIMITS)
            originals.append(message_id(returned.get("message-id")))
            senders += ADDRESS.findall(returned.text("return-path"))
    for name in ("x-failed-recipients", "x-mailer-daemon-recipients"):
        recipients += ADDRESS.findall((headers.get(name) or b"").decode("utf-8", "replace"))
    report = DeliveryReport(
        recipients=_unique(recipients),
        statuses=_unique([*statuses, *diagnostics]),
        original_message_ids=_unique(originals),
        original_senders=_unique(senders),
        outcomes=tuple(outcomes[:MAX_OUTCOMES]),
        disposition=disposition,
    )
    return Findings(report, frozenset(actions))


def read_text_report(text: str, known: DeliveryReport, *, own: frozenset[str] = frozenset()) -> DeliveryReport:
    """What a bounce says in plain words, where its machine part said nothing.

    `own` are the addresses (lower case) between which the bounce itself travelled: never those that failed, unless it
    says so outright.
    """
    text = text[:TEXT_SIZE]
    below = ORIGINAL_BELOW.search(text)
    said = text[: below.start()] if below else text
    recipients = known.recipients or _failed_in_words(said, text[len(said) :], own)
    statuses = known.statuses or _unique(STATUS.findall(said))
    returned = re.findall(r"^[ \t>]*Message-ID:\s*(<[^<>\s]+>)", text[len(said) :], re.IGNORECASE | re.MULTILINE)
    originals = known.original_message_ids or _unique([message_id(item.encode()) for item in returned])
    return replace(known, recipients=recipients, statuses=statuses, original_message_ids=originals)


def _failed_in_words(said: str, returned: str, own: frozenset[str]) -> tuple[str, ...]:
    """Who did not get it: named as failed, else the recipient of what came back, else the only stranger spoken of."""
    for pattern in (FAILED_LINE, FAILED_PHRASE, LABELLED_RECIPIENT):
        if found := _unique(pattern.findall(said)):
            return found
    for part in (said, returned):
        if found := _unique(RETURNED_TO.findall(part)):
            return tuple(who for who in found if who not in own)[:1]
    houses = {who.rpartition("@")[2] for who in own}
    strangers = [who for who in _unique(ADDRESS.findall(said)) if who.rpartition("@")[2] not in houses]
    return tuple(strangers) if len(strangers) == 1 else ()


def is_mail_system(address: str, name: str) -> bool:
    return bool(MAIL_SYSTEM.match(address) or (MAIL_SYSTEM_NAME.search(name) and not address.count(" ")))


def _blocks(content: bytes) -> list[Headers]:
    """The field groups of a delivery-status part, divided by blank lines."""
    data = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    groups = [group for group in re.split(rb"\n[ \t]*\n", data) if group.strip()][:1000]
    return [split_headers(group.lstrip(b"\n"), 0, HEADER_SIZE, DEFAULT_LIMITS)[0] for group in groups]


def _action(block: Headers) -> str:
    """As RFC 3464 names it; words of a server's own ("error") count by the status code."""
    action = block.text("action").split(" ")[0].split("(")[0]
    if not action or action in KNOWN_ACTIONS or "fail" in action:
        return action
    return {"5": "failed", "4": "delayed", "2": "delivered"}.get(_status(block)[:1], action)


def _recipient(block: Headers) -> list[str]:
    """Where it was to go at last; a name inside the other's system tells nothing, then to whom it was sent."""
    final, original = _named(block, "final-recipient"), _named(block, "original-recipient")
    return original if original and not any("." in who.rpartition("@")[2] for who in final) else final


def _named(block: Headers, field: str) -> list[str]:
    """The address in one field."""
    value = (block.get(field) or b"").decode("utf-8", "replace").split(";", 1)[-1].strip().strip("<>")
    value = UNITEXT.sub(lambda found: chr(int(found[1], 16) % 0x110000), value)
    if found := ADDRESS.search(value):
        return [found[0]]
    return [value] if "@" in value else []


def _status(block: Headers) -> str:
    """By its own field, else as the other server's answer quotes it."""
    found = STATUS_FIELD.findall(block.text("status")) or STATUS.findall(block.text("diagnostic-code"))
    return str(found[0]) if found else ""


def _unique(items: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.strip().strip("<>").lower() if "@" in item else item for item in items if item))
