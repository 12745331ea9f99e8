"""Runs the benchmark: `make bench`, or `python -m tests.bench [--rounds N]`."""

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.bench import site, sweeps

if TYPE_CHECKING:
    from tests.bench.browser import Shown
    from tests.bench.measuring import Figure

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
    "a mail of 30 MB in": (3000, 3000),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked for")
    rounds: int = parser.parse_args().rounds
    tickets = int(os.environ.get("BENCH_TICKETS") or 100_000)
    outside = dict(os.environ)
    with site.servers(tickets):
        site.fill(tickets)
        with site.web() as port:
            report, faults = _measured(port, rounds, is_large=tickets > 300_000)
    swept, late = sweeps.measured()
    report["timed_work"] = swept
    faults += late
    # With the demo's data, so in a process of its own, with servers of its own.
    if subprocess.run([sys.executable, "-m", "tests.bench.lighthouse"], env=outside, check=False).returncode:
        faults.append("Lighthouse is below its targets, or did not run.")
    latest = site.FOLDER / "latest.json"
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tickets": tickets,
        "rounds": rounds,
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
    }
    latest.write_text(json.dumps(about | report, indent=2) + "\n", encoding="utf-8")
    print(f"written to {latest}")
    if faults:
        sys.exit("\n".join(faults))


def _measured(port: int, rounds: int, *, is_large: bool) -> tuple[dict[str, Any], list[str]]:
    """Everything on this web process: the figures, and what is not as it has to be, in words."""
    from tests.bench import browser, business_time, clicking, measuring, pages  # need Django set up

    bench = measuring.Bench(port, rounds=rounds)
    shown = []
    print("in Chromium, ms until a page can be worked with: median, worst, with an empty cache", flush=True)
    for page in browser.pages_shown(port, bench.cookies, bench.pages_of_work()):
        shown.append(page)
        print(f"{page.name:30}{page.usable_ms:9.0f}{page.worst_ms:9.0f}{page.cold_ms:9.0f}", flush=True)
    print(HEAD, flush=True)
    figures = []
    for figure in bench.figures():
        target = TARGETS_MS.get(figure.name, (0, 0))[is_large]
        figures.append({**asdict(figure), "target_ms": target or None})
        print(_line(figures[-1]), flush=True)
    clicks = clicking.clicking(bench, port)
    for click, most in zip(clicks, clicking.MOST, strict=True):
        figures.append({**asdict(click), "target_ms": None})
        print(_line(figures[-1]) + f"p95 below {most} ms", flush=True)
    idle = pages.share_of_a_core(port)
    print(f"{pages.PAGES} open pages, nothing happens: {idle:.1%} of a core, at most {pages.MOST:.0%}", flush=True)
    added = business_time.adding()
    print(added, flush=True)

    faults = _faults(figures, clicks, shown)
    if idle > pages.MOST:
        faults.append(f"Open pages cost {idle:.1%} of a core.")
    if added.is_too_slow:
        faults.append(f"Adding 1,000 business minutes takes {added.median_us:.1f} µs.")
    open_pages = {"pages": pages.PAGES, "share_of_a_core": round(idle, 4)}
    parts = {"in_chromium": [asdict(page) for page in shown], "open_pages": open_pages, "business_time": asdict(added)}
    return {"figures": figures, **parts}, faults


def _faults(figures: list[dict[str, Any]], clicks: "list[Figure]", shown: "list[Shown]") -> list[str]:
    from tests.bench import browser, clicking, mails  # need Django set up

    faults = [
        f"Below {mails.LEAST_SHARE:.0%} of what parsing and one commit a mail do bare: {figure['name']}."
        for figure in figures
        if (figure["share_of_bare"] or 1) < mails.LEAST_SHARE
    ]
    above = [figure["name"] for figure in figures if figure["median_ms"] > (figure["target_ms"] or figure["median_ms"])]
    faults += [f"Median above its target: {name}." for name in above]
    late = [page.name for page in shown if page.is_too_slow]
    faults += [f"Not usable within {browser.MOST_MS} ms in Chromium: {name}." for name in late]
    faults += [
        f"From {click.name}: {click.p95_ms:.0f} ms at the 95th percentile."
        for click, most in zip(clicks, clicking.MOST, strict=True)
        if click.p95_ms >= most
    ]
    return faults


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
