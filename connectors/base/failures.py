"""How a request to another system can fail, as integrations.md section 0 tells them apart. Whoever sends one catches
these and nothing else; each knows the sentence that people are told.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from connectors.base.enums import AnswerClass
from connectors.base.sentences import Said


class Failure(Exception):
    """Base of all. `said` is one clear sentence that names no secret and nobody's address."""

    answer_class: ClassVar[AnswerClass]

    def __init__(self, said: Said, *, status: int = 0, vendor_request: str = "", body: Any = None) -> None:
        super().__init__(said.code)
        self.said, self.status, self.vendor_request, self.body = said, status, vendor_request, body

    def __str__(self) -> str:
        return str(self.said)


class Transient(Failure):
    """Trying again later can help. `pause` are the seconds asked for, None where nobody has said."""

    answer_class = AnswerClass.TRANSIENT

    def __init__(self, said: Said, *, pause: float | None = None, is_breaking: bool = True, **more: Any) -> None:
        """`is_breaking`: the other side is broken, rather than asking for patience."""
        super().__init__(said, **more)
        self.pause, self.is_breaking = pause, is_breaking


class HeldBack(Transient):
    """Not sent at all: the circuit is open, the scope pauses, or all its places are taken for longer than one waits."""

    def __init__(self, said: Said, *, pause: float) -> None:
        super().__init__(said, pause=pause, is_breaking=False)


class Ambiguous(Failure):
    """It may have been done: look for the effect by our own key before sending again."""

    answer_class = AnswerClass.AMBIGUOUS


class CredentialsRefused(Failure):
    """Another token was refused too, or none is given to us: an administrator has to act; nothing is tried meanwhile.

    `is_final`: another token is of no use, as none is given to us.
    """

    answer_class = AnswerClass.CREDENTIALS

    def __init__(self, said: Said, *, is_final: bool = False, **more: Any) -> None:
        super().__init__(said, **more)
        self.is_final = is_final


class PermissionMissing(Failure):
    """We are known and may not do this: permanent until an administrator acts."""

    answer_class = AnswerClass.PERMISSION


class RefusedForGood(Failure):
    """The same again is answered alike; `body` is the beginning of what was answered, for the row that has failed."""

    answer_class = AnswerClass.PERMANENT


class Gone(Failure):
    """The object, or the token that remembers a position in a list, is not there any more."""

    answer_class = AnswerClass.GONE


class DoneInPart(Failure):
    """Of several things some were done; `failures` has the others by their number in the request."""

    answer_class = AnswerClass.PARTIAL

    def __init__(self, said: Said, *, answers: Sequence[Any], failures: Mapping[int, Failure]) -> None:
        super().__init__(said)
        self.answers, self.failures = answers, failures
