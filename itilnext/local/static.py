"""Static files are gathered again only when they, or an installed package, have changed."""

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from itilnext.local.errors import LocalServerError
from itilnext.local.locks import FileLock
from itilnext.local.places import own_folder
from itilnext.local.servers import PROJECT


def collect_if_changed(target: Path, environment: Mapping[str, str]) -> bool:
    """Bring `target` up to date and tell whether there was anything to do; callers wait for each other."""
    own_folder(target, 0o755)
    lock = FileLock(target.with_name(f"{target.name}.lock"))
    lock.hold()
    try:
        stamp = target.with_name(f"{target.name}.stamp")
        fingerprint = _fingerprint()
        if stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint:
            return False
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"]
        variables = {**environment, "ITILNEXT_STATIC_ROOT": str(target)}
        done = subprocess.run(  # noqa: S603
            command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False, start_new_session=True
        )
        if done.returncode != 0:
            raise LocalServerError(f"The static files could not be gathered: {done.stderr.strip()[-2000:]}")
        stamp.write_text(fingerprint, encoding="ascii")
        return True
    finally:
        lock.close()


def _fingerprint() -> str:
    facts = [f"{path}:{path.stat().st_mtime_ns}" for path in sorted((PROJECT / "static").rglob("*")) if path.is_file()]
    facts += sorted(f"{package.name}={package.version}" for package in distributions())
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
