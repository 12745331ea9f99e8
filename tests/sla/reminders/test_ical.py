"""What a calendar program reads (RFC 5545), read back by the rules of the text alone."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sla.reminders.ical import Event, calendar

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WORDS = st.text(alphabet=st.characters(codec="utf-8"), max_size=300)


def event(summary: str) -> Event:
    return Event(uid="1@desk", at=AT, summary=summary, changed_at=AT, sequence=3)


def unfolded(raw: bytes) -> list[str]:
    text = raw.decode()
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def unescaped(value: str) -> str:
    found, signs = "", iter(value)
    for sign in signs:
        found += {"n": "\n"}.get(follower := next(signs), follower) if sign == "\\" else sign
    return found


def test_an_event_says_when_what_and_that_it_blocks_no_time() -> None:
    lines = unfolded(calendar("Reminders", [event("INC-2026-000001 Call; back, soon")]))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "DTSTART:20260302T090000Z" in lines
    assert "SUMMARY:INC-2026-000001 Call\\; back\\, soon" in lines
    assert {"UID:1@desk", "SEQUENCE:3", "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "TRIGGER:PT0S"} <= set(lines)


@given(WORDS)
def test_any_words_come_back_and_no_line_is_too_long_or_begun_by_them(words: str) -> None:
    raw = calendar("Reminders", [event(words)])
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    raw.decode()
    names = [line.partition(":")[0].partition(";")[0] for line in unfolded(raw)]
    assert names == [line.partition(":")[0].partition(";")[0] for line in unfolded(calendar("Reminders", [event("x")]))]
    [summary] = [line for line in unfolded(raw) if line.startswith("SUMMARY:")]
    plain = "".join(sign for sign in words if sign >= " " or sign in "\n\t")
    assert unescaped(summary.removeprefix("SUMMARY:")) == plain
