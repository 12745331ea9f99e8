"""Join the style sheets of static/css/ into the one file that is served."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

LAYERS = ("tokens", "base", "layout", "components", "print")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
BLANK_LINES = re.compile(r"\n\s*\n+")


def sources(folder: Path, layer: str) -> list[Path]:
    single = folder / f"{layer}.css"
    return [single] if single.exists() else sorted((folder / layer).glob("*.css"))


def joined(folder: Path) -> str:
    """Return the sheets of `folder` in the order of LAYERS, each layer a file or a folder, without comments."""
    parts = ["/* Made by `manage.py join_css` from the files beside it. */", f"@layer {', '.join(LAYERS)};"]
    for layer in LAYERS:
        text = "\n".join(COMMENT.sub("", path.read_text("utf-8")) for path in sources(folder, layer))
        body = BLANK_LINES.sub("\n", text).strip()
        parts.append(f"@layer {layer} {{\n{body}\n}}")
    return "\n".join(parts) + "\n"


class Command(BaseCommand):
    help = "Join the style sheets of static/css/ into static/css/app.css."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when app.css is out of date")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "static" / "css"
        target = folder / "app.css"
        text = joined(folder)
        if check:
            if not target.exists() or target.read_text("utf-8") != text:
                raise CommandError("static/css/app.css is out of date: run manage.py join_css")
            return
        target.write_text(text, "utf-8")
        self.stdout.write(f"app.css: {len(text.encode())} bytes")
