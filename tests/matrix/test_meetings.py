"""Meetings, of which permissions.md is silent. On the ticket as "Public reply to customer", since the customer may be
invited; in an envelope as "Post in envelope" and "Read envelope thread". Typed by hand.
"""

import pytest

from tests.matrix.asking import Row, answers, rows
from tests.matrix.scenes import World

ON_A_TICKET = """
act             state     anon agent     owner   deputy  lead      super     manager   auditor admin outsider  bare  client gone

# as "List and read main thread"
read_meetings   owned     401  ok        ok      ok      ok        ok        ok        ok      404   404       scope ok     401
read_meeting    owned     401  ok        ok      ok      ok        ok        ok        ok      404   404       scope ok     401
# as "Public reply to customer": O
arrange_meeting owned     401  not_owner ok      ok      not_owner not_owner not_owner role    404   404       role  role   401
arrange_meeting new       401  unowned   unowned 404     unowned   unowned   role      role    404   404       role  role   401
arrange_meeting closed    401  not_owner closed  closed  not_owner not_owner not_owner role    404   404       role  role   401
arrange_meeting helped    401  not_owner ok      ok      not_owner not_owner not_owner role    404   not_owner role  role   401
change_meeting  owned     401  not_owner ok      ok      not_owner not_owner not_owner role    404   404       role  role   401
cancel_meeting  owned     401  not_owner ok      ok      not_owner not_owner not_owner role    404   404       role  role   401
retry_meeting   owned     401  not_owner ok      ok      not_owner not_owner not_owner role    404   404       role  role   401
"""

IN_AN_ENVELOPE = """
act                      state  anon agent owner deputy lead super manager auditor admin outsider bare client gone

# as "Read envelope thread": O, E, supervisor, manager, auditor
read_envelope_meetings   helped 401  404   ok    ok     404  ok    ok      ok      404   ok       404  404    401
read_envelope_meeting    helped 401  404   ok    404    404  ok    ok      ok      404   ok       404  404    401
# as "Post in envelope": O, E, supervisor
arrange_envelope_meeting helped 401  404   ok    ok     404  ok    role    role    404   ok       404  404    401
arrange_envelope_meeting sealed 401  404   state state  404  state role    role    404   state    404  404    401
cancel_envelope_meeting  helped 401  404   ok    404    404  ok    role    role    404   ok       404  404    401
"""


@pytest.mark.parametrize("row", rows(ON_A_TICKET), ids=str)
def test_who_arranges_meetings_on_a_ticket(row: Row, world: World) -> None:
    assert answers(world, row) == row.expected


@pytest.mark.parametrize("row", rows(IN_AN_ENVELOPE), ids=str)
def test_who_arranges_meetings_in_an_envelope(row: Row, world: World) -> None:
    """The one meeting is Mara's; the deputy covers for somebody else."""
    assert answers(world, row) == row.expected
