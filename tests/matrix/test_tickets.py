"""Tickets: permissions.md section 2, its rows from "Create ticket" to "merge", typed by hand. Column names: world.COLUMNS.

`ok` is allowed; the other words stand for the refusals of section 4 (asking.WORDS). "O" of the document is the owner or
deputy: everybody else who may see the ticket is `not_owner`, whatever their rank (section 3, rule 1), and `role` where the
role works no tickets at all. On an unowned ticket its state is in the way of those who could accept it (acceptance 052).
"""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

READING = """
act             state          anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "List and read main thread of team tickets": agent, lead, supervisor, manager in scope, auditor; API tickets:read
read            new            401  ok    ok    404    ok   ok    ok      ok      404   404      scope ok     401
read            owned          401  ok    ok    ok     ok   ok    ok      ok      404   404      scope ok     401
read_timeline   owned          401  ok    ok    ok     ok   ok    ok      ok      404   404      scope ok     401
read_files      owned          401  ok    ok    ok     ok   ok    ok      ok      404   404      scope ok     401
read_tasks      task           401  ok    ok    ok     ok   ok    ok      ok      404   404      scope ok     401
read_task       task           401  ok    ok    ok     ok   ok    ok      ok      404   404      scope ok     401
read_mail_html  new            401  ok    ok    404    ok   ok    ok      ok      404   404      -     -      401
read_mail_text  new            401  ok    ok    404    ok   ok    ok      ok      404   404      -     -      401
see_presence    new            401  ok    ok    404    ok   ok    ok      ok      404   404      -     -      401
say_presence    new            401  ok    ok    404    ok   ok    ok      ok      404   404      -     -      401
say_presence    owned          401  ok    ok    ok     ok   ok    ok      ok      404   404      -     -      401
read_company    owned          401  ok    ok    ok     ok   ok    ok      ok      404   404      -     -      401
read_similar    owned          401  ok    ok    ok     ok   ok    ok      ok      404   404      -     -      401
read_similar    foreign_owned  401  404   404   404    404  404   404     ok      404   404      -     -      401

# "Read main thread of a foreign team's ticket": unowned, if that team has allow_foreign_accept; tickets:read:all.
# Supervisors and managers read foreign teams in their scope; this team is in nobody's. Ruling 9: "all agents", so
# those with an agent's rights (lead, supervisor), not the manager.
read            open_new       401  ok    ok    ok     ok   ok    404     ok      404   ok       404   ok     401
read            foreign_owned  401  404   404   404    404  404   404     ok      404   404      404   ok     401
read_timeline   foreign_owned  401  404   404   404    404  404   404     ok      404   404      404   ok     401
read            network_new    401  404   404   404    404  404   404     ok      404   ok       404   ok     401

# Section 3, rule 5: a file has the visibility of its entry; only clean ones are served (acceptance 061). The file is on
# Mara's ticket, which her colleague's deputy does not see.
download          owned        401  ok    ok    404    ok   ok    ok      ok      404   404      scope ok     401
download_blocked  owned        401  404   404   404    404  404   404     404     404   404      scope 404    401

# "Audit log": own objects; team; scope; auditor and admin everywhere. Admins read no ticket, but its audit log.
read_history    owned          401  role  ok    ok     ok   ok    ok      ok      ok    404      -     -      401
read_history    new            401  role  role  404    ok   ok    ok      ok      ok    404      -     -      401
read_history    foreign_owned  401  404   404   404    404  404   404     ok      ok    404      -     -      401

# Lists hold what the reader may see, perhaps nothing; what exactly, test_sight.py says
list            new            401  ok    ok    ok     ok   ok    ok      ok      ok    ok       scope ok     401
search          new            401  ok    ok    ok     ok   ok    ok      ok      ok    ok       scope ok     401

# "Export list": agent in own scope, lead, supervisor, manager, auditor; not admin; programs with the scope `export`
export_csv      new            401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
export_xlsx     new            401  ok    ok    ok     ok   ok    ok      ok      role  ok       -     -      401
api_export_csv  new            401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
api_export_xlsx new            401  ok    ok    ok     ok   ok    ok      ok      role  ok       scope ok     401
"""

