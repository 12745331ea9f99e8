"""How one is told of things: permissions.md section 2, "Own ... preferences" and what those in charge see of failures."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.world import World

OWN = """
act                  state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "Own reminders, preferences": each person; programs are told nothing
see_how_told         -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
quiet_hours          -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
save_quiet_hours     -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
preferences          -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
preference           -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
save_preference      -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
usual_again          -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
see_preview          -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
push_key             -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
browsers             -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
allow_browser        -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
remove_browser       -     401  ok    404   404    404  404   404     404     404   404      role  role   401
deliveries           -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
delivery             -     401  ok    404   404    404  404   404     404     404   404      role  role   401

# What failed on the way to people in one's charge: above the lead, in scope; auditor and admin all, the auditor reads
failures             -     401  role  role  role   role ok    ok      ok      ok    role     role  role   401
retry_delivery       -     401  ok    404   404    404  ok    ok      404     ok    404      role  role   401
"""

WORKING = """
act                  state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# Whoever works on tickets, on one in sight; of a ticket that has ended nobody
start_working        owned    401 ok    ok    ok    ok    ok    ok    role 404 404 role role 401
start_working        resolved 401 state state state state state state role 404 404 role role 401
# One's own word taken back
stop_working         owned    401 ok    ok    ok    ok    ok    ok    ok   404 404 role role 401
"""


@pytest.mark.parametrize("row", rows(OWN) + rows(WORKING), ids=str)
def test_181_who_says_how_they_are_told(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
