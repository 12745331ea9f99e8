"""Codes of a second factor against the standard's own examples (RFC 6238, appendix B), and by property."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()
moments = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, seconds // 30) == code


@given(moments, st.integers(-5, 5))
def test_a_code_is_taken_one_step_around_and_no_further(at: datetime, steps: int) -> None:
    secret = totp.new_secret()
    step = totp.step_at(at) + steps
    found = totp.matching_step(secret, totp.code_at(secret, step), at=at, after=0)
    if abs(steps) <= 1:
        assert found is not None
    else:
        assert found in (None, *range(totp.step_at(at) - 1, totp.step_at(at) + 2))  # two steps may share a code


@given(moments, st.lists(st.integers(-2, 2), min_size=1, max_size=8))
def test_accepted_steps_only_ever_grow(at: datetime, tries: list[int]) -> None:
    """So no code is good twice, whatever is tried in which order."""
    last, taken = 0, []
    for number, offset in enumerate(tries):
        now = at + timedelta(seconds=5 * number)
        code = totp.code_at(SECRET, totp.step_at(now) + offset)
        step = totp.matching_step(SECRET, code, at=now, after=last)
        if step is not None:
            taken.append(step)
            last = step
    assert taken == sorted(set(taken))


def test_what_is_no_code_matches_nothing() -> None:
    now = datetime.now(UTC)
    for code in ("", "12345", "1234567", "abcdef", "１２３４５６", "ü" * 6):
        assert totp.matching_step(SECRET, code, at=now, after=0) is None


def test_the_qr_code_is_svg_without_inline_style() -> None:
    svg = totp.qr_code(totp.address_for_apps(SECRET, account="ann@desk.test"))
    assert svg.startswith("<svg")
    assert "viewBox=" in svg  # so that the page may show it in any size, whole
    assert "style=" not in svg
    assert "<script" not in svg
