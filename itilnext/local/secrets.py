"""Secrets of a local run: made once, readable by their owner only."""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from itilnext.local.places import own_folder


def secret_key(home: Path) -> str:
    """Django's `SECRET_KEY` of the desk below `home`."""
    return kept_passwords(home / "secret_key.json", ["secret_key"])["secret_key"]


def kept_passwords(file: Path, names: Iterable[str]) -> dict[str, str]:
    """A password for each of `names`, the same at each call; of several first callers at once one wins."""
    if not file.exists():
        own_folder(file.parent)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump({name: secrets.token_urlsafe(48) for name in names}, stream)
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    content: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return content
