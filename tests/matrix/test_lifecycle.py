"""Steps in a ticket's life: permissions.md section 2, rows from `wait_for_customer` to `reopen`, typed by hand."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

STEPS = """
act               state      anon agent     owner deputy lead      super     manager   auditor admin outsider bare  client gone

# "wait_for_customer, resume, resolve, cancel": O alone
wait_for_customer answered   401  not_owner ok    ok     not_owner not_owner not_owner role    404   404      role  role   401
wait_for_customer owned      401  not_owner state state  not_owner not_owner not_owner role    404   404      role  role   401
wait_for_customer new        401  state     state 404    state     state     role      role    404   404      role  role   401
resume            waiting    401  not_owner ok    ok     not_owner not_owner not_owner role    404   404      role  role   401
resume            owned      401  not_owner state state  not_owner not_owner not_owner role    404   404      role  role   401
resolve           owned      401  not_owner ok    ok     not_owner not_owner not_owner role    404   404      role  role   401
resolve           task_must  401  not_owner tasks tasks  not_owner not_owner not_owner role    404   404      role  role   401
resolve           new        401  state     state 404    state     state     role      role    404   404      role  role   401
resolve           closed     401  not_owner state state  not_owner not_owner not_owner role    404   404      role  role   401
cancel            owned      401  not_owner ok    ok     not_owner not_owner not_owner role    404   404      role  role   401
cancel            resolved   401  not_owner state state  not_owner not_owner not_owner role    404   404      role  role   401
spam              owned      401  not_owner ok    ok     not_owner not_owner not_owner role    404   404      -     -      401

# "cancel while unowned": agent, lead, supervisor
cancel            new        401  ok        ok    404    ok        ok        role      role    404   404      role  role   401
cancel            open_new   401  role      role  role   role      role      404       role    404   role     404   role   401
cancel            dropped    401  state     state 404    state     state     role      role    404   404      role  role   401
spam              new        401  ok        ok    404    ok        ok        role      role    404   404      -     -      401

# "confirm": O alone (and the customer by link: test_customers.py)
confirm           resolved   401  not_owner ok    ok     not_owner not_owner not_owner role    404   404      role  role   401
confirm           owned      401  not_owner state state  not_owner not_owner not_owner role    404   404      role  role   401
confirm           closed     401  not_owner state state  not_owner not_owner not_owner role    404   404      role  role   401

# "reopen": O, supervisor, manager
reopen            resolved   401  not_owner ok    ok     not_owner ok        ok        role    404   404      role  role   401
reopen            owned      401  not_owner state state  not_owner state     state     role    404   404      role  role   401

# The questions before an act show nothing but the ticket
see_resolve_form  owned      401  ok        ok    ok     ok        ok        ok        ok      404   404      -     -      401
see_reopen_form   resolved   401  ok        ok    ok     ok        ok        ok        ok      404   404      -     -      401
see_cancel_form   owned      401  ok        ok    ok     ok        ok        ok        ok      404   404      -     -      401
see_spam_form     owned      401  ok        ok    ok     ok        ok        ok        ok      404   404      -     -      401
"""

TASKS = """
act               state      anon agent     owner  deputy lead   super  manager   auditor admin outsider bare  client gone

# "Create / work task": O / assignee, lead, supervisor; API tasks:write. Not the manager.
add_task          owned      401  not_owner ok     ok     ok     ok     not_owner role    404   404      scope ok     401
add_task          new        401  role      role   404    ok     ok     role      role    404   404      scope ok     401
add_task          closed     401  not_owner closed closed closed closed not_owner role    404   404      scope closed 401
add_task          cancelled  401  not_owner closed closed closed closed not_owner role    404   404      scope closed 401
start_task        task       401  role      ok     ok     ok     ok     role      role    404   404      scope ok     401
start_task        task_mine  401  ok        ok     ok     ok     ok     role      role    404   404      scope ok     401
start_task        closed     401  role      closed closed closed closed role      role    404   404      scope closed 401
finish_task       task       401  role      ok     ok     ok     ok     role      role    404   404      scope ok     401
reopen_task       task_done  401  role      ok     ok     ok     ok     role      role    404   404      scope ok     401
cancel_task       task       401  role      ok     ok     ok     ok     role      role    404   404      scope ok     401
# "Tasks may be reassigned freely" (domain.md section 6), by those who work them. A task given to a team alone is worked by
# the team; whether the ticket waits for a task is up to those who add tasks.
edit_task         task       401  role      ok     ok     ok     ok     role      role    404   404      scope ok     401
edit_task         task_mine  401  ok        ok     ok     ok     ok     role      role    404   404      scope ok     401
edit_task         task_done  401  role      state  state  state  state  role      role    404   404      scope state  401
edit_task         closed     401  role      closed closed closed closed role      role    404   404      scope closed 401
assign_task       task       401  role      ok     ok     ok     ok     role      role    404   404      scope ok     401
assign_task       task_done  401  role      state  state  state  state  role      role    404   404      scope state  401
assign_task       task_mine  401  ok        ok     ok     ok     ok     role      role    404   404      scope ok     401
assign_task       closed     401  role      closed closed closed closed role      role    404   404      scope closed 401
start_task        task_team  401  ok        ok     ok     ok     ok     role      role    404   404      scope ok     401
assign_task       task_team  401  ok        ok     ok     ok     ok     role      role    404   404      scope ok     401
make_task_mandatory task_mine 401 not_owner ok     ok     ok     ok     role      role    404   404      scope ok     401
see_assign_task_form task    401  role      ok     ok     ok     ok     role      role    404   404      -     -      401
see_edit_task_form   task    401  role      ok     ok     ok     ok     role      role    404   404      -     -      401
see_assign_task_form task_mine 401 ok       ok     ok     ok     ok     role      role    404   404      -     -      401
see_edit_task_form   task_mine 401 ok       ok     ok     ok     ok     role      role    404   404      -     -      401
see_task_form        owned   401  ok        ok     ok     ok     ok     ok        ok      404   404      -     -      401
see_cancel_task_form task    401  ok        ok     ok     ok     ok     ok        ok      404   404      -     -      401
"""


@pytest.mark.parametrize("row", rows(STEPS) + rows(TASKS), ids=str)
def test_181_who_may_take_which_step(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
