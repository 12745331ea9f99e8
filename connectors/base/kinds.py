"""The kinds of systems that can be connected. A kind is what a folder of `connectors/` adds in its `ready()`."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connectors.base.enums import FindingState
from connectors.base.sentences import Said
from core.errors import Invalid, Text

if TYPE_CHECKING:
    from connectors.base.models import Connection

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,100}")


@dataclass(frozen=True)
class Asked:
    """A setting or a secret that a kind asks for."""

    name: str
    label: Promise | str
    help: Promise | str = ""
    is_required: bool = False
    pattern: str = r"[^\x00-\x1f\x7f]{1,1000}"
    """What a value looks like, from its beginning to its end."""
    wrong: Promise | str = ""
    """The sentence for a value that does not; empty: one that fits all."""
    is_long: bool = False
    """Several lines, as a key file has."""
    choices: Callable[[], Iterable[tuple[str, str]]] | None = None
    """Values that are known, with their names for people; asked each time. None: any that fits the pattern."""

    check: Callable[[str], object] | None = None
    """Raises ValueError for a value that fits the pattern and means nothing, such as the 31st of February."""

    def is_usable(self, value: str) -> bool:
        if self.choices is not None:
            return value in {known for known, _name in self.choices()}
        if not re.fullmatch(self.pattern, value):
            return False
        try:
            if self.check:
                self.check(value)
        except ValueError:
            return False
        return True


@dataclass(frozen=True)
class Finding:
    """What a test of a connection says of one thing that is needed, such as a permission."""

    state: FindingState
    what: Said
    cure: Said | None = None
    """What to do where it is not fine."""

    def as_json(self) -> dict[str, Any]:
        cure = {"cure": self.cure.as_json()} if self.cure else {}
        return {"state": str(self.state), "what": self.what.as_json(), **cure}


@dataclass(frozen=True)
class Step:
    """One thing that people have to do at the other system before a connection works, in the reader's language."""

    title: str
    text: str
    commands: str = ""
    """To be pasted as they are; empty: nothing to paste."""


class LooksOver(Protocol):
    def __call__(self, connection: "Connection") -> Iterable[Finding]:
        """Look at everything that is needed, each thing on its own; called by a worker, outside of any transaction."""


def fits(_connection: "Connection") -> None:
    return None


def nothing_waits(_connection: "Connection") -> int:
    return 0


def nowhere(_connection: "Connection") -> str:
    return ""


def nothing_to_do(_connection: "Connection") -> Sequence[Step]:
    return ()


def nothing_ends(_connection: "Connection") -> Mapping[str, datetime]:
    return {}


def nothing_to_note(_connection: "Connection") -> Iterable[Said]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One system: what it asks for, and what the frame asks of it."""

    name: str
    label: Promise | str
    prefix: str
    """Names of its secrets in the environment begin so: none can be told to send another secret of the site."""
    settings: tuple[Asked, ...]
    secrets: tuple[Asked, ...]
    account: Callable[["Connection"], str]
    """Whose limits it shares. Connections of one account pause together."""
    look_over: LooksOver
    backlog: Callable[["Connection"], int] = nothing_waits
    ends: Callable[["Connection"], Mapping[str, datetime]] = nothing_ends
    """What of its credentials ends when, as far as they say it themselves; by the codes of `endings`."""
    endings: Mapping[str, Promise | str] = field(default_factory=dict)
    more_at: Callable[["Connection"], str] = nowhere
    """Address of a page of ours with what this kind has beyond the others; empty: none."""
    signing_in: tuple[str, ...] = ()
    """Codes of what a test finds of signing in: where one of them is missing, the credentials are refused."""
    refuse_beside: Callable[["Connection"], None] = fits
    """Raises Invalid for one whose settings cannot stand beside those of the others."""
    steps: Callable[["Connection"], Sequence[Step]] = nothing_to_do
    """How the other system is set up for a row, filled in for it: shown on its page."""

    @property
    def has_steps(self) -> bool:
        return self.steps is not nothing_to_do

    def clean(self, values: Mapping[str, object]) -> dict[str, str]:
        """Settings as they are kept. Raises Invalid with a sentence for each that cannot serve."""
        known = {asked.name: asked for asked in self.settings}
        wrong: dict[str, Text | list[Text]] = {
            name: _("There is no setting of this name.") for name in values if name not in known
        }
        kept = {name: str(values.get(name) or "").strip() for name in known}
        for name, asked in known.items():
            if not kept[name] and asked.is_required:
                wrong[name] = _("This is needed.")
            elif kept[name] and not asked.is_usable(kept[name]):
                wrong[name] = str(asked.wrong or _("This is not usable here."))
        if wrong:
            raise Invalid(wrong)
        return {name: value for name, value in kept.items() if value}

    def is_variable(self, name: str) -> bool:
        """Not that of a path: it is looked for by itself beside the secret's own (`itilnext.env.secret`)."""
        is_path = name.endswith("_FILE")
        return name.startswith(self.prefix) and bool(_VARIABLE.fullmatch(name)) and not is_path


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What an app that uses connections of a kind adds to how each is shown."""

    backlog: Callable[["Connection"], int] = nothing_waits
    ends: Callable[["Connection"], Mapping[str, datetime]] = nothing_ends
    """What it holds there ends when, by the codes of `endings`."""
    endings: Mapping[str, Promise | str] = field(default_factory=dict)
    notes: Callable[["Connection"], Iterable[Said]] = nothing_to_note


_kinds: dict[str, Kind] = {}
_beside: dict[str, list[Beside]] = {}


def register(kind: Kind) -> None:
    """Called in `ready()`, once a kind."""
    if kind.name in _kinds:
        raise ValueError(f"the kind {kind.name} is registered twice")
    _kinds[kind.name] = kind


def kind_named(name: str) -> Kind | None:
    """None for one that this version does not have."""
    return _kinds.get(name)


def all_kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def stand_beside(kind_name: str, beside: Beside) -> None:
    """Called in `ready()` of an app that uses connections of the kind."""
    _beside.setdefault(kind_name, []).append(beside)


def beside(kind_name: str) -> Sequence[Beside]:
    return _beside.get(kind_name, ())
