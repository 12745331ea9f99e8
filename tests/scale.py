"""Size of kill and load tests: full by `make soak`, a tenth in the suite (ruling 28)."""

import os


def full_size(number: int) -> int:
    """`number` rounds by `make soak`, a tenth of it otherwise, at least one."""
    return number if os.environ.get("ITILNEXT_SOAK") else max(1, number // 10)
