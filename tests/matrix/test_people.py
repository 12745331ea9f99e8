"""People, absences, customers, one's own things: permissions.md section 2 and section 3 rule 11, typed by hand."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

ABSENCES = """
act                  state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "Own absence": everybody but the auditor, who only reads; API hr:write
own_absence          -     401  ok    ok    ok     ok   ok    ok      role    ok    ok       scope ok     401
see_own_absence_form -     401  ok    ok    ok     ok   ok    ok      role    ok    ok       -     -      401

# "others' absence, with deputy": lead of the own team, supervisor and manager in scope, admin; API hr:write
absence_of_colleague -     401  role  role  role   ok   ok    ok      role    ok    role     scope ok     401
absence_of_stranger  -     401  role  role  role   role role  role    role    ok    role     scope ok     401
see_absence_form_of_colleague - 401 role role role  ok   ok    ok      role    ok    role     -     -      401

# Reading: one's own, those one covers as deputy, those of people in one's charge; auditor and admin all
absences             -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       scope ok     401
absence              -     401  404   404   ok     ok   ok    ok      ok      ok    404      scope ok     401
see_absence_form     -     401  404   404   role   ok   ok    ok      role    ok    404      -     -      401
change_absence       -     401  404   404   role   ok   ok    ok      role    ok    404      scope ok     401
cancel_absence       -     401  404   404   role   ok   ok    ok      role    ok    404      scope ok     401
"""

DIRECTORY = """
act                  state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# Names of colleagues and teams are needed by all who work here; programs need a scope
me                   -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       ok    ok     401
agents               -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       scope ok     401
agent                -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       scope ok     401
teams                -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       scope ok     401
team                 -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       scope ok     401

# "Teams, skills, capacity": lead the own, supervisor, manager; auditor reads; admin
people               -     401  role  role  role   ok   ok    ok      ok      ok    role     -     -      401

# Customers: whoever works or reads tickets; an admin configures and has no business with them (section 1)
contacts             -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
contact              -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
companies            -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
company              -     401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
# Section 3 rule 11: lead and above in scope
see_contact_form     -     401  role  role  role   ok   ok    ok      role    role  role     -     -      401
edit_contact         -     401  role  role  role   ok   ok    ok      role    role  role     -     -      401
# As rule 11: also owner and deputy of a ticket of theirs
clear_address        -     401  role  ok    ok     ok   ok    ok      role    role  role     scope role   401
see_address_form     -     401  role  ok    ok     ok   ok    ok      role    role  role     -     -      401
correct_address      -     401  role  ok    ok     ok   ok    ok      role    role  role     scope role   401
"""

OWN_THINGS = """
act                  state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "Own reminders, preferences, views": each person
home                 -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
notifications        -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
badges               -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
list_counts          -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
notification         -     401  ok    404   404    404  404   404     404     404   404      role  role   401
read_notification    -     401  ok    404   404    404  404   404     404     404   404      role  role   401
read_notifications   -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
open_notification    -     401  ok    404   404    404  404   404     404     404   404      -     -      401
account              -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
save_account         -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
theme                -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
session              -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
check_session        -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
panels               -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
recent               -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
keys                 -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
palette              -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
find_in_palette      -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
see_own_keys         -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
choose_own_keys      -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
language             -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
see_password_form    -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
change_password      -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
see_second_factor    -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
begin_second_factor  -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       -     -      401
end_token            -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       ok    ok     401
delete_token         -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       ok    ok     401
"""


@pytest.mark.parametrize("row", rows(ABSENCES) + rows(DIRECTORY) + rows(OWN_THINGS), ids=str)
def test_181_who_may_see_and_change_people_and_own_things(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