BOARD = """
act              state     anon agent     owner     deputy    lead      super     manager   auditor   admin outsider bare client gone

# A board holds what its reader may see, perhaps nothing; what exactly, tests/desk/test_board.py says
board_home       new       401  ok        ok        ok        ok        ok        ok        ok        ok    ok       -    -      401
board            new       401  ok        ok        ok        ok        ok        ok        ok        ok    ok       -    -      401
see_move_form    owned     401  ok        ok        ok        ok        ok        ok        ok        404   404      -    -      401

# "Change owner by edit, bulk, rule, import, merge, board": nobody; the other moves are the acts of the buttons:
# "Change priority" O, lead, supervisor, manager; "wait_for_customer" O
move_to_nobody   owned     401  immutable immutable immutable immutable immutable immutable immutable 404   404      -    -      401
move_to_high     new       401  role      role      404       ok        ok        ok        role      404   404      -    -      401
move_to_high     owned     401  not_owner ok        ok        ok        ok        ok        role      404   404      -    -      401
move_to_waiting  answered  401  not_owner ok        ok        not_owner not_owner not_owner role      404   404      -    -      401
move_to_waiting  new       401  state     state     404       state     state     role      role      404   404      -    -      401
# domain.md section 17: by customer read-only
move_to_customer owned     401  state     state     state     state     state     state     state     404   404      -    -      401

# "Teams, skills, capacity": lead of the own team, supervisor, manager, admin
see_limits       new       401  role      role      role      ok        ok        ok        role      ok    role     -    -      401
set_limits       new       401  role      role      role      ok        ok        ok        role      ok    role     -    -      401
"""

CREATING = """
act             state          anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# "Create ticket": everybody who works tickets; not auditor, not admin; API tickets:create
create          new            401  ok    ok    ok     ok   ok    ok      role    role  ok       scope ok     401
see_new_form    new            401  ok    ok    ok     ok   ok    ok      role    role  ok       -     -      401
"""

EDITING = """
act             state          anon agent     owner  deputy    lead   super  manager   auditor admin outsider bare  client gone

# "Edit subject, category, product, language": O, lead, supervisor; API tickets:write
edit_subject    new            401  role      role   404       ok     ok     role      role    404   404      scope ok     401
edit_subject    owned          401  not_owner ok     ok        ok     ok     not_owner role    404   404      scope ok     401
edit_subject    closed         401  not_owner closed closed    closed closed not_owner role    404   404      scope closed 401
edit_subject    cancelled      401  not_owner closed closed    closed closed not_owner role    404   404      scope closed 401
edit_subject    resolved       401  not_owner ok     ok        ok     ok     not_owner role    404   404      scope ok     401

# Who the customer is, is a field of the ticket like these
change_requester new           401  role      role   404       ok     ok     role      role    404   404      scope ok     401
change_requester owned         401  not_owner ok     ok        ok     ok     not_owner role    404   404      scope ok     401
change_requester closed        401  not_owner closed closed    closed closed not_owner role    404   404      scope closed 401
change_requester resolved      401  not_owner ok     ok        ok     ok     not_owner role    404   404      scope ok     401
see_requester_form owned       401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401

# "Change priority": O, lead, supervisor, manager; API tickets:write
change_priority new            401  role      role   404       ok     ok     ok        role    404   404      scope ok     401
change_priority owned          401  not_owner ok     ok        ok     ok     ok        role    404   404      scope ok     401
edit_form       owned          401  not_owner ok     ok        ok     ok     ok        role    404   404      -     -      401
see_edit_form   owned          401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401

# Links are fields of the ticket, and may be set on closed ones too (domain.md section 4)
link            owned          401  not_owner ok     ok        ok     ok     not_owner role    404   404      -     -      401
link            closed         401  not_owner ok     ok        ok     ok     not_owner role    404   404      -     -      401
see_link_form   owned          401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401

# "merge_into (same company), unmerge, split": O; lead and supervisor while nobody owns it
merge           new            401  role      role   404       ok     ok     role      role    404   404      role  role   401
merge           owned          401  not_owner ok     ok        not_owner not_owner not_owner role 404 404     role  role   401
merge           closed         401  not_owner state  state     not_owner not_owner not_owner role 404 404     role  role   401
unmerge         merged         401  not_owner ok     ok        not_owner not_owner not_owner role 404 404     role  role   401
unmerge         owned          401  not_owner state  state     not_owner not_owner not_owner role 404 404     role  role   401
split           new            401  role      role   404       state  state  role      role    404   404      role  role   401
split           answered       401  not_owner ok     ok        not_owner not_owner not_owner role 404 404     role  role   401
see_split_form  owned          401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401
see_merge_form  owned          401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401

# To show the remote images of a ticket's mails belongs to working on it: whoever may write a note
allow_images    owned          401  ok        ok     ok        ok     ok     ok        role    404   404      -     -      401
# As a note that names a colleague: who may write it may let them hear of the ticket
add_watcher     owned          401  ok        ok     ok        ok     ok     ok        role    404   404      -     -      401
# One's own bell: everybody who reads the ticket ("own ... preferences, views")
watch           owned          401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401
unwatch         owned          401  ok        ok     ok        ok     ok     ok        ok      404   404      -     -      401
"""

