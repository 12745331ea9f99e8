"""Resolutions, approvals, calibration: permissions.md section 2, rows "Create `Resolution`" to "Review calibration
item", section 3, rules 8 and 11, section 4, typed by hand.
"""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

RESOLUTIONS = """
act                  state       anon agent     owner    deputy   lead      super     manager   auditor admin outsider bare  client gone

# Rule 11: what customers were granted is read by owner (deputy), participants, lead and above in scope, auditors; no
# program is named. Of `legal` the outsider is the expert, of `sealed` no more
read_resolutions     asked       401  role      ok       ok       ok        ok        ok        ok      404   404      scope role   401
read_resolutions     legal       401  role      ok       ok       ok        ok        ok        ok      404   ok       scope role   401
read_resolutions     sealed      401  role      ok       ok       ok        ok        ok        ok      404   role     scope role   401
resolution_one       legal       401  role      ok       ok       ok        ok        ok        ok      404   ok       scope role   401
see_resolutions      legal       401  ok        ok       ok       ok        ok        ok        ok      404   ok       -     -      401
resolution_one       asked       401  role      ok       ok       ok        ok        ok        ok      404   404      scope role   401
resolutions          asked       401  ok        ok       ok       ok        ok        ok        ok      ok    ok       scope role   401

# "Create `Resolution`": O; no scope contains it
create_resolution    owned       401  not_owner ok       ok       not_owner not_owner not_owner role    404   404      role  role   401
create_resolution    new         401  state     state    404      state     state     role      role    404   404      role  role   401
create_resolution    resolved    401  not_owner state    state    not_owner not_owner not_owner role    404   404      role  role   401
create_resolution    closed      401  not_owner closed   closed   not_owner not_owner not_owner role    404   404      role  role   401
see_resolution_form  owned       401  ok        ok       ok       ok        ok        ok        ok      404   404      -     -      401
see_resolutions      asked       401  ok        ok       ok       ok        ok        ok        ok      404   404      -     -      401
see_approve_form     asked       401  role      ok       ok       ok        ok        ok        ok      404   404      -     -      401

# "Resolve with approvals" (section 4)
resolve              asked       401  not_owner approval approval not_owner not_owner not_owner role    404   404      role  role   401

# domain.md section 8: withdrawn by the owner
withdraw_resolution  asked       401  not_owner ok       ok       not_owner not_owner not_owner role    404   404      role  role   401
withdraw_resolution  granted     401  not_owner state    state    not_owner not_owner not_owner role    404   404      role  role   401
"""

APPROVING = """
act                  state       anon agent owner deputy lead  super manager auditor admin outsider bare  client gone

# "Approve tier `team_lead`": lead, supervisor, manager, not own
approve_resolution   asked       401  tier  self  self   ok    ok    ok      role    404   404      role  role   401
reject_resolution    asked       401  tier  self  self   ok    ok    ok      role    404   404      role  role   401
# "Approve tier `manager`": manager, not own
approve_resolution   asked_high  401  tier  self  self   tier  tier  ok      role    404   404      role  role   401
reject_resolution    asked_high  401  tier  self  self   tier  tier  ok      role    404   404      role  role   401# Their list
approvals            asked       401  role  role  role   ok    ok    ok      role    role  role     -     -      401
# Nothing is awaited
approve_resolution   granted     401  tier  self  self   state state state   role    404   404      role  role   401
"""

CALIBRATION = """
act                  state       anon agent owner deputy lead  super manager auditor admin outsider bare  client gone

# "Generate / run / close calibration": lead and supervisor take part, manager all, auditor reads
weeks                owned       401  role  role  role   ok    ok    ok      ok      role  role     role  role   401
week_one             owned       401  role  role  role   ok    ok    ok      ok      role  role     role  role   401
items                owned       401  role  role  role   ok    ok    ok      ok      role  role     role  role   401
item_one             owned       401  role  role  role   ok    ok    ok      ok      role  role     role  role   401
calibration_report   owned       401  role  role  role   ok    ok    ok      ok      role  role     role  role   401
calibration_export   owned       401  role  role  role   ok    ok    ok      ok      role  role     role  role   401
generate_week        owned       401  role  role  role   role  role  ok      role    role  role     role  role   401
close_week           owned       401  role  role  role   role  role  ok      role    role  role     role  role   401
close_week_early     owned       401  role  role  role   role  role  state   role    role  role     role  role   401
carry_week_over      owned       401  role  role  role   role  role  ok      role    role  role     role  role   401

# "Review calibration item": lead, supervisor, manager; neither author nor approver (tests/tickets/calibration)
review_item          owned       401  role  role  role   ok    ok    ok      role    role  role     role  role   401
"""


@pytest.mark.parametrize("row", rows(RESOLUTIONS) + rows(APPROVING) + rows(CALIBRATION), ids=str)
def test_as_the_tables_say(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
