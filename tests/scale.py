"""Size of kill and load tests: full by `make soak`, a tenth in the suite (ruling 28)."""

import os

IS_FULL = os.environ.get("ITILNEXT_SOAK") == "1"


def full_size(number: int) -> int:
    """`number` by `make soak`, a tenth of it otherwise, at least one."""
    return number if IS_FULL else max(1, number // 10)
