"""Steps of work that must survive a kill, declared where they happen and listed by the code itself.

`RAW_STORED = declare("mail.intake", "raw_stored")` names a step; `RAW_STORED.reached()` marks that it is over. The
setting
`KILL_AT` (never set in production) makes the process die by SIGKILL there: the kill tests walk `declared()`, so a
new step
without a test that survives it fails the suite.
"""

import os
import signal
from dataclasses import dataclass

from django.conf import settings

_declared: dict[str, "Step"] = {}


@dataclass(frozen=True)
class Step:
    chain: str
    name: str

    def __str__(self) -> str:
        return f"{self.chain}.{self.name}"

    def reached(self) -> None:
        if settings.KILL_AT and str(self) == settings.KILL_AT:
            os.kill(os.getpid(), signal.SIGKILL)


def declare(chain: str, name: str) -> Step:
    """Name a step; each name once."""
    step = Step(chain, name)
    if str(step) in _declared:
        raise ValueError(f"step {step} is declared twice")
    _declared[str(step)] = step
    return step


def declared(chain: str = "") -> list[str]:
    """Names of all steps whose chain starts with `chain`, in the order of their declaration."""
    return [name for name, step in _declared.items() if step.chain.startswith(chain)]
