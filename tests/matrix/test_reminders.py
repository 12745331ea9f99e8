"""Reminders: permissions.md section 2, row "Own reminders ...", typed by hand."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

REMINDERS = """
act                    state   anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "Own reminders": agent, lead, supervisor, manager, admin their own; auditors have views alone, programs none
reminders              -       401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
add_reminder           -       401  ok    ok    ok     ok   ok    ok      role    ok    ok       role  role   401
# The API names the ticket in the body: one that is not in sight is a value that is not right
add_reminder_of_ticket owned   401  ok    ok    ok     ok   ok    ok      role    bad   bad      role  role   401
see_remind_form        owned   401  ok    ok    ok     ok   ok    ok      role    404   404      -     -      401
remind                 owned   401  ok    ok    ok     ok   ok    ok      role    404   404      -     -      401
remind                 closed  401  ok    ok    ok     ok   ok    ok      role    404   404      -     -      401

# The address at which a calendar reads the own ones
see_calendar           -       401  ok    ok    ok     ok   ok    ok      role    ok    ok       -     -      401
open_calendar          -       401  ok    ok    ok     ok   ok    ok      role    ok    ok       -     -      401
close_calendar         -       401  ok    ok    ok     ok   ok    ok      role    ok    ok       -     -      401

# Mara's own one: hers alone, whoever leads, covers, audits or configures
read_own_reminder      -       401  404   ok    404    404  404   404     404     404   404      role  role   401
see_own_reminder       -       401  404   ok    404    404  404   404     404     404   404      -     -      401
change_own_reminder    -       401  404   ok    404    404  404   404     404     404   404      role  role   401
snooze_own_reminder    -       401  404   ok    404    404  404   404     404     404   404      role  role   401
complete_own_reminder  -       401  404   ok    404    404  404   404     404     404   404      role  role   401
cancel_own_reminder    -       401  404   ok    404    404  404   404     404     404   404      role  role   401

# What the desk reminds absent Olaf of: his deputy has his rights on the ticket, so they handle it; nobody rewrites it
read_reminder_of_the_desk      - 401 404  404   ok     404  404   404     404     404   404      role  role   401
see_reminder_of_the_desk    - 401 404  404   state 404 404 404 404  404   404  -     -      401
change_reminder_of_the_desk    - 401 404  404   409:reminder_automatic/409 404 404 404 404  404   404  role  role   401
snooze_reminder_of_the_desk    - 401 404  404   ok     404  404   404     404     404   404      role  role   401
complete_reminder_of_the_desk  - 401 404  404   ok     404  404   404     404     404   404      role  role   401
cancel_reminder_of_the_desk    - 401 404  404   ok     404  404   404     404     404   404      role  role   401
"""


@pytest.mark.parametrize("row", rows(REMINDERS), ids=str)
def test_181_who_has_reminders(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
