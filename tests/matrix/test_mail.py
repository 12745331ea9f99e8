"""The mail ledger: permissions.md section 2, the rows "Mail ledger", typed by hand. Nobody deletes: there is no address."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

LEDGER = """
act           state anon agent owner deputy lead super manager auditor admin outsider bare client gone

# "Mail ledger of the own teams' mailboxes: see": agent, lead, supervisor, manager, auditor; no scope opens it
ledger        -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       role role   401
ledger_mail   -     401  ok    ok    404    ok   ok    ok      ok      404   404      role role   401
ledger_raw    -     401  ok    ok    404    ok   ok    ok      ok      404   404      role role   401

# "retry, move": agent, lead, supervisor, manager
retry_mail    -     401  ok    ok    404    ok   ok    ok      role    404   404      role role   401
move_mail      -    401  ok    ok    404    ok   ok    ok      role    404   404      role role   401
undo_mail_move -    401  ok    ok    404    ok   ok    ok      role    404   404      role role   401
# What names several envelopes is seen by those who read all of them, and put into one of these by whoever retries, or
# answers for all their tickets
choose_envelope -   401  404   ok    404    404  ok    ok      role    404   404      role role   401
# "release from quarantine": supervisor, manager
release_mail  -     401  role  role  404    role ok    ok      role    404   404      role role   401

# Lifting a brake lets through what it held, as a release does: supervisor, manager
brakes        -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       role role   401
lift_brake    -     401  role  role  404    role ok    ok      role    404   404      role role   401

# What has acted is not run again, whoever asks
retry_done_mail   sent 401 state state 404  state state state  role    404   404      role role   401
release_done_mail sent 401 role  role  404  role  state state  role    404   404      role role   401
# What stands on no ticket is not moved, and what was not moved is not moved back
move_quarantined_mail - 401 state state 404 state state state  role    404   404      role role   401
undo_unmoved_mail     - 401 state state 404 state state state  role    404   404      role role   401
"""


@pytest.mark.parametrize("row", rows(LEDGER), ids=str)
def test_who_may_see_and_retry_mail(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
