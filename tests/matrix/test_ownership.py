"""Ownership: permissions.md section 2, rows "Accept", "Offer", "Change owner" and `transfer_ownership`, typed by hand."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

ACCEPTING = """
act                state          anon agent  owner  deputy lead   super  manager auditor admin outsider bare  client gone

# "Accept an unowned ticket (foreign team: with allow_foreign_accept)": agent, lead, supervisor; no scope contains it
accept             new            401  ok     ok     404    ok     ok     role    role    404   404      role  role   401
accept             offered        401  ok     ok     404    ok     ok     role    role    404   404      role  role   401
accept             open_new       401  ok     ok     ok     ok     ok     404     role    404   ok       404   role   401
accept             network_new    401  404    404    404    404    404    404     role    404   ok       404   role   401

# Owned already; the deputy belongs to another team, so there is nothing to accept for her
accept             owned          401  owned  owned  role   owned  owned  role    role    404   404      role  role   401
accept             dropped        401  state  state  404    state  state  role    role    404   404      role  role   401
"""

ROUTING = """
act                state          anon agent  owner  deputy lead      super     manager   auditor admin outsider bare  client    gone

# "Offer / withdraw offer / route / change team while unowned": lead, supervisor, manager; API tickets:route
offer              new            401  role   role   404    ok        ok        ok        role    404   404      scope ok        401
withdraw_offer     offered        401  role   role   404    ok        ok        ok        role    404   404      scope ok        401
withdraw_offer     new            401  role   role   404    state     state     state     role    404   404      scope state     401
change_team        new            401  role   role   404    ok        ok        ok        role    404   404      scope ok        401
change_team        open_new       401  role   role   role   role      role      404       role    404   role     404   ok        401

# Owned: the way is closed, whoever asks
offer              owned          401  role   role   role   immutable immutable immutable role    404   404      scope immutable 401
change_team        owned          401  role   role   role   immutable immutable immutable role    404   404      scope immutable 401
change_team        dropped        401  role   role   404    state     state     state     role    404   404      scope state     401
see_offer_form     new            401  ok     ok     404    ok        ok        ok        ok      404   404      -     -         401
see_team_form      new            401  ok     ok     404    ok        ok        ok        ok      404   404      -     -         401
"""

WRITING_OWNER = """
act                state          anon agent     owner     deputy    lead      super     manager   auditor   admin outsider bare  client    gone

# "Change owner by edit ...": nobody. Acceptance 002: "when anyone tries ... 409"; a missing scope comes first
write_owner        owned          401  immutable immutable immutable immutable immutable immutable immutable 404   404      scope immutable 401
write_owner        new            401  immutable immutable 404       immutable immutable immutable immutable 404   404      scope immutable 401
"""

TRANSFERRING = """
act                state          anon agent  owner  deputy lead   super   manager auditor admin   outsider bare  client gone

# "transfer_ownership": supervisor, manager, admin (who reads no tickets, section 1); no scope contains it
transfer           leaving        401  role   role   role   role   ok      ok      role    ok      404      role  role   401
transfer_to_self   leaving        401  role   role   role   role   role    role    role    role    404      role  role   401
transfer_too_hard  leaving        401  role   role   role   role   reason  reason  role    reason  404      role  role   401
transfer_for_leave leaving        401  role   role   role   role   short   short   role    short   404      role  role   401
transfer_untold    leaving        401  role   role   role   role   untold  untold  role    untold  404      role  role   401

# The owner's employment goes on
transfer           owned          401  role   role   role   role   reason  reason  role    reason  404      role  role   401
transfer           new            401  role   role   404    role   unowned unowned role    unowned 404      role  role   401
transfer           closed         401  role   role   role   role   closed  closed  role    closed  404      role  role   401
transfer           foreign_owned  401  404    404    404    404    404     404     role    reason  404      404   role   401
"""


@pytest.mark.parametrize("row", rows(ACCEPTING) + rows(ROUTING) + rows(WRITING_OWNER) + rows(TRANSFERRING), ids=str)
def test_181_who_may_own_route_and_transfer(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
