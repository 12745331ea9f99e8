"""Texts that are kept: permissions.md section 2, rows "Team views, canned responses" and "Own ... drafts", typed by hand.

Of a team: its lead, supervisor and manager in scope, and admins; for everybody: admins, as that is beyond anybody's scope.
Own ones: whoever writes something; auditors only read, programs have none.
"""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

KEEPING = """
act                  state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

texts                -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
templates            -     401  ok    ok    ok     ok   ok    ok      ok      ok    ok       role  role   401
create_text          -     401  ok    ok    ok     ok   ok    ok      role    ok    ok       role  role   401
create_template      -     401  ok    ok    ok     ok   ok    ok      role    ok    ok       role  role   401
see_new_text_form    -     401  ok    ok    ok     ok   ok    ok      role    ok    ok       -     -      401
create_team_text     -     401  role  role  role   ok   ok    ok      role    ok    role     role  role   401
create_team_template -     401  role  role  role   ok   ok    ok      role    ok    role     role  role   401
create_text_for_all  -     401  role  role  role   role role  role    role    ok    role     role  role   401

# The desk's text: read by its members, those in charge of it, auditors and admins; in no other team
text_one             -     401  ok    ok    404    ok   ok    ok      ok      ok    404      role  role   401
template_one         -     401  ok    ok    404    ok   ok    ok      ok      ok    404      role  role   401
see_text_form        -     401  role  role  404    ok   ok    ok      role    ok    404      -     -      401
edit_text            -     401  role  role  404    ok   ok    ok      role    ok    404      role  role   401
edit_template        -     401  role  role  404    ok   ok    ok      role    ok    404      role  role   401
delete_text          -     401  role  role  404    ok   ok    ok      role    ok    404      role  role   401
delete_template      -     401  role  role  404    ok   ok    ok      role    ok    404      role  role   401

# Mara's own text is nobody else's, whatever their rank
edit_own_text        -     401  404   ok    404    404  404   404     404     404   404      role  role   401
delete_own_text      -     401  404   ok    404    404  404   404     404     404   404      role  role   401

# The team's signature
see_signatures       -     401  role  role  role   ok   ok    ok      role    ok    role     -     -      401
set_signatures       -     401  role  role  role   ok   ok    ok      role    ok    role     -     -      401
"""

USING = """
act                  state anon agent owner deputy lead super manager auditor admin outsider bare  client gone

# Filled for a ticket: whoever reads text and ticket. The ticket is named in the query: out of sight, it is no ticket.
text_filled          owned 401  ok    ok    404    ok   ok    ok      ok      bad   404      role  role   401

# In a composer; what is done with it, "Public reply" and "Internal note" decide
offered_texts        owned 401  ok    ok    ok     ok   ok    ok      ok      404   404      -     -      401
insert_text          owned 401  ok    ok    ok     ok   ok    ok      ok      404   404      -     -      401
# Names of colleagues who read this ticket
offered_people       owned 401  ok    ok    ok     ok   ok    ok      ok      404   404      -     -      401
"""


@pytest.mark.parametrize("row", rows(KEEPING) + rows(USING), ids=str)
def test_181_who_keeps_and_uses_which_texts(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
