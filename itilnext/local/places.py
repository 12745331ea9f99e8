"""Where PostgreSQL keeps its files and who it runs as.

It refuses to run as root. Started by root it runs as an unprivileged account that exists, which must reach both the
programs and the data. If a folder above them is closed to it, they are kept in a folder of our own outside; permissions
of folders that we did not create are never changed (ruling 32).
"""

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from itilnext.local.binaries import Postgres
from itilnext.local.errors import LocalServerError

ACCOUNTS = ("postgres", "nobody")
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108
LONGEST_SOCKET = 103
"""Bytes of a socket's path that all systems take (Linux takes 107)."""


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """Folder of the cluster, the programs to use for it, the account (None: our own) and what to tell people."""

    folder: Path
    postgres: Postgres
    account: Account | None
    notice: str = ""


def own_folder(path: Path, mode: int = 0o700) -> Path:
    """Create `path` if it is missing and only then set its permissions; missing parents are passable by all (0755)."""
    if path.is_dir():
        return path
    own_folder(path.parent, 0o755)
    try:
        path.mkdir()
    except FileExistsError:
        return path
    except OSError as error:
        raise LocalServerError(f"{path} cannot be created ({error.strerror}); choose another ITILNEXT_HOME.") from error
    path.chmod(mode)
    return path


def give_to(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def choose_account(data: Path) -> Account | None:
    """The account for the cluster in `data`: ours, or if we are root the owner of the data, else an existing one."""
    if os.geteuid() != 0:
        return None
    owners = [data.stat().st_uid] if data.is_dir() else []
    for entry in (*map(_by_uid, owners), *map(_by_name, ACCOUNTS)):
        if entry is not None and entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise LocalServerError(
        "PostgreSQL does not run as root, and there is no account postgres or nobody; run this as an ordinary user."
    )


def _by_uid(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _by_name(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def may_pass(account: Account, folder: Path) -> bool:
    """Whether the account may pass `folder` and all folders above it."""
    folder = folder.resolve()
    return all(_allows(path, account, 0o1) for path in (folder, *folder.parents))


def may_read(account: Account, path: Path) -> bool:
    """Whether the account gets to `path` and may read and execute it."""
    return may_pass(account, path.resolve().parent) and _allows(path, account, 0o5)


def _allows(path: Path, account: Account, wanted: int) -> bool:
    entry = path.stat()
    if entry.st_uid == account.uid:
        bits = entry.st_mode >> 6
    elif entry.st_gid in os.getgrouplist(account.name, account.gid):
        bits = entry.st_mode >> 3
    else:
        bits = entry.st_mode
    return bits & wanted == wanted


def settle(home: Path, postgres: Postgres) -> Place:
    """Decide where the cluster of `home` lives, making folders (and, as root, copies) as needed."""
    inside = own_folder(home / "postgres", 0o711)
    folder = _moved_to(inside) or inside
    account = choose_account(folder / "data")
    if account is None:
        return Place(folder, postgres, None)
    notices = []
    if not may_pass(account, folder):
        folder = _move_outside(inside, account)
    if folder != inside:
        notices.append(f"PostgreSQL's data are kept in {folder}, since the account {account.name} may not pass {home}.")
    if not all(may_read(account, path) for path in (*postgres.trees, postgres.bin / "postgres")):
        postgres = _copy_programs(postgres, folder)
        notices.append(f"PostgreSQL's programs were copied to {postgres.bin}, where that account reaches them.")
    return Place(folder, postgres, account, " ".join(notices))


def _moved_to(inside: Path) -> Path | None:
    pointer = inside / "moved-to"
    folder = Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else None
    return folder if folder and folder.is_dir() else None


def _move_outside(inside: Path, account: Account) -> Path:
    for parent in OUTSIDE:
        if parent.is_dir() and os.access(parent, os.W_OK) and may_pass(account, parent):
            folder = Path(tempfile.mkdtemp(prefix="itilnext-", dir=parent))
            break
    else:
        raise LocalServerError(
            f"The account {account.name}, which PostgreSQL runs as, may not pass the folders above {inside}; choose an "
            "ITILNEXT_HOME that it may pass, or run this as an ordinary user."
        )
    folder.chmod(0o711)
    if (inside / "data").is_dir():
        copy_tree(inside / "data", folder / "data", account)
        (inside / "data").rename(inside / "data.moved")
    (inside / "moved-to").write_text(f"{folder}\n", encoding="utf-8")
    return folder


def copy_tree(source: Path, target: Path, account: Account | None) -> None:
    """Copy a folder, whole or not at all, and give the copy to `account`."""
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft, symlinks=True)
    if account is not None:
        for path in (draft, *draft.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    draft.rename(target)


def _copy_programs(postgres: Postgres, folder: Path) -> Postgres:
    """The programs and their libraries below `folder`, in the same relative places, readable by all."""
    common = Path(os.path.commonpath(postgres.trees)) if len(postgres.trees) > 1 else postgres.trees[0].parent
    target = folder / f"programs-{postgres.major}"
    if not target.is_dir():
        draft = target.with_name(f"{target.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        for tree in postgres.trees:
            shutil.copytree(tree, draft / tree.relative_to(common), symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        draft.rename(target)
    trees = tuple(target / tree.relative_to(common) for tree in postgres.trees)
    return Postgres(target / postgres.bin.relative_to(common), postgres.major, trees)
