"""Words to customer and colleagues: permissions.md section 2, rows "Public reply", "Internal note", "outbox with undo"."""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

WRITING = """
act              state     anon agent     owner   deputy  lead      super     manager   auditor admin outsider bare  client gone

# "Public reply to customer": O alone; a supervisor too is not_owner (acceptance 015); no scope contains it
reply            owned     401  not_owner ok      ok      not_owner not_owner not_owner role    404   404      role  role   401
reply            new       401  unowned   unowned 404     unowned   unowned   role      role    404   404      role  role   401
reply            closed    401  not_owner closed  closed  not_owner not_owner not_owner role    404   404      role  role   401
reply            cancelled 401  not_owner closed  closed  not_owner not_owner not_owner role    404   404      role  role   401
reply            resolved  401  not_owner ok      ok      not_owner not_owner not_owner role    404   404      role  role   401
reply_to_another owned     401  not_owner context context not_owner not_owner not_owner role    404   404      role  role   401

# Looking at what would be sent is for whoever may send it
preview          owned     401  not_owner ok      ok      not_owner not_owner not_owner role    404   404      role  role   401
preview          closed    401  not_owner closed  closed  not_owner not_owner not_owner role    404   404      role  role   401

# "Internal note on main thread": agent, lead, supervisor, manager; API notes:write. Of the own teams: elsewhere, role
note             new       401  ok        ok      404     ok        ok        ok        role    404   404      scope ok     401
note             owned     401  ok        ok      ok      ok        ok        ok        role    404   404      scope ok     401
note             closed    401  closed    closed  closed  closed    closed    closed    role    404   404      scope closed 401
note             cancelled 401  closed    closed  closed  closed    closed    closed    role    404   404      scope closed 401
note             open_new  401  role      role    role    role      role      404       role    404   role     404   ok     401
attach           owned     401  ok        ok      ok      ok        ok        ok        role    404   404      scope ok     401

# Calls and chats are written down by whoever may write internal notes; in public by O alone, as a public reply
log_contact      new       401  ok        ok      404     ok        ok        ok        role    404   404      scope ok     401
log_contact      owned     401  ok        ok      ok      ok        ok        ok        role    404   404      scope ok     401
log_contact      closed    401  closed    closed  closed  closed    closed    closed    role    404   404      scope closed 401
log_contact      open_new  401  role      role    role    role      role      404       role    404   role     404   ok     401
log_public       owned     401  not_owner ok      ok      not_owner not_owner not_owner role    404   404      scope role   401
log_public       new       401  unowned   unowned 404     unowned   unowned   role      role    404   404      scope role   401
see_log_form     owned     401  ok        ok      ok      ok        ok        ok        ok      404   404      -     -      401

# Attempts are marked by whoever may write internal notes
attempt          new       401  ok        ok      404     ok        ok        ok        role    404   404      scope ok     401
attempt          owned     401  ok        ok      ok      ok        ok        ok        role    404   404      scope ok     401
attempt          closed    401  closed    closed  closed  closed    closed    closed    role    404   404      scope closed 401
read_attempts    owned     401  ok        ok      ok      ok        ok        ok        ok      404   404      scope ok     401
"""

OUTBOX = """
act              state     anon agent     owner   deputy  lead      super     manager   auditor admin outsider bare  client gone

# "Own ... outbox with undo": one's own alone; other people's messages are not there. Programs have none.
outbox           held      401  ok        ok      ok      ok        ok        ok        ok      ok    ok       role  role   401
outbox_one       held      401  404       ok      ok      404       404       404       404     404   404      role  role   401
undo_act         held      401  404       404     404     404       404       404       404     404   404      -     -      401
undo             held      401  404       ok      ok      404       404       404       404     404   404      role  role   401
undo             answered  401  404       ok      404     404       404       404       404     404   404      role  role   401
undo             sent      401  404       state   state   404       404       404       404     404   404      role  role   401

# What was not sent is written again by whoever answers the customer: O, and the deputy of an absent owner
outbox_one       failed    401  404       ok      ok      404       404       404       404     404   404      role  role   401

# A reply that waits for its moment is a public reply until it leaves: O, and the deputy of an absent owner
outbox_one       scheduled 401  404       ok      ok      404       404       404       404     404   404      role  role   401
undo             scheduled 401  404       ok      ok      404       404       404       404     404   404      role  role   401
schedule         scheduled 401  404       ok      ok      404       404       404       404     404   404      role  role   401
schedule         held      401  404       state   state   404       404       404       404     404   404      role  role   401
see_schedule_form scheduled 401 404       ok      ok      404       404       404       404     404   404      -     -      401
"""

DRAFTS = """
act              state     anon agent     owner   deputy  lead      super     manager   auditor admin outsider bare  client gone

# "Own ... drafts": of whoever may write, on what they see; auditors have views alone, programs none
keep_draft       new       401  ok        ok      404     ok        ok        ok        role    404   404      -     -      401
keep_draft       owned     401  ok        ok      ok      ok        ok        ok        role    404   404      -     -      401
keep_draft       closed    401  ok        ok      ok      ok        ok        ok        role    404   404      -     -      401

keep_draft_file  owned     401  ok        ok      ok      ok        ok        ok        role    404   404      -     -      401
# Only one's own is taken out; for all others there is nothing to take out, and the page comes back
remove_draft_file owned    401  ok        ok      ok      ok        ok        ok        ok      404   404      -     -      401

# The API names the ticket in the body: one that is not in sight is a value that is not right
create_draft     new       401  ok        ok      bad     ok        ok        ok        role    bad   bad      role  role   401
create_draft     owned     401  ok        ok      ok      ok        ok        ok        role    bad   bad      role  role   401

# Mara's draft on her own ticket: hers alone, whoever leads, covers or audits
drafts           owned     401  ok        ok      ok      ok        ok        ok        ok      ok    ok       role  role   401
draft_one        owned     401  404       ok      404     404       404       404       404     404   404      role  role   401
edit_draft       owned     401  404       ok      404     404       404       404       404     404   404      role  role   401
delete_draft     owned     401  404       ok      404     404       404       404       404     404   404      role  role   401
"""


@pytest.mark.parametrize("row", rows(WRITING) + rows(OUTBOX) + rows(DRAFTS), ids=str)
def test_181_who_may_write_to_whom(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected
