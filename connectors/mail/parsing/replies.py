"""The new words of a reply: a view without quoted history and signature (email.md section 9).

A wrong cut must never lose words, so in doubt all is kept: answers between or below quotes, forwards, mails of which
nothing would be left. The whole text stays in `body_text`.
"""

import re
from dataclasses import dataclass

from connectors.mail.parsing.htmltext import CUT_LINE
from connectors.mail.parsing.quotemarks import (
    ANSWER_ABOVE,
    ANY_ATTRIBUTION,
    ANY_START,
    ATTRIBUTIONS,
    FORWARD,
    HAS_DATE_OR_ADDRESS,
    INVISIBLE_MARKS,
    LABEL_LINE,
    LIST_FOOTER,
    NAMED_RULE,
    ROLE_OF,
    RULE,
    SENT_FROM,
    SEPARATOR,
    SIGNATURE_MARK,
    STARTS_ATTRIBUTION,
)

MAX_WRAPPED_LINES = 4
MAX_ATTRIBUTION = 500
MAX_LINES = 3_000
MAX_EFFORT = 8_000_000
"""Square characters of lines that begin like an attribution and are none: beyond it no more are tried."""
BLOCK_LINES = 14
HEADER_ROLES = {"from", "sent", "to", "subject"}
LONG_LINE = 55
MAX_SIGNATURE_LINES = 12
QUOTED = re.compile(r"^\s{0,3}(?:[>＞]|\|(?=\s|$)|»)")
SHARED_LINE = re.compile(
    r"^(\s*\S.{0,300}?\S?)(?:\s|-{2,}\s?)"
    r"((?:On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|\d)|Am \d|Op \d|Il \d|Le (?:\d|lun|mar|mer|jeu|ven|sam|dim)|"
    r"El (?:\d|lun|mar|mi[eé]|jue|vie|s[aá]b|dom))[^\n]{4,200}[:：])\s*$"
)
# An attribution may itself stand inside the quote ("> On Monday Bob wrote:").
QUOTE_PREFIX = re.compile(r"^[\s>|]{1,40}")


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The new text, and whether anything but a signature was taken away."""

    text: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    """Lines `start` to `end` announce earlier mail. `is_strong`: what follows is earlier mail without `>` too."""

    start: int
    end: int
    is_strong: bool


def trimmed_reply(text: str, *, is_reply: bool, limit: int) -> Trimmed:
    """The reply in `text`; `is_reply` says whether there is any sign of an earlier mail, `limit` how far to look."""
    head, tail = _capped(text, limit)
    lines = _on_own_lines(head.split("\n"))
    cut = _cut_at(lines, is_reply=is_reply)
    if cut is None:
        return Trimmed(_without_signature(lines, tail), is_cut=False)
    kept = lines[:cut]
    if not any(line.strip() for line in kept):
        return Trimmed(text.replace(CUT_LINE, "").strip(), is_cut=False)
    return Trimmed(_without_signature(kept, ""), is_cut=True)


def _on_own_lines(lines: list[str]) -> list[str]:
    """An attribution that follows the writer's words in one line gets its own: `Thanks On Mon, 2 May Bob wrote:`."""
    out: list[str] = []
    for index, line in enumerate(lines):
        following = next((other for other in lines[index + 1 : index + 3] if other.strip()), "")
        if QUOTED.match(following) and not QUOTED.match(line) and (found := SHARED_LINE.match(line)):
            out += [found[1], found[2]]
        else:
            out.append(line)
    return out