FLAGS = """
act              state       anon agent     owner  deputy lead   super  manager auditor admin outsider bare  client gone

# "Add case flag / clear": O / O; lead, supervisor, manager; API flags:write. E / -: experts add flags alone.
add_flag         owned       401  not_owner ok     ok     ok     ok     ok      role    404   404      scope ok     401
add_flag         new         401  role      role   404    ok     ok     ok      role    404   404      scope ok     401
add_flag         closed      401  not_owner closed closed closed closed closed  role    404   404      scope closed 401
add_flag         helped      401  not_owner ok     ok     ok     ok     ok      role    404   ok       scope ok     401
add_flag         sealed      401  not_owner ok     ok     ok     ok     ok      role    404   not_owner scope ok    401
clear_flag       legal       401  not_owner ok     ok     ok     ok     ok      role    404   not_owner scope ok    401
clear_flag       flagged     401  not_owner ok     ok     ok     ok     ok      role    404   404      scope ok     401
clear_flag       flagged_end 401  not_owner closed closed closed closed closed  role    404   404      scope closed 401
# What belongs to a flag, like the flag itself
waive_photo      legal       401  not_owner ok     ok     ok     ok     ok      role    404   not_owner scope ok    401
waive_photo      flagged     401  not_owner ok     ok     ok     ok     ok      role    404   404      scope ok     401
record_sentiment flagged     401  not_owner ok     ok     ok     ok     ok      role    404   404      scope ok     401

# "Clear `legal` flag": supervisor, manager, legal expert; no program
clear_legal_flag legal       401  role      role   role   role   ok     ok      role    404   ok       role  role   401
clear_legal_flag flagged     401  role      role   role   role   ok     ok      role    404   404      role  role   401

# Colleagues who read the ticket read its flags
read_flags       flagged     401  ok        ok     ok     ok     ok     ok      ok      404   404      scope ok     401
see_flag_form    owned       401  ok        ok     ok     ok     ok     ok      ok      404   404      -     -      401
see_clear_form   flagged     401  ok        ok     ok     ok     ok     ok      ok      404   404      -     -      401
"""


@pytest.mark.parametrize("row", rows(FLAGS), ids=str)
def test_181_who_may_flag(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected


@pytest.mark.parametrize("row", rows(READING) + rows(BOARD) + rows(CREATING) + rows(EDITING), ids=str)
def test_181_who_may_read_create_and_edit(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
