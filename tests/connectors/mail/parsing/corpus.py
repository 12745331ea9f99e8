"""The development mails (a private corpus beside the project, never part of it) and the rules of comparing them."""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

DEVELOPMENT_MAILS = Path(__file__).parents[5] / "shared" / "mail" / "dev"
MISSING = f"no development mails in {DEVELOPMENT_MAILS.parent.name}/{DEVELOPMENT_MAILS.name} beside the project"
Answer = dict[str, Any]  # parsed JSON


@dataclass(frozen=True)
class Case:
    name: str
    path: Path
    classes: frozenset[str]
    expect: Answer


def cases() -> Iterator[Case]:
    for listing in sorted(DEVELOPMENT_MAILS.glob("*/expected.json")):
        for name, entry in json.loads(listing.read_text())["files"].items():
            path = listing.parent / name
            yield Case(f"{listing.parent.name}/{name}", path, frozenset(entry["classes"]), entry["expect"])


def is_met(field: str, wanted: Any, answer: Answer) -> bool:  # Any: whatever JSON holds
    compare = COMPARISONS.get(field)
    return compare(wanted, answer) if compare else bool(answer.get(field) == wanted)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _collapsed(text: str | None) -> str:
    return " ".join((text or "").split())


def _subject(wanted: str, answer: Answer) -> bool:
    placeholder = not wanted and re.fullmatch(r"[\[(].*[\])]", answer["subject"] or "[]") is not None
    return _collapsed(answer["subject"]) == _collapsed(wanted) or placeholder


def _from(wanted: str | None, answer: Answer) -> bool:
    return bool((answer["from"] or {"address": ""})["address"].lower() == (wanted or "").lower())


def _people(field: str) -> Callable[[list[str], Answer], bool]:
    return lambda wanted, answer: {who["address"].lower() for who in answer[field]} == {who.lower() for who in wanted}


def _contains(field: str) -> Callable[[list[str], Answer], bool]:
    return lambda wanted, answer: all(_squeezed(piece) in _squeezed(answer[field]) for piece in wanted)


def _excludes(wanted: list[str], answer: Answer) -> bool:
    return all(_squeezed(piece) not in _squeezed(answer["reply_text"]) for piece in wanted)


def name_key(name: str | None) -> str:
    return "".join(char for char in os.path.basename(name or "") if char.isalnum() or char == ".")  # noqa: PTH119


def _attachments(wanted: list[Answer], answer: Answer) -> bool:
    """Each expected file is there. Files with the same bytes share one sha256 and so are compared as a group."""
    if not wanted:
        return all(file["inline"] for file in answer["attachments"])
    digests = [file.get("sha256") for file in wanted]
    for file in wanted:
        same = [found for found in answer["attachments"] if file.get("sha256", found["sha256"]) == found["sha256"]]
        if "sha256" in file and len(same) < digests.count(file["sha256"]):
            return False
        checks = _checks(file)
        if "sha256" in file and digests.count(file["sha256"]) > 1:
            if not all(any(check(found) for found in same) for check in checks):
                return False
        elif not any(all(check(found) for check in checks) for found in same):
            return False
    return True


def _checks(file: Answer) -> list[Callable[[Answer], bool]]:
    checks: list[Callable[[Answer], bool]] = []
    if file.get("filename"):
        checks.append(lambda found: name_key(found["filename"]) == name_key(file["filename"]))
    present = [key for key in ("content_type", "size", "content_id") if file.get(key)]
    checks += [partial(_same, file, key) for key in present]
    if "size_about" in file:
        checks.append(lambda found: abs(found["size"] - file["size_about"]) <= 0.05 * max(file["size_about"], 20))
    if file.get("inline"):
        checks.append(lambda found: bool(found["inline"]))
    return checks


def _same(file: Answer, key: str, found: Answer) -> bool:
    return bool(found[key] == file[key])


def _tnef(wanted: list[str], answer: Answer) -> bool:
    return {name_key(name) for name in wanted} <= {name_key(file["filename"]) for file in answer["attachments"]}


COMPARISONS: dict[str, Callable[[Any, Answer], bool]] = {
    "subject": _subject,
    "from": _from,
    "from_name": lambda wanted, answer: _collapsed((answer["from"] or {}).get("name")) == _collapsed(wanted),
    "to": _people("to"),
    "cc": _people("cc"),
    "body_text_contains": _contains("body_text"),
    "reply_text_contains": _contains("reply_text"),
    "reply_text_excludes": _excludes,
    "attachments": _attachments,
    "tnef_attachments": _tnef,
    "bounce_recipients": lambda wanted, answer: {who.lower() for who in wanted} <= set(answer["bounce_recipients"]),
    "bounce_status": lambda wanted, answer: bool(set(wanted) & set(answer["bounce_status"])),
    "single_line_headers": lambda wanted, answer: not re.search(r"[\r\n]", answer["subject"]),
}
