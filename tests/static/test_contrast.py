"""Contrast of the tokens in both themes, computed as WCAG 2.2 defines it: text 4.5:1, controls and focus 3:1."""

import re
from pathlib import Path

import pytest
from django.conf import settings

SHEET = (Path(settings.BASE_DIR) / "static" / "css" / "tokens.css").read_text("utf-8")
PAIR = re.compile(r"--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);")
TOKENS = {name: {"light": light, "dark": dark} for name, light, dark in PAIR.findall(SHEET)}
SURFACES = ("canvas", "surface", "sunken", "hover", "selected")
TINTS = ("ok", "warn", "danger", "info", "neutral", "reply", "note", "env")
TEXT_PAIRS = [
    *[(text, surface) for text in ("text", "muted", "accent") for surface in SURFACES],
    *[(text, f"{tint}-bg") for tint in TINTS for text in ("text", "muted", tint)],
    *[(tint, surface) for tint in TINTS for surface in ("canvas", "surface", "hover")],
    ("on-accent", "accent"), ("on-accent", "accent-strong"), ("on-accent", "reply"),
    ("note-bg", "note"), ("env-bg", "env"), ("canvas", "text"),
]  # fmt: skip
CONTROL_PAIRS = [(edge, surface) for edge in ("control", "accent") for surface in SURFACES]


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, theme: str) -> float:
    lighter, darker = sorted((luminance(TOKENS[name][theme]) for name in (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert (luminance("ffffff") + 0.05) / (luminance("000000") + 0.05) == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), TEXT_PAIRS)
def test_text_is_readable(text: str, surface: str, theme: str) -> None:
    assert contrast(text, surface, theme) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "surface"), CONTROL_PAIRS)
def test_controls_and_focus_stand_out(edge: str, surface: str, theme: str) -> None:
    assert contrast(edge, surface, theme) >= 3


def test_components_use_roles_and_no_raw_colours() -> None:
    folder = Path(settings.BASE_DIR) / "static" / "css"
    raw = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(")
    sheets = [folder / "base.css", folder / "layout.css", *(folder / "components").glob("*.css")]
    assert {path.name: raw.findall(path.read_text("utf-8")) for path in sheets} == {path.name: [] for path in sheets}