def _capped(text: str, limit: int) -> tuple[str, str]:
    head = text[:limit]
    if len(head) < len(text):
        head = head[: head.rfind("\n") + 1] or head
    lines = head.split("\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        head = "\n".join(lines[:MAX_LINES])
    return head, text[len(head) :]


def _cut_at(lines: list[str], *, is_reply: bool) -> int | None:
    """Index of the first line of earlier mail that reaches to the end; None if nothing is to be cut."""
    quoted = _quoted_lines(lines)
    effort = 0
    for index, line in enumerate(lines):
        if line == CUT_LINE or ANSWER_ABOVE.search(line):
            return _above(lines, index)
        if FORWARD.match(line):
            return None if not quoted[index] else _trailing_quote(lines, quoted, index)
        mark = _mark_at(lines, index, quoted, is_reply=is_reply, is_thorough=effort < MAX_EFFORT)
        if mark is None:
            if STARTS_ATTRIBUTION.match(line.lstrip()[:MAX_ATTRIBUTION]):
                effort += min(sum(map(len, lines[index : index + MAX_WRAPPED_LINES])), MAX_ATTRIBUTION) ** 2
            continue
        if _is_followed_by_quote(lines, quoted, mark.end):
            if _has_answer_below(lines, quoted, mark.end):
                return None
            return _above(lines, mark.start)
        if mark.is_strong:
            return _above(lines, mark.start)
    return _trailing_quote(lines, quoted, len(lines)) if is_reply else None


def _above(lines: list[str], index: int) -> int:
    """Rules and blank lines before a mark belong to it."""
    while index and (not lines[index - 1].strip() or RULE.match(lines[index - 1]) or lines[index - 1] == CUT_LINE):
        index -= 1
    return index


def _mark_at(
    lines: list[str], index: int, quoted: list[bool], *, is_reply: bool, is_thorough: bool = True
) -> _Mark | None:
    line = lines[index]
    if not line.strip():
        return None
    if SEPARATOR.match(line):
        return _Mark(index, index + 1, is_strong=True)
    if (end := _header_block_end(lines, index)) is not None:
        return _Mark(index, end, is_strong=True)
    return _attribution_at(lines, index, quoted, is_reply=is_reply) if is_thorough else None


def _attribution_at(lines: list[str], index: int, quoted: list[bool], *, is_reply: bool) -> _Mark | None:
    """`On ... wrote:` over one to four lines."""
    first = QUOTE_PREFIX.sub("", lines[index]) if quoted[index] else lines[index].strip()
    first = INVISIBLE_MARKS.sub("", first)
    if NAMED_RULE.match(first):
        return _Mark(index, index + 1, is_strong=is_reply)
    if not STARTS_ATTRIBUTION.match(first) and not (is_reply and ANY_START.match(first)):
        return None
    joined = ""
    for end in range(index, min(index + MAX_WRAPPED_LINES, len(lines))):
        piece = INVISIBLE_MARKS.sub("", QUOTE_PREFIX.sub("", lines[end])).strip()
        if not piece or (end > index and quoted[end] != quoted[index]):
            return None
        joined = f"{joined} {piece}".strip()
        if len(joined) > MAX_ATTRIBUTION:
            return None
        if HAS_DATE_OR_ADDRESS.search(joined) and any(pattern.match(joined) for pattern in ATTRIBUTIONS):
            return _Mark(index, end + 1, is_strong=is_reply or joined.rstrip(" *").endswith((":", "：")))
        if is_reply and ANY_ATTRIBUTION.match(joined):
            return _Mark(index, end + 1, is_strong=True)
    return None


def _header_block_end(lines: list[str], index: int) -> int | None:
    """`From: / Sent: / To: / Subject:` in any of many languages; wrapped values and one blank line are tolerated."""
    first = _role(lines[index])
    if first not in HEADER_ROLES:
        return None
    roles = {first}
    blanks = 0
    end = index + 1
    for position in range(index + 1, min(index + BLOCK_LINES, len(lines))):
        line = lines[position]
        role = _role(line)
        if role:
            roles.add(role)
            end = position + 1
            blanks = 0
        elif not line.strip(" >|\t"):
            blanks += 1
            if blanks > 1 or len(roles) > 2:
                break
        elif blanks:
            break
    # Where another label stands first, it may be a form that the writer filled in: all four then.
    enough = roles >= HEADER_ROLES if first != "from" else len(roles & {"sent", "to", "subject"}) >= 2
    return end if enough else None


def _role(line: str) -> str:
    found = LABEL_LINE.match(line)
    return ROLE_OF.get(found[1].strip().lower(), "") if found else ""


def _quoted_lines(lines: list[str]) -> list[bool]:
    """Which lines are quoted, those included that lost their mark when a mailer wrapped the line above."""
    quoted = [bool(QUOTED.match(line)) for line in lines]
    for index in range(1, len(lines) - 1):
        if (
            not quoted[index]
            and lines[index].strip()
            and quoted[index - 1]
            and len(lines[index - 1]) >= LONG_LINE
            and not lines[index - 1].rstrip().endswith((".", "?", "!", ":"))
            and quoted[index + 1]
        ):
            quoted[index] = True
    return quoted


def _is_followed_by_quote(lines: list[str], quoted: list[bool], start: int) -> bool:
    return next((quoted[index] for index in range(start, len(lines)) if lines[index].strip()), False)


def _has_answer_below(lines: list[str], quoted: list[bool], start: int) -> bool:
    """Is there text of the writer's own, other than a signature or a footer, after a quote has begun?"""
    below: list[str] = []
    for index in range(start, len(lines)):
        if quoted[index]:
            if any(line.strip() for line in below):
                if not _is_footer(below):
                    return True
                below = []
        else:
            below.append(lines[index])
    return not _is_footer(below)


def _is_footer(lines: list[str]) -> bool:
    """Nothing, a signature, a line of a phone, the footer of a list."""
    content = [line for line in lines if line.strip()]
    if not content:
        return True
    if SIGNATURE_MARK.match(content[0].rstrip("\r")) or SIGNATURE_MARK.match(content[0].strip()):
        return len(content) <= MAX_SIGNATURE_LINES
    if RULE.match(content[0]) and LIST_FOOTER.search("\n".join(content)):
        return True
    if all(SENT_FROM.match(line) for line in content):
        return True
    if _mark_at(lines, lines.index(content[0]), [False] * len(lines), is_reply=True) is not None:
        return True  # a further quote begins
    return len(content) <= MAX_SIGNATURE_LINES and bool(LIST_FOOTER.search("\n".join(content)))


def _trailing_quote(lines: list[str], quoted: list[bool], end: int) -> int | None:
    """A block of quoted lines at the very end, under text of the writer's own, without any introduction."""
    first = next((index for index in range(len(lines)) if quoted[index]), None)
    if first is None or first >= end or _has_answer_below(lines, quoted, first):
        return None
    return _above(lines, first) if any(line.strip() for line in lines[:first]) else None


def _without_signature(lines: list[str], tail: str) -> str:
    """The text without its signature, if the signature is plain; never without all of its words."""
    kept = lines
    if not tail:
        kept = _before_signature_mark(lines)
        while kept and (not kept[-1].strip() or SENT_FROM.match(kept[-1])):
            kept = kept[:-1]
        if not any(line.strip() for line in kept):
            kept = lines
    return ("\n".join(kept) + tail).replace(CUT_LINE, "").strip()


def _before_signature_mark(lines: list[str]) -> list[str]:
    for index in range(len(lines) - 1, max(-1, len(lines) - 2 - 2 * MAX_SIGNATURE_LINES), -1):
        if SIGNATURE_MARK.match(lines[index]) or lines[index].rstrip() == "--":
            below = [line for line in lines[index + 1 :] if line.strip()]
            if len(below) <= MAX_SIGNATURE_LINES and all(len(line) < 200 for line in below):
                return lines[:index]
    return lines
