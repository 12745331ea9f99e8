"""Lists: permissions.md section 2, its rows "Own ... views", "Team views" and "Bulk actions", typed by hand."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

VIEWS = """
act                   state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "Own ... preferences, views": everybody who signs in, auditors and admins too; programs have none
views                 -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
see_view_form         -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
keep_own_view         -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
keep_look             -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
begin_with_list       -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401

# Mara's own view: hers alone, whoever leads, covers, audits or configures
open_own_view         -     401  404   ok    404    404  404   404     404     404   404      -     -      401
read_own_view         -     401  404   ok    404    404  404   404     404     404   404      role  role   401
change_own_view       -     401  404   ok    404    404  404   404     404     404   404      role  role   401
remove_own_view       -     401  404   ok    404    404  404   404     404     404   404      role  role   401
save_own_view         -     401  404   ok    404    404  404   404     404     404   404      -     -      401
begin_with_own_view   -     401  404   ok    404    404  404   404     404     404   404      -     -      401
pin_own_view          -     401  404   ok    404    404  404   404     404     404   404      -     -      401
export_own_view       -     401  404   ok    404    404  404   404     404     404   404      -     -      401
see_form_of_own_view  -     401  404   ok    404    404  404   404     404     404   404      -     -      401
edit_own_view         -     401  404   ok    404    404  404   404     404     404   404      -     -      401
delete_own_view       -     401  404   ok    404    404  404   404     404     404   404      -     -      401
"""

SHARED = """
act                   state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "Team views": lead, supervisor, manager in scope, admin. Read by the team and those in charge of it; admins, who
# configure, find all shared ones. Others learn nothing of them
keep_global_view      -     401  role  role  role   role role  role    role    ok    role     role  role   401
open_team_view        -     401  ok    ok    404    ok   ok    ok      404     ok    404      -     -      401
read_team_view        -     401  ok    ok    404    ok   ok    ok      404     ok    404      role  role   401
change_team_view      -     401  role  role  404    ok   ok    ok      404     ok    404      role  role   401
remove_team_view      -     401  role  role  404    ok   ok    ok      404     ok    404      role  role   401
save_team_view        -     401  role  role  404    ok   ok    ok      404     ok    404      -     -      401
begin_with_team_view  -     401  ok    ok    404    ok   ok    ok      404     ok    404      -     -      401
pin_team_view         -     401  ok    ok    404    ok   ok    ok      404     ok    404      -     -      401
export_team_view      -     401  ok    ok    404    ok   ok    ok      404     role  404      -     -      401
see_form_of_team_view -     401  role  role  404    ok   ok    ok      404     ok    404      -     -      401
edit_team_view        -     401  role  role  404    ok   ok    ok      404     ok    404      -     -      401
delete_team_view      -     401  role  role  404    ok   ok    ok      404     ok    404      -     -      401
keep_team_view        -     401  role  role  role   ok   ok    ok      role    ok    role     role  role   401
"""


BULK = """
act                   state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "Bulk actions": per object for agent, lead, supervisor, manager; what each ticket allows is its outcome (test_bulk.py).
# Not auditor, not admin
many_accept           -     401  ok    ok    ok     ok   ok    ok      role    role  ok       -     -      401
many_priority         -     401  ok    ok    ok     ok   ok    ok      role    role  ok       -     -      401

# The receipt of Mara's act: hers alone; the page of all is about one's own
see_many              -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
see_receipt           -     401  404   ok    404    404  404   404     404     404   404      -     -      401
undo_receipt          -     401  404   ok    404    404  404   404     404     404   404      -     -      401
stop_running          -     401  404   ok    404    404  404   404     404     404   404      -     -      401
"""


BOARDS = """
act                   state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# Boards with a name are kept and shared as views are
boards                -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
see_board_form        -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
keep_own_board        -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
keep_team_board       -     401  role  role  role   ok   ok    ok      role    ok    role     role  role   401
keep_global_board     -     401  role  role  role   role role  role    role    ok    role     role  role   401
open_own_board        -     401  404   ok    404    404  404   404     404     404   404      -     -      401
read_own_board        -     401  404   ok    404    404  404   404     404     404   404      role  role   401
change_own_board      -     401  404   ok    404    404  404   404     404     404   404      role  role   401
remove_own_board      -     401  404   ok    404    404  404   404     404     404   404      role  role   401
save_own_board        -     401  404   ok    404    404  404   404     404     404   404      -     -      401
see_form_of_own_board -     401  404   ok    404    404  404   404     404     404   404      -     -      401
edit_own_board        -     401  404   ok    404    404  404   404     404     404   404      -     -      401
delete_own_board      -     401  404   ok    404    404  404   404     404     404   404      -     -      401
open_team_board       -     401  ok    ok    404    ok   ok    ok      404     ok    404      -     -      401
read_team_board       -     401  ok    ok    404    ok   ok    ok      404     ok    404      role  role   401
change_team_board     -     401  role  role  404    ok   ok    ok      404     ok    404      role  role   401
remove_team_board     -     401  role  role  404    ok   ok    ok      404     ok    404      role  role   401
save_team_board       -     401  role  role  404    ok   ok    ok      404     ok    404      -     -      401
see_form_of_team_board -    401  role  role  404    ok   ok    ok      404     ok    404      -     -      401
edit_team_board       -     401  role  role  404    ok   ok    ok      404     ok    404      -     -      401
delete_team_board     -     401  role  role  404    ok   ok    ok      404     ok    404      -     -      401
"""


INLINE = """
act          state  anon agent     owner  deputy    lead   super  manager   auditor admin outsider bare  client gone

# "Read main thread": whoever opens the ticket has a look at it
peek         owned  401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401
peek         foreign_owned 401 404 404    404       404    404    404       ok      404   404      -     -      401

# From there to the one beside it in a list
go_on        owned  401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401
list_beside  owned  401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401
go_back      owned  401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401

# "Change priority": O, lead, supervisor, manager; the same in the row of a list
see_inline   owned  401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401
edit_inline  new    401  role      role   404       ok     ok     ok        role    404   404      -     -      401
edit_inline  owned  401  not_owner ok     ok        ok     ok     ok        role    404   404      -     -      401
"""


@pytest.mark.parametrize("row", rows(VIEWS) + rows(SHARED) + rows(BULK) + rows(BOARDS) + rows(INLINE), ids=str)
def test_181_who_may_keep_and_share_lists(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
