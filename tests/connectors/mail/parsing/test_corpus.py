"""The development mails: every expectation but the named ones is met, within the time limit."""

import json
import time
from collections import Counter

import pytest

from connectors.mail.parsing import parse
from connectors.mail.parsing.output import as_json
from tests.connectors.mail.parsing.corpus import DEVELOPMENT_MAILS, MISSING, Answer, Case, cases, is_met

pytestmark = pytest.mark.skipif(not DEVELOPMENT_MAILS.is_dir(), reason=MISSING)

# Not met on purpose, each with its reason.
NOT_MET = {
    ("flanker/enclosed-global.eml", "attachments"): "an attached message/global is an attached message: listed",
    ("mimekit/messages__feedback-report.txt.eml", "attachments"): "a byte order mark hides the report from others;"
    " its returned mail is listed, as in every report",
}
EXPECTATIONS = {
    "is_bounce": 271, "is_auto_reply": 234, "subject": 219, "to": 218, "attachments": 213, "from": 204,
    "body_text_contains": 188, "message_id": 169, "from_name": 145, "reply_text_contains": 68,
    "reply_text_excludes": 56, "no_auto_response": 47, "in_reply_to": 22, "references": 21, "bounce_recipients": 13,
    "is_signed": 12, "bounce_status": 11, "is_encrypted": 10, "tnef_attachments": 4, "cc": 2, "calendar_method": 2,
    "single_line_headers": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def answers() -> list[tuple[Case, Answer, float]]:
    found = []
    for case in cases():
        raw = case.path.read_bytes()
        started = time.monotonic()
        answer = as_json(parse(raw))
        found.append((case, json.loads(json.dumps(answer)), time.monotonic() - started))
    return found


def test_every_expectation_is_met_save_the_named_ones(answers: list[tuple[Case, Answer, float]]) -> None:
    counted: Counter[str] = Counter()
    not_met = set()
    for case, answer, _ in answers:
        for field, wanted in case.expect.items():
            counted[field] += 1
            if not is_met(field, wanted, answer):
                not_met.add((case.name, field))
    assert counted == EXPECTATIONS
    assert not_met == set(NOT_MET)


def test_every_name_is_safe_and_every_text_can_be_stored(answers: list[tuple[Case, Answer, float]]) -> None:
    for case, answer, _ in answers:
        for file in answer["attachments"]:
            assert not set(file["filename"]) & set("/\\\r\n\t\0"), case.name
            assert 0 < len(file["filename"].encode()) <= 200, case.name
        for text in (answer["subject"], answer["body_text"], answer["reply_text"], answer["html_sanitised"]):
            assert "\0" not in text, case.name
            text.encode()


def test_sanitised_html_keeps_the_text_of_mails_that_have_nothing_else(
    answers: list[tuple[Case, Answer, float]],
) -> None:
    for case, answer, _ in answers:
        if "html-only" in case.classes and "body_text_contains" in case.expect:
            shown = as_json(parse(b"Content-Type: text/html; charset=utf-8\n\n" + answer["html_sanitised"].encode()))
            assert is_met("body_text_contains", case.expect["body_text_contains"], shown), case.name


def test_no_mail_comes_near_the_limit_of_twenty_seconds(answers: list[tuple[Case, Answer, float]]) -> None:
    assert max(seconds for _, _, seconds in answers) < 10
    assert sum(seconds for _, _, seconds in answers) < 30


def test_the_score_in_the_docs_is_the_score(answers: list[tuple[Case, Answer, float]]) -> None:
    """Write it anew with `python -m tests.connectors.mail.parsing.score`."""
    from tests.connectors.mail.parsing import score  # it reads the reasons above

    assert score.block([(case, answer) for case, answer, _ in answers]) in score.DOCS.read_text(encoding="utf-8")
