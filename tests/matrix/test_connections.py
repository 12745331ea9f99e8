"""Connections to other systems: permissions.md section 2, "Users, roles, integrations", typed by hand."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

CONNECTIONS = """
act              state anon agent owner deputy lead super manager auditor admin outsider bare client gone

# admin Y, auditor reads, nobody else; no scope opens it
see_connections  -     401  role  role  role   role role  role    ok      ok    role     -    -      401
connections      -     401  role  role  role   role role  role    ok      ok    role     role role   401
connection       -     401  role  role  role   role role  role    ok      ok    role     role role   401
test_connection  -     401  role  role  role   role role  role    role    ok    role     role role   401
"""


@pytest.mark.parametrize("row", rows(CONNECTIONS), ids=str)
def test_who_may_see_and_test_connections(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
