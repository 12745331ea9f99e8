"""Timed work on a desk with many open tickets: what is due is done in time, however many others there are.

`python -m tests.bench.sweeps [--tickets N]` measures on one desk, kept below var/bench for the next run.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench import site

FEW, MANY = 10_000, 1_000_000
MOST_SECONDS = 2.0
"""For `DUE` of a kind."""
MOST_RATIO = 1.5
MOST_SECONDS_AT_ONCE = 20.0


@dataclass(frozen=True)
class Swept:
    """One timer, which found `due` things to do."""

    name: str
    due: int
    seconds: float
    """Median of some runs."""
    best: float
    statements: int
    rows_read: int
    """Of the table that says what is due."""
    index: str
    """By which these are found."""


@dataclass(frozen=True)
class AtOnce:
    """Timers of all kinds, due at once, and two workers."""

    due: int
    seconds: float
    faults: list[str]


def measured() -> tuple[dict[str, Any], list[str]]:
    """On both sizes, each with servers of its own; the figures, and what is not as it has to be, in words."""
    few, many = (_told_by(tickets) for tickets in (FEW, MANY))
    faults = list(many["at_once"]["faults"])
    if many["at_once"]["seconds"] >= MOST_SECONDS_AT_ONCE:
        faults.append(f"{many['at_once']['due']:,} timers at once took {many['at_once']['seconds']:.1f} s.")
    for small, large in zip(few["swept"], many["swept"], strict=True):
        name = large["name"]
        if large["seconds"] >= MOST_SECONDS:
            faults.append(f"{name} took {large['seconds']:.1f} s for {large['due']:,} of {MANY:,} open tickets.")
        for figure, unit in (("best", "s"), ("rows_read", "rows")):
            if large[figure] >= MOST_RATIO * small[figure]:
                faults.append(f"{name}: {large[figure]:,} {unit} among {MANY:,}, {small[figure]:,} among {FEW:,}.")
    return {"few": few, "many": many}, faults


def _told_by(tickets: int) -> dict[str, Any]:
    """In a process of its own, as Django knows one database only."""
    command = [sys.executable, "-m", "tests.bench.sweeps", "--tickets", str(tickets)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = ""
        for line in process.stdout or ():
            if not line.startswith("{"):
                print(line, end="", flush=True)
    if process.returncode:
        raise RuntimeError(f"The sweeps over {tickets:,} tickets could not be measured.")
    told: dict[str, Any] = json.loads(line)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sweeps", description=__doc__)
    parser.add_argument("--tickets", type=int, default=FEW)
    parser.add_argument("--work", action="store_true", help="be one of the workers, once told so")
    asked = parser.parse_args()
    if asked.work:
        _work()
        return
    with site.servers(asked.tickets, kind="sweeps-"):
        from tests.bench import sweeping  # needs Django set up

        sweeping.fill(asked.tickets)
        print(f"timed work, {asked.tickets:,} open tickets: seconds, best, statements, rows read", flush=True)
        swept = []
        for sweep in sweeping.SWEEPS:
            swept.append(sweeping.swept(sweep))
            print(_line(swept[-1]), flush=True)
        at_once = sweeping.at_once()
        print(f"{at_once.due:,} timers at once, two workers: {at_once.seconds:.1f} s, below {MOST_SECONDS_AT_ONCE:.0f}")
    print(json.dumps({"swept": [asdict(each) for each in swept], "at_once": asdict(at_once)}), flush=True)


def _line(swept: Swept) -> str:
    numbers = f"{swept.seconds:9.2f}{swept.best:9.2f}{swept.statements:9,}{swept.rows_read:9,}"
    return f"{swept.due:,} {swept.name:26}{numbers}  {swept.index}"


def _work() -> None:
    """What a worker does with `core.run_timers`, when somebody says so."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
    django.setup()
    from core import timers  # needs Django set up

    print("ready", flush=True)
    sys.stdin.readline()
    timers.run_all()


if __name__ == "__main__":
    main()
