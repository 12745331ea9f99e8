"""What `make bench` does where Lighthouse cannot run: nothing measured is no success."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from itilnext.local.servers import PROJECT
from tests.bench.lighthouse import OTHERS, Score
from tests.every_page.pages import PAGES


def run(path: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.bench.lighthouse"]
    environment = {**os.environ, "PATH": str(path), **more}
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_without_node_it_is_a_fault_that_says_how_to_leave_it_out(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, "There is no Node (npx) here" in done.stderr) == (1, True)
    left_out = run(tmp_path, LIGHTHOUSE="no")
    assert (left_out.returncode, left_out.stdout.strip()) == (0, "Lighthouse is left out, as LIGHTHOUSE=no says.")


def test_the_pages_it_looks_at_are_there() -> None:
    assert set(OTHERS) <= {page.name for page in PAGES}


@pytest.mark.parametrize(
    ("device", "more", "is_enough"),
    [
        ("desktop", {}, True),
        ("desktop", {"performance": 94}, False),
        ("phone", {"performance": 90}, True),
        ("phone", {"performance": 89}, False),
        ("phone", {"lcp_ms": 2600.0}, False),
        ("desktop", {"accessibility": 99}, False),
        ("desktop", {"best_practices": 99}, False),
        ("desktop", {"shift": 0.02}, False),
    ],
)
def test_what_is_enough(device: str, more: dict[str, Any], is_enough: bool) -> None:  # any: one of its values
    facts: dict[str, Any] = {
        "performance": 95,
        "accessibility": 100,
        "best_practices": 100,
        "lcp_ms": 900.0,
        "shift": 0,
    }
    score = Score(page="queue", device=device, **facts | more, blocking_ms=0, kilobytes=1, lost=[])
    assert score.is_enough == is_enough
