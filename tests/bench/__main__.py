"""Runs the benchmark: `make bench`, or `python -m tests.bench [--rounds N]`."""

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from tests.bench import site

TARGETS_MS = {
    # name: at 100,000 and at 1,000,000 tickets
    "own queue": (40, 60),
    "team queue, page 1": (40, 60),
    "list of all, page 1": (40, 60),
    "list of all, page 20": (40, 60),
    "filtered list (closed, high)": (40, 60),
    "ticket with 5 entries": (25, 40),
    "ticket with 2,000 entries": (25, 40),
    "search, rare word": (20, 40),
    "search, common word": (60, 150),
    "create (phone)": (15, 20),
    "accept": (15, 20),
    "reply": (15, 20),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked for")
    rounds: int = parser.parse_args().rounds
    tickets = int(os.environ.get("BENCH_TICKETS") or 100_000)
    with site.servers(tickets):
        site.fill(tickets)
        with site.web() as port:
            from tests.bench.mails import LEAST_SHARE  # needs Django set up
            from tests.bench.measuring import Bench

            print(HEAD, flush=True)
            figures = []
            for figure in Bench(port, rounds=rounds).figures():
                target = TARGETS_MS.get(figure.name, (0, 0))[tickets > 300_000]
                figures.append({**asdict(figure), "target_ms": target or None})
                print(_line(figures[-1]), flush=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tickets": tickets,
        "rounds": rounds,
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "figures": figures,
    }
    latest = site.FOLDER / "latest.json"
    latest.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"written to {latest}")
    slow = [figure["name"] for figure in figures if (figure["share_of_bare"] or 1) < LEAST_SHARE]
    if slow:
        sys.exit(f"Below {LEAST_SHARE:.0%} of what parsing and one commit a mail do bare: {', '.join(slow)}.")
    if any(figure["target_ms"] and figure["median_ms"] > figure["target_ms"] for figure in figures):
        sys.exit("Some medians are above their targets.")


COLUMNS = (
    ("median", "median_ms"),
    ("p95", "p95_ms"),
    ("best", "best_ms"),
    ("target", "target_ms"),
    ("CPU", "cpu_ms"),
    ("DB wait", "database_ms"),
    ("PG alone", "postgres_ms"),
    ("queries", "statements"),
)
HEAD = f"{'server time in ms':30}" + "".join(f"{title:>9}" for title, _name in COLUMNS)


def _line(figure: dict[str, object]) -> str:
    def number(value: object) -> str:
        return f"{value:.1f}" if isinstance(value, float) else "" if value is None else str(value)

    return (
        f"{figure['name']:30}" + "".join(f"{number(figure[name]):>9}" for _t, name in COLUMNS) + f"  {figure['note']}"
    )


if __name__ == "__main__":
    main()
